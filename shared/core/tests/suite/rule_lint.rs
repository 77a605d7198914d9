//! What is said of rules that are valid and hardly meant. That a rule has no effect is held against an oracle: every pair of VPCs of a small world, decided
//! with the rule and without.

use jiff::Timestamp;
use peerwright_core::allowlist::{ANY_KEY, Stored, StoredAllowlist};
use peerwright_core::desired::Desired;
use peerwright_core::ids::{Place, Sides, VpcRef};
use peerwright_core::organization::NOT_ASKED;
use peerwright_core::policy::{Verdict, decide};
use peerwright_core::rule_lint::{LintFinding, LintKind, Surroundings, lint, lint_surroundings, wakes_every_place};
use peerwright_core::world::{Fact, VpcFacts};
use serde_json::{Value, json};

use crate::allowlist::read;

/// The third is named by no rule: it stands for all others. The same of the tags, where the last VPC bears none.
const ACCOUNTS: [&str; 3] = ["111111111111", "222222222222", "333333333333"];
const TAGS: [Option<&str>; 4] = [Some("dev"), Some("prod"), Some("other"), None];
/// The last is in no block of a rule.
const BLOCKS: [&str; 3] = ["10.1.0.0/16", "10.2.0.0/16", "192.168.0.0/16"];

