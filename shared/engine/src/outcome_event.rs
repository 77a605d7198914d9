//! Events for the outside: one for each change of a connection that others wait for.

use peerwright_core::ids::Place;
use serde_json::{Value, json};

use crate::entry::{Change, Entry};
use crate::status::Status;

/// The source of our own events.
pub const SOURCE: &str = "peerwright";

/// An event for the hub's bus.
#[derive(Debug, Clone, PartialEq)]
pub struct OutcomeEvent {
    /// Its kind, the event's `detail-type`.
    pub kind: &'static str,
    /// Everything that whoever waits for it needs.
    pub detail: Value,
}

/// The event about a change that is being written down; none for steps on the way.
pub fn outcome_event(entry: &Entry, change: &Change) -> Option<OutcomeEvent> {
    let status = change.status.as_ref().filter(|status| **status == entry.status)?;
    let kind = status.event()?;
    let id = &entry.connection;
    let mut detail = json!({
        "connection": id,
        "requester": entry.ends.requester,
        "accepter": entry.ends.accepter,
        "status": entry.status,
        "rules": entry.rules,
        "reasons": entry.reasons,
        "details": change.details,
        "asked_by": entry.asked_by,
        "created_for": entry.created_for,
        "approval": entry.approval,
        "events": change.events,
        "at": change.at,
        "version": entry.version,
    });
    if *status == Status::AwaitingApproval {
        detail["approve"] = json!(format!("peerwright approve {id} --reason WHY"));
        detail["reject"] = json!(format!("peerwright reject {id} --reason WHY"));
    }
    Some(OutcomeEvent { kind, detail })
}

/// The event about a member that can no longer, or again, be looked at.
pub fn member_event(place: &Place, refusal: Option<&str>) -> OutcomeEvent {
    let kind = if refusal.is_some() { "Member Unreachable" } else { "Member Reachable" };
    OutcomeEvent { kind, detail: json!({ "account": place.account, "region": place.region, "reason": refusal }) }
}
