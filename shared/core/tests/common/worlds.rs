//! Random worlds, and random wishes for them.
//!
//! Everything is drawn from a few values, so that wishes and world meet: routes that stand in the way, rules that are there already.

use ipnet::IpNet;
use peerwright_core::allowlist::{
    Destinations, GroupIntent, GroupSelector, Ports, Protocol, RouteIntent, SecurityGroupPermission, Source, Tables,
};
use peerwright_core::cidr::CidrSet;
use peerwright_core::desired::{Desired, EndIntent};
use peerwright_core::ids::{Place, Side, Sides, VpcRef};
use peerwright_core::world::{
    Connection, Direction, End, Fact, Observed, PeeringState, Route, RouteTable, RouteTarget, RulePeer, RuleSpec, SecurityGroup, Tags,
};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use std::collections::{BTreeMap, BTreeSet};

const CONNECTION: &str = "pcx-00000001";
const BLOCKS: Sides<[&str; 4]> = Sides {
    requester: ["10.1.0.0/16", "10.2.0.0/16", "100.64.0.0/16", "fd00:1::/56"],
    accepter: ["10.11.0.0/16", "10.12.0.0/16", "100.65.0.0/16", "fd00:2::/56"],
};
/// Destinations that rules name: blocks, parts of blocks, blocks of others and blocks that are too wide.
const NAMED: [&str; 9] = [
    "10.1.0.0/16",
    "10.1.7.0/24",
    "10.0.0.0/8",
    "10.11.0.0/16",
    "10.11.7.0/24",
    "172.16.0.0/12",
    "fd00:1::/56",
    "fd00:2:0:7::/64",
    "fd00::/8",
];
const EXCLUDED: [&str; 4] = ["100.64.0.0/10", "10.2.0.0/16", "10.12.0.0/16", "fd00:2::/56"];
const TABLES: [&str; 4] = ["rtb-00000001", "rtb-00000002", "rtb-00000003", "rtb-00000004"];
const GROUPS: [&str; 3] = ["sg-00000001", "sg-00000002", "sg-00000003"];
const TAGS: [(&str, &str); 3] = [("tier", "private"), ("tier", "public"), ("env", "dev")];

/// A world whose connection is active, mostly.
pub(crate) fn observed() -> impl Strategy<Value = Observed> {
    let state = prop_oneof![12 => Just("active"), 1 => select(&["pending-acceptance", "provisioning", "failed", "unheard-of"][..])];
    (state, any::<bool>(), any::<bool>(), blocks(Side::Requester), blocks(Side::Accepter)).prop_flat_map(
        |(state, same_account, same_region, requester, accepter)| {
            let ends = (end(requester.clone(), same_account), end(accepter.clone(), same_account));
            ends.prop_map(move |ends| Observed {
                connection: Connection {
                    id: CONNECTION.parse().expect("a connection id"),
                    state: PeeringState::from(state),
                    message: String::new(),
                    ends: Sides {
                        requester: vpc("111111111111", "eu-west-1", "vpc-a0000000"),
                        accepter: vpc(
                            if same_account { "111111111111" } else { "222222222222" },
                            if same_region { "eu-west-1" } else { "eu-central-1" },
                            "vpc-b0000000",
                        ),
                    },
                },
                cidrs: Sides { requester: requester.clone(), accepter: accepter.clone() },
                ends: Sides { requester: ends.0, accepter: ends.1 },
            })
        },
    )
}

fn vpc(account: &str, region: &str, vpc: &str) -> VpcRef {
    let place = Place { account: account.parse().expect("an account"), region: region.parse().expect("a Region") };
    VpcRef { place, vpc: vpc.parse().expect("a VPC id") }
}

/// Seldom none: a peer whose blocks are not shown yet.
fn blocks(side: Side) -> impl Strategy<Value = CidrSet> {
    let pool = BLOCKS.of(side);
    prop_oneof![12 => subsequence(&pool[..], 1..=4), 1 => Just(Vec::new())].prop_map(|blocks| nets(&blocks))
}

/// One of two accounts may be without a role; a single one isn't.
fn end(cidrs: CidrSet, same_account: bool) -> impl Strategy<Value = Fact<End>> {
    let known =
        (tables(), groups(), prop::bool::weighted(0.8), prop::bool::weighted(0.2)).prop_map(move |(tables, groups, dns_ready, on)| {
            Fact::Known(End { cidrs: cidrs.clone(), dns_ready, dns_resolution: on, tables, groups })
        });
    prop_oneof![5 => known, u32::from(!same_account) => Just(Fact::Unknown("no role".to_owned()))]
}

fn tables() -> impl Strategy<Value = Vec<RouteTable>> {
    let table = (tags(), vec(route(), 0..4));
    (subsequence(&TABLES[..], 0..=4), any::<prop::sample::Index>(), vec(table, 4)).prop_map(|(ids, main, tables)| {
        let count = ids.len();
        ids.into_iter()
            .zip(tables)
            .enumerate()
            .map(|(place, (id, (tags, routes)))| RouteTable { id: parse(id), main: place == main.index(count), tags, routes })
            .collect()
    })
}

