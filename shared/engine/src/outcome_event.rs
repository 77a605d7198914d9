//! Events for the outside: one for each change of a connection that others wait for.

use peerwright_core::allowlist::AllowlistChange;
use peerwright_core::ids::Place;
use serde_json::{Value, json};

use crate::contest::Contest;
use crate::entry::{Change, Entry};
use crate::lines::shown;
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
    let waits = !entry.awaiting.is_empty() && matches!(status, Status::AwaitingApproval | Status::Partial | Status::OneSided);
    if *status == Status::Drifted && entry.contest.as_ref().is_some_and(Contest::is_known) {
        return None;
    }
    let kind = if waits { "Approval Needed" } else { status.event()? };
    let id = &entry.connection;
    let mut detail = json!({
        "connection": id,
        "requester": entry.ends.requester,
        "accepter": entry.ends.accepter,
        "status": entry.status,
        "rules": shown(&entry.rules),
        "reasons": entry.reasons,
        "details": shown(&change.details),
        "asked_by": entry.asked_by,
        "created_for": entry.created_for,
        "approval": entry.approval,
        "accepted_by": entry.accepted_by,
        "events": change.events,
        "at": change.at,
        "version": entry.version,
    });
    if waits {
        detail["awaiting"] = json!(shown(&awaiting(entry)));
        detail["approve"] = json!(format!("peerwright approve {id} --reason WHY"));
        detail["reject"] = json!(format!("peerwright reject {id} --reason WHY"));
    }
    Some(OutcomeEvent { kind, detail })
}

/// What waits, rule by rule, in words.
fn awaiting(entry: &Entry) -> Vec<String> {
    let wishes = entry.awaiting.iter().flat_map(|awaiting| awaiting.wishes.iter().map(move |wish| (&awaiting.rule, wish)));
    wishes.map(|(rule, wish)| format!("rule {rule}: {}", wish.words)).collect()
}

/// The event about a member that can no longer, or again, be looked at.
pub fn member_event(place: &Place, refusal: Option<&str>) -> OutcomeEvent {
    let kind = if refusal.is_some() { "Member Unreachable" } else { "Member Reachable" };
    OutcomeEvent { kind, detail: json!({ "account": place.account, "region": place.region, "reason": refusal }) }
}

/// How many bytes of a rule an event has, before and after each: it stays under 64 KB.
const LONGEST: usize = 20_000;

/// The event about a change of the allowlist. A rule that is too long for it stands in the history.
pub fn allowlist_event(change: &AllowlistChange) -> OutcomeEvent {
    let body = |body: &Option<Value>| body.clone().filter(|body| body.to_string().len() <= LONGEST);
    let detail = json!({
        change.noun(): change.id,
        "change": change.verb(),
        "before": body(&change.before),
        "after": body(&change.after),
        "by": change.by,
        "at": change.at,
    });
    OutcomeEvent { kind: "Allowlist Changed", detail }
}
