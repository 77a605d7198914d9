//! A proposal on its way into the table, as DynamoDB is asked.

#![allow(clippy::expect_used, clippy::unwrap_used, missing_docs)]

mod support;

use std::sync::atomic::{AtomicUsize, Ordering};

use peerwright_aws::{AllowlistTable, Committed};
use peerwright_core::allowlist::{ANY_KEY, Proposal, Stored};
use serde_json::{Value, json};
use support::{Answered, Request, Wire, json as answer};

fn rule(id: &str, region: &str) -> Stored {
    let body = json!({ "id": id, "effect": "deny", "requester": { "accounts": ["111111111111"] }, "accepter": { "regions": [region] } });
    Stored { accepter: ANY_KEY.to_owned(), id: id.to_owned(), body }
}

/// An item as DynamoDB shows it.
fn shown(stored: &Stored, by: &str) -> Value {
    let region = stored.body["accepter"]["regions"][0].clone();
    let list = |value: Value| json!({ "L": [{ "S": value }] });
    let rule = json!({ "M": {
        "id": { "S": stored.id },
        "effect": { "S": "deny" },
        "requester": { "M": { "accounts": list(json!("111111111111")) } },
        "accepter": { "M": { "regions": list(region) } },
    } });
    json!({ "accepter": { "S": stored.accepter }, "id": { "S": stored.id }, "by": { "S": by }, "rule": rule })
}

async fn allowlist(wire: &Wire) -> AllowlistTable {
    AllowlistTable::new(&wire.config().await, "allowlist")
}

/// A table that says one thing at the first scan and another from then on.
fn turning(first: Vec<Value>, later: Vec<Value>, scans: usize) -> impl Fn(&Request) -> Answered + Send + Sync + 'static {
    let seen = AtomicUsize::new(0);
    move |request| match request["Action"].as_str() {
        "Scan" => answer(&json!({ "Items": if seen.fetch_add(1, Ordering::SeqCst) < scans { &first } else { &later } })),
        _ => answer(&json!({})),
    }
}

/// What the transactions write: `put` or `delete`, the rule, the condition.
fn written(wire: &Wire) -> Vec<Vec<String>> {
    let word = |part: &Value| {
        let (verb, what, keys) = if part["Put"].is_object() { ("put", &part["Put"], "Item") } else { ("delete", &part["Delete"], "Key") };
        format!("{verb} {} if {}", what[keys]["id"]["S"].as_str().unwrap(), what["ConditionExpression"].as_str().unwrap())
    };
    let parts =
        |request: &Request| serde_json::from_str::<Vec<Value>>(&request["TransactItems"]).expect("parts").iter().map(word).collect();
    wire.requests("TransactWriteItems").iter().map(parts).collect()
}

#[tokio::test]
async fn a_proposal_is_one_transaction_over_what_it_was_made_from() {
    let table = [rule("changed", "eu-west-1"), rule("removed", "eu-west-1"), rule("same", "eu-west-1")];
    let items: Vec<Value> = table.iter().map(|item| shown(item, "ben")).collect();
    let wire = Wire::answering(turning(items.clone(), items, 9));
    let wanted = [rule("added", "eu-west-1"), rule("changed", "eu-central-1"), rule("same", "eu-west-1")];
    let proposal = Proposal::of(&table, &wanted, true);
    let committed = allowlist(&wire).await.commit(&proposal, &table, "ann").await.expect("no failure");
    assert!(matches!(committed, Committed::Everything), "{committed:?}");
    let over = "if #rule = :before";
    assert_eq!(
        written(&wire),
        [["put added if attribute_not_exists(#id)".to_owned(), format!("put changed {over}"), format!("delete removed {over}")]]
    );
    let signed = wire.requests("UpdateItem");
    assert!(
        signed.len() == 1 && signed[0]["Key"].contains("removed") && signed[0]["ExpressionAttributeValues"].contains("ann"),
        "{signed:?}"
    );
    let sent = &wire.requests("TransactWriteItems")[0]["TransactItems"];
    assert_eq!(sent.matches("\"by\":{\"S\":\"ann\"}").count(), 2, "{sent}");
}

#[tokio::test]
async fn what_somebody_else_changed_since_is_refused_as_a_whole_and_named() {
    let table = [rule("one", "eu-west-1"), rule("two", "eu-west-1")];
    let later = vec![shown(&rule("one", "eu-south-1"), "ben"), shown(&rule("three", "eu-west-1"), "cleo")];
    let wire = Wire::answering(turning(Vec::new(), later, 0));
    let proposal = Proposal::of(&table, &[rule("four", "eu-west-1")], false);
    let committed = allowlist(&wire).await.commit(&proposal, &table, "ann").await.expect("no failure");
    let Committed::Overtaken(rivals) = committed else { panic!("{committed:?}") };
    let told: Vec<(&str, &str, Option<&str>)> = rivals.iter().map(|rival| (rival.id.as_str(), rival.verb, rival.by.as_deref())).collect();
    assert_eq!(told, [("one", "changed", Some("ben")), ("three", "added", Some("cleo")), ("two", "removed", None)]);
    assert_eq!((written(&wire).len(), wire.requests("UpdateItem").len()), (0, 0));
}

