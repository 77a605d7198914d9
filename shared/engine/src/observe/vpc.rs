//! What the rules may ask about both ends.

use peerwright_core::allowlist::StoredAllowlist;
use peerwright_core::cidr::CidrSet;
use peerwright_core::ids::{Side, Sides};
use peerwright_core::organization::NOT_ASKED;
use peerwright_core::world::{Fact, ObservedConnection, VpcFacts};

use crate::failure::{Class, Failure};
use crate::ports::Cloud;

/// Reads both VPCs in their own accounts. Where we hold no role, what the connection itself shows has to do.
pub(crate) async fn vpcs<C: Cloud>(cloud: &C, peering: &ObservedConnection) -> Result<Sides<VpcFacts>, Failure> {
    Ok(Sides { requester: vpc_facts(cloud, peering, Side::Requester).await?, accepter: vpc_facts(cloud, peering, Side::Accepter).await? })
}

/// Asks the organization about the account of each end of which a rule asks where it stands, and about no other.
pub(crate) async fn place_in_organization<C: Cloud>(
    vpcs: &mut Sides<VpcFacts>,
    allowlist: &StoredAllowlist,
    cloud: &C,
) -> Result<(), Failure> {
    for side in Side::BOTH {
        if allowlist.asks_for_units(side) {
            let vpc_facts = vpcs.of_mut(side);
            vpc_facts.units = cloud.units(&vpc_facts.vpc.place.account).await?;
        }
    }
    Ok(())
}

async fn vpc_facts<C: Cloud>(cloud: &C, peering: &ObservedConnection, side: Side) -> Result<VpcFacts, Failure> {
    let vpc = peering.connection.ends.of(side);
    let why = match cloud.vpc_facts(vpc).await {
        Ok(Some(vpc_facts)) => return Ok(vpc_facts),
        Ok(None) => format!("{vpc} is not there"),
        Err(failure) if failure.class == Class::NoRole => format!("we hold no role in {}", vpc.place),
        Err(failure) => return Err(failure),
    };
    Ok(VpcFacts {
        vpc: vpc.clone(),
        cidrs: shown(peering.cidrs.of(side), &why),
        tags: Fact::Unknown(why),
        units: Fact::Unknown(NOT_ASKED.to_owned()),
    })
}

fn shown(cidrs: &CidrSet, why: &str) -> Fact<CidrSet> {
    if cidrs.is_empty() { Fact::Unknown(why.to_owned()) } else { Fact::Known(cidrs.clone()) }
}
