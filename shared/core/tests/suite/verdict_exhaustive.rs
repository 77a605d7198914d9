//! Every set of up to three small rules, about every small pair of VPCs, has the verdict of the table of decisions:
//!
//! | | allow | deny |
//! |---|---|---|
//! | direction | the requester asks the accepter | the two VPCs, whichever asks |
//! | blocks | every block of the VPC is the rule's | any block of the VPC is the rule's |
//! | a fact that can't be read | does not match | may match: held |
//! | must name | an identity of the requester | a condition |
//!
//! A deny wins; what nothing allows is held. A rule that leaves it to a person contributes nothing before that person approved it.

use std::collections::BTreeSet;

use jiff::Timestamp;
use peerwright_core::allowlist::{ANY_KEY, Stored, StoredAllowlist, StoredRule};
use peerwright_core::ids::{Place, Sides, VpcRef};
use peerwright_core::organization::NOT_ASKED;
use peerwright_core::policy::{Verdict, decide};
use peerwright_core::wish::Wish;
use peerwright_core::world::{Fact, VpcFacts};
use serde_json::{Value, json};

const ACCOUNTS: [&str; 2] = ["111111111111", "222222222222"];
const BLOCKS: [&str; 2] = ["10.1.0.0/16", "10.2.0.0/16"];
const TAGS: [&str; 2] = ["dev", "prod"];

/// Conditions on one end.
#[derive(Debug, Clone, Copy, Default)]
struct End {
    account: Option<&'static str>,
    block: Option<&'static str>,
    tag: Option<&'static str>,
}

#[derive(Debug, Clone, Copy)]
struct Rule {
    deny: bool,
    requester: End,
    accepter: End,
}

/// What is known of a VPC.
#[derive(Debug, Clone, Copy)]
struct Vpc {
    account: &'static str,
    blocks: Option<&'static [&'static str]>,
    tag: Option<&'static str>,
}

/// The table, once with what can't be read taken as not matching, and once in doubt, as matching.
fn verdict(rules: &[Rule], asks: &Vpc, asked: &Vpc) -> &'static str {
    let any = |deny, doubt| rules.iter().any(|rule| rule.deny == deny && matches(rule, asks, asked, doubt));
    match (any(true, false), any(true, true), any(false, false)) {
        (true, _, _) => "denied",
        (false, false, true) => "allowed",
        _ => "held",
    }
}

fn matches(rule: &Rule, asks: &Vpc, asked: &Vpc, doubt: bool) -> bool {
    let one_way = |from, to| meets(&rule.requester, from, rule.deny, doubt) && meets(&rule.accepter, to, rule.deny, doubt);
    if rule.deny { one_way(asks, asked) || one_way(asked, asks) } else { rule.requester.account.is_some() && one_way(asks, asked) }
}

fn meets(end: &End, vpc: &Vpc, deny: bool, doubt: bool) -> bool {
    let all_or_any = |blocks: &[&str], mine| if deny { blocks.contains(&mine) } else { blocks.iter().all(|block| *block == mine) };
    end.account.is_none_or(|account| account == vpc.account)
        && end.block.is_none_or(|mine| vpc.blocks.map_or(doubt, |blocks| all_or_any(blocks, mine)))
        && end.tag.is_none_or(|tag| vpc.tag.map_or(doubt, |own| own == tag))
}

/// Whether an allow rule leaves it to a person, and what that person did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Approval {
    Automatic,
    Waiting,
    Given,
}

/// The rules in force for a pair that no deny touches, and those that wait for a person.
fn in_force_and_waiting(set: &[(usize, Rule, Approval)], asks: &Vpc, asked: &Vpc) -> [BTreeSet<String>; 2] {
    [false, true].map(|waiting| {
        let matching = set.iter().filter(|(_, rule, _)| !rule.deny && matches(rule, asks, asked, false));
        matching.filter(|(_, _, approval)| (*approval == Approval::Waiting) == waiting).map(|(index, _, _)| name(*index)).collect()
    })
}

/// Each rule that asks for at most one fact of the requester beside its account.
fn every_rule() -> Vec<Rule> {
    let facts = [End::default()].into_iter();
    let facts = facts.chain(BLOCKS.map(|block| End { block: Some(block), ..End::default() }));
    let facts: Vec<End> = facts.chain(TAGS.map(|tag| End { tag: Some(tag), ..End::default() })).collect();
    let accounts = [None, Some(ACCOUNTS[0]), Some(ACCOUNTS[1])];
    let requesters = accounts.iter().flat_map(|account| facts.iter().map(|fact| End { account: *account, ..*fact }));
    let requesters = requesters.filter(|end| end.account.is_some() || end.block.is_some() || end.tag.is_some());
    let accepters = ACCOUNTS.map(|account| End { account: Some(account), ..End::default() });
    let ends = requesters.flat_map(|requester| accepters.map(|accepter| (requester, accepter)));
    ends.flat_map(|(requester, accepter)| [false, true].map(|deny| Rule { deny, requester, accepter })).collect()
}

