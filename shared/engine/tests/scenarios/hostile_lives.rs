//! The life of one connection while either side, and whoever writes the rules, does whatever they may: blocks, routes, groups, rules and
//! approvals change, events are lost, processes die.
//!
//! Three laws, each with an oracle of its own below: whatever we make is wished for by the rules in force at that moment; no address that led
//! elsewhere is led to the peer; and once everybody has looked, all that is wished for and possible is there, and nothing besides. After a deny
//! that is nothing at all.

use std::collections::BTreeSet;

use ipnet::IpNet;
use peerwright_core::event::Hint;
use peerwright_core::ids::PcxId;
use peerwright_core::world::{Destination, Direction, RouteTarget, RulePeer};
use peerwright_engine::failure::Class;
use peerwright_engine::operator::{approve, awaiting};
use peerwright_engine::outcome::Recipient;
use peerwright_testkit::{FakeGroup, FakeTable, FakeVpc, Fault, Operation, Snapshot, World, run};
use proptest::prelude::*;
use proptest::sample::select;

use crate::demo::{A, B, DB, IRELAND, WEB, converged};
use crate::hub::Hub;

/// The tables and the first block of each VPC.
const TABLES: [(&str, &[&str]); 2] = [(WEB, &["rtb-000000a1"]), (DB, &["rtb-000000b1", "rtb-000000b2"])];
const FIRST: [(&str, &str); 2] = [(WEB, "10.1.0.0/16"), (DB, "10.20.0.0/16")];
const GROUPS: [&str; 2] = ["sg-000000b1", "sg-000000b2"];
/// Blocks that a VPC may get: ordinary ones, a slice of what leads to a transit gateway, and somebody's public ones.
const MORE: [(&str, &str); 5] =
    [(WEB, "10.30.0.0/16"), (WEB, "10.60.5.0/24"), (WEB, "8.8.8.0/24"), (DB, "10.40.0.0/16"), (DB, "9.9.9.0/24")];
const PUBLIC: [&str; 2] = ["8.8.8.0/24", "9.9.9.0/24"];
/// Routes that somebody may add to a table.
const FOREIGN: [(&str, &str); 4] =
    [("rtb-000000b2", "10.30.0.0/16"), ("rtb-000000b2", "10.1.0.0/17"), ("rtb-000000a1", "10.40.0.0/15"), ("rtb-000000b1", "10.1.0.0/16")];

/// What AWS may refuse.
const REFUSED: [Operation; 4] = [Operation::CreateRoute, Operation::AuthorizeRules, Operation::DeleteRoute, Operation::RevokeRules];

/// What the allowlist says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rules {
    Nothing,
    /// Every block both ways, and the port.
    Wide,
    /// The same, once a person agrees.
    Manual,
    /// Only the first block, one way, and the port.
    Narrow,
    Denied,
}

#[derive(Debug, Clone)]
enum Act {
    Block(usize, bool),
    Foreign(usize, bool),
    /// Somebody removes whatever leads to a block.
    Unroute(usize),
    Group(usize, bool),
    OpenByHand,
    CloseByHand(usize),
    Rules(Rules),
    Approve,
    /// From now on AWS refuses one kind of step, or none.
    Refuse(Option<Operation>),
    Nothing,
}

fn act() -> impl Strategy<Value = Act> {
    let rules = select(vec![Rules::Nothing, Rules::Wide, Rules::Wide, Rules::Manual, Rules::Narrow, Rules::Denied]);
    prop_oneof![
        4 => (0..MORE.len(), any::<bool>()).prop_map(|(block, there)| Act::Block(block, there)),
        2 => (0..FOREIGN.len(), any::<bool>()).prop_map(|(route, there)| Act::Foreign(route, there)),
        1 => (0..MORE.len()).prop_map(Act::Unroute),
        2 => (0..GROUPS.len(), any::<bool>()).prop_map(|(group, chosen)| Act::Group(group, chosen)),
        1 => Just(Act::OpenByHand),
        1 => (0..GROUPS.len()).prop_map(Act::CloseByHand),
        3 => rules.prop_map(Act::Rules),
        1 => Just(Act::Approve),
        1 => proptest::option::of(select(REFUSED.to_vec())).prop_map(Act::Refuse),
        1 => Just(Act::Nothing),
    ]
}

