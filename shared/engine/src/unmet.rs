//! What a VPC asks for by its tags and has not got, with the whole of the reason: its tag has room for a part.

use std::collections::BTreeSet;

use futures_util::stream::{self, StreamExt};
use peerwright_core::ask::{ASK_TAG, Asks, MESH_TAG};
use peerwright_core::ids::{PcxId, Place, Sides, VpcRef};
use peerwright_core::inventory::Inventory;
use peerwright_core::world::{Connection, PeeringState, Tags};

use crate::claim::Claim;
use crate::explain::{Subject, explain};
use crate::failure::Failure;
use crate::ports::{Allowlist, Backend, Claims, Cloud, Ledger, Meshes, Ports};
use crate::request::after_its_end;

/// How many places are read at once.
const AT_ONCE: usize = 16;

/// A target that the VPC is not joined with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnmetAsk {
    /// As the tag names it.
    pub target: String,
    /// What would become of a request, or why there is none.
    pub answer: String,
}

/// What the VPCs of places ask for and have not got.
#[derive(Debug, Default)]
pub struct UnmetAsks {
    /// By VPC.
    pub asks: Vec<(VpcRef, UnmetAsk)>,
    /// Places, and VPCs, that could not be looked at.
    pub unread: Vec<(String, Failure)>,
}

/// What the VPCs of these places ask for in vain: each place is read once. One that can't be read stops none of the others.
pub async fn unmet_in<B: Backend>(places: &BTreeSet<Place>, ports: &Ports<B>) -> UnmetAsks {
    let look = async |place: &Place| (place.clone(), ports.cloud.inventory(place).await);
    let mut looking = stream::iter(places).map(look).buffered(AT_ONCE);
    let mut found = UnmetAsks::default();
    while let Some((place, inventory)) = looking.next().await {
        match inventory {
            Ok(inventory) => of_place(&place, &inventory, &mut found, ports).await,
            Err(failure) => found.unread.push((place.to_string(), failure)),
        }
    }
    found
}

async fn of_place<B: Backend>(place: &Place, inventory: &Inventory, found: &mut UnmetAsks, ports: &Ports<B>) {
    let asks = |tags: &Tags| tags.contains_key(ASK_TAG) || tags.contains_key(MESH_TAG);
    for (id, _) in inventory.vpcs.iter().filter(|(_, seen)| asks(&seen.tags)) {
        let vpc = VpcRef { place: place.clone(), vpc: id.clone() };
        let living = inventory.connections.iter().map(|peering| &peering.connection).filter(|connection| !connection.state.has_ended());
        let joined = living.filter_map(|Connection { ends, .. }| ends.side_of(&vpc).map(|side| ends.of(side.peer()).clone())).collect();
        match unmet_asks(&vpc, &joined, ports).await {
            Ok(unmet) => found.asks.extend(unmet.into_iter().map(|ask| (vpc.clone(), ask))),
            Err(failure) => found.unread.push((vpc.to_string(), failure)),
        }
    }
}

/// What a VPC asks for beside the VPCs that it is joined with. Each is looked at as if it asked now.
pub async fn unmet_asks<B: Backend>(vpc: &VpcRef, joined: &BTreeSet<VpcRef>, ports: &Ports<B>) -> Result<Vec<UnmetAsk>, Failure> {
    let tags = ports.cloud.vpc_facts(vpc).await?.and_then(|facts| facts.tags.known().cloned()).unwrap_or_default();
    let asks = Asks::read(vpc, &tags, &ports.allowlist.aliases().await?);
    let claims = ports.ledger.claims_of(vpc).await?;
    let said = |target: &str, answer: String| UnmetAsk { target: target.to_owned(), answer };
    let mut unmet: Vec<UnmetAsk> = asks.wrong.iter().map(|wrong| said("the tag", wrong.to_string())).collect();
    for target in &asks.targets {
        match &target.vpc {
            Err(wrong) => unmet.push(said(&target.text, wrong.to_string())),
            Ok(other) if joined.contains(other) => {}
            Ok(other) => unmet.push(said(&target.text, becomes_of(vpc, other, &claims, ports).await)),
        }
    }
    match &asks.mesh {
        Some(Err(wrong)) => unmet.push(said("mesh", wrong.to_string())),
        Some(Ok(name)) => {
            let partners = ports.ledger.mesh(name).await?;
            for other in partners.iter().filter(|other| *other != vpc && !joined.contains(*other) && !asks.names(other)) {
                unmet.push(said(&other.to_string(), becomes_of(vpc, other, &claims, ports).await));
            }
        }
        None => {}
    }
    Ok(unmet)
}

/// What a request would come to; where there was one under this tag and it is over, that nobody asks again.
async fn becomes_of<B: Backend>(vpc: &VpcRef, other: &VpcRef, claims: &[Claim], ports: &Ports<B>) -> String {
    let claim = claims.iter().find(|claim| claim.joins(vpc, other));
    if let Some(id) = claim.and_then(|claim| claim.created.as_ref()) {
        return over(id, vpc, ports).await.unwrap_or_else(|failure| failure.explain_final());
    }
    let ends = Sides { requester: vpc.clone(), accepter: other.clone() };
    match explain(&Subject::Pair(ends), ports).await {
        Ok(found) => found.headline(),
        Err(failure) => failure.explain_final(),
    }
}

async fn over<B: Backend>(id: &PcxId, vpc: &VpcRef, ports: &Ports<B>) -> Result<String, Failure> {
    let entry = ports.ledger.load(id).await?;
    let state = ports.cloud.connection(&vpc.place, id).await?.map_or(PeeringState::Vanished, |found| found.connection.state);
    Ok(after_its_end(id, &state, entry.as_ref()))
}
