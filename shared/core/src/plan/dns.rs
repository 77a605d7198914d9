//! DNS resolution that is missing.

use super::{Finding, Plan, Step};
use crate::ids::Side;
use crate::observed::Observed;
use crate::world::{End, Fact};

/// Plans the DNS option of one end. An option that is on and not wanted is left on: somebody else may have switched it on.
///
/// AWS refuses the option unless both VPCs have DNS support and DNS hostnames; a peer that can't be read is assumed to have both.
pub(super) fn plan(side: Side, wanted: bool, end: &End, observed: &Observed, plan: &mut Plan) {
    if !wanted || end.dns_resolution {
        return;
    }
    let not_ready = |side: &Side| matches!(observed.ends.of(*side), Fact::Known(end) if end.dns_ready == Some(false));
    let unready: Vec<Side> = Side::BOTH.into_iter().filter(not_ready).collect();
    if unready.is_empty() {
        plan.steps.push(Step::EnableDnsResolution { side, connection: observed.connection.id.clone() });
    }
    plan.tell(unready.into_iter().map(|side| Finding::DnsNotReady { side }));
}
