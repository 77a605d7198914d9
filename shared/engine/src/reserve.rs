//! Routes that are spoken for: noted beside a VPC just before a request is accepted that will make them.
//!
//! Two requests whose routes meet in one table pass their checks both, if neither is accepted yet or EC2 does not show it. Whoever notes its routes
//! first wins; the other finds them. What was read is written back only if nobody wrote meanwhile; of many who write at once each tries again at
//! another moment.

use std::collections::BTreeSet;
use std::time::Duration;

use peerwright_core::ids::{PcxId, RouteTableId, Side, Sides};
use peerwright_core::plan::{Plan, Step};
use peerwright_core::world::{Connection, Destination, Fact};

use crate::delays::apart;
use crate::failure::{Failure, unless_no_role};
use crate::ports::{Backend, Clock, Cloud, Ports, Reservations};
use crate::reservation::{Reservation, VpcReservations};

/// How long routes stay noted: far longer than EC2 takes to show an accepted connection to everybody.
const NOTED: Duration = Duration::from_mins(10);

/// How often to try when somebody else wrote between reading and writing: with the pauses between, for about four seconds.
const TRIES: u32 = 12;

/// What came of noting.
pub(crate) enum Reserved {
    /// The routes are this connection's.
    Yes,
    /// These routes meet others', in words.
    Taken(Vec<String>),
    /// Others wrote again and again.
    Busy,
}

/// Notes the routes that a plan makes, unless they meet routes that are noted for another connection.
pub(crate) async fn reserve_routes<B: Backend>(connection: &Connection, plan: &Plan, ports: &Ports<B>) -> Result<Reserved, Failure> {
    let wanted = Sides::each(|side| routes(plan, side));
    if wanted.iter().all(|(_, routes)| routes.is_empty()) {
        return Ok(Reserved::Yes);
    }
    for tries in 0..TRIES {
        let now = ports.clock.now();
        let mut noted = Sides::try_each(async |side| ports.ledger.reservations(connection.ends.of(side)).await).await?;
        // A request that is looked at again before its acceptance shows.
        if noted.iter().all(|(side, noted)| noted.holds(&connection.id, wanted.of(side), now)) {
            return Ok(Reserved::Yes);
        }
        let mut taken = Vec::new();
        for side in Side::BOTH {
            let VpcReservations { reservations, .. } = noted.of_mut(side);
            reservations.retain(|other| other.until > now && other.connection != connection.id);
            for other in reservations.iter() {
                let meeting = meeting(side, wanted.of(side), other);
                if !meeting.is_empty() && !has_ended(&other.connection, connection, &ports.cloud).await? {
                    taken.extend(meeting);
                }
            }
            reservations.push(Reservation { connection: connection.id.clone(), until: now + NOTED, routes: wanted.of(side).clone() });
        }
        if !taken.is_empty() {
            return Ok(Reserved::Taken(taken));
        }
        if ports.ledger.reserve(&connection.ends, &noted).await? {
            return Ok(Reserved::Yes);
        }
        ports.clock.sleep(apart(connection.id.as_str(), tries)).await;
    }
    Ok(Reserved::Busy)
}

/// True for a connection that was replaced by this one, or failed: what it noted counts no more.
async fn has_ended<C: Cloud>(other: &PcxId, connection: &Connection, cloud: &C) -> Result<bool, Failure> {
    let place = &connection.ends.accepter.place;
    let shown = unless_no_role(cloud.connection(place, other).await, place)?;
    Ok(matches!(shown, Fact::Known(Some(shown)) if shown.connection.state.has_ended()))
}

fn routes(plan: &Plan, wanted: Side) -> BTreeSet<(RouteTableId, Destination)> {
    let route = |step: &Step| match step {
        Step::CreateRoute { side, table, destination, .. } if *side == wanted => Some((table.clone(), destination.clone())),
        _ => None,
    };
    plan.steps.iter().chain(&plan.deferred).filter_map(route).collect()
}

/// Routes of one table that share addresses.
fn meeting(side: Side, wanted: &BTreeSet<(RouteTableId, Destination)>, other: &Reservation) -> Vec<String> {
    let of_table =
        |table: &RouteTableId| other.routes.iter().filter(move |(at, _)| at == table).map(|(_, destination)| destination).collect();
    let pairs = wanted.iter().flat_map(|(table, destination)| {
        let theirs: Vec<&Destination> = of_table(table);
        theirs.into_iter().filter(|theirs| theirs.meets(destination)).map(move |theirs| (table, destination, theirs)).collect::<Vec<_>>()
    });
    let words = |(table, destination, theirs)| {
        format!(
            "{side} route {table} {destination} would meet {theirs} of {}, which is being accepted; exclude the addresses",
            other.connection
        )
    };
    pairs.map(words).collect()
}
