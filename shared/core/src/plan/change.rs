//! A plan thing by thing, each with where it is: what people read side by side and table by table.

use crate::ids::Side;
use crate::world::{Direction, RuleSpec};

use super::{Plan, Step};

/// What happens to a thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ChangeKind {
    /// It is made.
    Add,
    /// It stays, and is another connection's from then on.
    Change,
    /// It is taken away.
    Remove,
}

/// One thing that a plan changes: a route, a rule, or an option.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedChange {
    /// The end.
    pub side: Side,
    /// Where on it: a route table, a security group with a direction, or the options of the connection.
    pub place: String,
    /// What happens.
    pub kind: ChangeKind,
    /// The thing.
    pub what: String,
    /// True where it is not to be done now.
    pub later: bool,
}

impl Plan {
    /// Every thing that it changes, now or later: requester first, and what is at one place together.
    pub fn changes(&self) -> Vec<PlannedChange> {
        let now = self.steps.iter().flat_map(|step| changes_of(step, false));
        let mut all: Vec<PlannedChange> = now.chain(self.deferred.iter().flat_map(|step| changes_of(step, true))).collect();
        // Those of one place stay in the order in which they are made.
        all.sort_by(|a, b| (a.side, &a.place).cmp(&(b.side, &b.place)));
        all
    }
}

fn changes_of(step: &Step, later: bool) -> Vec<PlannedChange> {
    let side = step.side();
    let change = |place: String, kind: ChangeKind, what: String| PlannedChange { side, place, kind, what, later };
    match step {
        Step::CreateRoute { table, destination, .. } => vec![change(table.to_string(), ChangeKind::Add, destination.to_string())],
        Step::DeleteRoute { table, destination, .. } => vec![change(table.to_string(), ChangeKind::Remove, destination.to_string())],
        Step::AuthorizeRules { group, direction, rules, .. } => {
            rules.iter().map(|rule| change(format!("{group} {direction}"), ChangeKind::Add, words(*direction, rule))).collect()
        }
        Step::RevokeRules { group, direction, rules, .. } => {
            rules.iter().map(|(_, rule)| change(format!("{group} {direction}"), ChangeKind::Remove, words(*direction, rule))).collect()
        }
        Step::HandOverRules { group, direction, rules, to, .. } => {
            let handed = |rule: &RuleSpec| format!("{}, handed over to {to}", words(*direction, rule));
            rules.iter().map(|(_, rule)| change(format!("{group} {direction}"), ChangeKind::Change, handed(rule))).collect()
        }
        Step::EnableDnsResolution { .. } => vec![change(OPTIONS.to_owned(), ChangeKind::Add, DNS.to_owned())],
        Step::DisableDnsResolution { .. } => vec![change(OPTIONS.to_owned(), ChangeKind::Remove, DNS.to_owned())],
    }
}

const OPTIONS: &str = "options of the connection";
const DNS: &str = "DNS resolution for the peer";

/// A rule of a direction in words.
pub(super) fn words(direction: Direction, rule: &RuleSpec) -> String {
    let word = if direction == Direction::Ingress { "from" } else { "to" };
    format!("{} {word} {}", rule.traffic, rule.peer)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::traffic::Traffic;
    use crate::world::RulePeer;

    fn route(side: Side, table: &str, destination: &str) -> Step {
        let (table, connection) = (table.parse().expect("an id"), "pcx-00000001".parse().expect("an id"));
        Step::CreateRoute { side, table, destination: destination.parse().expect("a block"), connection }
    }

    fn rules(ports: [&str; 2]) -> Step {
        let rule = |ports: &str| RuleSpec {
            traffic: Traffic::Tcp(ports.parse().expect("ports")),
            peer: RulePeer::Cidr("10.0.0.0/16".parse().expect("a block")),
        };
        Step::AuthorizeRules {
            side: Side::Requester,
            group: "sg-00000001".parse().expect("an id"),
            direction: Direction::Ingress,
            rules: ports.map(rule).into_iter().collect::<BTreeSet<_>>(),
            connection: "pcx-00000001".parse().expect("an id"),
        }
    }

    #[test]
    fn things_of_one_place_stand_together_and_each_rule_by_itself() {
        let plan = Plan {
            steps: vec![route(Side::Accepter, "rtb-00000003", "10.0.0.0/16"), route(Side::Requester, "rtb-00000002", "10.2.0.0/16")],
            deferred: vec![rules(["22", "443"]), route(Side::Requester, "rtb-00000002", "10.1.0.0/16")],
            ..Plan::default()
        };
        let told: Vec<String> = plan
            .changes()
            .iter()
            .map(|change| format!("{} {} {}{}", change.side, change.place, change.what, if change.later { " later" } else { "" }))
            .collect();
        assert_eq!(
            told,
            [
                "requester rtb-00000002 10.2.0.0/16",
                "requester rtb-00000002 10.1.0.0/16 later",
                "requester sg-00000001 ingress tcp/22 from 10.0.0.0/16 later",
                "requester sg-00000001 ingress tcp/443 from 10.0.0.0/16 later",
                "accepter rtb-00000003 10.0.0.0/16",
            ]
        );
    }
}
