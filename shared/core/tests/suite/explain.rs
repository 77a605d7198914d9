//! Golden explanations: each file of `explain` is two ends and an allowlist as text, with the explanation of the verdict.
//!
//! ```text
//! What the file shows.
//!
//! == ends
//! requester 111111111111 eu-west-1 vpc-a0000000 10.10.0.0/16    or `unknown <why>` in place of the blocks
//!   tags env=dev                                                or `unknown <why>`
//!   units Root/Workloads/Dev                                    or `outside`, or `unknown <why>`; none where nobody asks
//! accepter …
//! == items                                                      or `== allowlist` with a file in YAML
//! [{ "id": … }]
//! == explanation
//! ```

use jiff::Timestamp;
use peerwright_core::allowlist::{ANY_KEY, Allowlist, Stored, StoredAllowlist};
use peerwright_core::ids::{Place, Sides, VpcRef};
use peerwright_core::organization::{NOT_ASKED, Unit};
use peerwright_core::policy::{decide, explain};
use peerwright_core::wish::Approvals;
use peerwright_core::world::{Fact, VpcFacts};
use serde_json::Value;

use crate::golden::{self, Played, golden};

golden! {
    "explain",
    play,
    a_deny_rule_beside_an_allow_rule_is_the_one_to_remove,
    a_deny_rule_that_can_not_be_checked_holds_until_its_fact_is_known,
    a_rule_that_allows_nothing_because_it_can_not_be_read_is_shown,
    a_rule_that_can_not_be_read_is_to_be_fixed,
    an_account_deep_in_a_unit_is_in_every_unit_above,
    every_condition_of_a_rule_is_shown_with_what_was_found,
    nothing_speaks_of_these_vpcs,
    a_rule_that_leaves_it_to_a_person_is_the_one_to_approve,
    one_allow_rule_is_the_one_to_remove,
    one_condition_of_the_nearest_rule_is_missing,
    several_conditions_of_the_nearest_rule_are_missing,
    several_allow_rules_take_a_deny_rule,
    the_nearest_rules_come_after_those_that_match_and_the_rest_is_counted,
    a_deny_rule_that_matches_the_other_way_round_says_so,
    a_stranger_is_outside_the_organization,
    the_units_of_a_stranger_can_not_be_read,
    two_rules_deny_and_nothing_allows,
}

fn play(text: &str) -> Played {
    Played::of(text, "== explanation\n", |given| {
        let (ends, allowlist) = read(given);
        explain(&decide(&ends, &allowlist, now()).approved_by(&Approvals::new())).to_string()
    })
}

#[test]
fn the_json_says_what_the_text_says() {
    let text = golden::read("explain", "one_condition_of_the_nearest_rule_is_missing");
    let (ends, allowlist) = read(text.split_once("== explanation\n").expect("what is given").0);
    let decision = decide(&ends, &allowlist, now());
    let found = explain(&decision).json();
    assert_eq!(found["verdict"], "held");
    assert_eq!(found["rules"][1]["outcome"], "no match");
    assert_eq!(found["rules"][1]["conditions"][0], serde_json::json!({ "condition": "requester.accounts", "outcome": "match" }));
    assert_eq!(found["rules"][1]["conditions"][1]["why"], "env is dev");
    assert_eq!(
        found["would_be"]["allowed"],
        serde_json::json!(["meet one condition of the allow rule prod-to-db: requester.tags is not met (env is dev)"])
    );
}

#[test]
fn all_rules_are_shown_where_that_is_asked_for_the_nearest_first() {
    let text = golden::read("explain", "the_nearest_rules_come_after_those_that_match_and_the_rest_is_counted");
    let (ends, allowlist) = read(text.split_once("== explanation\n").expect("what is given").0);
    let decision = decide(&ends, &allowlist, now());
    let mut explanation = explain(&decision);
    explanation.all_rules = true;
    let shown = explanation.to_string();
    let rules: Vec<&str> = shown.lines().filter_map(|line| line.strip_prefix("allow ").or(line.strip_prefix("deny "))).collect();
    assert_eq!(rules, ["dev: match", "dev-in-virginia: no match", "a-far: no match", "never: no match"]);
    assert!(!shown.contains("--all-rules"), "{shown}");
}

