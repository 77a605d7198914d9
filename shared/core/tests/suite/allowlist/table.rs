//! The allowlist as items of a table.

use peerwright_core::allowlist::{ALIAS_KEY, ANY_KEY, MEMBER_KEY, OnRevoke, Rule, Stored, StoredAllowlist, members};
use peerwright_core::desired::Desired;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::file::{EXAMPLE, read};

#[test]
fn a_file_goes_through_the_table_unchanged() {
    let file = read(EXAMPLE);
    let stored = StoredAllowlist::read(&file.items());
    let rules: Vec<Rule> =
        stored.rules.into_iter().map(|rule| rule.unwrap_or_else(|item| panic!("{}: {}", item.id, item.problems))).collect();
    assert_eq!(rules, file.rules.into_iter().map(|(rule, _)| rule).collect::<Vec<_>>());
}

#[test]
fn allow_rules_are_found_under_the_one_account_their_accepter_can_be_in_and_deny_rules_under_any() {
    let yaml = r#"
aliases:
  shared: { account: "333333333333", region: eu-west-1, vpc: vpc-1a2b3c4d }
rules:
  - { id: one-account, effect: allow, requester: { accounts: ["111111111111"] }, accepter: { accounts: ["222222222222"] } }
  - { id: two-accounts, effect: allow, requester: { accounts: ["111111111111"] }, accepter: { accounts: ["222222222222", "333333333333"] } }
  - { id: by-alias, effect: allow, requester: { accounts: ["111111111111"] }, accepter: { alias: shared } }
  - { id: by-both, effect: allow, requester: { accounts: ["111111111111"] }, accepter: { alias: shared, accounts: ["222222222222"] } }
  - { id: by-tag, effect: allow, requester: { accounts: ["111111111111"] }, accepter: { tags: { env: prod } } }
  - { id: deny, effect: deny, requester: { regions: [eu-west-1] }, accepter: { accounts: ["222222222222"] } }
"#;
    let items = read(yaml).items();
    let keys: Vec<(&str, &str)> = items.iter().map(|item| (item.id.as_str(), item.accepter.as_str())).collect();
    let expected = [
        ("shared", "alias"),
        ("one-account", "account#222222222222"),
        ("two-accounts", "any"),
        ("by-alias", "account#333333333333"),
        ("by-both", "account#333333333333"),
        ("by-tag", "any"),
        ("deny", "any"),
    ];
    assert_eq!(keys, expected);
    assert!(StoredAllowlist::read(&items).rules.iter().all(Result::is_ok));
}

