//! What rules may ask about both VPCs.

use peerwright_core::allowlist::StoredAllowlist;
use peerwright_core::cidr::CidrSet;
use peerwright_core::ids::{Side, Sides};
use peerwright_core::organization::NOT_ASKED;
use peerwright_core::world::{Fact, ObservedConnection, VpcFacts};

use crate::failure::{Failure, no_role, unless_shut_out};
use crate::ports::Cloud;

/// Reads both VPCs in their own accounts. Where we hold no role, what the connection itself shows has to do.
pub(crate) async fn both_vpcs<C: Cloud>(cloud: &C, peering: &ObservedConnection) -> Result<Sides<VpcFacts>, Failure> {
    Sides::try_each(async |side| vpc_facts(cloud, peering, side).await).await
}

/// Asks the organization about the account of each end of which a rule asks where it stands, and about no other.
pub(crate) async fn place_in_organization<C: Cloud>(
    vpcs: &mut Sides<VpcFacts>,
    allowlist: &StoredAllowlist,
    cloud: &C,
) -> Result<(), Failure> {
    for side in Side::BOTH {
        if allowlist.asks_for_units(side) {
            let facts = vpcs.of_mut(side);
            facts.units = cloud.units(&facts.owner).await?;
        }
    }
    Ok(())
}

/// Why VPCs can't be read in accounts that let us in.
pub(crate) fn denied_vpcs(vpcs: &Sides<VpcFacts>) -> Vec<String> {
    let denied = vpcs.iter().filter_map(|(_, facts)| match &facts.tags {
        Fact::Unknown(why) if *why != no_role(&facts.vpc.place) => Some(why.clone()),
        _ => None,
    });
    denied.collect()
}

async fn vpc_facts<C: Cloud>(cloud: &C, peering: &ObservedConnection, side: Side) -> Result<VpcFacts, Failure> {
    let vpc = peering.connection.ends.of(side);
    let why = match unless_shut_out(cloud.vpc_facts(vpc).await, &vpc.place)? {
        Fact::Known(Some(facts)) => return Ok(facts),
        Fact::Known(None) => format!("{vpc} is not there"),
        Fact::Unknown(why) => why,
    };
    Ok(VpcFacts {
        vpc: vpc.clone(),
        owner: vpc.place.account.clone(),
        cidrs: shown_cidrs(peering.cidrs.of(side), &why),
        tags: Fact::Unknown(why),
        units: Fact::Unknown(NOT_ASKED.to_owned()),
    })
}

/// CIDR blocks as the connection shows them; unknown where it shows none.
pub(crate) fn shown_cidrs(cidrs: &CidrSet, why: &str) -> Fact<CidrSet> {
    if cidrs.is_empty() { Fact::Unknown(why.to_owned()) } else { Fact::Known(cidrs.clone()) }
}
