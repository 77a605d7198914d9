//! Both ends of a connection, as a plan needs them.

use peerwright_core::desired::Desired;
use peerwright_core::end_query::EndQuery;
use peerwright_core::ids::{Side, Sides};
use peerwright_core::observed::{Borrowers, Observed};
use peerwright_core::owned::Owned;
use peerwright_core::world::{End, ObservedConnection};

use crate::failure::{Failure, unless_no_role};
use crate::ports::Cloud;

/// Reads what the intent and the ledger ask for. CIDR blocks come from the VPC itself where we may read it: the connection's own
/// list can lag behind.
pub(crate) async fn observe<C: Cloud>(
    peering: &ObservedConnection,
    desired: &Desired,
    owned: &Owned,
    cloud: &C,
) -> Result<Observed, Failure> {
    let connection = &peering.connection;
    let end = async |side: Side| {
        let query = EndQuery::at(side, desired, owned);
        unless_no_role(cloud.describe_end(connection, side, &query).await, &connection.ends.of(side).place)
    };
    let ends = Sides::try_each(end).await?;
    let cidrs = Sides::each(|side| ends.of(side).known().map_or_else(|| peering.cidrs.of(side).clone(), |end| end.cidrs.clone()));
    Ok(Observed { connection: connection.clone(), cidrs, ends, owned: owned.clone(), borrowers: Borrowers::new() })
}

/// What is left of a connection on both ends, from the tables and rules themselves: the connection and the VPCs may be gone.
pub(crate) async fn leftovers<C: Cloud>(peering: &ObservedConnection, owned: &Owned, cloud: &C) -> Result<Observed, Failure> {
    let connection = &peering.connection;
    let end = async |side: Side| {
        let vpc = connection.ends.of(side);
        // Whether the option is on is not read: to switch it off twice does no harm.
        let dns_resolution = owned.dns_resolution.contains(&side);
        let found = cloud.leftovers(&connection.id, vpc).await.map(|end| End { dns_resolution, ..end });
        unless_no_role(found, &vpc.place)
    };
    let ends = Sides::try_each(end).await?;
    let (connection, cidrs) = (connection.clone(), peering.cidrs.clone());
    Ok(Observed { connection, cidrs, ends, owned: owned.clone(), borrowers: Borrowers::new() })
}
