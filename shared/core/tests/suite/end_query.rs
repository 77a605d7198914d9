//! What is read of an end before it is planned: all that the wishes and the ledger ask for, and no more.

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

use jiff::Timestamp;
use peerwright_core::allowlist::Allowlist;
use peerwright_core::desired::Desired;
use peerwright_core::end_query::EndQuery;
use peerwright_core::ids::{PrefixListId, Side};
use peerwright_core::owned::{Owned, OwnedGroup, OwnedRoute};
use peerwright_core::traffic::Traffic;
use peerwright_core::world::{Direction, GroupRule, Route, RouteTable, RouteTarget, RulePeer, RuleSpec, SecurityGroup, Tags};

fn read<T: FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    text.parse().expect("a value")
}

fn wishes(written: &str) -> Desired {
    let text = format!(
        "rules:\n  - id: r\n    effect: allow\n    requester: {{ accounts: [\"111111111111\"] }}\n    \
         accepter: {{ accounts: [\"222222222222\"] }}\n    {written}\n"
    );
    let allowlist = Allowlist::from_yaml(&text, read::<Timestamp>("2026-01-01T00:00:00Z")).unwrap_or_else(|problems| panic!("{problems}"));
    Desired::of(&allowlist.rules.into_iter().map(|(rule, _)| rule).collect::<Vec<_>>())
}

/// What is read of both ends, for wishes alone.
fn query(written: &str) -> [EndQuery; 2] {
    Side::BOTH.map(|side| EndQuery::at(side, &wishes(written), &Owned::default()))
}

/// Nothing but the blocks of the VPC.
fn nothing() -> EndQuery {
    EndQuery { cidrs: true, ..EndQuery::default() }
}

#[test]
fn without_wishes_and_without_anything_of_ours_nothing_is_read() {
    assert_eq!(query(""), [nothing(), nothing()]);
}

#[test]
fn routes_take_the_tables_of_their_end() {
    assert_eq!(
        query("routes: { accepter: { tables: all } }"),
        [nothing(), EndQuery { tables: true, prefix_lists_in_use: true, ..nothing() }]
    );
}

#[test]
fn tables_of_subnets_take_the_subnets() {
    let expected = EndQuery { tables: true, subnets: true, prefix_lists_in_use: true, ..nothing() };
    assert_eq!(query("routes: { requester: { tables: { subnets: [subnet-a0000001] } } }"), [expected.clone(), nothing()]);
    assert_eq!(query("routes: { requester: { tables: { subnets: { tag: { a: b } } } } }"), [expected, nothing()]);
    assert!(!query("routes: { requester: { tables: { tag: { a: b } } } }")[0].subnets);
}

#[test]
fn prefix_lists_are_read_where_they_are_destinations() {
    let [requester, accepter] = query("routes: { requester: { tables: all, destinations: [pl-00000001, 10.0.0.0/8, pl-00000002] } }");
    let expected = BTreeSet::from([read("pl-00000001"), read("pl-00000002")]);
    assert_eq!((requester.prefix_lists, accepter.prefix_lists), (expected, BTreeSet::new()));
}

#[test]
fn prefix_lists_that_stand_in_tables_and_rules_are_read_with_them() {
    let [requester, accepter] = query("routes: { requester: { tables: all, destinations: [pl-00000001] } }");
    let route = |destination: &str| Route {
        destination: read(destination),
        target: RouteTarget::Other("tgw-1".to_owned()),
        blackhole: false,
        propagated: false,
    };
    let table = RouteTable {
        id: read("rtb-a0000001"),
        main: true,
        tags: Tags::new(),
        subnets: BTreeSet::new(),
        gateway: false,
        routes: vec![route("10.0.0.0/8"), route("pl-00000002")],
    };
    let spec = RuleSpec { traffic: Traffic::All, peer: RulePeer::PrefixList(read("pl-00000003")) };
    let rule = GroupRule { id: read("sgr-00000001"), direction: Direction::Ingress, spec, owner: None };
    let group = SecurityGroup { id: read("sg-a0000001"), tags: Tags::new(), rules: vec![rule] };
    let expected = ["pl-00000001", "pl-00000002", "pl-00000003"].map(read::<PrefixListId>);
    assert_eq!(requester.wanted_prefix_lists(std::slice::from_ref(&table), std::slice::from_ref(&group)), BTreeSet::from(expected));
    assert_eq!(accepter.wanted_prefix_lists(&[table], &[group]), BTreeSet::new());
}

#[test]
fn rules_are_read_of_the_groups_that_are_to_get_some() {
    let [requester, accepter] =
        query("security_groups: { accepter: [{ groups: { tag: { role: db } }, ingress: [{ protocol: all, from: peer-vpc }] }] }");
    assert_eq!(requester, nothing());
    assert!(accepter.groups && !accepter.tables);
    let tags = |role: &str| Tags::from([("role".to_owned(), role.to_owned())]);
    assert!(accepter.wants_rules_of(&read("sg-00000001"), &tags("db")));
    assert!(!accepter.wants_rules_of(&read("sg-00000001"), &tags("web")));
}

#[test]
fn groups_of_the_peer_are_looked_up_there() {
    let with = |groups: &str, way: &str, end: &str| {
        query(&format!(
            "security_groups: {{ accepter: [{{ groups: [sg-b0000001], {way}: [{{ protocol: all, {end}: {{ groups: {groups} }} }}] }}] }}"
        ))
    };
    for (way, end) in [("ingress", "from"), ("egress", "to")] {
        for groups in ["[sg-a0000001]", "{ tag: { role: web } }"] {
            assert_eq!(with(groups, way, end)[0], EndQuery { groups: true, ..nothing() }, "groups, and no rules");
        }
    }
}

#[test]
fn dns_takes_the_attributes_of_both_vpcs_and_the_option_of_one() {
    let [requester, accepter] = query("dns_resolution: { accepter: true }");
    assert_eq!(requester, EndQuery { dns_attributes: true, ..nothing() });
    assert_eq!(accepter, EndQuery { dns_attributes: true, ..nothing() });
}

#[test]
fn what_is_ours_is_read_though_nothing_is_wanted() {
    let owned = Owned {
        routes: BTreeSet::from([OwnedRoute { side: Side::Requester, table: read("rtb-a0000001"), destination: read("10.20.0.0/16") }]),
        groups: BTreeSet::from([OwnedGroup { side: Side::Accepter, group: read("sg-b0000001") }]),
        ..Owned::default()
    };
    let [requester, accepter] = Side::BOTH.map(|side| EndQuery::at(side, &Desired::default(), &owned));
    assert_eq!(requester, EndQuery { tables: true, ..nothing() });
    assert_eq!(accepter, EndQuery { groups: true, rules_in: BTreeSet::from([read("sg-b0000001")]), ..nothing() });
    assert!(accepter.wants_rules_of(&read("sg-b0000001"), &BTreeMap::new()));
    assert!(!accepter.wants_rules_of(&read("sg-b0000002"), &BTreeMap::new()));
}