#[derive(Debug, Clone)]
struct Deed {
    act: Act,
    lost: bool,
    crash: Option<usize>,
    sweep: bool,
}

fn deed() -> impl Strategy<Value = Deed> {
    let crash = prop_oneof![4 => Just(None), 1 => (0..12_usize).prop_map(Some)];
    (act(), prop::bool::weighted(0.25), crash, prop::bool::weighted(0.3)).prop_map(|(act, lost, crash, sweep)| Deed {
        act,
        lost,
        crash,
        sweep,
    })
}

struct Life {
    world: World,
    id: PcxId,
    rules: Rules,
    approved: bool,
    chosen: BTreeSet<&'static str>,
}

impl Life {
    fn new() -> Self {
        let web = FakeVpc::new(A, IRELAND, WEB).cidr(FIRST[0].1).table(FakeTable::new("rtb-000000a1"));
        let db = FakeVpc::new(B, IRELAND, DB)
            .cidr(FIRST[1].1)
            .table(FakeTable::new("rtb-000000b1").route("10.60.0.0/16", "tgw-00000001"))
            .table(FakeTable::new("rtb-000000b2"))
            .group(FakeGroup::new(GROUPS[0]).tag("role", "db"))
            .group(FakeGroup::new(GROUPS[1]).ingress("22", "192.0.2.0/24"));
        let world = World::new().member(A).member(B).vpc(web).vpc(db).allow(&written(Rules::Wide));
        let id = converged(&world, WEB, DB);
        Self { world, id, rules: Rules::Wide, approved: false, chosen: [GROUPS[0]].into() }
    }

    fn act(&mut self, act: &Act) -> Vec<(Recipient, Hint)> {
        let vpc = |vpc: &str| vec![(Recipient::Configure, Hint::Vpc(self.world.vpc_ref(vpc)))];
        match *act {
            Act::Block(index, there) => {
                let (owner, block) = MORE[index];
                match (self.blocks(owner).contains(&net(block)), there) {
                    (false, true) => self.world.associate(owner, block),
                    (true, false) => self.world.disassociate(owner, block),
                    _ => {}
                }
                vpc(owner)
            }
            Act::Foreign(index, there) => {
                let (table, block) = FOREIGN[index];
                let owner = TABLES.iter().find(|(_, tables)| tables.contains(&table)).expect("a VPC").0;
                let taken = self.world.snapshot().routes.iter().any(|(of, to, _)| of.as_str() == table && to.to_string() == block);
                match (taken, there) {
                    (false, true) => self.world.add_route(table, block, "tgw-00000001"),
                    (true, false) => self.world.remove_route(owner, block),
                    _ => {}
                }
                vpc(owner)
            }
            Act::Unroute(index) => {
                let (owner, block) = MORE[index];
                let peer = if owner == WEB { DB } else { WEB };
                self.world.remove_route(peer, block);
                vpc(peer)
            }
            Act::Group(index, chosen) => {
                self.world.tag_group(GROUPS[index], "role", if chosen { "db" } else { "web" });
                if chosen {
                    self.chosen.insert(GROUPS[index])
                } else {
                    self.chosen.remove(GROUPS[index])
                };
                vpc(DB)
            }
            Act::OpenByHand => {
                let there = self.world.snapshot().rules.iter().any(|(group, _, rule, _)| {
                    group.as_str() == GROUPS[1] && rule.traffic.to_string() == "tcp/5432" && rule.peer.to_string() == "10.30.0.0/16"
                });
                if !there {
                    self.world.add_rule(GROUPS[1], "5432", "10.30.0.0/16");
                }
                vpc(DB)
            }
            Act::CloseByHand(index) => {
                self.world.clear_rules(GROUPS[index], Direction::Ingress);
                vpc(DB)
            }
            Act::Rules(rules) => {
                self.rules = rules;
                self.world.allowlist.replace(&written(rules));
                vec![(Recipient::Sweep, Hint::Everywhere)]
            }
            Act::Approve => {
                let ports = self.world.ports();
                let waits = run(awaiting(&ports.ledger, &self.id)).expect("it is known");
                if !waits.is_empty() {
                    run(approve(&ports.ledger, &ports.clock, &self.id, &waits, "jo", "why")).expect("it was shown");
                    self.approved = true;
                }
                vec![(Recipient::Configure, self.world.accepted(&self.id))]
            }
            Act::Refuse(operation) => {
                self.world.clear_faults();
                if let Some(operation) = operation {
                    self.world.fail(Fault::next(operation, Class::Denied).for_good());
                }
                Vec::new()
            }
            Act::Nothing => Vec::new(),
        }
    }