fn now() -> Timestamp {
    "2026-01-01T00:00:00Z".parse().expect("a time")
}

fn read(given: &str) -> (Sides<VpcFacts>, StoredAllowlist) {
    let (_, rest) = given.split_once("== ends\n").expect("a file has a line `== ends`");
    let (ends, allowlist) = if let Some((ends, items)) = rest.split_once("== items\n") {
        (ends, items_of(items))
    } else {
        let (ends, yaml) = rest.split_once("== allowlist\n").expect("a file has a line `== allowlist` or `== items`");
        let file = Allowlist::from_yaml(yaml, now()).unwrap_or_else(|problems| panic!("{problems}"));
        (ends, StoredAllowlist::read(&file.items()))
    };
    let lines: Vec<&str> = ends.lines().filter(|line| !line.is_empty()).collect();
    let second = lines.iter().position(|line| line.starts_with("accepter")).expect("the accepter comes second");
    (Sides { requester: vpc_facts(&lines[..second]), accepter: vpc_facts(&lines[second..]) }, allowlist)
}

fn items_of(text: &str) -> StoredAllowlist {
    let bodies: Vec<Value> = serde_json::from_str(text).expect("a list of items");
    let stored = |body: &Value| Stored {
        accepter: ANY_KEY.to_owned(),
        id: body["id"].as_str().unwrap_or("nameless").to_owned(),
        body: body.clone(),
    };
    StoredAllowlist::read(&bodies.iter().map(stored).collect::<Vec<_>>())
}

fn vpc_facts(lines: &[&str]) -> VpcFacts {
    let [_, account, region, vpc, blocks @ ..] = &words(lines[0])[..] else { panic!("{lines:?}") };
    let mut vpc_facts = VpcFacts {
        vpc: VpcRef {
            place: Place { account: account.parse().expect("an account"), region: region.parse().expect("a Region") },
            vpc: vpc.parse().expect("a VPC"),
        },
        owner: account.parse().expect("an account"),
        cidrs: fact(blocks, |blocks| blocks.iter().map(|block| block.parse::<ipnet::IpNet>().expect("a block")).collect()),
        tags: Fact::Known(std::collections::BTreeMap::new()),
        units: Fact::Unknown(NOT_ASKED.to_owned()),
    };
    for line in &lines[1..] {
        match &words(line)[..] {
            ["tags", rest @ ..] => {
                let pair = |tag: &&str| tag.split_once('=').map(|(key, value)| (key.to_owned(), value.to_owned())).expect("key=value");
                vpc_facts.tags = fact(rest, |tags| tags.iter().map(pair).collect());
            }
            ["units", "outside"] => vpc_facts.units = Fact::Known(Vec::new()),
            ["units", rest @ ..] => vpc_facts.units = fact(rest, units),
            other => panic!("an end has no line {other:?}"),
        }
    }
    vpc_facts
}

fn units(path: &[&str]) -> Vec<Unit> {
    let id = |depth: usize| if depth == 0 { "r-ab12".to_owned() } else { format!("ou-ab12-{depth:08}") };
    let names = path[0].split('/').enumerate();
    Unit::line(names.map(|(depth, name)| (id(depth).parse().expect("an id"), name.to_owned())))
}

fn fact<T>(words: &[&str], known: impl FnOnce(&[&str]) -> T) -> Fact<T> {
    match words {
        ["unknown", why @ ..] => Fact::Unknown(why.join(" ")),
        words => Fact::Known(known(words)),
    }
}

fn words(line: &str) -> Vec<&str> {
    line.split_whitespace().collect()
}
