//! Subnets, prefix lists, ICMP and groups by tag: how they are read, and mistakes in them.

use std::collections::{BTreeMap, BTreeSet};

use peerwright_core::allowlist::{Destinations, RouteIntent, SecurityGroupPermission, Source, Tables};
use peerwright_core::tags::Selection;
use peerwright_core::traffic::{IcmpMessages, Traffic};

use super::file::{ingress, problems, read, refused, rule};

const PERMISSION: &str = "rules[0] (r).security_groups.accepter[0].ingress[0]";

fn routes(written: &str) -> RouteIntent {
    read(&rule(&format!("routes: {{ requester: {written} }}"))).rules[0].0.routes.requester.clone().expect("routes")
}

fn permission(written: &str) -> SecurityGroupPermission {
    read(&ingress(written)).rules[0].0.security_groups.accepter[0].ingress[0].clone()
}

fn tags(pairs: &[(&str, &[&str])]) -> BTreeMap<String, BTreeSet<String>> {
    pairs.iter().map(|(key, values)| ((*key).to_owned(), values.iter().map(ToString::to_string).collect())).collect()
}

#[test]
fn tables_may_be_those_of_subnets_by_id_or_tag() {
    let ids = ["subnet-a0000001", "subnet-a0000002"].map(|id| id.parse().expect("a subnet")).into();
    assert_eq!(routes("{ tables: { subnets: [subnet-a0000002, subnet-a0000001] } }").tables, Tables::OfSubnets(Selection::Ids(ids)));
    assert_eq!(
        routes("{ tables: { subnets: { tag: { tier: [app, web] } } } }").tables,
        Tables::OfSubnets(Selection::Tagged(tags(&[("tier", &["app", "web"])])))
    );
}

#[test]
fn a_choice_of_subnets_must_choose_something() {
    let place = "rules[0] (r).routes.requester.tables";
    let tables = |written: &str| problems(&rule(&format!("routes: {{ requester: {{ tables: {written} }} }}")));
    let subnets = "write [subnet-…] or { tag: { key: value } }";
    assert_eq!(tables("{ subnets: [] }"), [format!("{place}.subnets: is an empty list; {subnets}")]);
    assert_eq!(tables("{ subnets: private }"), [format!("{place}.subnets: is the text `private`; {subnets}")]);
    assert_eq!(tables("{ subnets: {} }"), [format!("{place}.subnets: lacks the key `tag`; add it")]);
    assert_eq!(
        tables("{ subnets: [rtb-a0000001] }"),
        [format!("{place}.subnets[0]: `rtb-a0000001` is not a subnet id (subnet- and 8 or 17 hexadecimal digits); fix the value")]
    );
    let either = "has to name either tags or subnets; write { tag: { key: value } } or { subnets: [subnet-…] }";
    assert_eq!(tables("{}"), [format!("{place}: {either}")]);
    assert_eq!(tables("{ tag: { a: b }, subnets: [subnet-a0000001] }"), [format!("{place}: {either}")]);
}

#[test]
fn destinations_are_blocks_and_prefix_lists_in_one_list() {
    let Destinations::Only { cidrs, prefix_lists } =
        routes("{ tables: all, destinations: [pl-00000002, 10.20.0.0/24, pl-00000001, 10.20.1.0/24] }").destinations
    else {
        panic!("a choice of destinations")
    };
    assert_eq!(cidrs.to_string(), "10.20.0.0/24, 10.20.1.0/24");
    assert_eq!(prefix_lists, BTreeSet::from(["pl-00000001", "pl-00000002"].map(|id| id.parse().expect("a prefix list"))));
}

#[test]
fn a_destination_that_is_neither_a_block_nor_a_prefix_list_is_refused() {
    let place = "rules[0] (r).routes.requester.destinations";
    assert_eq!(
        problems(&rule("routes: { requester: { tables: all, destinations: [pl-1, peer] } }")),
        [
            format!("{place}[0]: `pl-1` is not a prefix list id (pl- and 8 or 17 hexadecimal digits); fix the value"),
            format!("{place}[1]: `peer` is not a CIDR block; write it as 10.0.0.0/8 or 2001:db8::/32"),
        ]
    );
    refused(
        &rule("routes: { requester: { tables: all, destinations: pl-00000001 } }"),
        &["rules[0] (r).routes.requester.destinations: is the text `pl-00000001`; write all or a list of CIDR blocks and prefix lists"],
    );
}

#[test]
fn icmp_has_a_type_with_one_code_or_any() {
    assert_eq!(permission("{ protocol: icmp, from: peer-vpc }").traffic, Traffic::Icmp(IcmpMessages::All));
    assert_eq!(permission("{ protocol: icmp, icmp_type: 8, from: peer-vpc }").traffic, Traffic::Icmp(IcmpMessages::Type(8, None)));
    assert_eq!(
        permission("{ protocol: icmp, icmp_type: 3, icmp_code: 4, from: peer-vpc }").traffic,
        Traffic::Icmp(IcmpMessages::Type(3, Some(4)))
    );
    assert_eq!(
        permission("{ protocol: icmpv6, icmp_type: 255, icmp_code: 0, from: peer-vpc }").traffic,
        Traffic::Icmpv6(IcmpMessages::Type(255, Some(0)))
    );
}

#[test]
fn icmp_types_and_codes_are_bytes_and_a_code_needs_its_type() {
    let icmp = |keys: &str| problems(&ingress(&format!("{{ protocol: icmp, {keys}, from: peer-vpc }}")));
    assert_eq!(icmp("icmp_code: 4"), [format!("{PERMISSION}.icmp_code: is a code without a type; add icmp_type, or remove the key")]);
    for (wrong, kind) in [("256", "the number 256"), ("-1", "the number -1"), ("echo", "the text `echo`"), ("1.5", "the number 1.5")] {
        let expected =
            format!("{PERMISSION}.icmp_type: is {kind}, not a number from 0 to 255; write the number (IANA's list of ICMP parameters)");
        assert_eq!(icmp(&format!("icmp_type: {wrong}")), [expected]);
    }
    let code = icmp("icmp_type: 3, icmp_code: 256");
    assert_eq!(
        code,
        [format!(
            "{PERMISSION}.icmp_code: is the number 256, not a number from 0 to 255; write the number (IANA's list of ICMP parameters)"
        )]
    );
}

#[test]
fn icmp_types_and_codes_belong_to_icmp() {
    for (protocol, rest, what) in [
        ("tcp", "ports: all, ", "with ports"),
        ("udp", "ports: all, ", "with ports"),
        ("all", "", "without ports"),
        ("\"50\"", "", "without ports"),
    ] {
        let written = format!("{{ protocol: {protocol}, {rest}icmp_type: 8, icmp_code: 0, from: peer-vpc }}");
        let meaning = format!("has no meaning for a protocol {what}; remove the key");
        assert_eq!(
            problems(&ingress(&written)),
            [format!("{PERMISSION}.icmp_type: {meaning}"), format!("{PERMISSION}.icmp_code: {meaning}")]
        );
    }
}

#[test]
fn the_peers_groups_are_named_or_bear_tags() {
    let source = |written: &str| permission(&format!("{{ protocol: all, from: {written} }}")).peer;
    let ids = BTreeSet::from(["sg-a0000001".parse().expect("a group")]);
    assert_eq!(source("{ groups: [sg-a0000001] }"), Source::PeerGroups(Selection::Ids(ids)));
    let tagged = Selection::Tagged(tags(&[("env", &["dev"]), ("role", &["web"])]));
    assert_eq!(source("{ groups: { tag: { role: web, env: dev } } }"), Source::PeerGroups(tagged));
}