    fn happen(&mut self, deed: &Deed) {
        let mut messages = self.act(&deed.act);
        if deed.lost {
            messages.clear();
        }
        if deed.sweep {
            messages.push((Recipient::Sweep, Hint::Everywhere));
        }
        if let Some(writes) = deed.crash {
            self.world.crash_after(writes);
        }
        let before = self.world.snapshot();
        Hub::new(&self.world).deliver(messages);
        self.world.restart();
        self.assert_what_came_is_wished(&before);
    }

    fn blocks(&self, vpc: &str) -> BTreeSet<IpNet> {
        self.world.blocks(&vpc.parse().expect("a VPC")).iter().copied().collect()
    }

    // ---- the oracle ----

    fn in_force(&self) -> Option<Rules> {
        match self.rules {
            Rules::Manual if self.approved => Some(Rules::Wide),
            Rules::Wide | Rules::Narrow => Some(self.rules),
            Rules::Nothing | Rules::Manual | Rules::Denied => None,
        }
    }

    /// The peer's blocks that the rules in force lead to from a VPC.
    fn wished(&self, from: &str) -> BTreeSet<IpNet> {
        let (peer, first) = if from == WEB { FIRST[1] } else { FIRST[0] };
        let public = PUBLIC.map(net);
        match self.in_force() {
            Some(Rules::Wide) => self.blocks(peer).into_iter().filter(|block| !public.contains(block)).collect(),
            Some(Rules::Narrow) if from == DB => [net(first)].into(),
            _ => BTreeSet::new(),
        }
    }

    /// Whether nobody else's route has the block, or holds it in a wider one that was not there before ours.
    fn is_free(&self, table: &str, block: IpNet, at: &Snapshot) -> bool {
        let ours = self.remembered(table).contains(&block);
        let others = foreign(&self.id, table, at);
        others.iter().all(|(other, _)| !other.contains(&block) || (ours && *other != block))
    }

    /// What we once routed in a table: where somebody removes a route of ours, it is made again and takes its addresses back.
    fn remembered(&self, table: &str) -> BTreeSet<IpNet> {
        let owned = self.world.ledger.entry(&self.id).owned.routes;
        owned.iter().filter(|route| route.table.as_str() == table).filter_map(|route| cidr(&route.destination)).collect()
    }

    fn possible(&self, from: &str, at: &Snapshot) -> BTreeSet<(String, IpNet)> {
        let tables = TABLES.iter().find(|(vpc, _)| *vpc == from).expect("a VPC").1;
        let all = tables.iter().flat_map(|table| self.wished(from).into_iter().map(move |block| (*table, block)));
        all.filter(|(table, block)| self.is_free(table, *block, at)).map(|(table, block)| (table.to_owned(), block)).collect()
    }

