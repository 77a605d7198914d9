//! What is known of places, for a person who asks.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use peerwright_core::ids::Place;
use peerwright_engine::failure::Failure;

use super::members::{REFUSED, partition};
use super::quiet::{BUSY_AT, LOOKED_AT, QUIET};
use super::{ENTRIES_PER_CALL, LedgerTable, PARTITION, SORT, key};
use crate::attribute::{Item, text};

/// What the last look at a place, or an event since, has told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlaceNote {
    /// Nothing there concerned us at that moment.
    Quiet(Timestamp),
    /// Something there concerns us since.
    Busy(Timestamp),
}

/// That the role of a place could not be assumed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlaceRefusal {
    /// Since when.
    pub at: Option<Timestamp>,
    /// What AWS said, and what to do.
    pub reason: String,
}

impl LedgerTable {
    /// What is noted of each place that was looked at in the last days.
    pub async fn place_notes(&self) -> Result<BTreeMap<Place, PlaceNote>, Failure> {
        Ok(self.partition(QUIET, "").await?.iter().filter_map(note).collect())
    }

    /// Those of some places whose role could not be assumed when that was tried last.
    pub async fn place_refusals(&self, places: &BTreeSet<Place>) -> Result<BTreeMap<Place, PlaceRefusal>, Failure> {
        let places: Vec<&Place> = places.iter().collect();
        let mut found = BTreeMap::new();
        for places in places.chunks(ENTRIES_PER_CALL) {
            let items = self.read_all(places.iter().map(|place| key(&partition(place), REFUSED)).collect()).await?;
            for place in places {
                let item = items.iter().find(|item| text(item, PARTITION) == partition(place));
                found.extend(item.map(|item| ((*place).clone(), refusal(item))));
            }
        }
        Ok(found)
    }
}

fn note(item: &Item) -> Option<(Place, PlaceNote)> {
    let moment = |name: &str| Timestamp::from_millisecond(item.get(name)?.as_n().ok()?.parse().ok()?).ok();
    let note = moment(LOOKED_AT).map(PlaceNote::Quiet).or_else(|| moment(BUSY_AT).map(PlaceNote::Busy))?;
    Some((text(item, SORT).parse().ok()?, note))
}

fn refusal(item: &Item) -> PlaceRefusal {
    PlaceRefusal { at: text(item, "at").parse().ok(), reason: text(item, "reason") }
}