/// The first account's VPC with all that may be known of it, asking the second account's. That the first one's tag is `prod` is the same
/// as that it is `dev`: the rules speak of both.
fn every_pair() -> Vec<(Vpc, Vpc)> {
    let vpc = |account, blocks, tag| Vpc { account, blocks, tag };
    let blocks = [None, Some(&BLOCKS[..1]), Some(&BLOCKS[..])];
    let tags = [None, Some(TAGS[0])];
    let asking = blocks.into_iter().flat_map(|blocks| tags.map(|tag| vpc(ACCOUNTS[0], blocks, tag)));
    let asked = [vpc(ACCOUNTS[1], Some(&BLOCKS[1..]), Some(TAGS[1])), vpc(ACCOUNTS[1], None, None)];
    asking.flat_map(|asks| asked.map(|asked| (asks, asked))).collect()
}

fn body(end: &End) -> Value {
    let mut body = json!({});
    for (key, value) in [("accounts", end.account.map(|account| json!([account]))), ("cidrs", end.block.map(|block| json!([block])))] {
        if let Some(value) = value {
            body[key] = value;
        }
    }
    if let Some(tag) = end.tag {
        body["tags"] = json!({ "env": tag });
    }
    body
}

fn name(index: usize) -> String {
    format!("r{index}")
}

fn read(index: usize, rule: &Rule, approval: &str) -> StoredRule {
    let (id, effect) = (name(index), if rule.deny { "deny" } else { "allow" });
    let mut body = json!({ "id": id, "effect": effect, "requester": body(&rule.requester), "accepter": body(&rule.accepter) });
    if !rule.deny {
        body["approval"] = json!(approval);
    }
    StoredAllowlist::read(&[Stored { accepter: ANY_KEY.to_owned(), id, body }]).rules.remove(0)
}

fn read_all(rules: &[Rule], approval: &str) -> Vec<StoredRule> {
    rules.iter().enumerate().map(|(index, rule)| read(index, rule, approval)).collect()
}

fn facts(vpc: &Vpc, id: &str) -> VpcFacts {
    let unknown = || "nobody tells".to_owned();
    let blocks = |blocks: &[&str]| blocks.iter().map(|block| block.parse::<ipnet::IpNet>().expect("a block")).collect();
    VpcFacts {
        vpc: VpcRef {
            place: Place { account: vpc.account.parse().expect("an account"), region: "eu-west-1".parse().expect("a Region") },
            vpc: id.parse().expect("a VPC"),
        },
        owner: vpc.account.parse().expect("an account"),
        cidrs: vpc.blocks.map_or_else(|| Fact::Unknown(unknown()), |told| Fact::Known(blocks(told))),
        tags: vpc.tag.map_or_else(|| Fact::Unknown(unknown()), |tag| Fact::Known([("env".to_owned(), tag.to_owned())].into())),
        units: Fact::Unknown(NOT_ASKED.to_owned()),
    }
}

fn in_a_word(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Allowed(_) => "allowed",
        Verdict::Denied(_) => "denied",
        Verdict::Held => "held",
    }
}

#[test]
fn every_small_set_of_allow_rules_has_the_verdict_of_the_table() {
    assert_eq!(verdicts_of_sets_with(0), ["allowed", "held"]);
}

#[test]
fn every_small_set_with_one_deny_rule_has_the_verdict_of_the_table() {
    assert_eq!(verdicts_of_sets_with(1), ["allowed", "denied", "held"]);
}

#[test]
fn every_small_set_with_two_deny_rules_has_the_verdict_of_the_table() {
    assert_eq!(verdicts_of_sets_with(2), ["allowed", "denied", "held"]);
}

#[test]
fn every_small_set_of_three_deny_rules_has_the_verdict_of_the_table() {
    assert_eq!(verdicts_of_sets_with(3), ["denied", "held"]);
}

