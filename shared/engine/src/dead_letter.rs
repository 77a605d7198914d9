//! What a message that was given up is about, and whether it would only fail again.

use std::collections::{BTreeMap, BTreeSet};

use peerwright_core::event::{self, Hint, Parsed};
use peerwright_core::ids::{PcxId, Place};
use serde_json::Value;

use crate::entry::Entry;
use crate::status::Status;

/// A message that was given up, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    /// What it points at; none where nobody can read that, or it is nothing for us.
    pub hint: Option<Hint>,
    /// Why it was given up, in words.
    pub reason: String,
}

/// What is known at this moment of what letters are about.
#[derive(Debug, Default)]
pub struct Standing {
    /// The entries of connections.
    pub entries: BTreeMap<PcxId, Entry>,
    /// The places whose role could not be assumed when that was tried last, with the reason.
    pub refused: BTreeMap<Place, String>,
}

impl DeadLetter {
    /// Reads a message and the reason beside it.
    pub fn read(body: &str, reason: &str) -> Self {
        let event = serde_json::from_str::<Value>(body).ok();
        let hint = event.and_then(|event| match event::read(&event) {
            Ok(Parsed::Hint(hint)) => Some(hint),
            Ok(Parsed::Ignored(_)) | Err(_) => None,
        });
        Self { hint, reason: reason.to_owned() }
    }

    /// The connection that it is about.
    pub fn connection(&self) -> Option<&PcxId> {
        match &self.hint {
            Some(Hint::Connection { id, .. }) => Some(id),
            _ => None,
        }
    }

    /// The places where it sends its function to look.
    pub fn places(&self) -> BTreeSet<Place> {
        match &self.hint {
            Some(Hint::Connection { places, .. }) => places.iter().cloned().collect(),
            Some(Hint::Vpc(vpc)) => BTreeSet::from([vpc.place.clone()]),
            Some(Hint::Place(place) | Hint::Pending(place)) => BTreeSet::from([place.clone()]),
            Some(Hint::Everywhere) | None => BTreeSet::new(),
        }
    }

    /// What it is about, in words.
    pub fn about(&self) -> String {
        match &self.hint {
            Some(Hint::Connection { id, .. }) => id.to_string(),
            Some(Hint::Vpc(vpc)) => vpc.to_string(),
            Some(Hint::Place(place)) => place.to_string(),
            Some(Hint::Pending(place)) => format!("requests in {place}"),
            Some(Hint::Everywhere) => "every place".to_owned(),
            None => "nothing that a function can read".to_owned(),
        }
    }

    /// Why it is of no use to bring it back as things are: it would fail again for the same reason, or has nothing left to do.
    pub fn in_vain(&self, standing: &Standing) -> Option<String> {
        if self.hint.is_none() {
            return Some("no function can read it: it would be dropped".to_owned());
        }
        let entry = self.connection().and_then(|id| standing.entries.get(id));
        if entry.is_some_and(Entry::is_over) {
            return Some("the connection is over, and nothing of ours is left: there is nothing to do".to_owned());
        }
        let places = self.places();
        let mut refusals = places.iter().filter_map(|place| Some((place, standing.refused.get(place)?))).peekable();
        // A connection may be looked at from its other end.
        if let Some((place, why)) = refusals.peek()
            && places.iter().all(|place| standing.refused.contains_key(place))
        {
            return Some(format!("{place} still does not let us in: {why}"));
        }
        let stands = |entry: &&Entry| matches!(entry.status, Status::Blocked | Status::Failed);
        let same = |entry: &Entry| {
            entry.reasons.iter().any(|reason| !reason.is_empty() && (self.reason.contains(reason) || reason.contains(&self.reason)))
        };
        entry
            .filter(stands)
            .filter(|entry| !self.reason.is_empty() && same(entry))
            .map(|entry| format!("the connection is still {} for this reason", entry.status))
    }
}

#[cfg(test)]
mod tests {
    use peerwright_core::ids::{Sides, VpcRef};

    use super::*;

    const BODY: &str = r#"{"connection": "pcx-0000000a", "account": "222222222222", "region": "eu-west-1"}"#;
    const REASON: &str = "can't create the route in 222222222222/eu-west-1: not authorized";

    fn entry(status: Status, reasons: &[&str]) -> Standing {
        let vpc = |text: &str| text.parse::<VpcRef>().expect("a VPC");
        let ends = Sides { requester: vpc("111111111111/eu-west-1/vpc-0000000a"), accepter: vpc("222222222222/eu-west-1/vpc-0000000b") };
        let id: PcxId = "pcx-0000000a".parse().expect("an id");
        let reasons = reasons.iter().map(ToString::to_string).collect();
        Standing { entries: BTreeMap::from([(id.clone(), Entry { status, reasons, ..Entry::new(&id, &ends) })]), ..Standing::default() }
    }

    fn in_vain(standing: &Standing) -> Option<String> {
        DeadLetter::read(BODY, REASON).in_vain(standing)
    }

    #[test]
    fn a_letter_says_what_it_is_about() {
        let about = |body: &str| DeadLetter::read(body, "").about();
        assert_eq!(about(BODY), "pcx-0000000a");
        assert_eq!(about(r#"{"sweep": {"account": "222222222222", "region": "eu-west-1"}}"#), "222222222222/eu-west-1");
        assert_eq!(about(r#"{"sweep": "all"}"#), "every place");
        assert_eq!(about("{"), "nothing that a function can read");
    }

    #[test]
    fn a_letter_is_worth_its_way_as_long_as_nothing_says_that_it_would_fail_again() {
        assert_eq!(in_vain(&Standing::default()), None);
        assert_eq!(in_vain(&entry(Status::Failed, &["EC2 was slow"])), None);
        assert_eq!(in_vain(&entry(Status::Converged, &[REASON])), None);
    }

    #[test]
    fn a_letter_that_would_fail_again_or_has_nothing_to_do_says_why() {
        let starts = |standing: &Standing, words: &str| assert!(in_vain(standing).is_some_and(|why| why.contains(words)), "{words}");
        starts(&entry(Status::Blocked, &[REASON]), "still blocked for this reason");
        starts(&entry(Status::Ended, &[]), "over");
        let place: Place = "222222222222/eu-west-1".parse().expect("a place");
        starts(
            &Standing { refused: BTreeMap::from([(place, "no role".to_owned())]), ..Standing::default() },
            "still does not let us in: no role",
        );
        assert!(DeadLetter::read("{", "").in_vain(&Standing::default()).is_some_and(|why| why.contains("dropped")));
    }
}