#[test]
fn a_rule_under_anothers_id_is_unreadable() {
    let stored = |id: &str| {
        let body = json!({ "id": "r", "effect": "allow", "requester": { "accounts": ["111111111111"] }, "accepter": { "regions": ["eu-west-1"] } });
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
fn an_item_under_the_wrong_key_is_unreadable_whatever_its_effect() {
    let stored = |accepter: &str, effect: &str| {
        let mut body = allow("r");
        body["effect"] = json!(effect);
        StoredAllowlist::read(&[item(accepter, "r", body)]).rules.remove(0)
    };
    assert!(stored(ANY_KEY, "allow").is_ok() && stored("account#222222222222", "allow").is_ok() && stored(ANY_KEY, "deny").is_ok());
    for key in ["account#333333333333", "account#222", "Any", ""] {
        let unreadable = stored(key, "allow").expect_err("no accepter finds it");
        let expected = format!(
            "r: is stored under `{key}`, where it is not found for every accepter it names; write it with `peerwright allowlist apply`"
        );
        assert_eq!((unreadable.problems.to_string(), unreadable.may_deny), (expected, false));
    }
    for key in ["account#222222222222", "account#333333333333", "Any"] {
        let unreadable = stored(key, "deny").expect_err("not found when the other VPC asks");
        let expected =
            format!("r: is stored under `{key}`, where it is not found whichever VPC asks; write it with `peerwright allowlist apply`");
        assert_eq!((unreadable.problems.to_string(), unreadable.may_deny), (expected, true));
    }
}

#[test]
fn an_item_that_names_no_identity_allows_nothing() {
    let mut body = allow("r");
    body["requester"] = json!({ "tags": { "env": "dev" } });
    let unreadable = StoredAllowlist::read(&[item(ANY_KEY, "r", body)]).rules.remove(0).expect_err("anybody can set a tag");
    assert!(!unreadable.may_deny && unreadable.problems.to_string().contains("names no identity"), "{}", unreadable.problems);
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

fn item(accepter: &str, id: &str, body: Value) -> Stored {
    Stored { accepter: accepter.to_owned(), id: id.to_owned(), body }
}

fn allow(id: &str) -> Value {
    json!({ "id": id, "effect": "allow", "requester": { "accounts": ["111111111111"] }, "accepter": { "accounts": ["222222222222"] } })
}

#[test]
fn a_rule_that_uses_an_alias_that_can_not_be_read_says_that_and_not_that_there_is_none() {
    let alias = Stored { accepter: "alias".to_owned(), id: "db".to_owned(), body: serde_json::json!({ "account": "2222" }) };
    let rule = Stored {
        accepter: "any".to_owned(),
        id: "r".to_owned(),
        body: serde_json::json!({ "id": "r", "effect": "allow", "requester": { "alias": "db" }, "accepter": { "alias": "bd" } }),
    };
    let stored = StoredAllowlist::read(&[alias, rule]);
    let Err(unreadable) = &stored.rules[0] else { panic!("it can't be read") };
    let problems: Vec<String> = unreadable.problems.iter().map(ToString::to_string).collect();
    assert_eq!(
        problems,
        [
            "r.requester.alias: the alias `db` is there and can't be read; write the alias again: `peerwright allowlist apply`",
            "r.accepter.alias: `bd` is not among the aliases; did you mean `db`?",
        ]
    );
}

#[test]
fn aliases_of_the_table_are_read_beside_its_rules() {
    let there = json!({ "account": "222222222222", "region": "eu-west-1", "vpc": "vpc-b0000000" });
    let stored = StoredAllowlist::read(&[
        item(ALIAS_KEY, "shared", there.clone()),
        item(ALIAS_KEY, "broken", json!({ "account": "222222222222" })),
        item(ALIAS_KEY, "no name", there),
        item(ANY_KEY, "r", allow("r")),
    ]);
    let aliases: Vec<String> = stored.aliases.iter().map(|(name, vpc)| format!("{name} {vpc}")).collect();
    assert_eq!(aliases, ["shared 222222222222/eu-west-1/vpc-b0000000"]);
    assert_eq!(stored.rules.len(), 1);
}

#[test]
fn members_of_the_table_are_places_and_no_rules() {
    let items = [
        item(MEMBER_KEY, "222222222222/eu-west-1", json!({})),
        item(MEMBER_KEY, "111111111111/us-gov-west-1", json!({ "added": "by hand" })),
        item(MEMBER_KEY, "222222222222", json!({})),
        item(MEMBER_KEY, "222222222222/eu-west-1/vpc-b0000000", json!({})),
        item(MEMBER_KEY, "all", json!("deny")),
        item(ANY_KEY, "333333333333/eu-west-1", json!({})),
        item(ALIAS_KEY, "444444444444/eu-west-1", json!({})),
    ];
    let places: Vec<String> = members(&items).iter().map(ToString::to_string).collect();
    assert_eq!(places, ["111111111111/us-gov-west-1", "222222222222/eu-west-1"]);
    let stored = StoredAllowlist::read(&items);
    assert_eq!(stored.rules.len(), 1, "the item under `any`, which is no rule that can be read");
    assert!(members(&[]).is_empty());
}

#[test]
fn an_accepters_rules_are_its_own_those_of_everybody_and_none_of_another() {
    let there = json!({ "account": "222222222222", "region": "eu-west-1", "vpc": "vpc-b0000000" });
    let mut anothers = allow("anothers");
    anothers["accepter"] = json!({ "accounts": ["333333333333"] });
    let items = [
        item("account#222222222222", "own", allow("own")),
        item("account#333333333333", "anothers", anothers),
        item(ANY_KEY, "everybodys", allow("everybodys")),
        item(ALIAS_KEY, "shared", there),
        item(MEMBER_KEY, "222222222222/eu-west-1", json!({})),
    ];
    let stored = StoredAllowlist::of_account(&items, &"222222222222".parse().expect("an account"));
    let rules: Vec<&str> =
        stored.rules.iter().map(|rule| rule.as_ref().map_or_else(|item| item.id.as_str(), |rule| rule.id.as_str())).collect();
    assert_eq!((rules, stored.aliases.len()), (vec!["own", "everybodys"], 1));
    assert_eq!(stored, StoredAllowlist::read([&items[0], &items[2], &items[3]]));
}

#[test]
fn of_several_wishes_for_a_revoked_connection_the_strictest_holds() {
    let desired = |wishes: &[&str]| {
        let mut rules = Vec::new();
        for wish in wishes {
            let mut body = allow("r");
            body["on_revoke"] = json!(wish);
            rules.extend(StoredAllowlist::read(&[item(ANY_KEY, "r", body)]).rules.into_iter().map(|rule| rule.expect("a rule")));
        }
        Desired::of(&rules).on_revoke
    };
    let (keep, isolate, delete) = (OnRevoke::Keep, OnRevoke::Isolate, OnRevoke::Delete);
    assert_eq!([&["keep"][..], &["isolate"], &["delete"]].map(desired), [keep, isolate, delete]);
    assert_eq!([&["delete", "isolate"][..], &["isolate", "delete", "delete"]].map(desired), [delete, delete]);
    assert_eq!([&["delete", "keep"][..], &["keep", "isolate"], &[]].map(desired), [delete, isolate, keep]);
    let written = serde_json::to_value([keep, isolate, delete]).expect("JSON");
    assert_eq!(written, json!(["keep", "isolate", "delete"]));
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
    #![proptest_config(crate::common::config())]

    #[test]
    fn any_item_ends_in_a_rule_or_in_problems_that_are_told(accepter in "any|alias|account#222222222222", body in json_value()) {
        let items = [Stored { accepter, id: "r".to_owned(), body }];
        for unreadable in StoredAllowlist::read(&items).rules.into_iter().filter_map(Result::err) {
            prop_assert!(!unreadable.problems.is_empty());
        }
    }
}
