//! The places that sweeps look at, as DynamoDB is asked.

#![allow(clippy::expect_used, clippy::unwrap_used, missing_docs)]

mod support;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};

use jiff::Timestamp;
use peerwright_aws::{AllowlistTable, Committed};
use peerwright_core::allowlist::{Allowlist, Proposal};
use peerwright_core::ids::Place;
use peerwright_engine::failure::Class;
use serde_json::{Value, json};
use support::{Answered, Request, Wire, json as answer, json_error, place};

const RULES: &str = "rules:\n  - id: no-prod\n    effect: deny\n    requester: { accounts: [\"111111111111\"] }\n    accepter: { accounts: [\"222222222222\"] }\n";

fn item(accepter: &str, id: &str, body: &Value) -> Value {
    json!({ "accepter": { "S": accepter }, "id": { "S": id }, "rule": body })
}

/// A table with these members and no rule: found by their partition, and by a scan.
fn table_of(members: &[&str]) -> impl Fn(&Request) -> Answered + Send + Sync + 'static {
    let items: Vec<Value> = members.iter().map(|id| item("member", id, &json!({ "NULL": true }))).collect();
    move |request| match request["Action"].as_str() {
        "Query" => {
            assert_eq!(request["ExpressionAttributeValues"], json!({ ":key": { "S": "member" } }).to_string());
            answer(&json!({ "Items": items }))
        }
        "Scan" => answer(&json!({ "Items": items })),
        _ => answer(&json!({})),
    }
}

async fn allowlist(wire: &Wire) -> AllowlistTable {
    AllowlistTable::new(&wire.config().await, "allowlist")
}

/// So many places, in three Regions.
fn places(count: usize) -> BTreeSet<Place> {
    let regions = ["eu-west-1", "eu-central-1", "us-east-1"];
    (0..count).map(|number| place(&format!("{:012}", 300_000_000_000_usize + number / 3), regions[number % 3])).collect()
}

/// What each call writes: `put` or `delete`, the partition and the sort key.
fn batches(wire: &Wire) -> Vec<Vec<String>> {
    let word = |write: &Value| {
        let (verb, keys) = if write["PutRequest"].is_object() {
            ("put", &write["PutRequest"]["Item"])
        } else {
            ("delete", &write["DeleteRequest"]["Key"])
        };
        format!("{verb} {} {}", keys["accepter"]["S"].as_str().unwrap(), keys["id"]["S"].as_str().unwrap())
    };
    let sent = wire.requests("BatchWriteItem").into_iter().map(|request| {
        let items: Value = serde_json::from_str(&request["RequestItems"]).expect("the items of each table");
        items["allowlist"].as_array().expect("writes").iter().map(word).collect()
    });
    sent.collect()
}

#[tokio::test]
async fn a_file_adds_what_the_table_lacks_before_it_removes_what_it_does_not_name() {
    let wire = Wire::answering(table_of(&["111111111111/eu-west-1", "222222222222/eu-west-1", "nonsense"]));
    let wanted = BTreeSet::from([place("222222222222", "eu-west-1"), place("333333333333", "eu-west-1")]);
    let applied = allowlist(&wire).await.apply_members(&wanted).await.expect("no failure");
    assert_eq!(applied.added, BTreeSet::from([place("333333333333", "eu-west-1")]));
    assert_eq!(applied.removed, BTreeSet::from(["111111111111/eu-west-1".to_owned(), "nonsense".to_owned()]));
    assert_eq!(batches(&wire), [["put member 333333333333/eu-west-1", "delete member 111111111111/eu-west-1", "delete member nonsense"]]);
}

#[tokio::test]
async fn what_the_table_says_already_costs_no_write() {
    let wire = Wire::answering(table_of(&["111111111111/eu-west-1"]));
    let wanted = BTreeSet::from([place("111111111111", "eu-west-1")]);
    let applied = allowlist(&wire).await.apply_members(&wanted).await.expect("no failure");
    assert!(applied.added.is_empty() && applied.removed.is_empty() && batches(&wire).is_empty());
}