    /// Who is let in: whoever can be answered.
    fn answered(&self, at: &Snapshot) -> BTreeSet<IpNet> {
        self.possible(DB, at).into_iter().map(|(_, block)| block).collect()
    }

    // ---- the laws ----

    fn assert_what_came_is_wished(&self, before: &Snapshot) {
        let after = self.world.snapshot();
        let possible: BTreeSet<_> = [WEB, DB].into_iter().flat_map(|vpc| self.possible(vpc, before)).collect();
        for made in routes(&self.id, &after).difference(&routes(&self.id, before)) {
            assert!(possible.contains(made), "{made:?} is a route that nothing wishes for: {:?}", self.rules);
        }
        // What was let in may stand on a route of ours that somebody's new one surrounds.
        let wished = self.wished(DB);
        for made in rules(&self.id, &after).difference(&rules(&self.id, before)) {
            assert!(self.chosen.contains(made.0.as_str()) && wished.contains(&made.1), "{made:?} is open, and nothing wishes for it");
        }
        let tables = TABLES.iter().flat_map(|(_, tables)| *tables);
        for table in tables {
            let theirs = foreign(&self.id, table, before);
            assert!(theirs.is_subset(&foreign(&self.id, table, &after)), "a route of somebody is gone");
            let remembered = self.remembered(table);
            for (block, target) in theirs {
                let address = block.network().into();
                let way = |at| way(table, address, at);
                let stays = way(before) != Some(target.clone()) || way(&after) == Some(target);
                assert!(stays || remembered.iter().any(|ours| ours.contains(&address)), "{block} of {table} leads elsewhere now");
            }
        }
    }

    fn assert_nothing_after_a_deny(&self) {
        let at = self.world.snapshot();
        let (routed, open) = (routes(&self.id, &at), rules(&self.id, &at));
        let left = self.rules == Rules::Denied && !(routed.is_empty() && open.is_empty());
        assert!(!left, "something of ours is left after a deny: {routed:?} {open:?}");
    }

    fn assert_at_rest(&self) {
        self.assert_nothing_after_a_deny();
        let at = self.world.snapshot();
        let (routed, open) = (routes(&self.id, &at), rules(&self.id, &at));
        if self.in_force().is_none() {
            return;
        }
        let possible: BTreeSet<_> = [WEB, DB].into_iter().flat_map(|vpc| self.possible(vpc, &at)).collect();
        assert!(routed.is_superset(&possible), "missing: {:?}", possible.difference(&routed));
        for (table, block) in &routed {
            let from = if TABLES[0].1.contains(&table.as_str()) { WEB } else { DB };
            assert!(self.wished(from).contains(block), "{table} leads to {block}");
        }
        let there: BTreeSet<(String, IpNet)> = open_for_anybody(&at);
        let answered = self.answered(&at);
        for group in &self.chosen {
            assert!(
                answered.iter().all(|block| there.contains(&((*group).to_owned(), *block))),
                "{group} lacks one of {answered:?}: {there:?}"
            );
        }
        // A rule of the allowlist that means no group at all is more likely a mistake: nothing is closed for it.
        if !self.chosen.is_empty() {
            assert!(open.iter().all(|(group, block)| self.chosen.contains(group.as_str()) && self.wished(DB).contains(block)), "{open:?}");
        }
    }
}

