//! DNS resolution that is missing, or of ours and no longer wanted.

use super::{Finding, Plan, Step};
use crate::ids::Side;
use crate::observed::Observed;
use crate::world::{End, Fact};

/// Plans the DNS option of one end. One that is on, not wanted, and not ours is left on.
///
/// AWS refuses the option unless both VPCs have DNS support and DNS hostnames; a peer that can't be read is assumed to have both.
pub(super) fn plan(side: Side, wanted: bool, end: &End, observed: &Observed, plan: &mut Plan) {
    let connection = observed.connection.id.clone();
    match (wanted, end.dns_resolution) {
        (true, false) => {}
        (false, true) if observed.owned.dns_resolution.contains(&side) => {
            plan.steps.push(Step::DisableDnsResolution { side, connection });
            return;
        }
        _ => return,
    }
    let not_ready = |side: &Side| matches!(observed.ends.of(*side), Fact::Known(end) if end.dns_ready == Some(false));
    match Side::BOTH.into_iter().filter(not_ready).collect::<Vec<_>>()[..] {
        [] => plan.steps.push(Step::EnableDnsResolution { side, connection }),
        [side] => plan.tell([Finding::DnsNotReady { side }]),
        _ => plan.tell([Finding::NeitherDnsReady]),
    }
}
