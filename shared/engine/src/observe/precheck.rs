//! What the checks before acceptance look at.

use peerwright_core::desired::Desired;
use peerwright_core::ids::{Side, Sides, VpcRef};
use peerwright_core::observed::Observed;
use peerwright_core::plan::Finding;
use peerwright_core::precheck::{Precheck, PrecheckContext, precheck};
use peerwright_core::quota::Quotas;
use peerwright_core::world::{Fact, ObservedConnection, PeeringState, VpcFacts};

use crate::failure::{Failure, unless_no_role};
use crate::peerings::{Listings, of_vpc};
use crate::ports::Cloud;

/// Makes the checks with the documented quotas, and again with those of the account where these are not enough: an account's own can
/// only be higher, so as a rule nobody has to be asked. `shown` is what places have shown in this run already.
pub(crate) async fn run_precheck<C: Cloud>(
    desired: &Desired,
    observed: &Observed,
    mut shown: Listings,
    cloud: &C,
) -> Result<Precheck, Failure> {
    let ends = &observed.connection.ends;
    let peerings = Sides {
        requester: peerings(&ends.requester, &mut shown, cloud).await?,
        accepter: peerings(&ends.accepter, &mut shown, cloud).await?,
    };
    let mut context = PrecheckContext { peerings, quotas: Sides::each(|_| Quotas::DOCUMENTED) };
    let first = precheck(desired, observed, &context);
    let short = |side: Side| first.obstacles.iter().any(|found| matches!(found, Finding::Quota { side: at, .. } if *at == side));
    let mut unread = Vec::new();
    for side in Side::BOTH.into_iter().filter(|side| short(*side)) {
        match cloud.quotas(&ends.of(side).place).await? {
            Fact::Known(quotas) => *context.quotas.of_mut(side) = quotas,
            Fact::Unknown(why) => unread.push(Finding::Unchecked { side, what: format!("quotas of its own, because {why}") }),
        }
    }
    let mut found = precheck(desired, observed, &context);
    found.notes.extend(unread);
    Ok(found)
}

/// The quotas of both ends: the documented ones where no more is known, since an account's own can only be higher.
pub(crate) async fn quotas<C: Cloud>(ends: &Sides<VpcRef>, cloud: &C) -> Result<Sides<Quotas>, Failure> {
    let of = async |side: Side| Ok(cloud.quotas(&ends.of(side).place).await?.known().copied().unwrap_or(Quotas::DOCUMENTED));
    Sides::try_each(of).await
}

async fn peerings<C: Cloud>(vpc: &VpcRef, shown: &mut Listings, cloud: &C) -> Result<Fact<Vec<ObservedConnection>>, Failure> {
    if !shown.contains_key(&vpc.place) {
        match unless_no_role(cloud.connections(&vpc.place).await, &vpc.place)? {
            Fact::Known(found) => drop(shown.insert(vpc.place.clone(), found)),
            Fact::Unknown(why) => return Ok(Fact::Unknown(why)),
        }
    }
    let mut found = of_vpc(&shown[&vpc.place], vpc);
    for peering in found.iter_mut().filter(|peering| peering.connection.state == PeeringState::Provisioning) {
        complete_cidrs(peering, cloud).await?;
    }
    Ok(Fact::Known(found))
}

/// A connection that was accepted just now does not show its blocks yet, and two requests with the same addresses may come together: the
/// VPCs themselves are asked, where we may.
async fn complete_cidrs<C: Cloud>(peering: &mut ObservedConnection, cloud: &C) -> Result<(), Failure> {
    for side in Side::BOTH {
        if peering.cidrs.of(side).is_empty() {
            let vpc = peering.connection.ends.of(side);
            let facts = unless_no_role(cloud.vpc_facts(vpc).await, &vpc.place)?;
            if let Fact::Known(Some(VpcFacts { cidrs: Fact::Known(cidrs), .. })) = facts {
                *peering.cidrs.of_mut(side) = cidrs;
            }
        }
    }
    Ok(())
}