fn written(rules: Rules) -> String {
    let ends = r#"requester: { accounts: ["111111111111"] }, accepter: { accounts: ["222222222222"] }"#;
    let port = r#"security_groups: { accepter: [{ groups: { tag: { role: db } }, ingress: [{ protocol: tcp, ports: "5432", from: peer-vpc }] }] }"#;
    let wide = format!("routes: {{ requester: {{ tables: all }}, accepter: {{ tables: all }} }}, {port}");
    let narrow = format!("routes: {{ accepter: {{ tables: all, destinations: [10.1.0.0/16] }} }}, {port}");
    let lines = match rules {
        Rules::Nothing => return "rules: []".to_owned(),
        Rules::Wide => vec![format!("id: one, effect: allow, {ends}, {wide}")],
        Rules::Manual => vec![format!("id: one, effect: allow, approval: manual, {ends}, {wide}")],
        Rules::Narrow => vec![format!("id: one, effect: allow, {ends}, {narrow}")],
        Rules::Denied => vec![format!("id: one, effect: allow, {ends}, {wide}"), format!("id: no-more, effect: deny, {ends}")],
    };
    lines.iter().fold("rules:\n".to_owned(), |text, line| format!("{text}  - {{ {line} }}\n"))
}

fn net(block: &str) -> IpNet {
    block.parse().expect("a block")
}

fn cidr(destination: &Destination) -> Option<IpNet> {
    match destination {
        Destination::Cidr(block) => Some(*block),
        Destination::PrefixList(_) => None,
    }
}

fn routes(id: &PcxId, at: &Snapshot) -> BTreeSet<(String, IpNet)> {
    at.routes_over(id).filter_map(|(table, block)| Some((table.to_string(), cidr(block)?))).collect()
}

fn rules(id: &PcxId, at: &Snapshot) -> BTreeSet<(String, IpNet)> {
    let ours = at.rules.iter().filter(|(.., owner)| owner.as_ref() == Some(id));
    ours.filter_map(|(group, _, rule, _)| Some((group.to_string(), block_of(&rule.peer)?))).collect()
}

fn open_for_anybody(at: &Snapshot) -> BTreeSet<(String, IpNet)> {
    let port = at.rules.iter().filter(|(_, direction, rule, _)| *direction == Direction::Ingress && rule.traffic.to_string() == "tcp/5432");
    port.filter_map(|(group, _, rule, _)| Some((group.to_string(), block_of(&rule.peer)?))).collect()
}

fn block_of(peer: &RulePeer) -> Option<IpNet> {
    match peer {
        RulePeer::Cidr(block) => Some(*block),
        _ => None,
    }
}

/// The routes of a table that lead neither into its VPC nor over the connection.
fn foreign(id: &PcxId, table: &str, at: &Snapshot) -> BTreeSet<(IpNet, RouteTarget)> {
    let others = at
        .routes
        .iter()
        .filter(|(of, _, target)| of.as_str() == table && *target != RouteTarget::Peering(id.clone()) && target.to_string() != "local");
    others.filter_map(|(_, block, target)| Some((cidr(block)?, target.clone()))).collect()
}

/// Where a packet goes: the longest prefix.
fn way(table: &str, address: IpNet, at: &Snapshot) -> Option<RouteTarget> {
    let fitting = at.routes.iter().filter(|(of, ..)| of.as_str() == table).filter_map(|(_, block, target)| Some((cidr(block)?, target)));
    fitting.filter(|(block, _)| block.contains(&address)).max_by_key(|(block, _)| block.prefix_len()).map(|(_, target)| target.clone())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn whatever_either_side_does_we_make_what_the_rules_wish_and_no_more_and_an_honest_world_converges(
        deeds in prop::collection::vec(deed(), 1..14),
    ) {
        let mut life = Life::new();
        for deed in &deeds {
            life.happen(deed);
        }
        // A lease that could not be given back ends by itself.
        life.world.clock.advance(std::time::Duration::from_secs(65));
        life.world.clear_faults();
        let before = life.world.snapshot();
        let hub = Hub::new(&life.world).deaf();
        hub.sweep_until_quiet();
        life.assert_what_came_is_wished(&before);
        let entry = life.world.ledger.entry(&life.id);
        if entry.removal_refusal.is_none() {
            life.assert_nothing_after_a_deny();
        }
        // What was refused is tried again within a day.
        life.world.clock.advance(std::time::Duration::from_hours(24));
        hub.sweep_until_quiet();
        life.assert_at_rest();
    }
}
