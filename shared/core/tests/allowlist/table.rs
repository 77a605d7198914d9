//! The allowlist as items of a table.

use peerwright_core::allowlist::{Rule, Stored, StoredAllowlist};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::file::{EXAMPLE, read};

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
  - { id: by-both, effect: deny, requester: { regions: [eu-west-1] }, accepter: { alias: shared, accounts: ["222222222222"] } }
  - { id: by-tag, effect: deny, requester: { regions: [eu-west-1] }, accepter: { tags: { env: prod } } }
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
    fn any_item_ends_in_a_rule_or_in_problems_that_are_told(accepter in "any|alias|account#222222222222", body in json_value()) {
        let items = [Stored { accepter, id: "r".to_owned(), body }];
        for unreadable in StoredAllowlist::read(&items).rules.into_iter().filter_map(Result::err) {
            prop_assert!(!unreadable.problems.is_empty());
        }
    }
}
