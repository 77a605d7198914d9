//! Events for the outside: one for each change of a connection that others wait for.

use peerwright_core::allowlist::AllowlistChange;
use peerwright_core::ids::Place;
use serde_json::{Value, json};

use crate::contest::Contest;
use crate::entry::{Change, Entry};
use crate::lines::shown;
use crate::plain::plain;
use crate::status::Status;

/// The source of our own events.
pub const SOURCE: &str = "peerwright";

/// An event for the hub's bus.
#[derive(Debug, Clone, PartialEq)]
pub struct OutcomeEvent {
    /// Its kind, the event's `detail-type`.
    pub kind: &'static str,
    /// Everything that whoever waits for it needs, in words that may be put into a mail as they are.
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
    Some(OutcomeEvent { kind, detail: plain(detail) })
}

/// What waits, rule by rule, in words.
fn awaiting(entry: &Entry) -> Vec<String> {
    let wishes = entry.awaiting.iter().flat_map(|awaiting| awaiting.wishes.iter().map(move |wish| (&awaiting.rule, wish)));
    wishes.map(|(rule, wish)| format!("rule {rule}: {}", wish.words)).collect()
}

/// The event about a member that can no longer, or again, be looked at.
pub fn member_event(place: &Place, refusal: Option<&str>) -> OutcomeEvent {
    let kind = if refusal.is_some() { "Member Unreachable" } else { "Member Reachable" };
    OutcomeEvent { kind, detail: plain(json!({ "account": place.account, "region": place.region, "reason": refusal })) }
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    use super::*;

    /// Whatever kinds of events there are.
    fn kinds() -> BTreeSet<String> {
        let of_connections = Status::KNOWN.into_iter().filter_map(|status| status.event());
        of_connections
            .chain(["Approval Needed", "Member Unreachable", "Member Reachable", "Allowlist Changed"])
            .map(str::to_owned)
            .collect()
    }

    fn reference(name: &str) -> String {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference").join(name);
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    #[test]
    fn the_reference_and_the_schema_have_just_the_kinds_of_events_that_there_are() {
        let text = reference("events.md");
        let is_kind = |name: &&str| name.starts_with(|letter: char| letter.is_ascii_uppercase());
        let rows = text.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next()).filter(is_kind);
        assert_eq!(rows.map(str::to_owned).collect::<BTreeSet<_>>(), kinds());
        let schema: Value = serde_json::from_str(&reference("events.schema.json")).expect("JSON");
        let of_schema = schema["oneOf"].as_array().expect("a list").iter();
        let of_schema = of_schema.filter_map(|kind| kind["properties"]["detail-type"]["const"].as_str());
        assert_eq!(of_schema.map(str::to_owned).collect::<BTreeSet<_>>(), kinds());
    }
}
