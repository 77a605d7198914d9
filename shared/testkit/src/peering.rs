//! Peering connections and their states.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use peerwright_core::ids::{AccountId, PcxId, Place, Side, Sides, VpcRef};
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

/// A peering connection.
#[derive(Debug, Clone)]
pub(crate) struct Peering {
    pub(crate) id: PcxId,
    pub(crate) ends: Sides<VpcRef>,
    pub(crate) dns_resolution: Sides<bool>,
    /// Its tags, which each owner sets apart, in each Region.
    pub(crate) tags: BTreeMap<Place, Tags>,
    pub(crate) overlap: bool,
    pace: Pace,
    phase: Phase,
}

#[derive(Debug, Clone, Copy)]
enum Phase {
    Requested(Timestamp),
    Accepted(Timestamp),
    Ended { code: &'static str, at: Timestamp, by: Side },
}

impl Peering {
    /// A request, just made. One between overlapping VPCs raises no error and fails by itself.
    pub(crate) fn new(id: PcxId, ends: Sides<VpcRef>, overlap: bool, pace: Pace, now: Timestamp) -> Self {
        Self { id, ends, dns_resolution: Sides::default(), tags: BTreeMap::new(), overlap, pace, phase: Phase::Requested(now) }
    }

    pub(crate) fn state(&self, now: Timestamp) -> PeeringState {
        match self.phase {
            Phase::Requested(at) if now < at + self.pace.initiating => PeeringState::Initiating,
            Phase::Requested(_) if self.overlap => PeeringState::Ended("failed".to_owned()),
            Phase::Requested(at) if now < at + EXPIRY => PeeringState::Pending,
            Phase::Requested(_) => PeeringState::Ended("expired".to_owned()),
            Phase::Accepted(at) if now < at + self.pace.provisioning => PeeringState::Provisioning,
            Phase::Accepted(_) => PeeringState::Active,
            Phase::Ended { code, .. } => PeeringState::Ended(code.to_owned()),
        }
    }

    pub(crate) fn message(&self, state: &PeeringState) -> String {
        let accepter = &self.ends.accepter.place.account;
        match state {
            PeeringState::Initiating => format!("Initiating Request to {accepter}"),
            PeeringState::Pending => format!("Pending Acceptance by {accepter}"),
            other => other.to_string(),
        }
    }

    /// Whether an owner is still shown it (the table of states in the VPC peering guide, "Lifecycle").
    pub(crate) fn visible(&self, account: &AccountId, now: Timestamp) -> bool {
        let owns = |side: Side| self.ends.of(side).place.account == *account;
        let until = match (self.state(now), self.phase) {
            (PeeringState::Ended(code), Phase::Requested(at)) if code == "failed" && owns(Side::Requester) => at + 2 * HOUR,
            (PeeringState::Ended(code), Phase::Requested(at)) if code == "expired" => at + EXPIRY + 2 * DAY,
            (PeeringState::Ended(_), Phase::Ended { at, by, .. }) => at + if owns(by) { 2 * HOUR } else { 2 * DAY },
            (PeeringState::Ended(_), _) => return false,
            _ => return true,
        };
        now < until
    }

    /// The tags that a place shows.
    pub(crate) fn tags_in(&self, place: &Place) -> Tags {
        self.tags.get(place).cloned().unwrap_or_default()
    }

    pub(crate) const fn accept(&mut self, now: Timestamp) {
        self.phase = Phase::Accepted(now);
    }

    pub(crate) const fn end_as(&mut self, code: &'static str, by: Side, now: Timestamp) {
        self.phase = Phase::Ended { code, at: now, by };
    }
}
