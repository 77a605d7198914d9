//! A plan, thing by thing, in the words of the oracle.

use std::collections::BTreeSet;

use peerwright_core::ids::Side;
use peerwright_core::plan::{Finding, Plan, Step};

/// `requester rtb-… 10.0.0.0/16`, as the oracle writes it.
pub(crate) fn routes_of(plan: &Plan) -> BTreeSet<String> {
    plan.steps
        .iter()
        .filter_map(|step| match step {
            Step::CreateRoute { side, table, destination, .. } => Some(format!("{side} {table} {destination}")),
            _ => None,
        })
        .collect()
}

/// `accepter sg-… ingress tcp all 10.0.0.0/16`, as the oracle writes it.
pub(crate) fn rules_of(plan: &Plan) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for step in &plan.steps {
        if let Step::AuthorizeRules { side, group, direction, rules, .. } = step {
            for rule in rules {
                found.insert(format!("{side} {group} {direction} {} {}", rule.traffic, rule.peer));
            }
        }
    }
    found
}

pub(crate) fn options_of(plan: &Plan) -> BTreeSet<Side> {
    let option = |step: &Step| matches!(step, Step::EnableDnsResolution { .. }).then(|| step.side());
    plan.steps.iter().filter_map(option).collect()
}

/// Everything that a plan makes, one by one, however it is put into steps.
pub(crate) fn makes(plan: &Plan) -> BTreeSet<String> {
    let options = options_of(plan).into_iter().map(|side| format!("{side} dns"));
    routes_of(plan).into_iter().chain(rules_of(plan)).chain(options).collect()
}

/// Everything that a plan removes, one by one.
pub(crate) fn takes(plan: &Plan) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for step in &plan.steps {
        match step {
            Step::DeleteRoute { side, table, destination, .. } => {
                found.insert(format!("{side} {table} {destination}"));
            }
            Step::DisableDnsResolution { side, .. } => {
                found.insert(format!("{side} dns"));
            }
            Step::RevokeRules { side, group, rules, .. } | Step::HandOverRules { side, group, rules, .. } => {
                found.extend(rules.iter().map(|(id, _)| format!("{side} {group} {id}")));
            }
            _ => {}
        }
    }
    found
}

/// What a plan says of a route that is in the way.
pub(crate) fn conflict(blocked: &Finding) -> Option<String> {
    match blocked {
        Finding::RouteConflict { side, table, destination, .. } => Some(format!("{side} {table} {destination}")),
        _ => None,
    }
}