fn time(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

fn now() -> Timestamp {
    time("2026-01-01T00:00:00Z")
}

fn facts(number: usize, account: &str, tag: Option<&str>, block: &str) -> VpcFacts {
    let place = Place { account: account.parse().expect("an account"), region: "eu-west-1".parse().expect("a Region") };
    VpcFacts {
        vpc: VpcRef { place, vpc: format!("vpc-{number:08x}").parse().expect("a VPC") },
        owner: account.parse().expect("an account"),
        cidrs: Fact::Known([block.parse::<ipnet::IpNet>().expect("a block")].into_iter().collect()),
        tags: Fact::Known(tag.map(|tag| ("env".to_owned(), tag.to_owned())).into_iter().collect()),
        units: Fact::Unknown(NOT_ASKED.to_owned()),
    }
}

/// Every VPC that may ask, with every one of the accepters that rules here can tell apart: no rule speaks of an accepter's blocks or of more than
/// one of its tags.
fn pairs() -> Vec<Sides<VpcFacts>> {
    let all =
        || ACCOUNTS.into_iter().flat_map(|account| TAGS.into_iter().flat_map(move |tag| BLOCKS.map(move |block| (account, tag, block))));
    let asked = || ACCOUNTS.into_iter().flat_map(|account| [Some("dev"), None].map(move |tag| (account, tag, BLOCKS[2])));
    let vpc = |number: usize, (account, tag, block)| facts(number, account, tag, block);
    all().flat_map(|asks| asked().map(move |asked| Sides { requester: vpc(1, asks), accepter: vpc(2, asked) })).collect()
}

/// Conditions on one end: accounts, tags, blocks.
fn ends() -> Vec<Value> {
    let accounts = [None, Some(json!([ACCOUNTS[0]])), Some(json!([ACCOUNTS[0], ACCOUNTS[1]]))];
    let tags = [None, Some(json!("dev")), Some(json!(["dev", "prod"])), Some(json!("*"))];
    let blocks = [None, Some(json!([BLOCKS[0]])), Some(json!(["10.0.0.0/8"]))];
    let mut ends = Vec::new();
    for account in &accounts {
        for tag in &tags {
            for block in &blocks {
                let mut end = json!({});
                for (key, value) in [("accounts", account), ("cidrs", block)] {
                    if let Some(value) = value {
                        end[key] = value.clone();
                    }
                }
                if let Some(tag) = tag {
                    end["tags"] = json!({ "env": tag });
                }
                ends.push(end);
            }
        }
    }
    ends.retain(|end| *end != json!({}));
    ends
}

fn rule(id: &str, effect: &str, requester: &Value, accepter: &Value, more: &Value) -> Value {
    let mut rule = json!({ "id": id, "effect": effect, "requester": requester, "accepter": accepter });
    more.as_object().into_iter().flatten().for_each(|(key, value)| rule[key] = value.clone());
    rule
}

fn stored(rules: &[&Value]) -> StoredAllowlist {
    let item =
        |body: &&Value| Stored { accepter: ANY_KEY.to_owned(), id: body["id"].as_str().expect("an id").to_owned(), body: (*body).clone() };
    let read = StoredAllowlist::read(&rules.iter().map(item).collect::<Vec<_>>());
    assert!(read.rules.iter().all(Result::is_ok), "{:?}", read.rules);
    read
}

fn says(found: &[LintFinding], rule: &str, kind: LintKind) -> bool {
    found.iter().any(|finding| finding.rule == rule && finding.kind == kind)
}

#[test]
fn a_rule_is_always_denied_just_where_no_pair_of_vpcs_is_left_to_it() {
    let (all, pairs) = (ends(), pairs());
    let accepters = [json!({ "accounts": [ACCOUNTS[0]] }), json!({ "accounts": [ACCOUNTS[1]] }), json!({ "tags": { "env": "dev" } })];
    let (mut found, mut left) = (0, 0);
    for requester in all.iter().filter(|end| end.get("accounts").is_some()) {
        for accepter in &accepters {
            let allow = rule("a", "allow", requester, accepter, &json!({}));
            let alone = stored(&[&allow]);
            let matching: Vec<&Sides<VpcFacts>> =
                pairs.iter().filter(|pair| matches!(decide(pair, &alone, now()).verdict, Verdict::Allowed(_))).collect();
            for other in &all {
                for other_accepter in &accepters {
                    let deny = rule("d", "deny", other, other_accepter, &json!({}));
                    let both = stored(&[&allow, &deny]);
                    let never = matching.iter().all(|pair| matches!(decide(pair, &both, now()).verdict, Verdict::Denied(_)));
                    assert_eq!(says(&lint(&both, now()), "a", LintKind::AlwaysDenied), never, "{allow}\n{deny}");
                    if never { found += 1 } else { left += 1 }
                }
            }
        }
    }
    assert!(found > 100 && left > 100, "{found} are, {left} are not");
}

/// What rules come to for a pair, also when one of them is gone later.
fn outcome(pair: &Sides<VpcFacts>, rules: &StoredAllowlist, at: Timestamp) -> String {
    let decision = decide(pair, rules, at);
    match &decision.verdict {
        Verdict::Allowed(rules) => {
            let Desired { mut ends, on_revoke, replace, .. } = Desired::of(rules);
            // What two wish is wished once.
            for end in [&mut ends.requester, &mut ends.accepter] {
                end.routes.dedup();
                end.groups.dedup();
            }
            let asks = rules.iter().all(|rule| rule.approval == peerwright_core::allowlist::Approval::Manual);
            format!("{ends:?} {on_revoke:?} {replace:?} {asks}")
        }
        Verdict::Denied(_) => format!("denied {:?}", decision.denied),
        Verdict::Held => format!("held {:?}", decision.expired.iter().map(|(_, wish)| *wish).max()),
    }
}

#[test]
fn a_rule_that_another_shadows_changes_nothing_for_any_pair_at_any_time() {
    let tables = |choice: &str| json!({ "routes": { "requester": { "tables": choice } } });
    let wishes = [
        json!({}),
        tables("main"),
        tables("all"),
        json!({ "on_revoke": "delete" }),
        json!({ "on_revoke": "keep" }),
        json!({ "not_after": "2026-06-01T00:00:00Z" }),
        json!({ "not_after": "2026-03-01T00:00:00Z", "on_revoke": "keep" }),
        json!({ "approval": "manual" }),
        json!({ "replace": "in-place" }),
    ];
    let ends: Vec<Value> = ends().into_iter().filter(|end| end.get("accounts").is_some()).step_by(3).collect();
    let (accepter, pairs) = (json!({ "accounts": [ACCOUNTS[1]] }), pairs());
    let times = ["2026-01-01T00:00:00Z", "2026-04-01T00:00:00Z", "2026-07-01T00:00:00Z"].map(time);
    let mut shadowed = 0;
    for effect in ["allow", "deny"] {
        let wishes: Vec<&Value> = wishes
            .iter()
            .filter(|wish| {
                effect == "allow" || wish.as_object().is_some_and(|keys| keys.keys().all(|key| key == "on_revoke" || key == "not_after"))
            })
            .collect();
        for (one, other) in ends.iter().flat_map(|one| ends.iter().map(move |other| (one, other))) {
            for (wish, others) in wishes.iter().flat_map(|wish| wishes.iter().map(move |others| (wish, others))) {
                let [a, b] = [rule("a", effect, one, &accepter, wish), rule("b", effect, other, &accepter, others)];
                let both = stored(&[&a, &b]);
                let found = lint(&both, now());
                for (name, rest) in [("a", stored(&[&b])), ("b", stored(&[&a]))] {
                    if says(&found, name, LintKind::Shadowed) {
                        shadowed += 1;
                        for pair in pairs.iter().step_by(5) {
                            for at in times {
                                assert_eq!(outcome(pair, &both, at), outcome(pair, &rest, at), "without {name} at {at}\n{a}\n{b}");
                            }
                        }
                    }
                }
            }
        }
    }
    assert!(shadowed > 200, "{shadowed}");
}

/// The kinds of what is found of a file, with the rules.
fn kinds(yaml: &str) -> Vec<String> {
    let items = read(yaml).items();
    let found = lint(&StoredAllowlist::read(&items), now());
    assert!(found.iter().all(|finding| ![&finding.what, &finding.why, &finding.fix].iter().any(|words| words.is_empty())), "{found:?}");
    found.iter().map(|finding| format!("{} {}", finding.rule, finding.kind)).collect()
}

fn allow(more: &str) -> String {
    format!("rules: [{{ id: r, effect: allow, {more} }}]")
}

const A_TO_B: &str = r#"requester: { accounts: ["111111111111"] }, accepter: { accounts: ["222222222222"] }"#;

#[test]
fn an_ordinary_rule_is_left_alone() {
    let opens =
        r#"security_groups: { accepter: [{ groups: [sg-0000000b], ingress: [{ protocol: tcp, ports: "5432", from: peer-vpc }] }] }"#;
    assert_eq!(
        kinds(&allow(&format!("{A_TO_B}, routes: {{ requester: {{ tables: all }}, accepter: {{ tables: all }} }}, {opens}"))),
        [""; 0]
    );
    assert_eq!(kinds("rules: []"), [""; 0]);
}

#[test]
fn each_way_to_open_more_than_is_meant_is_told() {
    let group = |what: &str| format!("security_groups: {{ accepter: [{{ groups: [sg-0000000b], ingress: [{what}] }}] }}");
    let all = "{ protocol: all, from: peer-vpc }";
    for (more, expected) in [
        (format!("{A_TO_B}, {}", group(all)), vec!["r wide-opening"]),
        (format!("{A_TO_B}, {}", group("{ protocol: tcp, ports: all, from: peer-vpc }")), vec!["r wide-opening"]),
        (format!("{A_TO_B}, {}", group("{ protocol: all, from: { groups: [sg-0000000a] } }")), vec![]),
        (format!("{A_TO_B}, routes: {{ requester: {{ tables: main, destinations: [0.0.0.0/0] }} }}"), vec!["r wide-opening"]),
        (format!("{A_TO_B}, routes: {{ requester: {{ tables: main, destinations: [10.0.0.0/8] }} }}"), vec![]),
        (
            format!("{A_TO_B}, routes: {{ requester: {{ tables: all }}, accepter: {{ tables: all }} }}, {}", group(all)),
            vec!["r wide-opening", "r wide-opening"],
        ),
        (
            format!(
                "requester: {{ organization: true }}, accepter: {{ accounts: [\"222222222222\"] }}, {}",
                group("{ protocol: icmp, from: peer-vpc }")
            ),
            vec!["r wide-opening"],
        ),
        (
            format!("{A_TO_B}, accepter: {{ tags: {{ env: dev }}, regions: [eu-west-1] }}")
                .replace(r#", accepter: { accounts: ["222222222222"] }"#, ""),
            vec!["r tags-alone"],
        ),
        (
            r#"requester: { accounts: ["111111111111"] }, accepter: { tags: { env: dev } }"#.to_owned(),
            vec!["r tags-alone", "r every-place"],
        ),
    ] {
        assert_eq!(kinds(&allow(&more)), expected, "{more}");
    }
}

#[test]
fn rules_that_are_over_impossible_or_contradict_each_other_are_told() {
    let aliases = "aliases: { db: { account: \"222222222222\", region: eu-west-1, vpc: vpc-0000000b } }\n";
    let by_alias = |more: &str| {
        format!(
            "{aliases}rules: [{{ id: r, effect: allow, requester: {{ accounts: [\"111111111111\"] }}, accepter: {{ alias: db{more} }} }}]"
        )
    };
    assert_eq!(kinds(&by_alias("")), [""; 0]);
    assert_eq!(kinds(&by_alias(", regions: [eu-central-1]")), ["r impossible"]);
    assert_eq!(kinds(&by_alias(", vpcs: [vpc-0000000c]")), ["r impossible"]);
    assert_eq!(kinds(&allow("requester: { vpcs: [vpc-0000000a] }, accepter: { vpcs: [vpc-0000000a] }")), ["r impossible"]);
    assert_eq!(kinds(&allow(&format!("{A_TO_B}, not_after: 2025-01-01T00:00:00Z"))), ["r expired"]);
    let two = |one: &str, other: &str| {
        format!(
            "rules: [{{ id: one, effect: allow, {A_TO_B}{one} }}, {{ id: two, effect: allow, requester: {{ accounts: [\"111111111111\"], regions: [eu-west-1] }}, accepter: {{ accounts: [\"222222222222\"] }}{other} }}]"
        )
    };
    assert_eq!(kinds(&two("", ", routes: { requester: { tables: all } }")), [""; 0], "they add up");
    assert_eq!(kinds(&two(", approval: manual", "")), ["one overlap"]);
    assert_eq!(kinds(&two(", on_revoke: keep", ", on_revoke: delete")), ["one overlap"]);
    assert_eq!(kinds(&two("", "")), ["two shadowed"]);
    assert_eq!(kinds(&two(", not_after: 2027-01-01T00:00:00Z", ", routes: { requester: { tables: all } }")), ["two no-end"]);
}

#[test]
fn a_rule_that_can_not_be_read_is_told_with_what_it_does_meanwhile() {
    let wrong = |effect: &str| Stored { accepter: ANY_KEY.to_owned(), id: "r".to_owned(), body: json!({ "id": "r", "effect": effect }) };
    let why = |effect: &str| lint(&StoredAllowlist::read(&[wrong(effect)]), now()).remove(0);
    assert_eq!((why("allow").kind, why("allow").why.as_str()), (LintKind::Unreadable, "it allows nothing"));
    assert_eq!(why("deny").why, "it holds every connection that it could speak of");
}

#[test]
fn accounts_that_are_not_ours_and_vpcs_that_are_gone_are_told_where_rules_name_them() {
    let yaml = format!(
        "aliases: {{ db: {{ account: \"222222222222\", region: eu-west-1, vpc: vpc-0000000b }} }}\nrules: [{{ id: r, effect: allow, {A_TO_B} }}, {{ id: s, effect: allow, requester: {{ accounts: [\"222222222222\"] }}, accepter: {{ accounts: [\"111111111111\"] }} }}]"
    );
    let rules = StoredAllowlist::read(&read(&yaml).items());
    let around = Surroundings {
        foreign: ["222222222222".parse().expect("an account")].into(),
        gone: ["db".parse().expect("a name")].into(),
        ..Surroundings::default()
    };
    let found = lint_surroundings(&rules, &around);
    let told: Vec<(&str, LintKind, &str)> =
        found.iter().map(|finding| (finding.rule.as_str(), finding.kind, finding.why.as_str())).collect();
    let expected = [
        ("db", LintKind::VpcGone, "rules that use it never match, and tags that use it ask for nothing"),
        ("r", LintKind::ForeignAccount, "nobody can accept there: it never leads to a connection"),
        ("s", LintKind::ForeignAccount, "it is a stranger's: nothing is made on its side, and no event tells of its requests"),
    ];
    assert_eq!(told, expected);
    assert_eq!(lint_surroundings(&rules, &Surroundings::default()), []);
}

#[test]
fn what_wakes_every_place_is_what_the_sweeps_can_not_leave_out() {
    use std::collections::BTreeSet;

    use peerwright_core::strangers::OpenToStrangers;
    let anywhere: Place = "444444444444/sa-east-1".parse().expect("a place");
    for requester in
        [r#"{ accounts: ["111111111111"] }"#, "{ organization: true }", "{ vpcs: [vpc-0000000a] }", "{ organizational_units: [Root/A] }"]
    {
        for accepter in [
            r#"{ accounts: ["222222222222"] }"#,
            "{ regions: [eu-west-1] }",
            "{ vpcs: [vpc-0000000b] }",
            "{ tags: { env: dev } }",
            "{ cidrs: [10.0.0.0/8] }",
            "{ organization: true }",
        ] {
            let file = read(&allow(&format!("requester: {requester}, accepter: {accepter}")));
            let rules = StoredAllowlist::read(&file.items());
            let reaches = OpenToStrangers::of(&rules, &BTreeSet::new(), now()).may_reach(&anywhere, &BTreeSet::new());
            assert_eq!(wakes_every_place(&file.rules[0].0), reaches, "{requester} {accepter}");
        }
    }
}