/// Two routes of a table may have the same destination: a static one beside a propagated one.
fn route() -> impl Strategy<Value = Route> {
    let pool: Vec<&str> = BLOCKS.requester.into_iter().chain(BLOCKS.accepter).chain(NAMED).chain(["0.0.0.0/0"]).collect();
    let target = prop_oneof![
        Just(RouteTarget::Peering(parse(CONNECTION))),
        Just(RouteTarget::Peering(parse("pcx-0000dead"))),
        select(&["local", "tgw-00000001", "vgw-00000001"][..]).prop_map(|target| RouteTarget::Other(target.to_owned())),
    ];
    (select(pool), target, any::<bool>()).prop_map(|(destination, target, blackhole)| Route {
        destination: parse(destination),
        target,
        blackhole,
    })
}

fn groups() -> impl Strategy<Value = Vec<SecurityGroup>> {
    (subsequence(&GROUPS[..], 0..=3), vec((tags(), vec((direction(), existing_rule()), 0..5)), 3)).prop_map(|(ids, groups)| {
        ids.into_iter().zip(groups).map(|(id, (tags, rules))| SecurityGroup { id: parse(id), tags, rules }).collect()
    })
}

fn existing_rule() -> impl Strategy<Value = RuleSpec> {
    let blocks: Vec<&str> = BLOCKS.requester.into_iter().chain(BLOCKS.accepter).chain(["0.0.0.0/0"]).collect();
    let peer = prop_oneof![
        4 => select(blocks).prop_map(|block| RulePeer::Cidr(parse(block))),
        2 => (select(&GROUPS[..]), select(&["111111111111", "222222222222"][..])).prop_map(|(group, owner)| RulePeer::Group(parse(group), parse(owner))),
        1 => Just(RulePeer::Other("pl-00000001".to_owned())),
    ];
    (traffic(), peer).prop_map(|((protocol, ports), peer)| RuleSpec { protocol, ports, peer })
}

fn direction() -> impl Strategy<Value = Direction> {
    select(&[Direction::Ingress, Direction::Egress][..])
}

fn traffic() -> impl Strategy<Value = (Protocol, Ports)> {
    prop_oneof![
        3 => select(&[Ports::Range(443, 443), Ports::Range(5432, 5432), Ports::All][..]).prop_map(|ports| (Protocol::Tcp, ports)),
        1 => select(&[Protocol::All, Protocol::Icmp, Protocol::Icmpv6, Protocol::Number(50)][..]).prop_map(|protocol| (protocol, Ports::All)),
    ]
}

fn tags() -> impl Strategy<Value = Tags> {
    let pair = |(key, value): (&str, &str)| (key.to_owned(), value.to_owned());
    subsequence(&TAGS[..], 0..=2).prop_map(move |tags| tags.into_iter().map(pair).collect())
}

/// Wishes of up to three rules for each end.
pub(crate) fn desired() -> impl Strategy<Value = Desired> {
    (intent(), intent()).prop_map(|(requester, accepter)| Desired { rules: Vec::new(), ends: Sides { requester, accepter } })
}

fn intent() -> impl Strategy<Value = EndIntent> {
    (vec(routes(), 0..3), vec(group_intent(), 0..3), any::<bool>()).prop_map(|(routes, groups, dns_resolution)| EndIntent {
        routes,
        groups,
        dns_resolution,
    })
}

fn routes() -> impl Strategy<Value = RouteIntent> {
    let tables = prop_oneof![
        Just(Tables::All),
        Just(Tables::Main),
        subsequence(&TABLES[..], 1..=2).prop_map(|ids| Tables::Ids(ids.into_iter().map(parse).collect())),
        wanted_tags().prop_map(Tables::Tagged),
    ];
    let destinations = prop_oneof![
        2 => Just(Destinations::All),
        1 => subsequence(&NAMED[..], 1..=4).prop_map(|blocks| Destinations::Only(nets(&blocks))),
    ];
    (tables, destinations, subsequence(&EXCLUDED[..], 0..=2)).prop_map(|(tables, destinations, exclude)| RouteIntent {
        tables,
        destinations,
        exclude: nets(&exclude),
    })
}

fn group_intent() -> impl Strategy<Value = GroupIntent> {
    let groups = prop_oneof![
        subsequence(&GROUPS[..], 1..=2).prop_map(|ids| GroupSelector::Ids(ids.into_iter().map(parse).collect())),
        wanted_tags().prop_map(GroupSelector::Tagged),
    ];
    (groups, vec(permission(), 0..3), vec(permission(), 0..2)).prop_map(|(groups, ingress, egress)| GroupIntent { groups, ingress, egress })
}

fn permission() -> impl Strategy<Value = SecurityGroupPermission> {
    let peer = prop_oneof![
        Just(Source::PeerVpc),
        subsequence(&GROUPS[..], 1..=2).prop_map(|ids| Source::PeerGroups(ids.into_iter().map(parse).collect())),
    ];
    (traffic(), peer).prop_map(|((protocol, ports), peer)| SecurityGroupPermission { protocol, ports, peer })
}

fn wanted_tags() -> impl Strategy<Value = BTreeMap<String, BTreeSet<String>>> {
    subsequence(&TAGS[..], 1..=3).prop_map(|tags| {
        let mut wanted: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (key, value) in tags {
            wanted.entry(key.to_owned()).or_default().insert(value.to_owned());
        }
        wanted
    })
}

fn nets(blocks: &[&str]) -> CidrSet {
    blocks.iter().map(|block| parse::<IpNet>(block)).collect()
}

fn parse<T: std::str::FromStr>(text: &str) -> T {
    text.parse().ok().unwrap_or_else(|| panic!("`{text}` is wrong"))
}