/// Compares the verdicts of every set with so many deny rules, and returns which there were.
fn verdicts_of_sets_with(denies: usize) -> Vec<&'static str> {
    let rules = every_rule();
    let stored = read_all(&rules, "automatic");
    let pairs: Vec<(Vpc, Vpc, Sides<VpcFacts>)> = every_pair()
        .into_iter()
        .map(|(asks, asked)| (asks, asked, Sides { requester: facts(&asks, "vpc-a0000000"), accepter: facts(&asked, "vpc-b0000000") }))
        .collect();
    let now: Timestamp = "2026-01-01T00:00:00Z".parse().expect("a time");
    let mut seen = BTreeSet::new();
    for set in sets(rules.len()) {
        let chosen: Vec<Rule> = set.iter().map(|index| rules[*index]).collect();
        if chosen.iter().filter(|rule| rule.deny).count() != denies {
            continue;
        }
        let allowlist = StoredAllowlist { rules: set.iter().map(|index| stored[*index].clone()).collect(), ..StoredAllowlist::default() };
        for (asks, asked, vpcs) in &pairs {
            let (found, expected) = (decide(vpcs, &allowlist, now).verdict, verdict(&chosen, asks, asked));
            assert_eq!(in_a_word(&found), expected, "{chosen:#?} {asks:?} asks {asked:?}");
            seen.insert(expected);
        }
    }
    seen.into_iter().collect()
}

#[test]
fn of_every_small_set_of_allow_rules_those_are_in_force_that_need_no_approval_or_have_it() {
    let rules = every_rule();
    let (automatic, manual) = (read_all(&rules, "automatic"), read_all(&rules, "manual"));
    let (asks, asked) = every_pair().into_iter().find(|(asks, _)| asks.blocks.is_some() && asks.tag.is_some()).expect("one that is known");
    let vpcs = Sides { requester: facts(&asks, "vpc-a0000000"), accepter: facts(&asked, "vpc-b0000000") };
    let now: Timestamp = "2026-01-01T00:00:00Z".parse().expect("a time");
    let mut seen = BTreeSet::new();
    for set in sets(rules.len()).into_iter().filter(|set| set.iter().all(|index| !rules[*index].deny)) {
        for approvals in assignments(set.len()) {
            let chosen: Vec<(usize, Rule, Approval)> =
                set.iter().zip(&approvals).map(|(index, approval)| (*index, rules[*index], *approval)).collect();
            let stored = |(index, _, approval): &(usize, Rule, Approval)| {
                if *approval == Approval::Automatic { automatic[*index].clone() } else { manual[*index].clone() }
            };
            let allowlist = StoredAllowlist { rules: chosen.iter().map(stored).collect(), ..StoredAllowlist::default() };
            let given = chosen.iter().filter(|(_, _, approval)| *approval == Approval::Given).filter_map(|(index, _, _)| {
                let rule = manual[*index].as_ref().ok()?;
                Some((rule.id.clone(), rule.wishes().iter().map(Wish::digest).collect()))
            });
            let decision = decide(&vpcs, &allowlist, now).approved_by(&given.collect());
            let [in_force, waiting] = in_force_and_waiting(&chosen, &asks, &asked);
            let found = match &decision.verdict {
                Verdict::Allowed(rules) => rules.iter().map(|rule| rule.id.to_string()).collect(),
                Verdict::Held | Verdict::Denied(_) => BTreeSet::new(),
            };
            assert_eq!((&found, in_a_word(&decision.verdict) == "allowed"), (&in_force, !in_force.is_empty()), "{chosen:#?}");
            assert_eq!(decision.awaiting.iter().map(|awaiting| awaiting.rule.to_string()).collect::<BTreeSet<_>>(), waiting, "{chosen:#?}");
            seen.insert((in_force.len(), waiting.len()));
        }
    }
    assert!([(0, 0), (0, 3), (1, 2), (2, 1), (3, 0)].iter().all(|counts| seen.contains(counts)), "{seen:?}");
}

/// Every way to give each of so many rules an approval.
fn assignments(count: usize) -> Vec<Vec<Approval>> {
    let each = [Approval::Automatic, Approval::Waiting, Approval::Given];
    (0..count).fold(vec![Vec::new()], |all, _| all.iter().flat_map(|some| each.map(|one| [&some[..], &[one]].concat())).collect())
}

/// The sets of up to three of so many.
fn sets(count: usize) -> Vec<Vec<usize>> {
    let ones = (0..count).map(|one| vec![one]);
    let larger = |sets: &[Vec<usize>]| -> Vec<Vec<usize>> {
        let grown = |set: &Vec<usize>| (set[set.len() - 1] + 1..count).map(|next| [&set[..], &[next]].concat()).collect::<Vec<_>>();
        sets.iter().flat_map(grown).collect()
    };
    let ones: Vec<Vec<usize>> = ones.collect();
    let twos = larger(&ones);
    let threes = larger(&twos);
    [vec![Vec::new()], ones, twos, threes].concat()
}
