//! The places where nothing concerned us: all in one partition, so that a sweep of the schedule reads them page by page. Whoever may write it can put off
//! a look by a period, and nothing else.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use peerwright_core::ids::Place;
use peerwright_core::quiet::Quiet;
use peerwright_engine::entry::Entry;
use peerwright_engine::failure::{Class, Failure};
use peerwright_engine::ports::QuietPlaces;

use super::{LedgerTable, SORT, key, names};
use crate::attribute::{Item, text};
use crate::classify::failure;

pub(super) const QUIET: &str = "quiet";
/// When a look found nothing that concerns us, in milliseconds.
pub(super) const LOOKED_AT: &str = "looked_at_ms";
/// When something concerned us, in milliseconds. One item has either.
pub(super) const BUSY_AT: &str = "busy_at_ms";
const VPCS: &str = "vpcs";
/// How many seconds a note is of use: a day more than a place may go unseen (`QuietMinutes` in `infra/hub.yaml`).
const REMEMBERED: i64 = 8 * 24 * 3600;

impl QuietPlaces for LedgerTable {
    async fn quiet_places(&self) -> Result<BTreeMap<Place, Quiet>, Failure> {
        Ok(self.partition(QUIET, "").await?.iter().filter_map(read).collect())
    }

    async fn note_quiet(&self, place: &Place, quiet: &Quiet) -> Result<(), Failure> {
        let mut item = note(place, LOOKED_AT, quiet.looked_at);
        // DynamoDB knows no empty set.
        if !quiet.vpcs.is_empty() {
            item.insert(VPCS.to_owned(), AttributeValue::Ss(quiet.vpcs.iter().map(ToString::to_string).collect()));
        }
        let request = self.client.put_item().table_name(&self.table).set_item(Some(item));
        let request = request
            .condition_expression("attribute_not_exists(#busy_at_ms) OR #busy_at_ms < :certain")
            .set_expression_attribute_names(Some(names(&[BUSY_AT])))
            .expression_attribute_values(":certain", milliseconds(quiet.certain_until()));
        unless_stale(request.send().await.map(drop).map_err(|error| failure(format!("write down that {place} is quiet"), None, error)))
    }

    async fn note_busy(&self, place: &Place, at: Timestamp) -> Result<(), Failure> {
        let request = self.client.put_item().table_name(&self.table).set_item(Some(note(place, BUSY_AT, at)));
        // Whoever sends us events would otherwise make an item for each place that they name.
        let request =
            request.condition_expression(format!("attribute_exists(#{SORT})")).set_expression_attribute_names(Some(names(&[SORT])));
        unless_stale(request.send().await.map(drop).map_err(|error| failure(format!("write down that {place} is busy"), None, error)))
    }
}

impl LedgerTable {
    /// Ends the quiet of both ends before the first entry of a connection is written, and by itself: in one transaction with the entry, all connections
    /// of a place that are made at once would meet at this item.
    pub(super) async fn stir(&self, entry: &Entry) -> Result<(), Failure> {
        let places: BTreeSet<&Place> = entry.ends.iter().map(|(_, end)| &end.place).filter(|_| entry.version == 1).collect();
        for place in places {
            let request = self.client.put_item().table_name(&self.table).set_item(Some(note(place, BUSY_AT, entry.updated_at)));
            request.send().await.map_err(|error| failure(format!("write down that {place} is busy"), None, error))?;
        }
        Ok(())
    }
}

fn note(place: &Place, what: &str, at: Timestamp) -> Item {
    let mut item = key(QUIET, &place.to_string());
    item.insert(what.to_owned(), milliseconds(at));
    item.insert("expires_at".to_owned(), AttributeValue::N((at.as_second() + REMEMBERED).to_string()));
    item
}

fn milliseconds(at: Timestamp) -> AttributeValue {
    AttributeValue::N(at.as_millisecond().to_string())
}

/// A place and what was found there; none where something concerns us by now. What can't be read is looked at anew.
fn read(item: &Item) -> Option<(Place, Quiet)> {
    let place = text(item, SORT).parse().ok()?;
    let looked_at = Timestamp::from_millisecond(item.get(LOOKED_AT)?.as_n().ok()?.parse().ok()?).ok()?;
    let vpcs = item.get(VPCS).map_or(Some(BTreeSet::new()), |ids| ids.as_ss().ok()?.iter().map(|id| id.parse().ok()).collect())?;
    Some((place, Quiet { looked_at, vpcs }))
}

/// A condition that does not hold is no failure here.
fn unless_stale(written: Result<(), Failure>) -> Result<(), Failure> {
    written.or_else(|failure| if failure.class == Class::Stale { Ok(()) } else { Err(failure) })
}
