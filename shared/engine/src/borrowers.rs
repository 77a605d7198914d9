//! Which other connections rely on security group rules that are about to be removed.

use peerwright_core::ids::{PcxId, VpcRef};
use peerwright_core::observed::Borrowers;
use peerwright_core::plan::{Plan, Step};
use peerwright_core::world::{Connection, Fact, ObservedConnection, PeeringState};

use crate::failure::{Class, Failure, unless_no_role};
use crate::peerings::peerings;
use crate::ports::{Backend, Ledger, Ports};
use crate::status::Status;

/// The active connections of the same VPCs that borrow rules, as the ledger knows of each; asked only where a plan revokes some.
///
/// What the ledger knows may be out of date: whoever gets a rule is to be looked at again, and gives up what it no longer wants.
pub(crate) async fn borrowers<B: Backend>(connection: &Connection, plan: &Plan, ports: &Ports<B>) -> Result<Borrowers, Failure> {
    let mut borrowers = Borrowers::new();
    if !plan.steps.iter().chain(&plan.deferred).any(|step| matches!(step, Step::RevokeRules { .. })) {
        return Ok(borrowers);
    }
    // Both VPCs, whichever end a step is on: where they are in one place, either end shows the rules of both.
    for (_, vpc) in connection.ends.iter() {
        let peerings = match other_peerings(&connection.id, vpc, ports).await {
            // A missing permission comes back at every try, and what must go would stay for ever.
            Err(failure) if failure.class == Class::Denied => Vec::new(),
            found => found?,
        };
        let active = peerings.into_iter().filter(|peering| peering.connection.state == PeeringState::Active);
        let entries = ports.ledger.load_all(&active.map(|peering| peering.connection.id).collect()).await?.read;
        // One that is kept keeps what it relies on.
        for entry in entries.into_iter().filter(|entry| entry.status != Status::Isolated && !entry.is_over()) {
            for borrowed in entry.owned.borrowed.into_iter().filter(|borrowed| entry.ends.of(borrowed.side) == vpc) {
                let heir = borrowers.entry((borrowed.group, borrowed.direction, borrowed.rule)).or_insert_with(|| entry.connection.clone());
                *heir = entry.connection.clone().min(heir.clone());
            }
        }
    }
    Ok(borrowers)
}

/// The other connections of a VPC that have not ended; none where no role lets us look.
pub(crate) async fn other_peerings<B: Backend>(id: &PcxId, vpc: &VpcRef, ports: &Ports<B>) -> Result<Vec<ObservedConnection>, Failure> {
    let Fact::Known(mut peerings) = unless_no_role(peerings(&ports.cloud, vpc).await, &vpc.place)? else {
        return Ok(Vec::new());
    };
    peerings.retain(|peering| peering.connection.id != *id);
    Ok(peerings)
}