#[tokio::test]
async fn fifteen_hundred_places_are_sixty_calls_of_twenty_five() {
    let wire = Wire::answering(table_of(&[]));
    let wanted = places(1500);
    allowlist(&wire).await.apply_members(&wanted).await.expect("no failure");
    let sent = batches(&wire);
    assert!(sent.len() == 60 && sent.iter().all(|batch| batch.len() == 25), "{:?}", sent.iter().map(Vec::len).collect::<Vec<_>>());
    let written: BTreeSet<String> = sent.into_iter().flatten().collect();
    assert_eq!(written, wanted.iter().map(|place| format!("put member {place}")).collect());
}

/// DynamoDB leaves all but the first item of a batch unprocessed, so many times.
fn leaving_some(times: usize) -> Wire {
    let (empty, left) = (table_of(&[]), AtomicUsize::new(times));
    Wire::answering(move |request| {
        if request["Action"] != "BatchWriteItem"
            || left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_err()
        {
            return empty(request);
        }
        let items: Value = serde_json::from_str(&request["RequestItems"]).expect("the items of each table");
        answer(&json!({ "UnprocessedItems": { "allowlist": items["allowlist"].as_array().expect("writes")[1..] } }))
    })
}

#[tokio::test]
async fn what_dynamodb_leaves_unprocessed_is_sent_again_until_it_is_taken() {
    let wire = leaving_some(2);
    let applied = allowlist(&wire).await.apply_members(&places(4)).await.expect("no failure");
    assert_eq!(batches(&wire).iter().map(Vec::len).collect::<Vec<_>>(), [4, 3, 2]);
    assert_eq!(applied.added, places(4));
}

#[tokio::test]
async fn what_dynamodb_never_takes_is_a_failure_that_counts_what_is_left() {
    let wire = Wire::answering(|request| match request["Action"].as_str() {
        "BatchWriteItem" => answer(&json!({ "UnprocessedItems": serde_json::from_str::<Value>(&request["RequestItems"]).expect("JSON") })),
        _ => answer(&json!({ "Items": [] })),
    });
    let failure = allowlist(&wire).await.apply_members(&places(3)).await.expect_err("nothing is ever taken");
    assert_eq!(failure.class, Class::Throttled);
    assert!(failure.explain_final().contains("3 unprocessed by DynamoDB after 7 times"), "{}", failure.explain_final());
}

#[tokio::test]
async fn a_refused_batch_is_a_failure_that_says_how_much_was_written_before() {
    let (empty, calls) = (table_of(&[]), AtomicUsize::new(0));
    let wire = Wire::answering(move |request| {
        let refused = request["Action"] == "BatchWriteItem" && calls.fetch_add(1, Ordering::SeqCst) == 1;
        if refused { json_error("AccessDeniedException") } else { empty(request) }
    });
    let failure = allowlist(&wire).await.apply_members(&places(30)).await.expect_err("refused");
    assert_eq!((failure.class, failure.what.as_str()), (Class::Denied, "write 30 items to allowlist, of which 25 are written"));
}

#[tokio::test]
async fn an_allowlist_that_is_applied_leaves_members_alone_pruned_or_not() {
    let wire = Wire::answering(table_of(&["111111111111/eu-west-1"]));
    let rules = Allowlist::from_yaml(RULES, Timestamp::UNIX_EPOCH).expect("an allowlist");
    for pruned in [false, true] {
        let table = allowlist(&wire).await.all().await.expect("no failure");
        let proposal = Proposal::of(&table, &rules.items(), pruned);
        let committed = allowlist(&wire).await.commit(&proposal, &table, "ann").await.expect("no failure");
        assert!(matches!(committed, Committed::Everything), "{committed:?}");
    }
    let written = wire.requests("TransactWriteItems");
    assert_eq!((written.len(), wire.requests("DeleteItem").len() + wire.requests("BatchWriteItem").len()), (2, 0));
    assert!(written.iter().all(|parts| parts["TransactItems"].contains("no-prod") && !parts["TransactItems"].contains("member")));
}

#[tokio::test]
async fn members_that_are_applied_leave_rules_and_aliases_alone() {
    // Only the partition of the members is read, so that nothing else can be removed.
    let wire = Wire::answering(table_of(&["111111111111/eu-west-1"]));
    allowlist(&wire).await.apply_members(&BTreeSet::new()).await.expect("no failure");
    assert_eq!(batches(&wire), [["delete member 111111111111/eu-west-1"]]);
    assert_eq!(wire.requests("Scan").len(), 0);
}
