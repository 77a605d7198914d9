//! What is remembered of an end, and a place that is read in bulk.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::str::FromStr;

use jiff::Timestamp;
use peerwright_core::allowlist::Allowlist;
use peerwright_core::ask::{ASK_TAG, RULE_TAG, STATUS_TAG};
use peerwright_core::desired::Desired;
use peerwright_core::ids::{GroupId, Side};
use peerwright_core::inventory::{Inventory, InventoryVpc};
use peerwright_core::last_observed::{LastObserved, referred, without_answers};
use peerwright_core::traffic::Traffic;
use peerwright_core::world::{Direction, End, Fact, GroupRule, PrefixList, RouteTable, RulePeer, RuleSpec, SecurityGroup, Subnet, Tags};

fn read<T: FromStr<Err: Debug>>(text: &str) -> T {
    text.parse().expect("a value")
}

fn tags(pairs: &[(&str, &str)]) -> Tags {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

fn group(id: &str, pairs: &[(&str, &str)]) -> SecurityGroup {
    let spec = RuleSpec { traffic: Traffic::Tcp(read("22")), peer: RulePeer::Cidr(read("10.0.0.0/8")) };
    let rule = GroupRule { id: read("sgr-00000001"), direction: Direction::Ingress, spec, owner: None };
    SecurityGroup { id: read(id), tags: tags(pairs), rules: vec![rule] }
}

/// Groups of the requester; the accepter's rules refer to some of them.
fn groups() -> Vec<SecurityGroup> {
    vec![
        group("sg-a0000001", &[("role", "web"), ("env", "dev")]),
        group("sg-a0000002", &[("role", "job")]),
        group("sg-a0000003", &[("role", "db")]),
        group("sg-a0000004", &[]),
    ]
}

fn wishes(security_groups: &str) -> Desired {
    let text = format!(
        "rules:\n  - id: r\n    effect: allow\n    requester: {{ accounts: [\"111111111111\"] }}\n    \
         accepter: {{ accounts: [\"222222222222\"] }}\n    security_groups: {security_groups}\n"
    );
    let allowlist = Allowlist::from_yaml(&text, read::<Timestamp>("2026-01-01T00:00:00Z")).unwrap_or_else(|problems| panic!("{problems}"));
    Desired::of(&allowlist.rules.into_iter().map(|(rule, _)| rule).collect::<Vec<_>>())
}

fn found(side: Side, security_groups: &str) -> Vec<String> {
    referred(side, &groups(), &wishes(security_groups)).keys().map(ToString::to_string).collect()
}

#[test]
fn the_answers_are_no_part_of_what_is_remembered_of_a_vpcs_tags() {
    let all = tags(&[("Name", "orders"), (ASK_TAG, "billing"), (STATUS_TAG, "billing: active"), (RULE_TAG, "billing: r"), ("status", "x")]);
    let expected = tags(&[("Name", "orders"), (ASK_TAG, "billing"), ("status", "x")]);
    assert_eq!(without_answers(&all), expected);
    assert_eq!(LastObserved::of(Side::Requester, &all, &End::default(), &Desired::default()).tags, expected);
    assert_eq!(without_answers(&expected), expected);
}

#[test]
fn the_groups_that_the_other_ends_rules_find_by_tag_are_remembered_with_the_tags_that_these_ask_for() {
    let from_web = "{ accepter: [{ groups: [sg-b0000001], ingress: [{ protocol: all, from: { groups: { tag: { role: web } } } }] }] }";
    let expected = BTreeMap::from([(read::<GroupId>("sg-a0000001"), tags(&[("role", "web")]))]);
    assert_eq!(referred(Side::Requester, &groups(), &wishes(from_web)), expected);
}

#[test]
fn ingress_and_egress_of_every_intent_are_looked_through() {
    let rules = "{ accepter: [{ groups: [sg-b0000001], ingress: [{ protocol: all, from: { groups: { tag: { role: web } } } }], \
                 egress: [{ protocol: all, to: { groups: { tag: { role: [job, mail] } } } }] }, \
                 { groups: { tag: { a: b } }, egress: [{ protocol: tcp, ports: \"1\", to: { groups: { tag: { role: web, env: prod } } } }] }] }";
    assert_eq!(found(Side::Requester, rules), ["sg-a0000001", "sg-a0000002"]);
}

#[test]
fn groups_by_id_are_remembered_and_an_ends_own_groups_are_not() {
    let by_id = "{ accepter: [{ groups: { tag: { role: db } }, ingress: [{ protocol: all, from: { groups: [sg-a0000003] } }] }] }";
    assert_eq!(found(Side::Requester, by_id), ["sg-a0000003"]);
    assert_eq!(found(Side::Accepter, by_id), [""; 0]);
    let from_vpc = "{ accepter: [{ groups: { tag: { role: db } }, ingress: [{ protocol: all, from: peer-vpc }] }] }";
    assert_eq!(found(Side::Requester, from_vpc), [""; 0]);
}

#[test]
fn each_end_is_seen_by_the_rules_of_the_other() {
    let from_web = "{ accepter: [{ groups: [sg-b0000001], ingress: [{ protocol: all, from: { groups: { tag: { role: web } } } }] }] }";
    assert_eq!(found(Side::Accepter, from_web), [""; 0]);
    assert_eq!(found(Side::Accepter, &from_web.replace("accepter", "requester")), ["sg-a0000001"]);
}

#[test]
fn what_was_seen_is_an_end_with_these_groups_and_no_rules() {
    let end = End { dns_ready: Some(false), groups: groups(), dns_resolution: true, ..End::default() };
    let from_web = "{ accepter: [{ groups: [sg-b0000001], ingress: [{ protocol: all, from: { groups: { tag: { role: web } } } }] }] }";
    let again = LastObserved::of(Side::Requester, &Tags::new(), &end, &wishes(from_web)).end();
    let web = SecurityGroup { rules: Vec::new(), ..group("sg-a0000001", &[("role", "web")]) };
    assert_eq!(again, End { dns_ready: Some(false), groups: vec![web], ..End::default() });
}

#[test]
fn what_was_seen_is_read_as_it_was_written_before_groups_stood_together() {
    let read = |text: &str| serde_json::from_str::<LastObserved>(text).expect("an entry of before");
    let groups = read(r#"{"tags":{"env":"dev"},"dns_ready":null,"groups":{"sg-00000001":{"role":"web"}}}"#).groups;
    assert_eq!(groups, BTreeMap::from([("sg-00000001".parse().expect("a group"), tags(&[("role", "web")]))]));
    assert!(read(r#"{"tags":{},"groups":{}}"#).groups.is_empty());
}

#[test]
fn what_was_seen_is_written_and_read_back_and_less_was_seen_before() {
    let seen = LastObserved {
        tags: tags(&[("env", "dev")]),
        dns_ready: Some(true),
        groups: BTreeMap::from([(read("sg-a0000001"), tags(&[("a", "b")]))]),
    };
    let text = serde_json::to_string(&seen).expect("JSON");
    assert_eq!(serde_json::from_str::<LastObserved>(&text).expect("what was written"), seen);
    let old: LastObserved = serde_json::from_str(r#"{"tags":{"env":"dev"}}"#).expect("an entry with tags alone");
    assert_eq!(old, LastObserved { tags: tags(&[("env", "dev")]), ..LastObserved::default() });
}

#[test]
fn an_end_of_a_place_that_was_read_in_bulk_is_its_vpc_with_the_connections_own_option() {
    let vpc = InventoryVpc {
        cidrs: [read("10.10.0.0/16")].into_iter().collect(),
        tags: tags(&[("env", "dev")]),
        tables: vec![RouteTable {
            id: read("rtb-a0000001"),
            main: true,
            tags: Tags::new(),
            subnets: [].into(),
            gateway: false,
            routes: Vec::new(),
        }],
        groups: groups(),
        participants_groups: [(read("sg-a0000009"), read("333333333333"))].into(),
        subnets: vec![Subnet { id: read("subnet-a0000001"), tags: Tags::new() }],
    };
    let lists = BTreeMap::from([(read("pl-00000001"), Fact::Known(PrefixList { cidrs: [].into_iter().collect(), max_entries: 5 }))]);
    let inventory =
        Inventory { vpcs: BTreeMap::from([(read("vpc-a0000000"), vpc.clone())]), prefix_lists: lists.clone(), ..Inventory::default() };
    let expected = End {
        cidrs: vpc.cidrs,
        dns_ready: Some(true),
        dns_resolution: true,
        tables: vpc.tables,
        groups: vpc.groups,
        participants_groups: vpc.participants_groups,
        subnets: vpc.subnets,
        prefix_lists: lists,
    };
    let end = |vpc, ready, resolves| inventory.end(&read(vpc), ready, resolves);
    assert_eq!(end("vpc-a0000000", Some(true), true), Some(expected.clone()));
    assert_eq!(end("vpc-a0000000", None, false), Some(End { dns_ready: None, dns_resolution: false, ..expected }));
    assert_eq!(end("vpc-b0000000", None, true), None);
}
