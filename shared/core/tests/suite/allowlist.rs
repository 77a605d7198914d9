//! The allowlist file: what is read, what is refused and with which words, and its way through the table.

mod actions;
mod choices;
mod conditions;
mod file;
mod keys;
mod proposal;
mod table;

use std::collections::{BTreeMap, BTreeSet};

pub(crate) use file::read;
use file::{EXAMPLE, now, problems, refused};
use peerwright_core::allowlist::{Allowlist, Destinations, Effect, Problems, Source, Tables};
use peerwright_core::tags::Selection;
use peerwright_core::traffic::Traffic;
use proptest::prelude::*;

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
    assert!(matches!(&groups.groups, Selection::Tagged(tags) if tags.contains_key("role")));
    let [permission] = &groups.ingress[..] else { panic!("one permission") };
    assert_eq!((permission.traffic, &permission.peer), (Traffic::Tcp("5432".parse().expect("a port")), &Source::PeerVpc));
    assert!(dev.dns_resolution.requester && dev.dns_resolution.accepter);

    assert_eq!((prod.id.as_str(), prod.effect), ("no-prod", Effect::Deny));
    assert_eq!(prod.ends.requester.tags["env"].len(), 2);
}

#[test]
fn an_allowlist_without_rules_allows_nothing_and_is_no_mistake() {
    assert!(read("rules: []").rules.is_empty());
}

#[test]
fn text_that_is_not_yaml_is_refused_with_its_line() {
    let problems = Allowlist::from_yaml("rules:\n  - id: r\n    requester: {", now()).expect_err("no YAML");
    let problem = problems.to_string();
    assert!(problem.starts_with("line 3, column 16: the file: can't be read as YAML: "), "{problem}");
    assert_eq!((problem.matches("line ").count(), problem.lines().count()), (1, 1), "its position stands before it alone: {problem}");
}

#[test]
fn every_key_that_is_there_twice_is_refused_with_its_line_and_beside_all_other_mistakes() {
    let yaml = r#"rules:
  - id: r
    effect: allow
    requester: { accounts: ["111111111111"], accounts: ["333333333333"] }
    effect: deny
    accepter: { acounts: ["222222222222"] }
aliases: {}
aliases: { db: 1 }
"#;
    let problems = Allowlist::from_yaml(yaml, now()).expect_err("mistakes");
    let expected = [
        "line 4, column 46: rules[0] (r).requester.accounts: is here twice, first on line 4; keep one of the two",
        "line 5, column 5: rules[0] (r).effect: is here twice, first on line 3; keep one of the two",
        "line 6, column 17: rules[0] (r).accepter.acounts: is not a key that exists here; did you mean `accounts`?",
        "line 8, column 1: aliases: is here twice, first on line 7; keep one of the two",
    ];
    assert_eq!(problems.to_string().lines().collect::<Vec<_>>(), expected);
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
    approval: never
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
            "rules[0] (one).accepter.alias: `shraed` is not among the aliases; did you mean `shared`?",
            "rules[0] (one).approval: is the text `never`; write automatic or manual",
            "rules[1] (two).requester: names no condition, so it would match every VPC; name at least one, such as accounts: [\"…\"]",
            "rules[1] (two): lacks the key `accepter`; add it",
            "rules[1] (two).routes: has no meaning in a deny rule; remove the key",
            "rules[2] (two).security_groups.accepter[0].groups[0]: `sg-1` is not a security group id (sg- and 8 or 17 hexadecimal digits); fix the value",
            "rules[2] (two).security_groups.accepter[0].ingress[0].ports: `80-79` is not a port range (\"443\", \"8000-8099\" or all); fix the value",
            "rules[2] (two).security_groups.accepter[0].ingress[0].from: is the text `world`; write peer-vpc or { groups: [sg-…] }",
            "rules[2] (two): has the id of an earlier rule; give each rule an id of its own",
        ],
    );
}

