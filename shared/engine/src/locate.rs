//! Finds the connection that a hint points at.

use std::slice::Iter;
use std::time::Duration;

use peerwright_core::ids::{PcxId, Place};
use peerwright_core::world::{Fact, ObservedConnection};

use crate::delays::LOOKS;
use crate::failure::{Failure, unless_shut_out};
use crate::outcome::Recipient;
use crate::ports::{Backend, Clock, Cloud, Lease, Ports};

/// After which times to look again. Where a message comes that waits for the connection anyway, one look is enough.
pub(crate) fn looks<B: Backend>(by: Recipient, lease: &Lease, ports: &Ports<B>) -> Iter<'static, Duration> {
    if lease.waiting(by, ports.clock.now()).is_some() { [].iter() } else { LOOKS.iter() }
}

/// What one look at a connection that is expected has shown.
pub(crate) enum Look {
    /// It is as it is expected to be.
    Ready(Box<ObservedConnection>),
    /// It is not so yet; says why.
    Unready(String),
    /// We are let in nowhere.
    Unreachable(String),
}

/// Looks once for a connection that is expected to be ready.
pub(crate) async fn look<C: Cloud>(
    cloud: &C,
    id: &PcxId,
    places: &[Place],
    not_ready: impl Fn(&ObservedConnection) -> Option<String>,
) -> Result<Look, Failure> {
    Ok(match lookup(cloud, id, places).await? {
        Lookup::Unreachable(why) => Look::Unreachable(why),
        Lookup::Found(peering) => not_ready(&peering).map_or(Look::Ready(peering), Look::Unready),
        // "Not found" right after an event is lag (EC2 API reference, "Eventual consistency").
        Lookup::Absent => Look::Unready(format!("{id} is not visible yet")),
    })
}

/// What is seen of a connection at one look.
pub(crate) enum Lookup {
    /// It is shown.
    Found(Box<ObservedConnection>),
    /// It is not shown anywhere we are let in.
    Absent,
    /// We are let in nowhere.
    Unreachable(String),
}

/// Looks once at each place until one shows the connection.
pub(crate) async fn lookup<C: Cloud>(cloud: &C, id: &PcxId, places: &[Place]) -> Result<Lookup, Failure> {
    lookup_by(places, async |place| cloud.connection(place, id).await).await
}

/// The same by another way to read a place.
pub(crate) async fn lookup_by(
    places: &[Place],
    mut read: impl AsyncFnMut(&Place) -> Result<Option<ObservedConnection>, Failure>,
) -> Result<Lookup, Failure> {
    let mut refusals = Vec::new();
    for place in places {
        match unless_shut_out(read(place).await, place)? {
            Fact::Known(Some(peering)) => return Ok(Lookup::Found(Box::new(peering))),
            Fact::Known(None) => {}
            Fact::Unknown(why) => refusals.push(why),
        }
    }
    if refusals.len() == places.len() {
        return Ok(Lookup::Unreachable(refusals.join(" or ")));
    }
    Ok(Lookup::Absent)
}
