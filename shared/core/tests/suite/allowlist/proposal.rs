//! What a file would change of the table, and the table as a file.

use peerwright_core::allowlist::{ANY_KEY, MEMBER_KEY, Proposal, Stored, export, key_changes};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::file::{EXAMPLE, read};

fn items(yaml: &str) -> Vec<Stored> {
    read(yaml).items()
}

fn member() -> Stored {
    Stored { accepter: MEMBER_KEY.to_owned(), id: "111111111111/eu-west-1".to_owned(), body: Value::Null }
}

/// The changes in words: `added dev-to-shared`.
fn words(proposal: &Proposal) -> Vec<String> {
    proposal.changes.iter().map(|change| format!("{} {} {}", change.verb(), change.noun(), change.id)).collect()
}

const ALLOW: &str = r#"{ id: a, effect: allow, requester: { accounts: ["111111111111"] }, accepter: { accounts: ["222222222222"] } }"#;
const DENY: &str = r#"{ id: z, effect: deny, requester: { accounts: ["111111111111"] }, accepter: { regions: [eu-west-1] } }"#;

fn rules(rules: &[&str]) -> Vec<Stored> {
    items(&format!("rules: [{}]", rules.join(", ")))
}

#[test]
fn a_file_that_says_what_the_table_says_proposes_nothing() {
    let table = [items(EXAMPLE), vec![member()]].concat();
    for pruned in [false, true] {
        let proposal = Proposal::of(&table, &items(EXAMPLE), pruned);
        assert!(proposal.is_empty() && proposal.kept.is_empty());
        assert_eq!((proposal.unchanged, proposal.applied_to(&table)), (3, table.clone()));
    }
}

/// What changes between the groups' permissions of the accepter, in words.
fn changed(before: Value, after: Value) -> Vec<String> {
    let rule = |groups: Value| json!({ "security_groups": { "accepter": groups } });
    key_changes(&rule(before), &rule(after)).iter().map(ToString::to_string).collect()
}