#[test]
fn what_stands_beside_an_unknown_or_missing_key_is_told_as_well() {
    refused(
        r#"
rules:
  - id: one
    efect: allow
    requester: { accounts: ["111111111111"] }
    accepter: { accounts: ["222222222222"] }
    not_after: tomorrow
    routes: { requester: { tables: private, table: all } }
    on_revoke: drop
    security_groups: { accepter: [{ groups: [sg-b0000001], ingress: [{ ports: all, from: world }] }] }
"#,
        &[
            "rules[0] (one).efect: is not a key that exists here; did you mean `effect`?",
            "rules[0] (one): lacks the key `effect`; add it",
            "rules[0] (one).not_after: `tomorrow` is not a time with a zone; write it as 2027-06-30T00:00:00Z",
            "rules[0] (one).routes.requester.table: is not a key that exists here; did you mean `tables`?",
            "rules[0] (one).routes.requester.tables: is the text `private`; write all, main, [rtb-…] or { tag: { key: value } }",
            "rules[0] (one).security_groups.accepter[0].ingress[0]: lacks the key `protocol`; add it",
            "rules[0] (one).security_groups.accepter[0].ingress[0].from: is the text `world`; write peer-vpc or { groups: [sg-…] }",
            "rules[0] (one).on_revoke: is the text `drop`; write keep, isolate or delete",
        ],
    );
}

#[test]
fn every_problem_has_its_line_and_column_in_the_order_of_the_file() {
    let yaml = r#"# a comment
aliases:
  shared: { account: "222222222222", region: eu-west-1 }
rules:
  - id: one
    effect: allow
    requester:
      accounts:
        - "111111111111"
        - 222222222222
      tags: { env: [dev, 3] }
    accepter: { alias: shraed }
    aproval: manual
  - effect: deny
    requester: { vpcs: [vpc-a0000000] }
    accepter: { vpcs: [vpc-b0000000] }
"#;
    let problems = Allowlist::from_yaml(yaml, now()).expect_err("mistakes");
    let told: Vec<(String, String)> = problems
        .iter()
        .map(|problem| (problem.position.map(|position| position.to_string()).unwrap_or_default(), problem.place.clone()))
        .collect();
    let expected = [
        ("line 3, column 3", "aliases.shared"),
        ("line 10, column 11", "rules[0] (one).requester.accounts[1]"),
        ("line 11, column 26", "rules[0] (one).requester.tags.env[1]"),
        ("line 12, column 17", "rules[0] (one).accepter.alias"),
        ("line 13, column 5", "rules[0] (one).aproval"),
        ("line 14, column 5", "rules[1]"),
    ];
    assert_eq!(told, expected.map(|(position, place)| (position.to_owned(), place.to_owned())));
    assert!(problems.to_string().starts_with("line 3, column 3: aliases.shared: lacks the key `vpc`; add it\n"), "{problems}");
}

#[test]
fn problems_can_be_counted_and_read_one_a_line() {
    let problems: Problems = Allowlist::from_yaml("a: 1\nb: 2", now()).expect_err("two unknown keys and one missing");
    assert!(!problems.is_empty() && Problems::default().is_empty());
    assert_eq!((problems.len(), problems.to_string().lines().count()), (3, 3));
}

#[test]
fn a_file_that_is_nested_without_end_is_refused() {
    for (open, close) in [("[", "]"), ("{ a: ", "}")] {
        for depth in [100, 1_000, 100_000] {
            assert!(!problems(&format!("rules: {}{}", open.repeat(depth), close.repeat(depth))).is_empty());
        }
    }
}

proptest! {
    #![proptest_config(crate::common::config())]

    #[test]
    fn any_text_ends_in_rules_or_in_problems(text in ".*") {
        let _ = Allowlist::from_yaml(&text, now());
    }

    #[test]
    fn the_example_with_a_line_changed_ends_in_rules_or_in_problems(line in 1..32_usize, with in "[ a-z:{}\\[\\]\"#-]{0,20}") {
        let changed: Vec<&str> = EXAMPLE.lines().enumerate().map(|(index, text)| if index == line { with.as_str() } else { text }).collect();
        let _ = Allowlist::from_yaml(&changed.join("\n"), now());
    }
}
