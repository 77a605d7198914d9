//! What holds whatever happens in the life of connections, and in whichever order.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use peerwright_core::ask::{ASK_TAG, Asks, MESH_TAG};
use peerwright_core::event::Hint;
use peerwright_core::ids::{PcxId, Side, VpcRef};
use peerwright_core::world::PeeringState;
use peerwright_engine::outcome::Recipient;
use peerwright_testkit::{FakeGroup, FakeTable, FakeVpc, Operation, World, place};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use crate::demo::{A, B, FRANKFURT, IRELAND};
use crate::hub::{Hub, assert_quiet};
use crate::request::living;

/// Two VPCs of A and two of B, in two Regions.
const VPCS: [(&str, &str, &str); 4] =
    [("vpc-00000001", A, IRELAND), ("vpc-00000002", A, FRANKFURT), ("vpc-00000003", B, IRELAND), ("vpc-00000004", B, FRANKFURT)];

/// What happens next.
#[derive(Debug, Clone)]
enum Act {
    /// A VPC asks for others by name; none takes the tag away.
    Ask(usize, Vec<usize>),
    /// A VPC joins the mesh, or leaves it.
    Mesh(usize, bool),
    /// The owner of a VPC asks for a connection without us.
    ByHand(usize, usize),
    /// An owner deletes one of the connections.
    Delete(usize, Side),
    /// One of the two rules comes or goes.
    Rule(usize, bool),
    /// An account gives us the role, or takes it away.
    Role(&'static str, bool),
    /// Nobody does anything.
    Nothing,
}

/// What becomes of the event.
#[derive(Debug, Clone, Copy)]
enum Event {
    Lost,
    Once,
    Twice,
}

/// One act with its event, the trouble that it meets, and the time behind it.
#[derive(Debug, Clone)]
struct Deed {
    act: Act,
    event: Event,
    /// The process dies behind so many writes.
    crash: Option<usize>,
    pause: u64,
    /// A sweep comes by.
    sweep: bool,
}

fn act() -> impl Strategy<Value = Act> {
    let side = select(Side::BOTH.to_vec());
    prop_oneof![
        4 => (0..4_usize, subsequence(vec![0, 1, 2, 3], 0..=3)).prop_map(|(vpc, others)| Act::Ask(vpc, others)),
        2 => (0..4_usize, any::<bool>()).prop_map(|(vpc, joins)| Act::Mesh(vpc, joins)),
        2 => (0..4_usize, 0..4_usize).prop_map(|(from, to)| Act::ByHand(from, to)),
        2 => (0..6_usize, side).prop_map(|(which, by)| Act::Delete(which, by)),
        2 => (0..2_usize, any::<bool>()).prop_map(|(rule, there)| Act::Rule(rule, there)),
        1 => (select(vec![A, B]), any::<bool>()).prop_map(|(account, given)| Act::Role(account, given)),
        1 => Just(Act::Nothing),
    ]
}

fn deed() -> impl Strategy<Value = Deed> {
    let event = prop_oneof![1 => Just(Event::Lost), 3 => Just(Event::Once), 1 => Just(Event::Twice)];
    let crash = prop_oneof![3 => Just(None), 1 => (0..16_usize).prop_map(Some)];
    let pause = select(vec![0, 0, 1, 20, 60, 600, 8000]);
    (act(), event, crash, pause, prop::bool::weighted(0.3)).prop_map(|(act, event, crash, pause, sweep)| Deed {
        act,
        event,
        crash,
        pause,
        sweep,
    })
}

/// A world with what the owners did in it.
struct Life {
    world: World,
    wish: &'static str,
    rules: [bool; 2],
    by_hand: BTreeSet<PcxId>,
    deleted: BTreeSet<PcxId>,
}

impl Life {
    fn new(wish: &'static str) -> Self {
        let vpc = |number: usize| {
            let (id, account, region) = VPCS[number];
            FakeVpc::new(account, region, id)
                .cidr(&format!("10.{number}.0.0/16"))
                .table(
                    FakeTable::new(&format!("rtb-0000000{number}"))
                        .route("0.0.0.0/0", "nat-00000001")
                        .route("10.99.0.0/16", "pcx-0badbad0"),
                )
                .group(FakeGroup::new(&format!("sg-0000000{number}")).tag("role", "db").ingress("22", "192.0.2.0/24"))
        };
        let world = (0..4).fold(World::new().member(A).member(B), |world, number| world.vpc(vpc(number)));
        let life = Self { world, wish, rules: [true; 2], by_hand: BTreeSet::new(), deleted: BTreeSet::new() };
        life.write_rules();
        life
    }

