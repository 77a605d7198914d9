//! What the table of connections tells people: what is frozen, what happened, what there ever was.

#![allow(clippy::expect_used, clippy::unwrap_used, missing_docs)]

mod support;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use peerwright_aws::LedgerTable;
use peerwright_core::ids::PcxId;
use peerwright_engine::entry::Change;
use peerwright_engine::freeze::{Scope, Stop};
use peerwright_engine::ports::{Freezes, History, HistoryOf, Ledger};
use serde_json::{Value, json};
use support::{Wire, json as answer_json};

fn id() -> PcxId {
    "pcx-0000000a".parse().unwrap()
}

async fn ledger(wire: &Wire) -> LedgerTable {
    LedgerTable::new(&wire.config().await, "connections")
}

/// DynamoDB has these items for every query.
fn with_items(items: Value) -> Wire {
    Wire::answering(move |request| (request["Action"] == "Query").then(|| answer_json(&json!({ "Items": items }))).flatten())
}

fn line(sort: &str, what: &str, details: &[&str]) -> Value {
    let details: Vec<Value> = details.iter().map(|detail| json!({ "S": detail })).collect();
    let at = sort.split('#').next().unwrap();
    json!({ "connection": { "S": "history#pcx-0000000a" }, "entry": { "S": sort }, "at": { "S": at }, "what": { "S": what },
        "rules": { "L": [{ "S": "r" }] }, "details": { "L": details }, "events": { "L": [{ "S": "e-1" }] } })
}

fn part(sort: &str, details: &[&str]) -> Value {
    let details: Vec<Value> = details.iter().map(|detail| json!({ "S": detail })).collect();
    json!({ "connection": { "S": "history#pcx-0000000a" }, "entry": { "S": sort }, "details": { "L": details } })
}

fn words(changes: &[Change]) -> Vec<(&str, Vec<&str>)> {
    changes.iter().map(|change| (change.what.as_str(), change.details.iter().map(String::as_str).collect())).collect()
}

#[tokio::test]
async fn history_is_told_oldest_first_with_all_details_of_a_line_that_shows_a_part() {
    let wire = with_items(json!([
        line("2026-11-25T10:00:00.5Z#0000002", "converged", &["second"]),
        line("2026-11-25T10:00:00Z#0000001", "planned", &["first", "and 2 more"]),
        part("2026-11-25T10:00:00Z#0000001#details#001", &["first", "b"]),
        part("2026-11-25T10:00:00Z#0000001#details#002", &["c"]),
    ]));
    let changes = ledger(&wire).await.history(&HistoryOf::Connection(id()), None).await.expect("it can be read");
    assert_eq!(words(&changes), [("planned", vec!["first", "b", "c"]), ("converged", vec!["second"])]);
    assert_eq!((changes[0].rules.as_slice(), changes[0].events.as_slice()), (&["r".to_owned()][..], &["e-1".to_owned()][..]));
}

#[tokio::test]
async fn of_a_moment_only_what_came_since_is_asked_for_and_told() {
    let wire = with_items(json!([
        line("2026-11-25T10:00:00.2Z#0000001", "planned", &[]),
        line("2026-11-25T10:00:00.7Z#0000002", "converged", &[]),
    ]));
    let since: Timestamp = "2026-11-25T10:00:00.5Z".parse().unwrap();
    let changes = ledger(&wire).await.history(&HistoryOf::Stop, Some(since)).await.expect("it can be read");
    assert_eq!(words(&changes), [("converged", Vec::new())]);
    let sent = wire.requests("Query").pop().expect("a query");
    let values: Value = serde_json::from_str(&sent["ExpressionAttributeValues"]).expect("values");
    assert_eq!((&values[":p"]["S"], &values[":s"]["S"]), (&json!("history#everything"), &json!("2026-11-25T10:00:00")));
}

