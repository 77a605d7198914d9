//! What rules may ask about both VPCs.

use std::collections::{BTreeMap, BTreeSet};

use peerwright_core::allowlist::StoredAllowlist;
use peerwright_core::cidr::CidrSet;
use peerwright_core::ids::{Place, Side, Sides, VpcId, VpcRef};
use peerwright_core::organization::NOT_ASKED;
use peerwright_core::world::{Fact, ObservedConnection, VpcFacts};

use crate::failure::{Failure, no_role, unless_shut_out};
use crate::ports::Cloud;

/// Reads both VPCs in their own accounts, but for one that was read in this run. Where we hold no role, what the connection itself shows has to do.
pub(crate) async fn both_vpcs<C: Cloud>(
    cloud: &C,
    peering: &ObservedConnection,
    known: Option<&VpcFacts>,
) -> Result<Sides<VpcFacts>, Failure> {
    let mut places: BTreeMap<&Place, BTreeSet<VpcId>> = BTreeMap::new();
    for vpc in peering.connection.ends.iter().map(|(_, vpc)| vpc).filter(|vpc| known.is_none_or(|known| known.vpc != **vpc)) {
        places.entry(&vpc.place).or_default().insert(vpc.vpc.clone());
    }
    let mut found = BTreeMap::new();
    for (place, ids) in places {
        found.insert(place, unless_shut_out(cloud.vpcs(place, &ids).await, place)?);
    }
    Ok(Sides::each(|side| {
        let vpc = peering.connection.ends.of(side);
        if let Some(known) = known.filter(|known| known.vpc == *vpc) {
            return known.clone();
        }
        let why = match &found[&vpc.place] {
            Fact::Known(facts) => match facts.get(&vpc.vpc) {
                Some(facts) => return facts.clone(),
                None => not_there(vpc),
            },
            Fact::Unknown(why) => why.clone(),
        };
        shown_facts(peering, side, why)
    }))
}

/// Why nothing is known of a VPC that its own place does not show.
pub(crate) fn not_there(vpc: &VpcRef) -> String {
    format!("{vpc} is not there")
}

/// The VPC that its own place does not show, though it lets us in.
pub(crate) fn missing_vpc(vpcs: &Sides<VpcFacts>) -> Option<(Side, &VpcRef)> {
    let is_missing = |facts: &VpcFacts| matches!(&facts.tags, Fact::Unknown(why) if *why == not_there(&facts.vpc));
    vpcs.iter().find(|(_, facts)| is_missing(facts)).map(|(side, facts)| (side, &facts.vpc))
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

/// A VPC that can't be read, as the connection shows it.
pub(crate) fn shown_facts(peering: &ObservedConnection, side: Side, why: String) -> VpcFacts {
    let vpc = peering.connection.ends.of(side);
    VpcFacts {
        vpc: vpc.clone(),
        owner: vpc.place.account.clone(),
        cidrs: shown_cidrs(peering.cidrs.of(side), &why),
        tags: Fact::Unknown(why),
        units: Fact::Unknown(NOT_ASKED.to_owned()),
    }
}

/// CIDR blocks as the connection shows them; unknown where it shows none.
pub(crate) fn shown_cidrs(cidrs: &CidrSet, why: &str) -> Fact<CidrSet> {
    if cidrs.is_empty() { Fact::Unknown(why.to_owned()) } else { Fact::Known(cidrs.clone()) }
}