#[test]
fn a_change_deep_in_a_rule_is_shown_at_its_own_place_alone() {
    let groups = |ports: &str| json!([{ "groups": { "tag": { "role": "db" } }, "ingress": [{ "protocol": "tcp", "ports": ports, "from": "peer-vpc" }] }]);
    assert_eq!(changed(groups("5432"), groups("5433")), [r#"security_groups.accepter[0].ingress[0].ports: "5432" -> "5433""#]);
}

#[test]
fn an_entry_that_is_put_among_others_is_one_change() {
    let [a, b, c] = ["1", "2", "3"].map(|ports| json!({ "ports": ports }));
    let (short, long) = (json!([a, c]), json!([a, b, c]));
    assert_eq!(changed(short.clone(), long.clone()), [r#"security_groups.accepter[1]: not given -> {"ports":"2"}"#]);
    assert_eq!(changed(long, short), [r#"security_groups.accepter[1]: {"ports":"2"} -> not given"#]);
}

#[test]
fn a_list_of_single_values_is_shown_as_a_whole() {
    assert_eq!(changed(json!(["a", "b"]), json!(["0", "a", "b"])), [r#"security_groups.accepter: ["a","b"] -> ["0","a","b"]"#]);
}

#[test]
fn aliases_come_first_then_what_is_forbidden_then_what_is_allowed_no_longer_then_what_is_allowed() {
    let old = ALLOW.replace("id: a", "id: old");
    let proposal = Proposal::of(
        &rules(&[&old]),
        &[items("aliases: { db: { account: \"222222222222\", region: eu-west-1, vpc: vpc-0000000b } }\nrules: []"), rules(&[ALLOW, DENY])]
            .concat(),
        true,
    );
    assert_eq!(words(&proposal), ["added alias db", "added rule z", "removed rule old", "added rule a"]);
}

/// Every table of three rules, each of which is not there, or allows or forbids one of two accounts.
fn small_tables() -> Vec<Vec<Stored>> {
    let states = [None, Some(("allow", 1)), Some(("allow", 2)), Some(("deny", 1)), Some(("deny", 2))];
    let rule = |id: &str, state: Option<(&str, u8)>| {
        state.map(|(effect, of)| Stored {
            accepter: "any".to_owned(),
            id: id.to_owned(),
            body: serde_json::json!({ "id": id, "effect": effect, "of": of }),
        })
    };
    let mut tables = Vec::new();
    for p in states {
        for q in states {
            for r in states {
                tables.push([rule("p", p), rule("q", q), rule("r", r)].into_iter().flatten().collect());
            }
        }
    }
    tables
}

fn allowed(table: &[Stored]) -> Vec<u8> {
    let any = |effect: &str, of: u8| table.iter().any(|item| item.body["effect"] == effect && item.body["of"] == of);
    [1, 2].into_iter().filter(|of| any("allow", *of) && !any("deny", *of)).collect()
}

#[test]
fn at_no_moment_more_is_allowed_than_before_or_after() {
    let tables = small_tables();
    for before in &tables {
        for after in &tables {
            let proposal = Proposal::of(before, after, true);
            let (altering, others): (Vec<_>, Vec<_>) = (0..proposal.changes.len()).partition(|index| proposal.changes[*index].alters());
            let mut moments: Vec<Vec<usize>> = others.iter().map(|index| vec![*index]).collect();
            moments.extend((!altering.is_empty()).then_some(altering));
            moments.sort();
            let mut now = before.clone();
            for moment in moments {
                for index in moment {
                    let change = &proposal.changes[index];
                    now.retain(|item| item.id != change.id);
                    now.extend(change.after.clone());
                }
                let known = [allowed(before), allowed(after)].concat();
                assert!(allowed(&now).iter().all(|of| known.contains(of)), "{before:?}\n{after:?}\n{now:?}");
            }
            assert_eq!(allowed(&now), allowed(after));
        }
    }
}

#[test]
fn what_the_file_does_not_name_is_kept_unless_it_is_pruned() {
    let (table, file) = (rules(&[ALLOW, DENY]), rules(&[ALLOW]));
    let kept = Proposal::of(&table, &file, false);
    assert!(kept.is_empty() && kept.kept == rules(&[DENY]) && kept.applied_to(&table) == table);
    let pruned = Proposal::of(&table, &file, true);
    assert_eq!((words(&pruned), pruned.applied_to(&table)), (vec!["removed rule z".to_owned()], file));
}

#[test]
fn each_key_that_differs_is_told_with_what_stood_there_and_what_will() {
    let changed = ALLOW.replace("\"222222222222\"] }", "\"333333333333\"] }, routes: { requester: { tables: all } }, on_revoke: keep");
    let proposal = Proposal::of(&rules(&[ALLOW]), &rules(&[&changed]), false);
    let keys: Vec<(String, Option<Value>, Option<Value>)> =
        proposal.changes[0].keys().into_iter().map(|change| (change.key, change.before, change.after)).collect();
    let expected = [
        ("accepter.accounts", Some(json!(["222222222222"])), Some(json!(["333333333333"]))),
        ("on_revoke", None, Some(json!("keep"))),
        ("routes", None, Some(json!({ "requester": { "tables": "all" } }))),
    ];
    assert_eq!(keys, expected.map(|(key, before, after)| (key.to_owned(), before, after)));
}

#[test]
fn a_rule_that_moves_to_another_partition_is_one_change_and_leaves_its_old_item() {
    let moved = ALLOW.replace("222222222222", "333333333333");
    let proposal = Proposal::of(&rules(&[ALLOW]), &rules(&[&moved]), false);
    assert_eq!(words(&proposal), ["changed rule a"]);
    assert_eq!(proposal.changes[0].removals().cloned().collect::<Vec<_>>(), rules(&[ALLOW]));
    assert_eq!((proposal.changes[0].replaced(), proposal.applied_to(&rules(&[ALLOW]))), (None, rules(&[&moved])));
}

#[test]
fn a_second_item_of_a_rule_under_another_key_goes_even_where_the_first_is_right() {
    let stray = Stored { accepter: ANY_KEY.to_owned(), ..rules(&[ALLOW]).remove(0) };
    let table = [rules(&[ALLOW]), vec![stray.clone()]].concat();
    let proposal = Proposal::of(&table, &rules(&[ALLOW]), false);
    assert_eq!(proposal.changes[0].removals().collect::<Vec<_>>(), [&stray]);
    assert_eq!(proposal.applied_to(&table), rules(&[ALLOW]));
}

#[test]
fn a_table_that_is_written_as_a_file_is_taken_back_unchanged() {
    let table = [items(EXAMPLE), vec![member()]].concat();
    let text = export(&table).expect("every rule can be read");
    assert!(Proposal::of(&table, &items(&text), true).is_empty(), "{text}");
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let rule = lines.iter().position(|line| *line == "- id: dev-to-shared").expect("the rule");
    assert_eq!((lines[0], &lines[rule + 1..rule + 3]), ("aliases:", &["effect: allow", "requester:"][..]), "{text}");
    assert_eq!(items(&export(&[]).expect("nothing to read")), []);
}

#[test]
fn a_table_with_a_rule_that_can_not_be_read_is_no_file() {
    let wrong = Stored { accepter: ANY_KEY.to_owned(), id: "w".to_owned(), body: json!({ "id": "w" }) };
    let unreadable = export(&[wrong]).expect_err("it can't be read");
    assert_eq!(unreadable.len(), 1);
    assert!(unreadable[0].0 == "w" && unreadable[0].1.to_string().contains("lacks the key `effect`"), "{unreadable:?}");
}

proptest! {
    #![proptest_config(crate::common::config())]

    #[test]
    fn whatever_a_tag_says_survives_the_way_through_a_file(key in "[^*?]{1,12}", value in ".{0,12}", word in prop::sample::select(vec!["no", "on", "null", "~", "1e3", "0x1F", "2001-01-01", "012", "- a", "a: b", "#", "'", "\"", " lead"])) {
        for value in [value.as_str(), word] {
            let body = json!({ "id": "r", "effect": "deny", "requester": { "tags": { key.as_str(): value } }, "accepter": { "tags": { "k": [value, "x"] } } });
            let table = [Stored { accepter: ANY_KEY.to_owned(), id: "r".to_owned(), body }];
            let text = export(&table).map_err(|problems| TestCaseError::reject(format!("{problems:?}")))?;
            prop_assert_eq!(&items(&text)[..], &table[..], "{}", text);
        }
    }
}