#[tokio::test]
async fn a_race_that_the_condition_finds_is_told_like_any_other() {
    let table = [rule("one", "eu-west-1")];
    let (now, later) = (vec![shown(&table[0], "ben")], vec![shown(&rule("one", "eu-south-1"), "cleo")]);
    let scans = turning(now, later, 1);
    let wire = Wire::answering(move |request| match request["Action"].as_str() {
        "TransactWriteItems" => Some(canceled()),
        _ => scans(request),
    });
    let proposal = Proposal::of(&table, &[rule("one", "eu-central-1")], false);
    let committed = allowlist(&wire).await.commit(&proposal, &table, "ann").await.expect("no failure");
    let Committed::Overtaken(rivals) = committed else { panic!("{committed:?}") };
    assert_eq!((rivals[0].id.as_str(), rivals[0].by.as_deref()), ("one", Some("cleo")));
}

#[tokio::test]
async fn who_could_not_remove_a_rule_has_not_signed_its_removal() {
    let table = [rule("kept", "eu-west-1")];
    let items = vec![shown(&table[0], "ben")];
    let scans = turning(items.clone(), items, 9);
    let wire = Wire::answering(move |request| match request["Action"].as_str() {
        "TransactWriteItems" => Some(canceled()),
        _ => scans(request),
    });
    let proposal = Proposal::of(&table, &[], true);
    allowlist(&wire).await.commit(&proposal, &table, "ann").await.expect_err("it is refused");
    let signed: Vec<String> = wire.requests("UpdateItem").iter().map(|sent| sent["UpdateExpression"].clone()).collect();
    assert_eq!(signed, ["SET #by = :by", "REMOVE #by"]);
    assert!(wire.requests("UpdateItem").iter().all(|sent| sent["ExpressionAttributeNames"].contains("removed_by")));
}

#[tokio::test]
async fn more_than_fits_into_one_transaction_says_what_is_written_when_it_ends_half_way() {
    let sent = AtomicUsize::new(0);
    let wire = Wire::answering(move |request| match request["Action"].as_str() {
        "TransactWriteItems" if sent.fetch_add(1, Ordering::SeqCst) == 1 => Some(canceled()),
        "Scan" => answer(&json!({ "Items": [] })),
        _ => answer(&json!({})),
    });
    let wanted: Vec<Stored> = (0..230).map(|number| rule(&format!("r{number:03}"), "eu-west-1")).collect();
    let committed = allowlist(&wire).await.commit(&Proposal::of(&[], &wanted, false), &[], "ann").await.expect("no failure");
    let Committed::Partly { written: done, left, .. } = committed else { panic!("{committed:?}") };
    assert_eq!((done.len(), left.len(), left.first().map(String::as_str)), (100, 130, Some("r100")));
    assert_eq!(written(&wire).iter().map(Vec::len).collect::<Vec<_>>(), [100, 100]);
}

#[tokio::test]
async fn what_alters_something_is_written_at_once_where_it_fits_into_one_transaction() {
    let table: Vec<Stored> = (0..5).map(|number| rule(&format!("old{number}"), "eu-west-1")).collect();
    let items: Vec<Value> = table.iter().map(|item| shown(item, "ben")).collect();
    let wire = Wire::answering(move |request| match request["Action"].as_str() {
        "Scan" => answer(&json!({ "Items": items.clone() })),
        _ => answer(&json!({})),
    });
    let denies = (0..98).map(|number| {
        let mut deny = rule(&format!("deny{number:03}"), "eu-west-1");
        deny.body["effect"] = json!("deny");
        deny
    });
    let wanted: Vec<Stored> = (0..5).map(|number| rule(&format!("old{number}"), "eu-south-1")).chain(denies).collect();
    let proposal = Proposal::of(&table, &wanted, false);
    allowlist(&wire).await.commit(&proposal, &table, "ann").await.expect("no failure");
    assert_eq!(written(&wire).iter().map(Vec::len).collect::<Vec<_>>(), [98, 5]);
}

fn canceled() -> (u16, String) {
    let body = json!({ "__type": "TransactionCanceledException", "CancellationReasons": [{ "Code": "ConditionalCheckFailed" }] });
    (400, body.to_string())
}
