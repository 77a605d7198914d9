//! What a place shows in figures: how long requests are held, how long drift stays, how close its quotas are.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use peerwright_core::ids::VpcId;
use peerwright_core::precheck::least_room;
use peerwright_core::quota::Quotas;
use peerwright_core::world::PeeringState;

use super::inventory::{SweptPlace, concerned};
use crate::entry::Entry;
use crate::failure::Failure;
use crate::gauge::Gauge;
use crate::ports::{Backend, Cloud, Ports};
use crate::status::Status;

/// Where less is left of the documented quotas, those of the account are asked: they can only be higher.
const AMPLE: u64 = 20;

/// The figures of a place; none of what there is not.
pub(super) async fn gauges<B: Backend>(swept: &SweptPlace, ports: &Ports<B>) -> Result<BTreeMap<Gauge, u64>, Failure> {
    let shown = swept.inventory.connections.iter().map(|peering| &peering.connection);
    let known = |state: PeeringState| {
        let found = shown.clone().filter(move |connection| connection.state == state);
        found.filter_map(move |connection| swept.entries.get(&connection.id))
    };
    let held = known(PeeringState::Pending).filter_map(waiting_since).map(|since| age(since, swept.asked_at).as_hours());
    let drifted = known(PeeringState::Active).filter_map(drifted_since).map(|since| age(since, swept.asked_at).as_mins());
    let figures = [
        (Gauge::OldestHeldHours, held.max().and_then(|hours| hours.try_into().ok())),
        (Gauge::OldestDriftMinutes, drifted.max().and_then(|minutes| minutes.try_into().ok())),
        (Gauge::QuotaRoomPercent, room(swept, ports).await?),
    ];
    Ok(figures.into_iter().filter_map(|(gauge, value)| Some((gauge, value?))).collect())
}

/// Since when a person, a rule or an obstacle has been waited for. That a rule forbids it is an answer.
fn waiting_since(entry: &Entry) -> Option<Timestamp> {
    entry.open_since.filter(|_| matches!(entry.status, Status::Held | Status::AwaitingApproval))
}

/// Since when there has been drift that was found by an earlier sweep and is not repaired.
fn drifted_since(entry: &Entry) -> Option<Timestamp> {
    entry.contest.as_ref().filter(|_| entry.status == Status::Drifted).map(|contest| contest.since)
}

fn age(since: Timestamp, now: Timestamp) -> SignedDuration {
    now.duration_since(since).max(SignedDuration::ZERO)
}

/// The least room at the ends of our connections in this place.
async fn room<B: Backend>(swept: &SweptPlace, ports: &Ports<B>) -> Result<Option<u64>, Failure> {
    let documented = least(swept, &Quotas::DOCUMENTED);
    if documented.is_none_or(|room| room >= AMPLE) {
        return Ok(documented);
    }
    let own = ports.cloud.quotas(&swept.place).await?;
    let room = own.known().map_or(documented, |quotas| least(swept, quotas));
    if let Some(percent) = room.filter(|room| *room < AMPLE) {
        tracing::warn!(place = %swept.place, "little is left of a quota: {percent} %");
    }
    Ok(room)
}

fn least(swept: &SweptPlace, quotas: &Quotas) -> Option<u64> {
    let vpcs = concerned(&swept.place, &swept.inventory, &swept.entries);
    let ends = vpcs.iter().filter_map(|vpc| Some((vpc, swept.inventory.end(vpc, None, false)?)));
    ends.map(|(vpc, end)| least_room(&end, peerings(swept, vpc), quotas) as u64).min()
}

/// How many connections a VPC has that are active.
fn peerings(swept: &SweptPlace, vpc: &VpcId) -> usize {
    let active = swept.inventory.connections.iter().map(|peering| &peering.connection).filter(|found| found.state == PeeringState::Active);
    active.filter(|found| found.ends.iter().any(|(_, end)| end.place == swept.place && end.vpc == *vpc)).count()
}
