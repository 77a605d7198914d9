//! What a person approves, wish by wish.

use std::collections::{BTreeMap, BTreeSet};

use peerwright_core::allowlist::{Allowlist, Rule};
use peerwright_core::ids::Sides;
use peerwright_core::policy::AwaitingWish;
use peerwright_core::wish::{Wish, WishDigest};

const RULE: &str = r#"
rules:
  - id: all
    effect: allow
    approval: manual
    requester: { accounts: ["111111111111"] }
    accepter: { accounts: ["222222222222"] }
    routes:
      requester: { tables: all, exclude: ["100.64.0.0/10"] }
      accepter: { tables: { tag: { tier: private } }, destinations: ["10.1.0.0/16", pl-0123456789abcdef0] }
    security_groups:
      requester: [{ groups: [sg-0000000a], egress: [{ protocol: udp, ports: "53", to: peer-vpc }] }]
      accepter:
        - groups: { tag: { role: db } }
          ingress:
            - { protocol: tcp, ports: "5432", from: { groups: [sg-0000000a] } }
            - { protocol: icmp, icmp_type: 8, from: peer-vpc }
    dns_resolution: { accepter: true }
"#;

fn rule(text: &str) -> Rule {
    let read = Allowlist::from_yaml(text, "2026-01-01T00:00:00Z".parse().expect("a moment")).expect("a valid allowlist");
    read.rules.into_iter().next().expect("a rule").0
}

fn digests(rule: &Rule) -> BTreeSet<WishDigest> {
    rule.wishes().iter().map(Wish::digest).collect()
}

/// Approvals of earlier releases must go on to count: if this test fails, what was approved would wait again, and what stands would be removed.
#[test]
fn the_words_of_a_wish_and_what_stands_for_them_stay_as_they_are() {
    let rule = rule(RULE);
    let words: Vec<String> = rule.wishes().iter().map(ToString::to_string).collect();
    assert_eq!(
        words,
        [
            "a connection of the two VPCs",
            "requester: routes in tables all to all blocks of the peer without 100.64.0.0/10",
            "requester: groups sg-0000000a egress udp/53 to the peer VPC",
            "accepter: routes in tables tier=private to 10.1.0.0/16, pl-0123456789abcdef0",
            "accepter: groups role=db ingress tcp/5432 from the peer's groups sg-0000000a",
            "accepter: groups role=db ingress icmp type 8 from the peer VPC",
            "accepter: DNS resolution for the peer",
        ]
    );
    assert_eq!(serde_json::to_value(Wish::Connection.digest()).expect("text"), "442e2fc525081a0f40f16db67e0d407a");
}

#[test]
fn an_approved_rule_wishes_exactly_what_was_approved_of_it() {
    let rule = rule(RULE);
    let all: Vec<WishDigest> = rule.wishes().iter().map(Wish::digest).collect();
    // Every subset: seven wishes.
    for chosen in 0_u32..1 << all.len() {
        let approved: BTreeSet<WishDigest> =
            all.iter().enumerate().filter(|(index, _)| chosen & (1 << index) != 0).map(|(_, digest)| digest.clone()).collect();
        match rule.approved(&approved) {
            Some(left) => assert_eq!(digests(&left), approved),
            None => assert!(!approved.contains(&Wish::Connection.digest())),
        }
        let waiting: BTreeSet<WishDigest> = rule.unapproved(&approved).iter().map(Wish::digest).collect();
        assert_eq!(waiting.union(&approved).cloned().collect::<BTreeSet<_>>(), digests(&rule));
        assert!(waiting.is_disjoint(&approved));
    }
}

#[test]
fn no_two_wishes_have_one_digest() {
    let rules =
        [RULE.to_owned(), RULE.replace("5432", "5433"), RULE.replace("role: db", "role: web"), RULE.replace("tables: all", "tables: main")];
    let mut words: BTreeMap<WishDigest, String> = BTreeMap::new();
    for rule in rules.iter().map(|text| rule(text)) {
        for wish in rule.wishes() {
            let known = words.entry(wish.digest()).or_insert_with(|| wish.to_string());
            assert_eq!(*known, wish.to_string());
        }
    }
    assert_eq!(words.len(), 7 + 1 + 2 + 1);
}

#[test]
fn a_rule_without_approval_waits_for_nothing_and_is_whole() {
    let rule = rule(&RULE.replace("approval: manual", "approval: automatic"));
    assert_eq!(rule.unapproved(&BTreeSet::new()), []);
    assert_eq!(rule.approved(&BTreeSet::new()).as_ref(), Some(&rule));
    assert_eq!(rule.dns_resolution, Sides { requester: false, accepter: true });
}

#[test]
fn a_wish_that_waits_says_what_it_is_only_where_its_digest_stands_for_its_words() {
    let words = "accepter: DNS resolution for the peer";
    let waits = |digest| AwaitingWish { words: words.to_owned(), digest };
    assert!(waits(WishDigest::of(words)).says_what_it_is());
    assert!(!waits(Wish::Connection.digest()).says_what_it_is());
}
