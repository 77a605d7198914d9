//! VPCs that ask for something and were not served, or were served and no longer ask.

use std::collections::BTreeSet;

use peerwright_core::ask::{ASK_TAG, Asks, MESH_TAG, RULE_TAG, STATUS_TAG};
use peerwright_core::event::Hint;
use peerwright_core::ids::VpcRef;
use peerwright_core::world::ObservedConnection;

use super::inventory::SweptPlace;
use crate::failure::Failure;
use crate::outcome::Recipient;
use crate::ports::{Backend, Meshes, Ports};

/// A hint for each VPC of the place that asks for a connection that does not exist, or bears an answer to nothing.
pub(super) async fn unserved<B: Backend>(swept: &SweptPlace, ports: &Ports<B>) -> Result<BTreeSet<(Recipient, Hint)>, Failure> {
    let mut hints = BTreeSet::new();
    for (id, found) in &swept.inventory.vpcs {
        let vpc = VpcRef { place: swept.place.clone(), vpc: id.clone() };
        let asks = Asks::read(&vpc, &found.tags, &swept.aliases);
        let bears = |key: &str| found.tags.contains_key(key);
        let stale_answer = !bears(ASK_TAG) && !bears(MESH_TAG) && (bears(STATUS_TAG) || bears(RULE_TAG));
        let unanswered = (bears(ASK_TAG) || bears(MESH_TAG)) && !bears(STATUS_TAG);
        if stale_answer || unanswered || has_moved(&vpc, &asks, ports).await? || is_missing_one(swept, &vpc, &asks, ports).await? {
            hints.insert((Recipient::Request, Hint::Vpc(vpc)));
        }
    }
    Ok(hints)
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
    let joins = |peering: &ObservedConnection| {
        let ends = &peering.connection.ends;
        ends.side_of(vpc).is_some_and(|side| ends.of(side.peer()) == other)
    };
    swept.inventory.connections.iter().any(|peering| !peering.connection.state.has_ended() && joins(peering))
}
