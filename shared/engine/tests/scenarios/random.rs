//! Random worlds with random allowlists, as sketches that can be built more than once.

use peerwright_core::ids::PcxId;
use peerwright_testkit::{FakeGroup, FakeTable, FakeVpc, World};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use proptest::strategy::Union;

use crate::demo::{A, B, FRANKFURT, IRELAND, STRANGER};

/// How many VPCs there are. Number `n` owns 10.n.0.0/16 and whatever else its sketch says.
const VPCS: usize = 4;

/// A world before anything was asked for.
#[derive(Debug, Clone)]
pub(crate) struct Sketch {
    members: Vec<&'static str>,
    vpcs: Vec<VpcSketch>,
    requests: Vec<(usize, usize)>,
    rules: Vec<RuleSketch>,
}

#[derive(Debug, Clone)]
struct VpcSketch {
    account: &'static str,
    region: &'static str,
    env: &'static str,
    further: Vec<Block>,
    dns_ready: bool,
    tables: Vec<TableSketch>,
    groups: Vec<GroupSketch>,
}

/// A CIDR block besides the first.
#[derive(Debug, Clone, Copy)]
enum Block {
    /// Its VPC's own.
    Second,
    /// Its VPC's own, of IPv6.
    Ipv6,
    /// The same for every VPC that has one.
    Shared,
}

