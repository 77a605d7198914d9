//! What the rules may ask about both ends.

use peerwright_core::allowlist::StoredAllowlist;
use peerwright_core::cidr::CidrSet;
use peerwright_core::ids::{Side, Sides};
use peerwright_core::organization::NOT_ASKED;
use peerwright_core::world::{Fact, Party, Sighting};

use crate::failure::{Class, Failure};
use crate::ports::Cloud;

/// Reads both VPCs in their own accounts. Where we hold no role, what the connection itself shows has to do.
pub(crate) async fn parties<C: Cloud>(cloud: &C, sighting: &Sighting) -> Result<Sides<Party>, Failure> {
    Ok(Sides { requester: party(cloud, sighting, Side::Requester).await?, accepter: party(cloud, sighting, Side::Accepter).await? })
}

/// Asks the organization about the account of each end of which a rule asks where it stands, and about no other.
pub(crate) async fn place_in_organization<C: Cloud>(
    parties: &mut Sides<Party>,
    allowlist: &StoredAllowlist,
    cloud: &C,
) -> Result<(), Failure> {
    for side in Side::BOTH {
        if allowlist.asks_for_units(side) {
            let party = parties.of_mut(side);
            party.units = cloud.units(&party.vpc.place.account).await?;
        }
    }
    Ok(())
}

async fn party<C: Cloud>(cloud: &C, sighting: &Sighting, side: Side) -> Result<Party, Failure> {
    let vpc = sighting.connection.ends.of(side);
    let why = match cloud.party(vpc).await {
        Ok(Some(party)) => return Ok(party),
        Ok(None) => format!("{vpc} is not there"),
        Err(failure) if failure.class == Class::NoRole => format!("we hold no role in {}", vpc.place),
        Err(failure) => return Err(failure),
    };
    Ok(Party {
        vpc: vpc.clone(),
        cidrs: shown(sighting.cidrs.of(side), &why),
        tags: Fact::Unknown(why),
        units: Fact::Unknown(NOT_ASKED.to_owned()),
    })
}

fn shown(cidrs: &CidrSet, why: &str) -> Fact<CidrSet> {
    if cidrs.is_empty() { Fact::Unknown(why.to_owned()) } else { Fact::Known(cidrs.clone()) }
}
