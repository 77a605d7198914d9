//! VPCs that ask for something and were not served, or were served and no longer ask.

use std::collections::BTreeSet;

use peerwright_core::ask::{ASK_TAG, Asks, MESH_TAG, RULE_TAG, STATUS_TAG};
use peerwright_core::event::Hint;
use peerwright_core::ids::VpcRef;
use peerwright_core::world::{Connection, ObservedConnection, Tags};

use super::inventory::SweptPlace;
use crate::failure::Failure;
use crate::outcome::Recipient;
use crate::ports::{Answers, Backend, Clock, Meshes, Ports};
use crate::request::answers_by_ledger;

/// A hint for each VPC of the place that asks for a connection that does not exist, or bears an answer to nothing.
pub(super) async fn unserved<B: Backend>(swept: &SweptPlace, ports: &Ports<B>) -> Result<BTreeSet<(Recipient, Hint)>, Failure> {
    let mut hints = BTreeSet::new();
    for (id, found) in &swept.inventory.vpcs {
        let vpc = VpcRef { place: swept.place.clone(), vpc: id.clone() };
        let asks = Asks::read(&vpc, &found.tags, &swept.aliases);
        let wrong = wants_another_answer(&found.tags) || is_told_otherwise(swept, &vpc, &asks, &found.tags);
        if (wrong && !is_refused(&vpc, ports).await?)
            || has_moved(&vpc, &asks, ports).await?
            || is_missing_one(swept, &vpc, &asks, ports).await?
        {
            hints.insert((Recipient::Request, Hint::Vpc(vpc)));
        }
    }
    // Of a VPC that is only shared with this account, the answer is always the same.
    for (id, found) in &swept.inventory.shared_vpcs {
        let vpc = VpcRef { place: swept.place.clone(), vpc: id.clone() };
        if wants_another_answer(&found.tags) && !is_refused(&vpc, ports).await? {
            hints.insert((Recipient::Request, Hint::Vpc(vpc)));
        }
    }
    Ok(hints)
}

/// AWS did not let us write its answer a short time ago.
async fn is_refused<B: Backend>(vpc: &VpcRef, ports: &Ports<B>) -> Result<bool, Failure> {
    let refusal = ports.ledger.answer_refusal(vpc).await?;
    Ok(refusal.is_some_and(|refusal| refusal.is_recent(ports.clock.now())))
}

/// It asks and bears no answer, or bears an answer and asks for nothing.
fn wants_another_answer(tags: &Tags) -> bool {
    let bears = |key: &str| tags.contains_key(key);
    let asks = bears(ASK_TAG) || bears(MESH_TAG);
    if asks { !bears(STATUS_TAG) } else { bears(STATUS_TAG) || bears(RULE_TAG) }
}

/// The ledger says something else of what it asks for than its tag: whoever was to tell it did not.
fn is_told_otherwise(swept: &SweptPlace, vpc: &VpcRef, asks: &Asks, tags: &Tags) -> bool {
    let standing = |other: &VpcRef| {
        let joining = swept.inventory.connections.iter().filter(|peering| joins(peering, vpc, other));
        let found = joining.min_by(|a, b| a.connection.id.cmp(&b.connection.id))?;
        Some((found, swept.entries.get(&found.connection.id)?))
    };
    answers_by_ledger(vpc, asks, standing).is_some_and(|expected| tags.get(STATUS_TAG) != Some(&expected))
}

/// It bears another mesh's tag, or none, than when it was served last.
async fn has_moved<B: Backend>(vpc: &VpcRef, asks: &Asks, ports: &Ports<B>) -> Result<bool, Failure> {
    if asks.is_empty() || matches!(asks.mesh, Some(Err(_))) {
        return Ok(false);
    }
    Ok(ports.ledger.mesh_of(vpc).await?.as_ref() != asks.mesh_name())
}

async fn is_missing_one<B: Backend>(swept: &SweptPlace, vpc: &VpcRef, asks: &Asks, ports: &Ports<B>) -> Result<bool, Failure> {
    let mut others: BTreeSet<VpcRef> = asks.targets.iter().filter_map(|target| target.vpc.as_ref().ok().cloned()).collect();
    if let Some(name) = asks.mesh_name() {
        others.extend(ports.ledger.mesh(name).await?);
    }
    others.remove(vpc);
    Ok(others.iter().any(|other| !is_joined(swept, vpc, other)))
}

/// A connection that has not ended joins the two.
fn is_joined(swept: &SweptPlace, vpc: &VpcRef, other: &VpcRef) -> bool {
    swept.inventory.connections.iter().any(|peering| joins(peering, vpc, other))
}

fn joins(peering: &ObservedConnection, vpc: &VpcRef, other: &VpcRef) -> bool {
    let Connection { ends, state, .. } = &peering.connection;
    !state.has_ended() && ends.side_of(vpc).is_some_and(|side| ends.of(side.peer()) == other)
}