/// The tier, and routes that somebody made.
type TableSketch = (Option<&'static str>, Vec<(&'static str, &'static str)>);

/// The role, and the source of a rule that somebody made.
type GroupSketch = (&'static str, Option<&'static str>);

#[derive(Debug, Clone)]
struct RuleSketch {
    deny: bool,
    requester: &'static str,
    accepter: &'static str,
    routes: [&'static str; 2],
    groups: [&'static str; 2],
    dns: [bool; 2],
}

const SELECTORS: [&str; 6] = [
    r#"{ accounts: ["111111111111", "222222222222", "999999999999"] }"#,
    r#"{ accounts: ["222222222222"] }"#,
    r#"{ cidrs: [10.0.0.0/8, "fd00::/8"] }"#,
    "{ regions: [eu-west-1, eu-central-1] }",
    "{ tags: { env: dev } }",
    "{ vpcs: [vpc-00000000, vpc-00000001] }",
];

/// With weights: plain wishes are more frequent than those that are often blocked.
const ROUTES: [(u32, &str); 6] = [
    (1, "none"),
    (6, "{ tables: all }"),
    (3, "{ tables: main }"),
    (1, "{ tables: { tag: { tier: private } } }"),
    (1, "{ tables: all, destinations: [10.1.0.0/16, 10.2.0.0/24] }"),
    (2, "{ tables: all, exclude: [10.0.0.0/15] }"),
];

/// Traffic, with `{way}` and `{end}` for ingress and `from`, or egress and `to`.
const GROUPS: [(u32, &str); 5] = [
    (6, "[]"),
    (
        1,
        "[{ groups: { tag: { role: db } }, {way}: [{ protocol: tcp, ports: \"5432\", {end}: peer-vpc }, { protocol: icmp, {end}: peer-vpc }] }]",
    ),
    (1, "[{ groups: { tag: { role: [db, web] } }, {way}: [{ protocol: all, {end}: peer-vpc }] }]"),
    (1, "[{ groups: [sg-00000000, sg-00000010], {way}: [{ protocol: udp, ports: all, {end}: peer-vpc }] }]"),
    (1, "[{ groups: { tag: { role: web } }, {way}: [{ protocol: tcp, ports: 80-81, {end}: { groups: [sg-00000010] } }] }]"),
];

/// Worlds in which VPCs may share a block, so that requests fail and routes are in each other's way.
pub(crate) fn crowded() -> impl Strategy<Value = Sketch> {
    sketch(0.2)
}

/// Worlds in which every block belongs to one VPC: connections do not depend on one another. A peer that can't be read is taken to have what the
/// rules name for it until its blocks are shown, and these name blocks of other VPCs: where both meet, the order counts.
pub(crate) fn roomy() -> impl Strategy<Value = Sketch> {
    sketch(0.0).prop_filter("no rule names another VPC's blocks for a peer that can't be read", |sketch| {
        !(sketch.names_destinations() && sketch.has_unreadable_requester())
    })
}

fn sketch(shared: f64) -> impl Strategy<Value = Sketch> {
    let pairs: Vec<(usize, usize)> = (0..VPCS).flat_map(|one| (one + 1..VPCS).map(move |other| (one, other))).collect();
    let requests = (subsequence(pairs, 1..=3), any::<[bool; 3]>()).prop_map(|(pairs, swap)| {
        pairs.into_iter().zip(swap).map(|((one, other), swap)| if swap { (other, one) } else { (one, other) }).collect()
    });
    let members = prop_oneof![6 => Just(vec![A, B]), 1 => subsequence(vec![A, B, STRANGER], 1..=3)];
    (members, vec(vpc(shared), VPCS), requests, vec(rule(), 1..=4)).prop_map(|(members, vpcs, requests, rules)| Sketch {
        members,
        vpcs,
        requests,
        rules,
    })
}

fn vpc(shared: f64) -> impl Strategy<Value = VpcSketch> {
    let place = (select(vec![A, B, B, STRANGER]), select(vec![IRELAND, IRELAND, FRANKFURT]), select(vec!["dev", "prod"]));
    let further = [(0.5, Block::Second), (0.5, Block::Ipv6), (shared, Block::Shared)];
    let further = further.map(|(chance, block)| prop::bool::weighted(chance).prop_map(move |there| there.then_some(block)));
    let further = further.prop_map(|blocks| blocks.into_iter().flatten().collect());
    let routes =
        subsequence(vec!["0.0.0.0/0", "10.1.0.0/16", "10.2.0.0/16", "10.13.0.0/16", "fd00:1::/56"], 0..=2).prop_flat_map(|blocks| {
            blocks.into_iter().map(|block| (Just(block), select(vec!["tgw-00000001", "pcx-0badbad0"]))).collect::<Vec<_>>()
        });
    let tables = vec((option::of(select(vec!["private", "public"])), routes), 1..=3);
    let groups = vec((select(vec!["db", "web"]), option::of(select(vec!["10.1.0.0/16", "0.0.0.0/0"]))), 0..=3);
    (place, further, prop::bool::weighted(0.9), tables, groups).prop_map(|((account, region, env), further, dns_ready, tables, groups)| {
        VpcSketch { account, region, env, further, dns_ready, tables, groups }
    })
}

fn rule() -> impl Strategy<Value = RuleSketch> {
    let ends = (select(SELECTORS.to_vec()), select(SELECTORS.to_vec()));
    let routes = [weighted(&ROUTES), weighted(&ROUTES)];
    let groups = [weighted(&GROUPS), weighted(&GROUPS)];
    (prop::bool::weighted(0.1), ends, routes, groups, any::<[bool; 2]>())
        .prop_map(|(deny, (requester, accepter), routes, groups, dns)| RuleSketch { deny, requester, accepter, routes, groups, dns })
}

fn weighted(texts: &[(u32, &'static str)]) -> impl Strategy<Value = &'static str> + use<> {
    Union::new_weighted(texts.iter().map(|(weight, text)| (*weight, Just(*text))).collect())
}

impl Sketch {
    fn names_destinations(&self) -> bool {
        self.rules.iter().any(|rule| rule.routes.iter().any(|wish| wish.contains("destinations")))
    }

    fn has_unreadable_requester(&self) -> bool {
        self.requests.iter().any(|(from, _)| !self.members.contains(&self.vpcs[*from].account))
    }

    /// The world, with all requests made and pending.
    pub(crate) fn build(&self) -> (World, Vec<PcxId>) {
        let mut world = World::new().allow(&self.yaml());
        for member in &self.members {
            world = world.member(member);
        }
        for (number, vpc) in self.vpcs.iter().enumerate() {
            world = world.vpc(vpc.build(number, self.members.contains(&vpc.account)));
        }
        let name = |number: usize| format!("vpc-{number:08x}");
        let ids = self.requests.iter().map(|(from, to)| world.request(&name(*from), &name(*to))).collect();
        (world, ids)
    }

    fn yaml(&self) -> String {
        let rules: Vec<String> = self.rules.iter().enumerate().map(|(number, rule)| rule.yaml(number)).collect();
        format!("rules:\n{}", rules.concat())
    }
}

impl VpcSketch {
    /// EC2 refuses the DNS option where the other VPC isn't ready for it: that surfaces as a failure where we can't read that VPC, so
    /// unreadable ones are ready here.
    fn build(&self, number: usize, readable: bool) -> FakeVpc {
        let mut vpc = FakeVpc::new(self.account, self.region, &format!("vpc-{number:08x}")).tag("env", self.env);
        let mut blocks = vec![format!("10.{number}.0.0/16")];
        blocks.extend(self.further.iter().map(|block| match block {
            Block::Second => format!("10.{}.0.0/16", number + 10),
            Block::Ipv6 => format!("fd00:{number}::/56"),
            Block::Shared => "10.200.0.0/16".to_owned(),
        }));
        for block in &blocks {
            vpc = vpc.cidr(block);
        }
        for (index, (tier, routes)) in self.tables.iter().enumerate() {
            let mut table = FakeTable::new(&format!("rtb-{number:04x}{index:04x}"));
            if let Some(tier) = tier {
                table = table.tag("tier", tier);
            }
            for (block, target) in routes.iter().filter(|(block, _)| !blocks.iter().any(|own| own == block)) {
                table = table.route(block, target);
            }
            vpc = vpc.table(table);
        }
        for (index, (role, source)) in self.groups.iter().enumerate() {
            let group = FakeGroup::new(&format!("sg-{:08x}", number * 16 + index)).tag("role", role);
            vpc = vpc.group(source.map_or(group.clone(), |source| group.ingress("5432", source)));
        }
        if self.dns_ready || !readable { vpc } else { vpc.without_dns() }
    }
}

impl RuleSketch {
    fn yaml(&self, number: usize) -> String {
        let Self { requester, accepter, routes, groups, dns, .. } = self;
        let effect = if self.deny { "deny" } else { "allow" };
        // An allow rule has to say who asks.
        let named = self.deny || requester.contains("accounts") || requester.contains("vpcs");
        let requester = if named {
            (*requester).to_owned()
        } else {
            requester.replacen('{', r#"{ accounts: ["111111111111", "222222222222", "999999999999"],"#, 1)
        };
        let head = format!("  - id: rule-{number}\n    effect: {effect}\n    requester: {requester}\n    accepter: {accepter}\n");
        if self.deny {
            return head;
        }
        let ingress = groups[0].replace("{way}", "ingress").replace("{end}", "from");
        let egress = groups[1].replace("{way}", "egress").replace("{end}", "to");
        format!(
            "{head}    routes: {{ requester: {}, accepter: {} }}\n    security_groups:\n      requester: {egress}\n      accepter: {ingress}\n    dns_resolution: {{ requester: {}, accepter: {} }}\n",
            routes[0], routes[1], dns[0], dns[1]
        )
    }
}