    fn write_rules(&self) {
        let rule = |number: usize, from: &str, to: &str| {
            format!(
                "  - id: rule-{number}\n    effect: allow\n    on_revoke: {}\n    requester: {{ accounts: [\"{from}\"] }}\n    accepter: {{ accounts: [\"{to}\"] }}\n    routes: {{ requester: {{ tables: all }}, accepter: {{ tables: all }} }}\n    security_groups:\n      accepter: [{{ groups: {{ tag: {{ role: db }} }}, ingress: [{{ protocol: tcp, ports: \"5432\", from: peer-vpc }}] }}]\n",
                self.wish
            )
        };
        let written = [rule(0, A, B), rule(1, B, A)];
        let there: Vec<String> = written.into_iter().zip(self.rules).filter(|(_, there)| *there).map(|(rule, _)| rule).collect();
        self.world.allowlist.replace(&if there.is_empty() { "rules: []".to_owned() } else { format!("rules:\n{}", there.concat()) });
    }

    /// Does it; the messages that its events would be.
    fn act(&mut self, act: &Act) -> Vec<(Recipient, Hint)> {
        match act {
            Act::Ask(vpc, others) => self.tag(*vpc, ASK_TAG, &names(*vpc, others)),
            Act::Mesh(vpc, joins) => self.tag(*vpc, MESH_TAG, if *joins { "core" } else { "" }),
            Act::ByHand(from, to) => self.ask(*from, *to),
            Act::Delete(which, by) => self.delete(*which, *by),
            Act::Rule(rule, there) => {
                self.rules[*rule] = *there;
                self.write_rules();
                vec![(Recipient::Sweep, Hint::Everywhere)]
            }
            Act::Role(account, given) => {
                let has = self.world.is_member(&account.parse().expect("an account"));
                match (has, given) {
                    (true, false) => self.world.revoke_role(account),
                    (false, true) => self.world.grant_role(account),
                    _ => {}
                }
                Vec::new()
            }
            Act::Nothing => Vec::new(),
        }
    }

    fn tag(&self, vpc: usize, key: &str, value: &str) -> Vec<(Recipient, Hint)> {
        let id = VPCS[vpc].0;
        if value.is_empty() {
            self.world.untag(id, key);
        } else {
            self.world.tag(id, key, value);
        }
        vec![(Recipient::Request, Hint::Vpc(self.world.vpc_ref(id)))]
    }

    fn ask(&mut self, from: usize, to: usize) -> Vec<(Recipient, Hint)> {
        let joined = |id: &PcxId| {
            let ends = self.world.ends(id);
            let pair = [self.world.vpc_ref(VPCS[from].0), self.world.vpc_ref(VPCS[to].0)];
            pair.contains(&ends.requester) && pair.contains(&ends.accepter)
        };
        if from == to || living(&self.world).iter().any(joined) {
            return Vec::new();
        }
        let id = self.world.request(VPCS[from].0, VPCS[to].0);
        self.by_hand.insert(id.clone());
        vec![(Recipient::Accept, self.world.requested(&id))]
    }

    fn delete(&mut self, which: usize, by: Side) -> Vec<(Recipient, Hint)> {
        let living = living(&self.world);
        let Some(id) = living.get(which % living.len().max(1)) else {
            return Vec::new();
        };
        self.world.delete(id, by);
        self.deleted.insert(id.clone());
        vec![(Recipient::Cleanup, self.world.accepted(id))]
    }

    fn happen(&mut self, deed: &Deed) {
        let mut messages = self.act(&deed.act);
        match deed.event {
            Event::Lost => messages.clear(),
            Event::Once => {}
            Event::Twice => messages.extend(messages.clone()),
        }
        if deed.sweep {
            messages.push((Recipient::Sweep, Hint::Everywhere));
        }
        if let Some(writes) = deed.crash {
            self.world.crash_after(writes);
        }
        let hub = Hub::over(&self.world, VPCS.map(|(_, account, region)| place(account, region)).into());
        hub.deliver(messages);
        self.world.restart();
        self.world.clock.advance(Duration::from_secs(deed.pause));
        self.assert_once();
        self.assert_nothing_of_others_deleted();
    }

    /// Two VPCs have at most one connection.
    fn assert_once(&self) {
        let pairs: Vec<BTreeSet<VpcRef>> =
            living(&self.world).iter().map(|id| self.world.ends(id).iter().map(|(_, end)| end.clone()).collect()).collect();
        let distinct: BTreeSet<&BTreeSet<VpcRef>> = pairs.iter().collect();
        assert_eq!(distinct.len(), pairs.len(), "{pairs:?}");
    }

