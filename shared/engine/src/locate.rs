//! Finds the connection that a hint points at.

use peerwright_core::ids::{PcxId, Place};
use peerwright_core::world::{Fact, ObservedConnection};

use crate::delays::{LATER, LOOKS};
use crate::failure::{Failure, unless_no_role};
use crate::outcome::Outcome;
use crate::ports::{Clock, Cloud};

/// The connection as seen from the first place that shows it ready, looking again a few times.
///
/// `Ok(Err(outcome))` says why there is nothing to go on with.
pub(crate) async fn wait_until_ready<C: Cloud, K: Clock>(
    cloud: &C,
    clock: &K,
    id: &PcxId,
    places: &[Place],
    not_ready: impl Fn(&ObservedConnection) -> Option<String>,
) -> Result<Result<ObservedConnection, Outcome>, Failure> {
    let mut looks = LOOKS.iter();
    loop {
        let why = match lookup(cloud, id, places).await? {
            Lookup::Unreachable(why) => return Ok(Err(Outcome::Unreachable(why))),
            Lookup::Found(peering) => match not_ready(&peering) {
                None => return Ok(Ok(*peering)),
                Some(why) => why,
            },
            // "Not found" right after an event is lag (EC2 API reference, "Eventual consistency").
            Lookup::Absent => format!("{id} is not visible yet"),
        };
        match looks.next() {
            Some(time) => clock.sleep(*time).await,
            None => return Ok(Err(Outcome::Waiting { why, after: LATER })),
        }
    }
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
    let mut refusals = Vec::new();
    for place in places {
        match unless_no_role(cloud.connection(place, id).await, place)? {
            Fact::Known(Some(peering)) => return Ok(Lookup::Found(Box::new(peering))),
            Fact::Known(None) => {}
            Fact::Unknown(_) => refusals.push(place.to_string()),
        }
    }
    if refusals.len() == places.len() {
        return Ok(Lookup::Unreachable(format!("we hold no role in {}", refusals.join(" or "))));
    }
    Ok(Lookup::Absent)
}
