//! Asking for a connection, once.

use peerwright_core::ask::CREATED_TAG;
use peerwright_core::ids::{PcxId, Sides, VpcRef};
use peerwright_core::world::{Connection, PeeringState};

use super::Asking;
use super::answered::Answered;
use crate::claim::{CLAIM, Claim};
use crate::entry::{Change, Entry};
use crate::failure::{Class, Failure};
use crate::peerings::peerings;
use crate::ports::{Backend, Claims, Clock, Cloud, Created, Ports};
use crate::status::Status;

/// Claims the two VPCs, looks once more, and asks. Where the answer to that is lost, the claim stays: the next to look finds the connection, or
/// waits until the claim is over.
pub(super) async fn create<B: Backend>(
    asking: &Asking<'_>,
    target: &str,
    ends: &Sides<VpcRef>,
    rules: Vec<String>,
    ports: &Ports<B>,
) -> Result<Answered, Failure> {
    let now = ports.clock.now();
    let mut claim = Claim { ends: ends.clone(), holder: ports.holder.clone(), until: now + CLAIM, created: None };
    if !ports.ledger.claim(&claim, now).await? {
        return Ok(Answered::waiting(target, "is being asked for"));
    }
    if let Some(id) = duplicate(ends, ports).await? {
        ports.ledger.drop_claim(&claim).await?;
        return Ok(Answered::waiting(target, &format!("{id} is there")));
    }
    if let Some(why) = ports.stopped().await? {
        ports.ledger.drop_claim(&claim).await?;
        return Ok(Answered::refusal(target, &format!("held: {why}")));
    }
    let Created { id, bears_our_tag } = match ports.cloud.create(ends, asking.vpc).await {
        Ok(created) => created,
        Err(failure) => return refused(target, &claim, failure, ports).await,
    };
    if !bears_our_tag {
        match ports.cloud.connection(&ends.requester.place, &id).await? {
            Some(shown) if shown.tags.contains_key(CREATED_TAG) => {}
            // Somebody else made it since we looked, or EC2 does not show the tag yet: then whoever looks next finds it under the claim.
            Some(_) => return Ok(Answered::waiting(target, &format!("{id} is there"))),
            // Whoever looks next finds it under the claim, by its tag.
            None => return Ok(Answered::waiting(target, "is being asked for")),
        }
    }
    let connection = Connection { id: id.clone(), state: PeeringState::Initiating, message: String::new(), ends: ends.clone() };
    claim.created = Some(id.clone());
    remember(&claim, &connection, asking.vpc, &rules, ports).await?;
    Ok(Answered::requested(target, &connection, rules))
}

/// A connection of the two that was made since they were last looked at, before the claim.
async fn duplicate<B: Backend>(ends: &Sides<VpcRef>, ports: &Ports<B>) -> Result<Option<PcxId>, Failure> {
    let found = peerings(&ports.cloud, &ends.requester).await?;
    let joins = |other: &Sides<VpcRef>| other == ends || (other.requester == ends.accepter && other.accepter == ends.requester);
    Ok(found.into_iter().find(|peering| joins(&peering.connection.ends)).map(|peering| peering.connection.id))
}

/// EC2's no. Where it is plain that no connection came of it, the claim is given up.
async fn refused<B: Backend>(target: &str, claim: &Claim, failure: Failure, ports: &Ports<B>) -> Result<Answered, Failure> {
    if matches!(failure.class, Class::Transient | Class::Unexpected) {
        return Err(failure);
    }
    ports.ledger.drop_claim(claim).await?;
    match failure.class {
        // Requests that wait are answered, and make room.
        Class::Quota | Class::Stale => Ok(Answered::waiting(target, &failure.explain())),
        Class::Refused | Class::Denied | Class::Gone => Ok(Answered::refusal(target, &failure.explain())),
        _ => Err(failure),
    }
}

/// Writes down what came of a claim: beside the claim, and in the ledger as ours.
pub(super) async fn remember<B: Backend>(
    claim: &Claim,
    connection: &Connection,
    asking: &VpcRef,
    rules: &[String],
    ports: &Ports<B>,
) -> Result<(), Failure> {
    ports.ledger.settle_claim(claim).await?;
    let note = |entry: &mut Entry| {
        if entry.created_for.is_some() {
            return None;
        }
        entry.created_for = Some(asking.clone());
        entry.asked_by = Some(format!("the tags of {asking}"));
        if entry.status == Status::New {
            entry.status = Status::Requested;
            entry.rules = rules.to_vec();
        }
        Some(Change::to(&Status::Requested, rules, vec![format!("for the tag of {asking}")]))
    };
    ports.write(connection, note).await.map(drop)
}
