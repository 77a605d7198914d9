//! The allowlist file: what is read, what is refused and with which words, and its way through the table.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use peerwright_core::allowlist::{
    Allowlist, Destinations, Effect, GroupSelector, Ports, Problems, Protocol, Rule, Source, Stored, StoredAllowlist, Tables,
};
use proptest::prelude::*;
use serde_json::{Value, json};

/// The example of the documentation.
const EXAMPLE: &str = r#"
aliases:
  shared-services: { account: "222222222222", region: eu-west-1, vpc: vpc-0abc1234def567890 }
rules:
  - id: dev-to-shared
    effect: allow                     # allow | deny
    requester:                        # every key given must match; within a key any value may
      accounts: ["111111111111"]
      regions: [eu-west-1]
      cidrs: ["10.0.0.0/8"]           # every CIDR of the VPC, IPv4 and IPv6, lies inside one of these
      tags: { env: dev }              # tags of the VPC, read in its own account
    accepter: { alias: shared-services }
    approval: automatic
    not_after: 2027-06-30T00:00:00Z
    routes:
      requester: { tables: all, destinations: all, exclude: [] }
      accepter:  { tables: { tag: { tier: private } }, destinations: all }
    security_groups:
      accepter:
        - groups: { tag: { role: db } }
          ingress: [{ protocol: tcp, ports: "5432", from: peer-vpc }]
      requester: []
    dns_resolution: { requester: true, accepter: true }
    on_revoke: keep
  - id: no-prod
    effect: deny
    requester: { tags: { env: [prod, production] } }
    accepter: { accounts: ["222222222222"] }
"#;

fn now() -> Timestamp {
    "2026-01-01T00:00:00Z".parse().expect("a time")
}

fn read(yaml: &str) -> Allowlist {
    Allowlist::from_yaml(yaml, now()).unwrap_or_else(|problems| panic!("{problems}"))
}

fn problems(yaml: &str) -> Vec<String> {
    Allowlist::from_yaml(yaml, now()).map_or_else(|problems| problems.iter().map(ToString::to_string).collect(), |_| Vec::new())
}

/// Asserts that a file has exactly these problems, in words.
#[track_caller]
fn refused(yaml: &str, expected: &[&str]) {
    assert_eq!(problems(yaml), expected, "{yaml}");
}

/// A file of one rule, `r`, that is right but for what is put in.
fn rule(with: &str) -> String {
    format!(
        "rules:\n  - id: r\n    effect: allow\n    requester: {{ accounts: [\"111111111111\"] }}\n    \
         accepter: {{ accounts: [\"222222222222\"] }}\n    {with}\n"
    )
}

