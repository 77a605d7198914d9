//! Peering connections and their states.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use peerwright_core::ids::{PcxId, Place, Side, Sides, VpcRef};
use peerwright_core::world::{PeeringState, Tags};

const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);
/// A request that nobody accepts or rejects expires (VPC peering guide, "Lifecycle").
const EXPIRY: Duration = Duration::from_hours(7 * 24);

/// How long the passing states last.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace {
    pub(crate) initiating: Duration,
    pub(crate) provisioning: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self { initiating: Duration::from_millis(100), provisioning: Duration::from_millis(300) }
    }
}

/// From where somebody looks, and when.
#[derive(Debug, Clone, Copy)]
pub(crate) struct View<'p> {
    pub(crate) place: &'p Place,
    pub(crate) now: Timestamp,
    /// How long what was done at one side of a connection is not known at the other: EC2 is eventually consistent, and each Region has
    /// its own record of a connection (EC2 API guide, "Eventual consistency").
    pub(crate) side_lag: Duration,
}

/// A peering connection.
#[derive(Debug, Clone)]
pub(crate) struct Peering {
    pub(crate) id: PcxId,
    pub(crate) ends: Sides<VpcRef>,
    pub(crate) dns_resolution: Sides<bool>,
    /// Its tags, which each owner sets apart, in each Region.
    pub(crate) tags: BTreeMap<Place, Tags>,
    /// True where it fails by itself.
    pub(crate) overlap: bool,
    pace: Pace,
    requested: Timestamp,
    accepted: Option<Timestamp>,
    end: Option<Ending>,
}

#[derive(Debug, Clone, Copy)]
struct Ending {
    code: &'static str,
    at: Timestamp,
    by: Side,
    /// Until then it is `deleting`.
    settled: Timestamp,
}

impl Peering {
    /// A request, just made. One between overlapping VPCs raises no error and fails by itself.
    pub(crate) fn new(id: PcxId, ends: Sides<VpcRef>, overlap: bool, pace: Pace, now: Timestamp) -> Self {
        let (dns_resolution, tags) = (Sides::default(), BTreeMap::new());
        Self { id, ends, dns_resolution, tags, overlap, pace, requested: now, accepted: None, end: None }
    }

    /// The state as it is, of which a place may not know yet.
    pub(crate) fn state(&self, now: Timestamp) -> PeeringState {
        self.state_known(|_| now)
    }

    /// The state that a place is shown: what was done there at once, and what was done at the other side later.
    pub(crate) fn state_in(&self, view: View<'_>) -> PeeringState {
        self.state_known(|side| self.known(view, side))
    }

    /// The moment up to which a place knows what was done at a side.
    fn known(&self, view: View<'_>, side: Side) -> Timestamp {
        if self.ends.of(side).place == *view.place { view.now } else { view.now - view.side_lag }
    }

    fn state_known(&self, known: impl Fn(Side) -> Timestamp) -> PeeringState {
        if let Some(end) = self.end.filter(|end| known(end.by) >= end.at) {
            return PeeringState::Ended(if known(end.by) < end.settled { "deleting" } else { end.code }.to_owned());
        }
        if let Some(at) = self.accepted.filter(|at| known(Side::Accepter) >= *at) {
            let provisioning = known(Side::Accepter) < at + self.pace.provisioning;
            return if provisioning { PeeringState::Provisioning } else { PeeringState::Active };
        }
        match known(Side::Requester) {
            now if now < self.requested + self.pace.initiating => PeeringState::Initiating,
            _ if self.overlap => PeeringState::Ended("failed".to_owned()),
            now if now < self.requested + EXPIRY || self.accepted.is_some() => PeeringState::Pending,
            _ => PeeringState::Ended("expired".to_owned()),
        }
    }

    /// How long it has been active for a place; none where it is not, or has ended.
    pub(crate) fn active_for(&self, view: View<'_>) -> Option<Duration> {
        let since = self.accepted.filter(|_| self.state_in(view) == PeeringState::Active)? + self.pace.provisioning;
        self.known(view, Side::Accepter).duration_since(since).try_into().ok()
    }

    pub(crate) fn message(&self, state: &PeeringState) -> String {
        let accepter = &self.ends.accepter.place.account;
        match state {
            PeeringState::Initiating => format!("Initiating Request to {accepter}"),
            PeeringState::Pending => format!("Pending Acceptance by {accepter}"),
            other => other.to_string(),
        }
    }

    /// True where a place knows that there is such a connection.
    pub(crate) fn is_known_in(&self, view: View<'_>) -> bool {
        self.known(view, Side::Requester) >= self.requested
    }

    /// Whether a place of an owner is shown it (the table of states in the VPC peering guide, "Lifecycle"). To the accepter a request that is
    /// just made is not there (terraform-provider-aws #30423).
    pub(crate) fn is_visible_in(&self, view: View<'_>) -> bool {
        let here = self.ends.iter().any(|(_, end)| end.place == *view.place);
        here && self.is_known_in(view)
            && match self.state_in(view) {
                PeeringState::Initiating => self.ends.requester.place == *view.place,
                PeeringState::Ended(code) => self.shown_until(&code, view.place).is_none_or(|until| view.now < until),
                _ => true,
            }
    }

    /// Until when a place is shown how it ended; none while it is about to.
    fn shown_until(&self, code: &str, place: &Place) -> Option<Timestamp> {
        let at_requester = self.ends.requester.place == *place;
        match (code, self.end) {
            ("deleting", _) => None,
            ("failed", _) => Some(self.requested + self.pace.initiating + if at_requester { 2 * HOUR } else { Duration::ZERO }),
            (_, Some(end)) => {
                let same_account = self.ends.requester.place.account == self.ends.accepter.place.account;
                let soon = same_account || self.ends.of(end.by).place == *place;
                Some(end.at + if soon { 2 * HOUR } else { 2 * DAY })
            }
            (_, None) => Some(self.requested + EXPIRY + 2 * DAY),
        }
    }

    /// The tags that a place shows.
    pub(crate) fn tags_in(&self, place: &Place) -> Tags {
        self.tags.get(place).cloned().unwrap_or_default()
    }

    pub(crate) const fn accept(&mut self, now: Timestamp) {
        self.accepted = Some(now);
    }

    /// Between Regions, one that was active is `deleting` for a while (VPC peering guide, "Lifecycle").
    pub(crate) fn end_as(&mut self, code: &'static str, by: Side, now: Timestamp) {
        let passing = code == "deleted"
            && self.state(now) == PeeringState::Active
            && self.ends.requester.place.region != self.ends.accepter.place.region;
        let settled = if passing { now + self.pace.provisioning } else { now };
        self.end = Some(Ending { code, at: now, by, settled });
    }
}
