//! What the checks before acceptance look at.

use peerwright_core::desired::Desired;
use peerwright_core::ids::{Side, Sides};
use peerwright_core::observed::Observed;
use peerwright_core::precheck::{Obstacle, Precheck, PrecheckContext, Remark, precheck};
use peerwright_core::quota::Quotas;
use peerwright_core::world::{Fact, ObservedConnection, PeeringState, VpcFacts};

use crate::failure::{Class, Failure};
use crate::ports::Cloud;

/// Makes the checks with the documented quotas, and again with those of the account where these are not enough: an account's own can
/// only be higher, so as a rule nobody has to be asked.
pub(crate) async fn check<C: Cloud>(desired: &Desired, observed: &Observed, cloud: &C) -> Result<Precheck, Failure> {
    let ends = &observed.connection.ends;
    let peerings =
        Sides { requester: peerings(Side::Requester, observed, cloud).await?, accepter: peerings(Side::Accepter, observed, cloud).await? };
    let mut around = PrecheckContext { peerings, quotas: Sides { requester: Quotas::DOCUMENTED, accepter: Quotas::DOCUMENTED } };
    let first = precheck(desired, observed, &around);
    let short = |side: Side| first.obstacles.iter().any(|found| matches!(found, Obstacle::Quota { side: at, .. } if *at == side));
    let mut unread = Vec::new();
    for side in Side::BOTH.into_iter().filter(|side| short(*side)) {
        match cloud.quotas(&ends.of(side).place).await? {
            Fact::Known(quotas) => *around.quotas.of_mut(side) = quotas,
            Fact::Unknown(why) => unread.push(Remark::Unchecked { side, what: format!("quotas of its own, because {why}") }),
        }
    }
    let mut found = precheck(desired, observed, &around);
    found.notes.extend(unread);
    Ok(found)
}

async fn peerings<C: Cloud>(side: Side, observed: &Observed, cloud: &C) -> Result<Fact<Vec<ObservedConnection>>, Failure> {
    let vpc = observed.connection.ends.of(side);
    let mut found = match cloud.peerings(vpc).await {
        Ok(found) => found,
        Err(failure) if failure.class == Class::NoRole => return Ok(Fact::Unknown(format!("we hold no role in {}", vpc.place))),
        Err(failure) => return Err(failure),
    };
    for peering in found.iter_mut().filter(|peering| peering.connection.state == PeeringState::Provisioning) {
        complete(peering, cloud).await?;
    }
    Ok(Fact::Known(found))
}

/// A connection that was accepted just now does not show its blocks yet, and two requests with the same addresses may come together: the
/// VPCs themselves are asked, where we may.
async fn complete<C: Cloud>(peering: &mut ObservedConnection, cloud: &C) -> Result<(), Failure> {
    for side in Side::BOTH {
        if peering.cidrs.of(side).is_empty() {
            match cloud.vpc_facts(peering.connection.ends.of(side)).await {
                Ok(Some(VpcFacts { cidrs: Fact::Known(cidrs), .. })) => *peering.cidrs.of_mut(side) = cidrs,
                Ok(_) => {}
                Err(failure) if failure.class == Class::NoRole => {}
                Err(failure) => return Err(failure),
            }
        }
    }
    Ok(())
}