#[tokio::test]
async fn a_freeze_stands_beside_all_others_as_well_and_goes_from_there_with_the_thaw() {
    let wire = Wire::answering(|_| answer_json(&json!({})));
    let ledger = ledger(&wire).await;
    let stop = Stop { by: "ines".to_owned(), at: Timestamp::UNIX_EPOCH, reason: "a test".to_owned() };
    let change = Change { at: Timestamp::UNIX_EPOCH, ..Change::new("frozen by hand", &[], Vec::new()) };
    for stop in [Some(&stop), None] {
        ledger.set_stop(&Scope::Connection(id()), stop, &change).await.expect("no failure");
        let sent = wire.requests("TransactWriteItems").pop().expect("a transaction");
        let parts: Vec<Value> = serde_json::from_str(&sent["TransactItems"]).expect("parts");
        let keys = if stop.is_some() { &parts[1]["Put"]["Item"] } else { &parts[1]["Delete"]["Key"] };
        assert_eq!((&keys["connection"]["S"], &keys["entry"]["S"]), (&json!("freeze#connections"), &json!("pcx-0000000a")));
        assert_eq!(parts[1]["Put"]["Item"]["by"]["S"], stop.map_or(Value::Null, |stop| json!(stop.by)));
    }
}

#[tokio::test]
async fn every_connection_that_is_frozen_by_itself_is_found_with_who_and_why() {
    let wire = with_items(json!([{ "connection": { "S": "freeze#connections" }, "entry": { "S": "pcx-0000000a" },
        "by": { "S": "ines" }, "at": { "S": "2026-11-25T10:00:00Z" }, "reason": { "S": "a test" } }]));
    let found = ledger(&wire).await.frozen().await.expect("they can be read");
    let stop = Stop { by: "ines".to_owned(), at: "2026-11-25T10:00:00Z".parse().unwrap(), reason: "a test".to_owned() };
    assert_eq!(found, BTreeMap::from([(id(), stop)]));
}

#[tokio::test]
async fn a_stop_that_is_spoilt_is_a_stop_all_the_same() {
    let item = json!({ "connection": { "S": "freeze#everything" }, "entry": { "S": "current" }, "by": { "N": "7" } });
    let wire = Wire::answering(move |request| {
        (request["Action"] == "BatchGetItem").then(|| answer_json(&json!({ "Responses": { "connections": [item] } }))).flatten()
    });
    let found = ledger(&wire).await.stops(None).await.expect("it can be read").everything.expect("everything is stopped");
    assert_eq!(found.words(), "by somebody whose name can't be read: the reason can't be read");
}

#[tokio::test]
async fn every_entry_there_ever_was_is_read_page_by_page_and_one_that_is_spoilt_is_named() {
    let end = |vpc: &str| json!({ "M": { "account": { "S": "111111111111" }, "region": { "S": "eu-west-1" }, "vpc": { "S": vpc } } });
    let entry = json!({ "connection": { "S": "pcx-0000000a" }, "entry": { "S": "current" }, "status": { "S": "ended" }, "version": { "N": "4" },
        "ends": { "M": { "requester": end("vpc-0000000a"), "accepter": end("vpc-0000000b") } },
        "rules": { "L": [] }, "reasons": { "L": [] }, "ec2_calls": { "N": "1" }, "updated_at": { "S": "2026-11-25T10:00:00Z" } });
    let spoilt = json!({ "connection": { "S": "pcx-0000000b" }, "entry": { "S": "current" } });
    let more = json!({ "connection": { "S": "pcx-0000000a" }, "entry": { "S": "current" } });
    let wire = Wire::answering(move |request| match (request["Action"] == "Scan", request.contains_key("ExclusiveStartKey")) {
        (true, false) => answer_json(&json!({ "Items": [entry], "LastEvaluatedKey": more })),
        (true, true) => answer_json(&json!({ "Items": [spoilt] })),
        _ => None,
    });
    let found = ledger(&wire).await.load_every().await.expect("the table can be read");
    assert_eq!((found.read.len(), found.read[0].status.as_str()), (1, "ended"));
    assert_eq!(found.unreadable, BTreeSet::from(["pcx-0000000b".parse().unwrap()]));
}

#[tokio::test]
async fn a_line_that_can_not_be_read_is_told_as_such_and_stops_no_other() {
    let mut broken = line("2026-11-25T10:00:01Z#0000002", "converged", &[]);
    broken["rules"] = json!({ "S": "half-written" });
    let wire = with_items(json!([
        line("2026-11-25T10:00:00Z#0000001", "planned", &["first"]),
        broken,
        line("2026-11-25T10:00:02Z#0000003", "drifted", &["third"]),
    ]));
    let changes = ledger(&wire).await.history(&HistoryOf::Connection(id()), None).await.expect("the others can be read");
    assert_eq!(changes.iter().map(|change| change.what.as_str()).collect::<Vec<_>>(), ["planned", "unreadable", "drifted"]);
    assert!(changes[1].details[0].contains("a line of the history of pcx-0000000a"), "{:?}", changes[1]);
}
