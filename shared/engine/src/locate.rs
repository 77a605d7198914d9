//! Finds the connection that a hint points at.

use std::time::Duration;

use peerwright_core::ids::{PcxId, Place};
use peerwright_core::world::ObservedConnection;

use crate::failure::{Class, Failure};
use crate::outcome::Outcome;
use crate::ports::{Clock, Cloud};

/// How long a function looks again by itself before it gives the message back: growing, under 4 seconds in all.
/// A request is pending, and a connection active, within a second or two as a rule.
pub(crate) const LOOKS: [Duration; 7] = [
    Duration::from_millis(50),
    Duration::from_millis(100),
    Duration::from_millis(200),
    Duration::from_millis(400),
    Duration::from_millis(800),
    Duration::from_secs(1),
    Duration::from_millis(1200),
];

/// When to look again at something that isn't ripe.
pub(crate) const LATER: Duration = Duration::from_secs(5);

/// The connection as seen from the first place that shows it and finds it ripe, looking again a few times.
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
        match cloud.connection(place, id).await {
            Ok(Some(peering)) => return Ok(Lookup::Found(Box::new(peering))),
            Ok(None) => {}
            Err(failure) if failure.class == Class::NoRole => refusals.push(place.to_string()),
            Err(failure) => return Err(failure),
        }
    }
    if refusals.len() == places.len() {
        return Ok(Lookup::Unreachable(format!("we hold no role in {}", refusals.join(" or "))));
    }
    Ok(Lookup::Absent)
}
