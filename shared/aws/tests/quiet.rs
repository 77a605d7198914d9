//! The places where nothing concerned us, as DynamoDB is asked.

#![allow(clippy::expect_used, clippy::unwrap_used, missing_docs)]

mod support;

use std::collections::BTreeMap;

use jiff::Timestamp;
use peerwright_aws::LedgerTable;
use peerwright_core::ids::{Place, Sides, VpcRef};
use peerwright_core::quiet::Quiet;
use peerwright_engine::entry::{Change, Entry};
use peerwright_engine::failure::Class;
use peerwright_engine::ports::{Ledger, QuietPlaces};
use peerwright_engine::status::Status;
use serde_json::{Value, json};
use support::{Answered, Request, Wire, json as answer, json_error, place};

fn moment() -> Timestamp {
    "2026-11-25T10:00:00Z".parse().expect("a moment")
}

fn west() -> Place {
    place("111111111111", "eu-west-1")
}

fn quiet(vpcs: &[&str]) -> Quiet {
    Quiet { looked_at: moment(), vpcs: vpcs.iter().map(|id| id.parse().expect("an id")).collect() }
}

async fn ledger(wire: &Wire) -> LedgerTable {
    LedgerTable::new(&wire.config().await, "connections")
}

/// The fields of the last item that was put, and the condition.
fn last_put(wire: &Wire) -> (Value, Request) {
    let sent = wire.requests("PutItem").pop().expect("an item");
    (serde_json::from_str(&sent["Item"]).expect("an item"), sent)
}

fn obliging(_: &Request) -> Answered {
    answer(&json!({}))
}

#[tokio::test]
async fn what_was_found_in_a_quiet_place_is_read_as_it_was_written() {
    let wire = Wire::answering(obliging);
    let found = quiet(&["vpc-0000000a", "vpc-0000000b"]);
    ledger(&wire).await.note_quiet(&west(), &found).await.expect("no failure");
    let (item, sent) = last_put(&wire);
    assert_eq!(item["connection"]["S"], "quiet");
    assert_eq!(item["entry"]["S"], "111111111111/eu-west-1");
    assert_eq!(item["expires_at"]["N"], (moment().as_second() + 8 * 24 * 3600).to_string());
    let values: Value = serde_json::from_str(&sent["ExpressionAttributeValues"]).expect("values");
    assert_eq!(sent["ConditionExpression"], "attribute_not_exists(#busy_at_ms) OR #busy_at_ms < :certain");
    assert_eq!(values[":certain"]["N"], (moment().as_millisecond() - 60_000).to_string());

    let busy = json!({ "connection": { "S": "quiet" }, "entry": { "S": "222222222222/eu-west-1" }, "busy_at_ms": { "N": "1" } });
    let spoilt = json!({ "connection": { "S": "quiet" }, "entry": { "S": "333333333333/eu-west-1" }, "looked_at_ms": { "S": "x" } });
    let stored = json!({ "Items": [item, busy, spoilt] });
    let wire = Wire::answering(move |_| answer(&stored));
    let read = ledger(&wire).await.quiet_places().await.expect("places");
    assert_eq!(read, BTreeMap::from([(west(), found)]));
    let query = wire.requests("Query").pop().expect("a query");
    assert_eq!(query["ExpressionAttributeValues"], json!({ ":p": { "S": "quiet" } }).to_string());
}

#[tokio::test]
async fn a_place_without_vpcs_is_written_without_a_set() {
    let wire = Wire::answering(obliging);
    ledger(&wire).await.note_quiet(&west(), &quiet(&[])).await.expect("no failure");
    assert_eq!(last_put(&wire).0.get("vpcs"), None);
    let stored = json!({ "Items": [last_put(&wire).0] });
    let wire = Wire::answering(move |_| answer(&stored));
    assert_eq!(ledger(&wire).await.quiet_places().await.expect("places"), BTreeMap::from([(west(), quiet(&[]))]));
}

#[tokio::test]
async fn of_a_place_that_was_never_quiet_nothing_is_written_but_with_the_first_entry_of_a_connection() {
    let wire = Wire::answering(obliging);
    let table = ledger(&wire).await;
    table.note_busy(&west(), moment()).await.expect("no failure");
    let (item, sent) = last_put(&wire);
    assert_eq!((item["busy_at_ms"]["N"].as_str(), item.get("looked_at_ms")), (Some(moment().as_millisecond().to_string().as_str()), None));
    assert_eq!(sent["ConditionExpression"], "attribute_exists(#entry)");

    let vpc = |text: &str| text.parse::<VpcRef>().expect("a VPC");
    let ends = Sides { requester: vpc("111111111111/eu-west-1/vpc-0000000a"), accepter: vpc("222222222222/eu-west-1/vpc-0000000b") };
    let id = "pcx-0000000a".parse().expect("an id");
    let status: Status = serde_json::from_value(json!("held")).expect("any word");
    let change = Change { at: moment(), ..Change::to(&status, &[], Vec::new()) };
    for version in [1, 2] {
        table.save(&Entry { version, ..Entry::new(&id, &ends) }, &change).await.expect("no failure");
    }
    let unconditional = wire.requests("PutItem").into_iter().filter(|sent| !sent.contains_key("ConditionExpression"));
    let keys = unconditional.map(|sent| serde_json::from_str::<Value>(&sent["Item"]).expect("an item")["entry"]["S"].to_string());
    assert_eq!(keys.collect::<Vec<_>>(), [r#""111111111111/eu-west-1""#, r#""222222222222/eu-west-1""#], "once for each end");
}

#[tokio::test]
async fn a_look_that_something_overtook_is_no_failure_and_another_refusal_is() {
    let wire = Wire::answering(|_| json_error("com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException"));
    let table = ledger(&wire).await;
    table.note_quiet(&west(), &quiet(&[])).await.expect("it is looked at again");
    table.note_busy(&west(), moment()).await.expect("it was never quiet");
    let wire = Wire::answering(|_| json_error("com.amazonaws.dynamodb.v20120810#AccessDeniedException"));
    let failure = ledger(&wire).await.note_quiet(&west(), &quiet(&[])).await.expect_err("refused");
    assert_eq!(failure.class, Class::Denied);
}