    /// What an owner asked for without us is ended by an owner, or never.
    fn assert_nothing_of_others_deleted(&self) {
        for (id, state) in self.world.connections() {
            let ended_by_us = matches!(&state, PeeringState::Ended(code) if code != "expired") && !self.deleted.contains(&id);
            assert!(!(ended_by_us && self.by_hand.contains(&id)), "{id} is {state}");
        }
    }

    /// Everything is granted, and sweeps run until nothing is left to do.
    fn come_to_rest(&mut self) {
        for account in [A, B] {
            if !self.world.is_member(&account.parse().expect("an account")) {
                self.world.grant_role(account);
            }
        }
        self.rules = [true; 2];
        self.write_rules();
        self.world.clock.advance(Duration::from_secs(100));
        let hub = Hub::new(&self.world).deaf();
        hub.sweep_until_quiet();
        // A VPC that is in a mesh already is not told when another joins to which it is connected by something else.
        let before = self.world.writes().len();
        hub.deliver(VPCS.map(|(id, ..)| (Recipient::Request, Hint::Vpc(self.world.vpc_ref(id)))));
        let writes = self.world.writes().split_off(before);
        assert!(writes.iter().all(|write| matches!(write, Operation::Tag | Operation::WriteClaim)), "{writes:?}");
    }

    /// Whether one of the two asks for the other, and which one may.
    fn asked(&self, ends: [&VpcRef; 2]) -> bool {
        let asks = |vpc: &VpcRef| Asks::read(vpc, &self.world.tags(vpc.vpc.as_str()), &BTreeMap::default());
        let (one, other) = (asks(ends[0]), asks(ends[1]));
        let meshed = one.mesh_name().is_some() && one.mesh_name() == other.mesh_name();
        one.names(ends[1]) || other.names(ends[0]) || meshed
    }

    fn assert_wanted_is_there(&self) {
        let vpcs = VPCS.map(|(id, ..)| self.world.vpc_ref(id));
        for (index, one) in vpcs.iter().enumerate() {
            for other in &vpcs[index + 1..] {
                if one.place.account == other.place.account || !self.asked([one, other]) {
                    continue;
                }
                let joins = |id: &&PcxId| {
                    let ends = self.world.ends(id);
                    ends.side_of(one).is_some_and(|side| ends.of(side.peer()) == other)
                };
                let found = living(&self.world);
                match found.iter().find(joins) {
                    Some(id) => assert_eq!(self.world.ledger.entry(id).status, "converged", "{id} of {one} and {other}"),
                    None => self.assert_somebody_ended_it(one, other),
                }
            }
        }
    }

    /// What an owner ended is not made again before it is asked for anew.
    fn assert_somebody_ended_it(&self, one: &VpcRef, other: &VpcRef) {
        let claims = self.world.ledger.claims();
        let claim = claims.iter().find(|claim| claim.joins(one, other)).unwrap_or_else(|| panic!("{one} and {other} are not connected"));
        assert!(claim.created.as_ref().is_some_and(|id| self.deleted.contains(id)), "{claim:?}");
    }

    fn assert_unwanted_is_gone(&self) {
        for (id, state) in self.world.connections() {
            let ends = self.world.ends(&id);
            if matches!(state, PeeringState::Ended(_)) {
                assert_eq!(self.world.snapshot().made_for(&id), Vec::<String>::new(), "{id} is {state}");
            } else if !self.by_hand.contains(&id) {
                assert!(self.asked([&ends.requester, &ends.accepter]), "nobody asks for {id}, which we created");
            }
        }
    }
}

/// The other VPCs as a tag names them.
fn names(vpc: usize, others: &[usize]) -> String {
    let name = |other: &usize| {
        let (id, account, region) = VPCS[*other];
        format!("{id}/{account}/{region}")
    };
    let words: Vec<String> = others.iter().filter(|other| **other != vpc).map(name).collect();
    words.join(" ")
}

/// A life takes as long as four worlds of the other laws.
fn fewer() -> ProptestConfig {
    let usual = ProptestConfig::default();
    ProptestConfig { cases: usual.cases / 4, ..usual }
}

proptest! {
    #![proptest_config(fewer())]

    #[test]
    fn whatever_happens_wanted_connections_are_there_in_the_end_and_no_others_of_ours(
        wish in select(vec!["keep", "isolate", "delete"]),
        deeds in prop::collection::vec(deed(), 1..14),
    ) {
        let mut life = Life::new(wish);
        let before = life.world.snapshot();
        for deed in &deeds {
            life.happen(deed);
        }
        life.come_to_rest();
        life.assert_once();
        life.assert_nothing_of_others_deleted();
        life.assert_wanted_is_there();
        life.assert_unwanted_is_gone();
        prop_assert!(life.world.snapshot().keeps(&before), "what others made is gone");
        assert_quiet(&Hub::new(&life.world));
    }
}
