//! The plan: from what is wanted and what is there to what is to be done.
//!
//! [`plan`] is pure, total and deterministic; every list in it is sorted. A step leaves the executor no choice. No step
//! touches what exists: an existing route or rule that serves is left alone, one that is in the way is reported.

mod dns;
mod render;
mod routes;
mod security_groups;
mod step;

pub use step::{Blocked, OWNER_TAG, Plan, Step, Waiting};

use crate::desired::{Desired, EndIntent};
use crate::ids::Side;
use crate::world::{Fact, Observed, PeeringState};

/// Plans what is missing on both ends of a connection.
///
/// A connection that isn't active waits as a whole: references to a peer's groups and DNS options need an active one
/// (security groups and `ModifyVpcPeeringConnectionOptions` in the VPC peering guide).
pub fn plan(desired: &Desired, observed: &Observed) -> Plan {
    let mut plan = Plan::default();
    if observed.connection.state != PeeringState::Active {
        plan.waiting.push(Waiting::State(observed.connection.state.to_string()));
        return plan;
    }
    for side in Side::BOTH {
        let intent = desired.ends.of(side);
        match observed.ends.of(side) {
            Fact::Unknown(why) if *intent != EndIntent::default() => {
                plan.waiting.push(Waiting::End { side, why: why.clone() });
            }
            Fact::Known(_) if *intent != EndIntent::default() && observed.cidrs.of(side.peer()).is_empty() => {
                plan.waiting.push(Waiting::End { side, why: "the connection does not show the peer's CIDR blocks yet".to_owned() });
            }
            Fact::Unknown(_) => {}
            Fact::Known(end) => {
                routes::plan(side, &intent.routes, end, observed, &mut plan);
                security_groups::plan(side, &intent.groups, end, observed, &mut plan);
                dns::plan(side, intent.dns_resolution, end, observed, &mut plan);
            }
        }
    }
    plan.sort();
    plan
}
