//! Both ends of a connection, as a plan needs them.

use peerwright_core::desired::Desired;
use peerwright_core::end_query::EndQuery;
use peerwright_core::ids::{Side, Sides};
use peerwright_core::observed::{Borrowers, Observed};
use peerwright_core::owned::Owned;
use peerwright_core::world::{End, Fact, ObservedConnection, VpcFacts};

use crate::failure::{Failure, no_role, unless_shut_out};
use crate::ports::Cloud;

/// Reads what the intent and the ledger ask for, and no more: the blocks of VPCs that were read in this run are known, and whether a VPC is ready for an
/// option is asked only where one is to be switched on. CIDR blocks come from the VPC itself where we may read it: the connection's own list can
/// lag behind.
pub(crate) async fn observe<C: Cloud>(
    peering: &ObservedConnection,
    desired: &Desired,
    owned: &Owned,
    vpcs: Option<&Sides<VpcFacts>>,
    cloud: &C,
) -> Result<Observed, Failure> {
    let connection = &peering.connection;
    let options = dns_options(peering, desired, owned, cloud).await?;
    let is_missing = |side: Side| desired.ends.of(side).dns_resolution && *options.of(side) != Some(true);
    let some_option_is_missing = Side::BOTH.into_iter().any(is_missing);
    let end = async |side: Side| {
        // What was read of a VPC in its own account has tags.
        let known = vpcs.map(|vpcs| vpcs.of(side)).filter(|facts| facts.tags.known().is_some()).and_then(|facts| facts.cidrs.known());
        let mut query = EndQuery::at(side, desired, owned);
        query.cidrs = known.is_none();
        query.dns_attributes &= some_option_is_missing;
        let found = cloud.describe_end(connection, side, &query).await.map(|end| End {
            cidrs: known.cloned().unwrap_or(end.cidrs),
            dns_resolution: options.of(side).unwrap_or_default(),
            ..end
        });
        unless_shut_out(found, &connection.ends.of(side).place)
    };
    let ends = Sides::try_each(end).await?;
    let cidrs = Sides::each(|side| ends.of(side).known().map_or_else(|| peering.cidrs.of(side).clone(), |end| end.cidrs.clone()));
    Ok(Observed { connection: connection.clone(), cidrs, ends, owned: owned.clone(), borrowers: Borrowers::new() })
}

/// The ends that we may enter and may not read, with why. An end without our role is its owner's; this one is somebody's to mend.
pub(crate) fn denied_ends(observed: &Observed) -> Vec<(Side, String)> {
    let ends = observed.ends.iter().filter_map(|(side, end)| match end {
        Fact::Unknown(why) if *why != no_role(&observed.connection.ends.of(side).place) => Some((side, why.clone())),
        _ => None,
    });
    ends.collect()
}

/// The DNS option of each end, as far as somebody asks for it: where the connection was seen elsewhere, the end's own place is asked.
async fn dns_options<C: Cloud>(
    peering: &ObservedConnection,
    desired: &Desired,
    owned: &Owned,
    cloud: &C,
) -> Result<Sides<Option<bool>>, Failure> {
    let connection = &peering.connection;
    Sides::try_each(async |side| {
        let wanted = desired.ends.of(side).dns_resolution || owned.dns_resolution.contains(&side);
        let known = *peering.dns_resolution.of(side);
        if known.is_some() || !wanted {
            return Ok(known);
        }
        let place = &connection.ends.of(side).place;
        let Fact::Known(Some(found)) = unless_shut_out(cloud.connection(place, &connection.id).await, place)? else {
            return Ok(None);
        };
        Ok(*found.dns_resolution.of(side))
    })
    .await
}

/// What is left of a connection on both ends, from the tables and rules themselves: the connection and the VPCs may be gone.
pub(crate) async fn leftovers<C: Cloud>(peering: &ObservedConnection, owned: &Owned, cloud: &C) -> Result<Observed, Failure> {
    let connection = &peering.connection;
    let end = async |side: Side| {
        let vpc = connection.ends.of(side);
        // Whether the option is on is not read: to switch it off twice does no harm.
        let dns_resolution = owned.dns_resolution.contains(&side);
        let found = cloud.leftovers(&connection.id, vpc).await.map(|end| End { dns_resolution, ..end });
        unless_shut_out(found, &vpc.place)
    };
    let ends = Sides::try_each(end).await?;
    let (connection, cidrs) = (connection.clone(), peering.cidrs.clone());
    Ok(Observed { connection, cidrs, ends, owned: owned.clone(), borrowers: Borrowers::new() })
}
