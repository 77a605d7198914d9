//! Looks at both ends of a connection.

use peerwright_core::desired::Desired;
use peerwright_core::end_query::EndQuery;
use peerwright_core::ids::{Side, Sides};
use peerwright_core::observed::Observed;
use peerwright_core::owned::Owned;
use peerwright_core::world::{End, Fact, ObservedConnection};

use crate::failure::{Class, Failure};
use crate::ports::Cloud;

/// Reads what the intent and the ledger ask for. CIDR blocks come from the VPC itself where we may read it: the connection's own
/// list can lag behind.
pub(crate) async fn observe<C: Cloud>(
    peering: &ObservedConnection,
    desired: &Desired,
    owned: &Owned,
    cloud: &C,
) -> Result<Observed, Failure> {
    let ends = Sides {
        requester: end(peering, Side::Requester, desired, owned, cloud).await?,
        accepter: end(peering, Side::Accepter, desired, owned, cloud).await?,
    };
    let cidrs = |side: Side| ends.of(side).known().map_or_else(|| peering.cidrs.of(side).clone(), |end| end.cidrs.clone());
    let cidrs = Sides { requester: cidrs(Side::Requester), accepter: cidrs(Side::Accepter) };
    Ok(Observed { connection: peering.connection.clone(), cidrs, ends, owned: owned.clone() })
}

/// What is left of a connection on both ends, from the tables and rules themselves: the connection and the VPCs may be gone.
pub(crate) async fn leftovers<C: Cloud>(peering: &ObservedConnection, owned: &Owned, cloud: &C) -> Result<Observed, Failure> {
    let connection = &peering.connection;
    let end = async |side: Side| {
        let vpc = connection.ends.of(side);
        match cloud.leftovers(&connection.id, vpc).await {
            Ok(end) => Ok(Fact::Known(end)),
            Err(failure) if failure.class == Class::NoRole => Ok(Fact::Unknown(format!("we hold no role in {}", vpc.place))),
            Err(failure) => Err(failure),
        }
    };
    let ends = Sides { requester: end(Side::Requester).await?, accepter: end(Side::Accepter).await? };
    Ok(Observed { connection: connection.clone(), cidrs: peering.cidrs.clone(), ends, owned: owned.clone() })
}

async fn end<C: Cloud>(
    peering: &ObservedConnection,
    side: Side,
    desired: &Desired,
    owned: &Owned,
    cloud: &C,
) -> Result<Fact<End>, Failure> {
    match cloud.end(&peering.connection, side, &EndQuery::at(side, desired, owned)).await {
        Ok(end) => Ok(Fact::Known(end)),
        Err(failure) if failure.class == Class::NoRole => {
            Ok(Fact::Unknown(format!("we hold no role in {}", peering.connection.ends.of(side).place)))
        }
        Err(failure) => Err(failure),
    }
}
