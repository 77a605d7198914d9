//! Routes and security group rules: how they are read, and mistakes in them.

use peerwright_core::allowlist::{Destinations, Tables};
use peerwright_core::traffic::{Ports, Protocol};

use super::file::{ingress, problems, read, refused, rule};

#[test]
fn destinations_are_all_where_they_are_left_out() {
    let allowlist = read(&rule("routes: { requester: { tables: main } }"));
    let routes = allowlist.rules[0].0.routes.requester.as_ref().expect("routes");
    assert_eq!((&routes.tables, &routes.destinations), (&Tables::Main, &Destinations::All));
}

#[test]
fn routes_that_a_rule_leaves_out_are_pointed_at_without_refusing_it() {
    let omissions = |yaml: &str| read(yaml).rules[0].0.omissions();
    assert_eq!(
        omissions(&rule("routes: { requester: { tables: all }, accepter: none }")),
        ["rule r: adds no routes in the accepter's route tables"]
    );
    assert!(omissions(&rule("routes: { requester: { tables: all }, accepter: { tables: main } }")).is_empty());
    assert!(omissions(&rule("").replace("allow", "deny")).is_empty());
}

#[test]
fn a_rule_that_ends_without_saying_what_becomes_of_its_connections_is_told_what_will() {
    let notes = |more: &str| {
        let routes = "routes: { requester: { tables: all }, accepter: { tables: main } }";
        read(&rule(&format!("{routes}\n    not_after: 2027-06-30T00:00:00Z{more}"))).rules[0].0.omissions()
    };
    assert_eq!(notes(""), ["rule r: what it alone allows is isolated when it expires at 2027-06-30T00:00:00Z (no on_revoke)"]);
    assert!(notes("\n    on_revoke: keep").is_empty());
}

#[test]
fn ports_and_protocols_of_the_wrong_form_are_refused() {
    let ports = |ports: &str| problems(&ingress(&format!("{{ protocol: tcp, ports: \"{ports}\", from: peer-vpc }}")));
    for wrong in ["65536", "-1", "+443", "http", "443-80", "1-2-3", "", "443,80", "0x50"] {
        let place = "rules[0] (r).security_groups.accepter[0].ingress[0].ports";
        assert_eq!(ports(wrong), [format!("{place}: `{wrong}` is not a port range (\"443\", \"8000-8099\" or all); fix the value")]);
    }
    for protocol in ["tpc", "TCP", "256", "-2", "+6", ""] {
        assert_eq!(
            problems(&ingress(&format!("{{ protocol: \"{protocol}\", from: peer-vpc }}"))),
            [format!(
                "rules[0] (r).security_groups.accepter[0].ingress[0].protocol: `{protocol}` is not a protocol \
                 (tcp, udp, icmp, icmpv6, all, or a number from 0 to 255); fix the value"
            )]
        );
    }
}

#[test]
fn ports_belong_to_tcp_and_udp() {
    let place = "rules[0] (r).security_groups.accepter[0].ingress[0]";
    for protocol in ["tcp", "udp"] {
        refused(
            &ingress(&format!("{{ protocol: {protocol}, from: peer-vpc }}")),
            &[&format!("{place}: lacks the key `ports`; add it: \"443\", \"8000-8099\" or all")],
        );
    }
    for (protocols, what) in [(["all", "\"50\""], "a protocol without ports"), (["icmp", "icmpv6"], "ICMP")] {
        for protocol in protocols {
            refused(
                &ingress(&format!("{{ protocol: {protocol}, ports: \"443\", from: peer-vpc }}")),
                &[&format!("{place}.ports: has no meaning for {what}; remove the key")],
            );
        }
    }
}

#[test]
fn one_protocol_or_port_range_is_read_alike_however_it_is_written() {
    for (same, protocol) in [
        (["tcp", "6", "006"], Protocol::Tcp),
        (["udp", "17", "017"], Protocol::Udp),
        (["icmp", "1", "01"], Protocol::Icmp),
        (["icmpv6", "58", "058"], Protocol::Icmpv6),
    ] {
        for text in same {
            assert_eq!(text.parse::<Protocol>(), Ok(protocol), "{text}");
        }
    }
    assert_eq!("0-65535".parse::<Ports>(), Ok(Ports::ALL));
    assert_eq!("443-443".parse::<Ports>(), "443".parse::<Ports>());
    assert_eq!("8000 - 8099".parse::<Ports>(), Ok(Ports::range(8000, 8099).expect("in order")));
}

#[test]
fn whatever_protocol_or_ports_are_written_out_are_read_back_as_they_were() {
    for number in 0..=u8::MAX {
        let protocol: Protocol = number.to_string().parse().expect("a protocol");
        assert_eq!(protocol.to_string().parse::<Protocol>(), Ok(protocol));
    }
    for ports in [Some(Ports::ALL), Ports::range(0, 0), Ports::range(443, 443), Ports::range(1, 65535)].into_iter().flatten() {
        assert_eq!(ports.to_string().parse::<Ports>(), Ok(ports));
    }
}

#[test]
fn a_choice_of_tables_or_groups_must_choose_something() {
    refused(
        &rule("routes: { requester: { tables: [] }, accepter: { tables: private } }"),
        &[
            "rules[0] (r).routes.requester.tables: is an empty list; write all, main, [rtb-…] or { tag: { key: value } }",
            "rules[0] (r).routes.accepter.tables: is the text `private`; write all, main, [rtb-…] or { tag: { key: value } }",
        ],
    );
    refused(
        &rule("routes: { requester: { tables: { tag: {} }, destinations: [] } }"),
        &[
            "rules[0] (r).routes.requester.tables.tag: names no tag; write { key: value }, or remove the key",
            "rules[0] (r).routes.requester.destinations: is an empty list; write all or a list of CIDR blocks and prefix lists",
        ],
    );
    refused(
        &rule("security_groups: { accepter: [{ groups: [], egress: [] }, { groups: all, ingress: [] }] }"),
        &[
            "rules[0] (r).security_groups.accepter[0].groups: is an empty list; write [sg-…] or { tag: { key: value } }",
            "rules[0] (r).security_groups.accepter[1].groups: is the text `all`; write [sg-…] or { tag: { key: value } }",
        ],
    );
    refused(
        &rule("security_groups: { accepter: [{ groups: [sg-b0000001] }] }"),
        &["rules[0] (r).security_groups.accepter[0]: names groups but no traffic; add ingress or egress"],
    );
}

#[test]
fn a_permission_must_say_who_is_at_the_other_end() {
    let from = |from: &str| problems(&ingress(&format!("{{ protocol: tcp, ports: all, from: {from} }}")));
    let place = "rules[0] (r).security_groups.accepter[0].ingress[0].from";
    assert_eq!(from("anywhere"), [format!("{place}: is the text `anywhere`; write peer-vpc or {{ groups: [sg-…] }}")]);
    assert_eq!(from("{}"), [format!("{place}: lacks the key `groups`; add it")]);
    assert_eq!(from("{ groups: [] }"), [format!("{place}.groups: is an empty list; write [sg-…] or {{ tag: {{ key: value }} }}")]);
    assert_eq!(from("{ groups: { tag: {} } }"), [format!("{place}.groups.tag: names no tag; write {{ key: value }}, or remove the key")]);
    assert_eq!(
        from("{ groups: [web] }"),
        [format!("{place}.groups[0]: `web` is not a security group id (sg- and 8 or 17 hexadecimal digits); fix the value")]
    );
}
