//! VPCs that ask for something and were not served, or were served and no longer ask.

use std::collections::BTreeSet;

use peerwright_core::ask::{ASK_TAG, Asks, MESH_TAG, RULE_TAG, STATUS_TAG};
use peerwright_core::event::Hint;
use peerwright_core::ids::VpcRef;
use peerwright_core::world::{PeeringState, Sighting};

use super::place::Picture;
use crate::failure::Failure;
use crate::outcome::To;
use crate::ports::{Allowlist, Clock, Cloud, Ledger, Ports};

/// A hint for each VPC of the place that asks for a connection that does not exist, or bears an answer to nothing.
pub(super) async fn asked<C: Cloud, A: Allowlist, L: Ledger, K: Clock>(
    picture: &Picture,
    ports: &Ports<C, A, L, K>,
) -> Result<BTreeSet<(To, Hint)>, Failure> {
    let mut hints = BTreeSet::new();
    for (id, found) in &picture.survey.vpcs {
        let vpc = VpcRef { place: picture.place.clone(), vpc: id.clone() };
        let asks = Asks::read(&vpc, &found.tags, &picture.aliases);
        let bears = |key: &str| found.tags.contains_key(key);
        let stale_answer = !bears(ASK_TAG) && !bears(MESH_TAG) && (bears(STATUS_TAG) || bears(RULE_TAG));
        let unanswered = (bears(ASK_TAG) || bears(MESH_TAG)) && !bears(STATUS_TAG);
        if stale_answer || unanswered || has_moved(&vpc, &asks, ports).await? || is_missing_one(picture, &vpc, &asks, ports).await? {
            hints.insert((To::Request, Hint::Vpc(vpc)));
        }
    }
    Ok(hints)
}

/// It bears another mesh's tag, or none, than when it was served last.
async fn has_moved<C: Cloud, A: Allowlist, L: Ledger, K: Clock>(
    vpc: &VpcRef,
    asks: &Asks,
    ports: &Ports<C, A, L, K>,
) -> Result<bool, Failure> {
    if asks.is_empty() || matches!(asks.mesh, Some(Err(_))) {
        return Ok(false);
    }
    Ok(ports.ledger.mesh_of(vpc).await?.as_ref() != asks.mesh_name())
}

async fn is_missing_one<C: Cloud, A: Allowlist, L: Ledger, K: Clock>(
    picture: &Picture,
    vpc: &VpcRef,
    asks: &Asks,
    ports: &Ports<C, A, L, K>,
) -> Result<bool, Failure> {
    let mut others: BTreeSet<VpcRef> = asks.targets.iter().filter_map(|target| target.vpc.as_ref().ok().cloned()).collect();
    if let Some(name) = asks.mesh_name() {
        others.extend(ports.ledger.mesh(name).await?);
    }
    others.remove(vpc);
    Ok(others.iter().any(|other| !is_joined(picture, vpc, other)))
}

/// A connection that has not ended joins the two.
fn is_joined(picture: &Picture, vpc: &VpcRef, other: &VpcRef) -> bool {
    let joins = |sighting: &Sighting| {
        let ends = &sighting.connection.ends;
        ends.side_of(vpc).is_some_and(|side| ends.of(side.peer()) == other)
    };
    picture.survey.connections.iter().any(|sighting| !matches!(sighting.connection.state, PeeringState::Ended(_)) && joins(sighting))
}
