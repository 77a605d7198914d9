//! What is open at the end of any history of rules, approvals and denies is what an oracle of a few lines says. Each rule opens a port of its
//! own, so that whoever looks at the group sees which rules were followed.

use std::collections::BTreeSet;
use std::fmt::Write;

use peerwright_engine::operator::{approve, awaiting};
use peerwright_engine::outcome::Recipient;
use peerwright_testkit::{World, run};
use proptest::prelude::*;

use crate::demo::{DB, WEB, converged, world};
use crate::hub::{Hub, assert_quiet};

/// The ports of the rules.
const PORTS: [u16; 3] = [5000, 5001, 5002];

/// What somebody does.
#[derive(Debug, Clone, Copy)]
enum Act {
    /// Writes a rule: without approval, or with.
    Put(usize, bool),
    /// Removes a rule.
    Drop(usize),
    /// Denies the pair, or stops denying it.
    Deny(bool),
    /// Approves all that waits.
    Approve,
    /// Opens a rule's port by hand, or closes what we opened.
    Tamper,
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        4 => (0..PORTS.len(), any::<bool>()).prop_map(|(rule, manual)| Act::Put(rule, manual)),
        2 => (0..PORTS.len()).prop_map(Act::Drop),
        2 => any::<bool>().prop_map(Act::Deny),
        3 => Just(Act::Approve),
        1 => Just(Act::Tamper),
    ]
}

/// The oracle: which ports should be open.
#[derive(Debug, Default)]
struct Model {
    /// Each rule that is there, and whether it is a person's to approve.
    rules: [Option<bool>; PORTS.len()],
    denied: bool,
    approved: BTreeSet<usize>,
    open: BTreeSet<u16>,
}

impl Model {
    /// What is open once everybody has seen the rules. Where no rule is in force any more what was open stays; where one denies, nothing does.
    fn follow_rules(&mut self) {
        let in_force = |rule: &usize| self.rules[*rule].is_some_and(|manual| !manual || self.approved.contains(rule));
        let ports: BTreeSet<u16> = (0..PORTS.len()).filter(in_force).map(|rule| PORTS[rule]).collect();
        if self.denied {
            self.open.clear();
        } else if !ports.is_empty() {
            self.open = ports;
        }
    }

    fn allowlist(&self) -> String {
        let mut text = "rules:\n".to_owned();
        let ends = r#"requester: { accounts: ["111111111111"] }, accepter: { accounts: ["222222222222"] }"#;
        for (rule, manual) in self.rules.iter().enumerate().filter_map(|(rule, manual)| Some((rule, (*manual)?))) {
            let approval = if manual { "manual" } else { "automatic" };
            let ingress = format!("ingress: [{{ protocol: tcp, ports: \"{}\", from: peer-vpc }}]", PORTS[rule]);
            let groups = format!("security_groups: {{ accepter: [{{ groups: {{ tag: {{ role: db }} }}, {ingress} }}] }}");
            writeln!(text, "  - {{ id: r{rule}, effect: allow, approval: {approval}, {ends}, {groups} }}").expect("a string takes all");
        }
        if self.denied {
            writeln!(text, "  - {{ id: no-more, effect: deny, {ends} }}").expect("a string takes all");
        }
        if text == "rules:\n" { "rules: []".to_owned() } else { text }
    }
}

fn open_ports(world: &World) -> BTreeSet<u16> {
    let id = &world.connections()[0].0;
    let made = world.snapshot().made_for(id);
    made.iter().filter_map(|line| line.split_once(" ingress tcp/")?.1.split_once(' ')?.0.parse().ok()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn what_is_open_is_what_the_rules_in_force_with_their_approvals_wish_for(acts in prop::collection::vec(act(), 1..14)) {
        let mut model = Model { rules: [Some(false), None, None], ..Model::default() };
        let world = world(&model.allowlist());
        let id = converged(&world, WEB, DB);
        model.follow_rules();
        let hub = Hub::new(&world);
        for act in acts {
            match act {
                Act::Put(rule, manual) => model.rules[rule] = Some(manual),
                Act::Drop(rule) => model.rules[rule] = None,
                Act::Deny(denied) => model.denied = denied,
                Act::Approve => {
                    let ports = world.ports();
                    let waits = run(awaiting(&ports.ledger, &id)).expect("it is known");
                    if waits.is_empty() {
                        prop_assert!(run(approve(&ports.ledger, &ports.clock, &id, &[], "jo", "why")).is_err(), "nothing waits");
                    } else {
                        let waiting = (0..PORTS.len()).filter(|rule| model.rules[*rule] == Some(true));
                        model.approved.extend(waiting);
                        run(approve(&ports.ledger, &ports.clock, &id, &waits, "jo", "why")).expect("it was shown");
                    }
                }
                Act::Tamper => world.add_rule("sg-0000000b", "4999", "10.1.0.0/16"),
            }
            world.allowlist.replace(&model.allowlist());
            // Whoever is told first, and then everybody else.
            hub.deliver([(Recipient::Configure, world.accepted(&id))]);
            hub.sweep_until_quiet();
            model.follow_rules();
            prop_assert_eq!(open_ports(&world), model.open.clone(), "{:?}", model);
        }
        assert_quiet(&hub);
    }
}
