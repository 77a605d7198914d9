//! How it stands with a connection, on its own tags: where people look, on each side where we hold a role.

use std::collections::BTreeSet;

use peerwright_core::ask::{RULE_TAG, STATUS_TAG};
use peerwright_core::ids::Place;
use peerwright_core::tag_value::{value, value_from};
use peerwright_core::world::{Connection, ObservedConnection, Tags};

use crate::entry::Entry;
use crate::failure::Class;
use crate::ports::{Backend, Cloud, Ports};

impl<B: Backend> Ports<B> {
    /// Shows on the connection's tags how it stands. Tags of a connection are of the account and Region that set them ("VPC peering
    /// limitations", VPC peering guide). What can't be shown now is shown by the next look; it is not what the work depends on.
    pub(crate) async fn show_status(&self, connection: &Connection, entry: &Entry) -> Option<bool> {
        let tags = status_tags(connection, entry)?;
        let (mut refused, mut untried) = (false, false);
        let places: BTreeSet<&Place> = connection.ends.iter().map(|(_, end)| &end.place).collect();
        for place in places {
            match self.cloud.tag(place, connection.id.as_str(), &tags).await {
                Err(failure) if !matches!(failure.class, Class::NoRole | Class::Stale) => {
                    tracing::warn!(connection = %connection.id, class = failure.class.label(), "{}", failure.explain());
                    let for_good = matches!(failure.class, Class::Denied | Class::Refused | Class::Quota);
                    refused |= for_good;
                    untried |= !for_good;
                }
                _ => {}
            }
        }
        (refused || !untried).then_some(refused)
    }
}

/// What the tags of a connection should say; `None` while it says nothing that lasts, and for one that has ended.
fn status_tags(connection: &Connection, entry: &Entry) -> Option<Tags> {
    if entry.status.is_passing() || entry.is_over() || connection.state.has_ended() {
        return None;
    }
    let status = match entry.reasons.first() {
        Some(reason) => format!("{}: {reason}", entry.status),
        None => entry.status.to_string(),
    };
    let status = value_from(&status, entry.reasons.len() < 2, &format!("peerwright status {}", connection.id));
    Some(Tags::from([(STATUS_TAG.to_owned(), status), (RULE_TAG.to_owned(), value(&entry.rules.join(" ")))]))
}

/// True where the tags of a connection say what the ledger does, as far as one place shows them.
pub(crate) fn are_current(peering: &ObservedConnection, entry: &Entry) -> bool {
    status_tags(&peering.connection, entry).is_none_or(|wanted| wanted.iter().all(|(key, value)| peering.tags.get(key) == Some(value)))
}