/// The same with conditions on the requester in place of the account.
fn requester(with: &str) -> String {
    rule("").replace(r#"{ accounts: ["111111111111"] }"#, with)
}

/// The same with one ingress permission.
fn ingress(permission: &str) -> String {
    rule(&format!("security_groups: {{ accepter: [{{ groups: [sg-b0000001], ingress: [{permission}] }}] }}"))
}

#[test]
fn the_documented_example_is_read_as_it_is_meant() {
    let allowlist = read(EXAMPLE);
    let [(dev, _), (prod, _)] = &allowlist.rules[..] else { panic!("two rules") };

    assert_eq!((dev.id.as_str(), dev.effect), ("dev-to-shared", Effect::Allow));
    assert_eq!(dev.ends.requester.accounts.iter().map(ToString::to_string).collect::<Vec<_>>(), ["111111111111"]);
    assert_eq!(dev.ends.requester.regions.iter().map(ToString::to_string).collect::<Vec<_>>(), ["eu-west-1"]);
    assert_eq!(dev.ends.requester.cidrs.to_string(), "10.0.0.0/8");
    assert_eq!(dev.ends.requester.tags, BTreeMap::from([("env".to_owned(), BTreeSet::from(["dev".to_owned()]))]));
    let (name, vpc) = dev.ends.accepter.alias.as_ref().expect("an alias");
    assert_eq!((name.as_str(), vpc.to_string().as_str()), ("shared-services", "222222222222/eu-west-1/vpc-0abc1234def567890"));
    assert_eq!(dev.not_after.map(|end| end.to_string()).as_deref(), Some("2027-06-30T00:00:00Z"));

    let routes = dev.routes.requester.as_ref().expect("routes");
    assert_eq!((&routes.tables, &routes.destinations, routes.exclude.len()), (&Tables::All, &Destinations::All, 0));
    let routes = dev.routes.accepter.as_ref().expect("routes");
    assert_eq!(routes.tables.to_string(), "tier=private");

    assert!(dev.security_groups.requester.is_empty());
    let [groups] = &dev.security_groups.accepter[..] else { panic!("one choice of groups") };
    assert!(matches!(&groups.groups, GroupSelector::Tagged(tags) if tags.contains_key("role")));
    let [permission] = &groups.ingress[..] else { panic!("one permission") };
    assert_eq!((permission.protocol, permission.ports, &permission.peer), (Protocol::Tcp, Ports::Range(5432, 5432), &Source::PeerVpc));
    assert!(dev.dns_resolution.requester && dev.dns_resolution.accepter);

    assert_eq!((prod.id.as_str(), prod.effect), ("no-prod", Effect::Deny));
    assert_eq!(prod.ends.requester.tags["env"].len(), 2);
}

#[test]
fn an_allowlist_without_rules_allows_nothing_and_is_no_mistake() {
    assert!(read("rules: []").rules.is_empty());
}

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
fn a_key_with_a_typo_is_refused_with_the_key_that_was_meant() {
    refused(&rule("aproval: automatic"), &["rules[0] (r).aproval: is not a key that exists here; did you mean `approval`?"]);
    refused(&requester("{ acounts: [] }"), &["rules[0] (r).requester.acounts: is not a key that exists here; did you mean `accounts`?"]);
    refused("rulse: []", &["rulse: is not a key that exists here; did you mean `rules`?", "the file: lacks the key `rules`; add it"]);
    refused(
        &rule("routes: { requester: { table: all } }"),
        &[
            "rules[0] (r).routes.requester.table: is not a key that exists here; did you mean `tables`?",
            "rules[0] (r).routes.requester: lacks the key `tables`; add it",
        ],
    );
}

#[test]
fn an_unknown_key_is_refused_with_the_keys_there_are() {
    refused("rules: []\nversion: 1", &["version: is not a key that exists here; the keys here are aliases, rules"]);
    refused(
        &ingress("{ protocol: tcp, ports: all, from: peer-vpc, description: x }"),
        &["rules[0] (r).security_groups.accepter[0].ingress[0].description: is not a key that exists here; \
           the keys here are protocol, ports, from"],
    );
    refused(
        &ingress("{ protocol: tcp, ports: all, to: peer-vpc }"),
        &[
            "rules[0] (r).security_groups.accepter[0].ingress[0].to: is not a key that exists here; the keys here are protocol, ports, from",
            "rules[0] (r).security_groups.accepter[0].ingress[0]: lacks the key `from`; add it",
        ],
    );
}

#[test]
fn a_key_that_is_to_come_is_refused_not_ignored() {
    refused(
        &requester("{ accounts: [\"111111111111\"], organizational_units: [Root/Dev] }"),
        &["rules[0] (r).requester.organizational_units: is not supported yet; remove the key"],
    );
    refused(
        &rule("routes: { requester: { tables: { tag: { a: b }, subnets: private } } }"),
        &["rules[0] (r).routes.requester.tables.subnets: is not supported yet; remove the key"],
    );
    refused(
        &ingress("{ protocol: icmp, icmp_type: 8, from: peer-vpc }"),
        &["rules[0] (r).security_groups.accepter[0].ingress[0].icmp_type: is not supported yet; remove the key"],
    );
    refused(
        &ingress("{ protocol: tcp, ports: all, from: { groups: [sg-a0000001], tag: { a: b } } }"),
        &["rules[0] (r).security_groups.accepter[0].ingress[0].from.tag: is not supported yet; remove the key"],
    );
    refused(
        &rule("routes: { requester: { tables: all, destinations: { prefix_lists: [pl-1] } } }"),
        &["rules[0] (r).routes.requester.destinations: prefix lists are not supported yet; write all or a list of CIDR blocks"],
    );
}

#[test]
fn a_value_that_is_to_come_is_refused_not_ignored() {
    refused(&rule("approval: manual"), &["rules[0] (r).approval: `manual` is not supported yet; write automatic"]);
    refused(&rule("on_revoke: isolate"), &["rules[0] (r).on_revoke: `isolate` is not supported yet; write keep"]);
    refused(&rule("on_revoke: delete"), &["rules[0] (r).on_revoke: `delete` is not supported yet; write keep"]);
    refused(&rule("approval: never"), &["rules[0] (r).approval: is the text `never`; write automatic"]);
}

#[test]
fn a_bad_cidr_block_is_refused_wherever_it_stands() {
    refused(
        &requester("{ cidrs: [10.0.0.0/8, 10.0.0.0/33, ten] }"),
        &[
            "rules[0] (r).requester.cidrs[1]: `10.0.0.0/33` is not a CIDR block; write it as 10.0.0.0/8 or 2001:db8::/32",
            "rules[0] (r).requester.cidrs[2]: `ten` is not a CIDR block; write it as 10.0.0.0/8 or 2001:db8::/32",
        ],
    );
    refused(
        &rule("routes: { requester: { tables: all, exclude: [10.0.0.1] } }"),
        &["rules[0] (r).routes.requester.exclude[0]: `10.0.0.1` is not a CIDR block; write it as 10.0.0.0/8 or 2001:db8::/32"],
    );
}

#[test]
fn a_block_with_host_bits_is_refused_with_the_block_it_would_be() {
    refused(
        &requester("{ cidrs: [10.1.2.3/8, \"fd00:10::1/56\"] }"),
        &[
            "rules[0] (r).requester.cidrs[0]: `10.1.2.3/8` has bits set after its prefix; write 10.0.0.0/8",
            "rules[0] (r).requester.cidrs[1]: `fd00:10::1/56` has bits set after its prefix; write fd00:10::/56",
        ],
    );
    refused(
        &rule("routes: { requester: { tables: all, destinations: [10.20.0.1/16] } }"),
        &["rules[0] (r).routes.requester.destinations[0]: `10.20.0.1/16` has bits set after its prefix; write 10.20.0.0/16"],
    );
}

#[test]
fn an_expired_rule_is_a_mistake_in_a_file() {
    refused(&rule("not_after: 2026-01-01T00:00:00Z"), &["rules[0] (r).not_after: has passed; set a later time, or remove the rule"]);
    assert!(problems(&rule("not_after: 2026-01-01T00:00:01Z")).is_empty());
}

#[test]
fn a_time_needs_its_zone() {
    refused(
        &rule("not_after: 2027-06-30"),
        &["rules[0] (r).not_after: `2027-06-30` is not a time with a zone; write it as 2027-06-30T00:00:00Z"],
    );
    refused(
        &rule("not_after: 20270630"),
        &["rules[0] (r).not_after: is the number 20270630, not a time; write it as 2027-06-30T00:00:00Z"],
    );
}

#[test]
fn an_id_may_be_used_once() {
    let twice = format!("{}{}", rule(""), rule("").trim_start_matches("rules:\n"));
    refused(&twice, &["rules[1] (r): has the id of an earlier rule; give each rule an id of its own"]);
}

#[test]
fn an_id_must_serve_as_a_tag_value() {
    refused(
        &rule("").replace("id: r", "id: \"dev to shared\""),
        &["rules[0] (dev to shared).id: `dev to shared` is not a rule id (1 to 128 letters, digits, - _ .); mend the value"],
    );
}

#[test]
fn an_account_without_quotes_is_refused_for_yaml_would_change_it() {
    refused(
        &requester("{ accounts: [111111111111] }"),
        &["rules[0] (r).requester.accounts[0]: is the number 111111111111, not text; write it in quotes: \"111111111111\""],
    );
    refused(
        &requester("{ accounts: [012345678901] }"),
        &["rules[0] (r).requester.accounts[0]: is a number, not text; write it in quotes, with its leading zeros"],
    );
}

#[test]
fn other_values_without_quotes_are_refused_likewise() {
    refused(
        &requester("{ tags: { public: true, level: 3 } }"),
        &[
            "rules[0] (r).requester.tags.level: is the number 3, not text; write it in quotes: \"3\"",
            "rules[0] (r).requester.tags.public: is the truth value true, not text; write it in quotes: \"true\"",
        ],
    );
    refused(
        &ingress("{ protocol: tcp, ports: 443, from: peer-vpc }"),
        &["rules[0] (r).security_groups.accepter[0].ingress[0].ports: is the number 443, not text; write it in quotes: \"443\""],
    );
}

#[test]
fn ids_of_the_wrong_form_are_refused_with_the_right_one() {
    refused(
        &requester("{ accounts: [\"1111\"], regions: [Ireland], vpcs: [subnet-1a2b3c4d] }"),
        &[
            "rules[0] (r).requester.accounts[0]: `1111` is not an account id (12 digits, in quotes); mend the value",
            "rules[0] (r).requester.regions[0]: `Ireland` is not a Region (such as eu-west-1); mend the value",
            "rules[0] (r).requester.vpcs[0]: `subnet-1a2b3c4d` is not a VPC id (vpc- and 8 or 17 hexadecimal digits); mend the value",
        ],
    );
}

#[test]
fn a_key_that_is_missing_is_named() {
    refused(
        "rules: [{ accepter: { accounts: [\"222222222222\"] } }]",
        &[
            "rules[0]: lacks the key `id`; add it",
            "rules[0]: lacks the key `effect`; add it",
            "rules[0]: lacks the key `requester`; add it",
        ],
    );
    refused("aliases: {}", &["the file: lacks the key `rules`; add it"]);
    refused(
        "aliases: { shared: { account: \"222222222222\" } }\nrules: []",
        &["aliases.shared: lacks the key `region`; add it", "aliases.shared: lacks the key `vpc`; add it"],
    );
    refused(
        &ingress("{ ports: all, from: peer-vpc }"),
        &["rules[0] (r).security_groups.accepter[0].ingress[0]: lacks the key `protocol`; add it"],
    );
    refused(
        &rule("security_groups: { accepter: [{ ingress: [] }] }"),
        &["rules[0] (r).security_groups.accepter[0]: lacks the key `groups`; add it"],
    );
}

#[test]
fn an_end_without_a_condition_is_refused_for_it_would_match_every_vpc() {
    refused(
        &requester("{}"),
        &["rules[0] (r).requester: names no condition, so it would match every VPC; name at least one, such as accounts: [\"…\"]"],
    );
}

#[test]
fn a_condition_without_a_value_is_refused_for_it_could_mean_any_or_none() {
    for (written, is) in [("[]", "an empty list"), ("", "empty"), ("~", "empty"), ("{}", "an empty map")] {
        for key in ["accounts", "regions", "vpcs", "cidrs", "tags", "alias"] {
            refused(
                &requester(&format!("{{ {key}: {written} }}")),
                &[&format!("rules[0] (r).requester.{key}: is {is}, which could mean any or none; name a value, or remove the key")],
            );
        }
    }
    refused(
        &requester("{ tags: { env: [] } }"),
        &["rules[0] (r).requester.tags.env: names no value, so no resource could bear it; name one, or remove the tag"],
    );
}

#[test]
fn an_unknown_alias_is_refused() {
    refused(
        &requester("{ alias: shared }"),
        &["rules[0] (r).requester.alias: `shared` is not among the aliases; add it to `aliases`, or name the VPC by its id"],
    );
}

#[test]
fn an_alias_that_is_wrong_is_named_by_its_place() {
    refused(
        "aliases:\n  \"shared services\": { account: 222222222222, region: eu-west-1, vpc: vpc-1, owner: me }\nrules: []",
        &[
            "aliases.shared services.owner: is not a key that exists here; the keys here are account, region, vpc",
            "aliases.shared services.account: is the number 222222222222, not text; write it in quotes: \"222222222222\"",
            "aliases.shared services.vpc: `vpc-1` is not a VPC id (vpc- and 8 or 17 hexadecimal digits); mend the value",
            "aliases.shared services: `shared services` is not an alias (1 to 128 letters, digits, - _ .); mend the value",
        ],
    );
}

#[test]
fn a_deny_rule_has_no_actions() {
    let deny =
        rule("routes: { requester: { tables: all } }\n    dns_resolution: { accepter: true }\n    security_groups: { accepter: [] }");
    refused(
        &deny.replace("allow", "deny"),
        &[
            "rules[0] (r).routes: has no meaning in a deny rule; remove the key",
            "rules[0] (r).security_groups: has no meaning in a deny rule; remove the key",
            "rules[0] (r).dns_resolution: has no meaning in a deny rule; remove the key",
        ],
    );
}

#[test]
fn an_effect_is_allow_or_deny_and_nothing_like_it() {
    refused(&rule("").replace("allow", "permit"), &["rules[0] (r).effect: is the text `permit`; write allow or deny"]);
    refused(&rule("").replace("allow", "Allow"), &["rules[0] (r).effect: is the text `Allow`; write allow or deny"]);
    refused(&rule("").replace("allow", "yes"), &["rules[0] (r).effect: is the truth value true; write allow or deny"]);
}

#[test]
fn ports_and_protocols_of_the_wrong_form_are_refused() {
    let ports = |ports: &str| problems(&ingress(&format!("{{ protocol: tcp, ports: \"{ports}\", from: peer-vpc }}")));
    for wrong in ["65536", "-1", "+443", "http", "443-80", "1-2-3", "", "443,80", "0x50"] {
        let place = "rules[0] (r).security_groups.accepter[0].ingress[0].ports";
        assert_eq!(ports(wrong), [format!("{place}: `{wrong}` is not a port range (\"443\", \"8000-8099\" or all); mend the value")]);
    }
    for protocol in ["tpc", "TCP", "256", "-2", "+6", ""] {
        assert_eq!(
            problems(&ingress(&format!("{{ protocol: \"{protocol}\", from: peer-vpc }}"))),
            [format!(
                "rules[0] (r).security_groups.accepter[0].ingress[0].protocol: `{protocol}` is not a protocol \
                 (tcp, udp, icmp, icmpv6, all, or a number from 0 to 255); mend the value"
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
    for protocol in ["all", "icmp", "icmpv6", "\"50\""] {
        refused(
            &ingress(&format!("{{ protocol: {protocol}, ports: \"443\", from: peer-vpc }}")),
            &[&format!("{place}.ports: has no meaning for a protocol without ports; remove the key")],
        );
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
    assert_eq!("0-65535".parse::<Ports>(), Ok(Ports::All));
    assert_eq!("443-443".parse::<Ports>(), "443".parse::<Ports>());
    assert_eq!("8000 - 8099".parse::<Ports>(), Ok(Ports::Range(8000, 8099)));
}

#[test]
fn whatever_protocol_or_ports_are_written_out_are_read_back_as_they_were() {
    for number in 0..=u8::MAX {
        let protocol: Protocol = number.to_string().parse().expect("a protocol");
        assert_eq!(protocol.to_string().parse::<Protocol>(), Ok(protocol));
    }
    for ports in [Ports::All, Ports::Range(0, 0), Ports::Range(443, 443), Ports::Range(1, 65535)] {
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
            "rules[0] (r).routes.requester.destinations: is an empty list; write all or a list of CIDR blocks",
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
    assert_eq!(from("{ groups: [] }"), [format!("{place}.groups: names no group; name one, or write peer-vpc in place of the map")]);
    assert_eq!(
        from("{ groups: [web] }"),
        [format!("{place}.groups[0]: `web` is not a security group id (sg- and 8 or 17 hexadecimal digits); mend the value")]
    );
}

#[test]
fn a_value_of_the_wrong_kind_is_refused_with_the_kind_it_is() {
    refused("- 1", &["the file: is a list, not a map; give it the keys aliases, rules"]);
    refused("", &["the file: is empty, not a map; give it the keys aliases, rules"]);
    refused("rules: {}", &["rules: is not a list; write each rule as `- id: …`"]);
    refused("aliases: []\nrules: []", &["aliases: is not a map of names to VPCs; write `name: { account: \"…\", region: …, vpc: vpc-… }`"]);
    refused(
        "rules: [r]",
        &[
            "rules[0]: is the text `r`, not a map; give it the keys id, effect, requester, accepter, approval, not_after, routes, security_groups, \
         dns_resolution, on_revoke",
        ],
    );
    refused(
        &requester("{ accounts: \"111111111111\" }"),
        &["rules[0] (r).requester.accounts: is the text `111111111111`, not a list; write it in brackets: [ … ]"],
    );
    refused(&requester("{ tags: [env] }"), &["rules[0] (r).requester.tags: is a list, not a map of tags; write { key: value }"]);
    refused(
        &rule("dns_resolution: { requester: \"on\" }"),
        &["rules[0] (r).dns_resolution.requester: is the text `on`, not true or false; write true or false"],
    );
    refused(
        &rule("dns_resolution: true"),
        &["rules[0] (r).dns_resolution: is the truth value true, not a map; give it the keys requester, accepter"],
    );
    refused(
        &rule("security_groups: { accepter: { groups: all } }"),
        &["rules[0] (r).security_groups.accepter: is a map, not a list; write each entry as `- groups: …`"],
    );
    refused(
        &rule("security_groups: { accepter: [{ groups: [sg-b0000001], egress: all }] }"),
        &[
            "rules[0] (r).security_groups.accepter[0].egress: is the text `all`, not a list; write [{ protocol: tcp, ports: \"443\", to: peer-vpc }]",
        ],
    );
}

#[test]
fn text_that_is_not_yaml_is_refused_with_its_line() {
    let [problem] = &problems("rules:\n  - id: r\n    requester: {")[..] else { panic!("one problem") };
    assert!(problem.starts_with("the file: can't be read as YAML: ") && problem.contains("line 3"), "{problem}");
    assert!(!problem.contains('\n'), "one line: {problem}");
}

#[test]
fn a_yaml_key_that_is_there_twice_is_refused_with_its_line() {
    refused(
        "rules: []\nrules: []",
        &["the file: can't be read as YAML: duplicate mapping key `rules` is not allowed here at line 2, column 1; mend that line"],
    );
}

#[test]
fn all_mistakes_of_a_file_are_told_at_once() {
    let yaml = r#"
aliases:
  shared: { account: "222222222222", region: eu-west-1 }
rules:
  - id: one
    efect: allow
    requester: { accounts: [111111111111], cidrs: [10.1.0.0/8] }
    accepter: { alias: shraed }
    approval: manual
  - id: two
    effect: deny
    requester: {}
    not_after: 2020-01-01T00:00:00Z
    routes: { requester: { tables: all } }
  - id: two
    effect: allow
    requester: { accounts: ["111111111111"] }
    accepter: { accounts: ["222222222222"] }
    security_groups: { accepter: [{ groups: [sg-1], ingress: [{ protocol: tcp, ports: "80-79", from: world }] }] }
"#;
    refused(
        yaml,
        &[
            "aliases.shared: lacks the key `vpc`; add it",
            "rules[0] (one).efect: is not a key that exists here; did you mean `effect`?",
            "rules[0] (one): lacks the key `effect`; add it",
            "rules[0] (one).requester.accounts[0]: is the number 111111111111, not text; write it in quotes: \"111111111111\"",
            "rules[0] (one).requester.cidrs[0]: `10.1.0.0/8` has bits set after its prefix; write 10.0.0.0/8",
            "rules[0] (one).accepter.alias: `shraed` is not among the aliases; add it to `aliases`, or name the VPC by its id",
            "rules[0] (one).approval: `manual` is not supported yet; write automatic",
            "rules[1] (two).requester: names no condition, so it would match every VPC; name at least one, such as accounts: [\"…\"]",
            "rules[1] (two): lacks the key `accepter`; add it",
            "rules[1] (two).routes: has no meaning in a deny rule; remove the key",
            "rules[1] (two).not_after: has passed; set a later time, or remove the rule",
            "rules[2] (two).security_groups.accepter[0].groups[0]: `sg-1` is not a security group id (sg- and 8 or 17 hexadecimal digits); mend the value",
            "rules[2] (two).security_groups.accepter[0].ingress[0].ports: `80-79` is not a port range (\"443\", \"8000-8099\" or all); mend the value",
            "rules[2] (two).security_groups.accepter[0].ingress[0].from: is the text `world`; write peer-vpc or { groups: [sg-…] }",
            "rules[2] (two): has the id of an earlier rule; give each rule an id of its own",
        ],
    );
}

#[test]
fn a_file_goes_through_the_table_unchanged() {
    let file = read(EXAMPLE);
    let stored = StoredAllowlist::read(&file.items());
    let rules: Vec<Rule> =
        stored.rules.into_iter().map(|rule| rule.unwrap_or_else(|item| panic!("{}: {}", item.id, item.problems))).collect();
    assert_eq!(rules, file.rules.into_iter().map(|(rule, _)| rule).collect::<Vec<_>>());
}

#[test]
fn items_are_found_under_the_one_account_their_accepter_can_be_in() {
    let yaml = r#"
aliases:
  shared: { account: "333333333333", region: eu-west-1, vpc: vpc-1a2b3c4d }
rules:
  - { id: one-account, effect: allow, requester: { regions: [eu-west-1] }, accepter: { accounts: ["222222222222"] } }
  - { id: two-accounts, effect: allow, requester: { regions: [eu-west-1] }, accepter: { accounts: ["222222222222", "333333333333"] } }
  - { id: by-alias, effect: deny, requester: { regions: [eu-west-1] }, accepter: { alias: shared } }
  - { id: by-tag, effect: deny, requester: { regions: [eu-west-1] }, accepter: { tags: { env: prod } } }
"#;
    let items = read(yaml).items();
    let keys: Vec<(&str, &str)> = items.iter().map(|item| (item.id.as_str(), item.accepter.as_str())).collect();
    let expected = [
        ("shared", "alias"),
        ("one-account", "account#222222222222"),
        ("two-accounts", "any"),
        ("by-alias", "account#333333333333"),
        ("by-tag", "any"),
    ];
    assert_eq!(keys, expected);
    assert!(StoredAllowlist::read(&items).rules.iter().all(Result::is_ok));
}

#[test]
fn a_rule_under_anothers_id_is_unreadable() {
    let stored = |id: &str| {
        let body =
            json!({ "id": "r", "effect": "allow", "requester": { "regions": ["eu-west-1"] }, "accepter": { "regions": ["eu-west-1"] } });
        StoredAllowlist::read(&[Stored { accepter: "any".to_owned(), id: id.to_owned(), body }]).rules.remove(0)
    };
    assert!(stored("r").is_ok());
    let unreadable = stored("q").expect_err("another id");
    assert_eq!(
        (unreadable.problems.to_string().as_str(), unreadable.may_deny),
        ("q: holds the rule `r`; give the item the id of its rule", false)
    );
}

#[test]
fn an_expired_rule_in_the_table_is_readable() {
    let mut items = read(EXAMPLE).items();
    for item in &mut items {
        if item.id == "dev-to-shared" {
            item.body["not_after"] = json!("2020-01-01T00:00:00Z");
        }
    }
    assert!(StoredAllowlist::read(&items).rules.iter().all(Result::is_ok));
}

#[test]
fn problems_can_be_counted_and_read_one_a_line() {
    let problems: Problems = Allowlist::from_yaml("a: 1\nb: 2", now()).expect_err("two unknown keys and one missing");
    assert!(!problems.is_empty());
    assert_eq!((problems.len(), problems.to_string().lines().count()), (3, 3));
}

fn json_value() -> impl Strategy<Value = Value> {
    let word = prop::sample::select(vec![
        "id",
        "effect",
        "allow",
        "deny",
        "requester",
        "accepter",
        "accounts",
        "tags",
        "cidrs",
        "routes",
        "tables",
        "all",
        "security_groups",
        "groups",
        "111111111111",
        "10.0.0.0/8",
        "",
    ]);
    let word = word.prop_map(str::to_owned);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        word.clone().prop_map(Value::from)
    ];
    leaf.prop_recursive(5, 40, 5, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(word.clone(), inner, 0..5).prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: Some(Box::new(proptest::test_runner::FileFailurePersistence::WithSource("regressions"))),
        ..ProptestConfig::default()
    })]

    #[test]
    fn any_text_ends_in_rules_or_in_problems(text in ".*") {
        let _ = Allowlist::from_yaml(&text, now());
    }

    #[test]
    fn the_example_with_a_line_changed_ends_in_rules_or_in_problems(line in 1..32_usize, with in "[ a-z:{}\\[\\]\"#-]{0,20}") {
        let changed: Vec<&str> = EXAMPLE.lines().enumerate().map(|(index, text)| if index == line { with.as_str() } else { text }).collect();
        let _ = Allowlist::from_yaml(&changed.join("\n"), now());
    }

    #[test]
    fn any_item_ends_in_a_rule_or_in_problems_that_are_told(accepter in "any|alias|account#222222222222", body in json_value()) {
        let items = [Stored { accepter, id: "r".to_owned(), body }];
        for unreadable in StoredAllowlist::read(&items).rules.into_iter().filter_map(Result::err) {
            prop_assert!(!unreadable.problems.is_empty());
        }
    }
}
