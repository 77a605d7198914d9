//! The table of connections, as DynamoDB is asked, and the bus.

#![allow(clippy::expect_used, clippy::unwrap_used, missing_docs)]

mod support;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use peerwright_aws::{Bus, LedgerTable};
use peerwright_core::ids::{PcxId, Sides, VpcRef};
use peerwright_core::policy::{Awaiting, AwaitingWish};
use peerwright_core::wish::WishDigest;
use peerwright_engine::claim::Claim;
use peerwright_engine::entry::{Change, Entry};
use peerwright_engine::failure::Class;
use peerwright_engine::freeze::{Scope, Stop, Stops};
use peerwright_engine::manual_decision::{Approval, ApprovalDecision, ManualDecision, ManualDecisions};
use peerwright_engine::outcome::Recipient;
use peerwright_engine::ports::{Answers, Claims, Decisions, Freezes, Lease, Leases, Ledger, Members};
use peerwright_engine::refusal::Refusal;
use peerwright_engine::status::Status;
use serde_json::{Value, json};
use support::{Answered, Request, Wire, json as answer_json, json_error, place};

fn id() -> PcxId {
    "pcx-0000000a".parse().unwrap()
}

fn ends() -> Sides<VpcRef> {
    let vpc = |text: &str| text.parse().unwrap();
    Sides { requester: vpc("111111111111/eu-west-1/vpc-0000000a"), accepter: vpc("222222222222/eu-west-1/vpc-0000000b") }
}

fn status(word: &str) -> Status {
    serde_json::from_value(json!(word)).expect("any word")
}

fn entry(word: &str, version: u64) -> Entry {
    Entry { status: status(word), version, ..Entry::new(&id(), &ends()) }
}

fn change(word: &str) -> Change {
    Change { at: "2026-11-25T10:00:00Z".parse().expect("a moment"), ..Change::to(&status(word), &[], Vec::new()) }
}

/// DynamoDB takes everything; EventBridge as well.
fn obliging(request: &Request) -> Answered {
    match request["Action"].as_str() {
        "PutEvents" => answer_json(&json!({ "FailedEntryCount": 0, "Entries": [{ "EventId": "e" }] })),
        _ => answer_json(&json!({})),
    }
}

async fn ledger(wire: &Wire) -> LedgerTable {
    let config = wire.config().await;
    LedgerTable::new(&config, "connections").publishing_on(Bus::new(&config, "peerwright")).keeping_history(Some(Duration::from_hours(24)))
}

/// The parts of the only transaction that was sent, each with its keys in one word.
fn parts(wire: &Wire) -> Vec<(String, Value)> {
    let sent = wire.requests("TransactWriteItems").pop().expect("a transaction");
    let parts: Vec<Value> = serde_json::from_str(&sent["TransactItems"]).expect("parts");
    let word = |part: &Value| {
        let (verb, keys) = match (&part["Put"]["Item"], &part["Delete"]["Key"]) {
            (Value::Object(_), _) => ("put", &part["Put"]["Item"]),
            (_, Value::Object(_)) => ("delete", &part["Delete"]["Key"]),
            _ => ("check", &part["ConditionCheck"]["Key"]),
        };
        format!("{verb} {} {}", keys["connection"]["S"].as_str().unwrap(), keys["entry"]["S"].as_str().unwrap())
    };
    parts.into_iter().map(|part| (word(&part), part)).collect()
}

/// True where a put finds nothing that it writes over.
fn is_new(part: &Value) -> bool {
    part["Put"]["ConditionExpression"] == "attribute_not_exists(#sort)"
}

fn words(wire: &Wire) -> Vec<String> {
    parts(wire).into_iter().map(|(word, _)| word).collect()
}

#[tokio::test]
async fn the_first_write_of_a_connection_puts_it_in_the_index_of_both_places() {
    let wire = Wire::answering(obliging);
    ledger(&wire).await.save(&entry("held", 1), &change("held")).await.expect("no failure");
    assert_eq!(
        words(&wire),
        [
            "put pcx-0000000a current",
            "put history#pcx-0000000a 2026-11-25T10:00:00Z#0000001",
            "put place#111111111111/eu-west-1 pcx-0000000a",
            "put place#222222222222/eu-west-1 pcx-0000000a",
        ]
    );
    let history = &parts(&wire)[1].1["Put"]["Item"];
    assert_eq!(history["expires_at"]["N"], "1795687200", "a day after it happened");
    assert_eq!(parts(&wire)[0].1["Put"]["Item"].get("expires_at"), None, "what is so now does not expire");
}

#[tokio::test]
async fn a_later_write_must_find_the_one_before_it_and_the_last_leaves_the_index() {
    let wire = Wire::answering(obliging);
    ledger(&wire).await.save(&entry("converged", 2), &change("converged")).await.expect("no failure");
    assert_eq!(words(&wire).len(), 2);
    assert_eq!(parts(&wire)[0].1["Put"]["ExpressionAttributeValues"][":before"]["N"], "1");
    ledger(&wire).await.save(&entry("ended", 3), &change("ended")).await.expect("no failure");
    assert_eq!(words(&wire)[2..], ["delete place#111111111111/eu-west-1 pcx-0000000a", "delete place#222222222222/eu-west-1 pcx-0000000a"]);
}

#[tokio::test]
async fn an_outcome_is_told_before_it_is_written_and_steps_on_the_way_are_not() {
    let wire = Wire::answering(obliging);
    let ledger = ledger(&wire).await;
    ledger.save(&entry("converged", 2), &change("converged")).await.expect("no failure");
    let sent = wire.requests("PutEvents").pop().expect("an event");
    let published: Vec<Value> = serde_json::from_str(&sent["Entries"]).expect("entries");
    assert_eq!(
        (published[0]["Source"].as_str(), published[0]["DetailType"].as_str(), published[0]["EventBusName"].as_str()),
        (Some("peerwright"), Some("Peering Configured"), Some("peerwright"))
    );
    ledger.save(&entry("planned", 3), &change("planned")).await.expect("no failure");
    assert_eq!(wire.requests("PutEvents").len(), 1);
}

#[tokio::test]
async fn an_event_that_the_bus_refuses_keeps_the_change_unwritten_so_that_it_is_tried_again() {
    let wire = Wire::answering(|request| match request["Action"].as_str() {
        "PutEvents" => {
            answer_json(&json!({ "FailedEntryCount": 1, "Entries": [{ "ErrorCode": "InternalFailure", "ErrorMessage": "words" }] }))
        }
        _ => answer_json(&json!({})),
    });
    let failure = ledger(&wire).await.save(&entry("held", 1), &change("held")).await.expect_err("refused");
    assert_eq!(failure.class, Class::Transient);
    assert!(wire.requests("TransactWriteItems").is_empty());
}

#[tokio::test]
async fn no_line_of_history_is_written_over_or_taken_away() {
    let wire = Wire::answering(obliging);
    let ledger = ledger(&wire).await;
    let stop = Stop { by: "ines".to_owned(), at: Timestamp::UNIX_EPOCH, reason: "a test".to_owned() };
    let by_hand = ManualDecision { approval: approval(ApprovalDecision::Rejected), wishes: Vec::new() };
    let mut lines = Vec::new();
    let mut note = || lines.extend(parts(&wire).into_iter().filter(|(word, _)| word.contains("history#")));
    ledger.save(&entry("converged", 2), &change("converged")).await.expect("no failure");
    note();
    ledger.set_stop(&Scope::Connection(id()), Some(&stop), &change("frozen by hand")).await.expect("no failure");
    note();
    ledger.set_stop(&Scope::Everything, None, &change("thawed by hand")).await.expect("no failure");
    note();
    ledger.decide(&entry("held", 2), &ManualDecisions::default(), &by_hand, &change("rejected by hand")).await.expect("no failure");
    note();
    let words: Vec<&str> = lines.iter().map(|(word, _)| word.as_str()).collect();
    assert_eq!(
        words,
        [
            "put history#pcx-0000000a 2026-11-25T10:00:00Z#0000002",
            "put history#pcx-0000000a 2026-11-25T10:00:00Z#by-hand",
            "put history#everything 2026-11-25T10:00:00Z#by-hand",
            "put history#pcx-0000000a 2026-11-25T10:00:00Z#by-hand",
        ]
    );
    assert!(lines.iter().all(|(_, part)| is_new(part)), "{lines:#?}");
}

fn approval(decision: ApprovalDecision) -> Approval {
    Approval { decision, by: "jo".to_owned(), at: Timestamp::UNIX_EPOCH, reason: "ticket 4711".to_owned() }
}

#[tokio::test]
async fn a_decision_finds_the_entry_and_the_decisions_that_it_was_made_from_and_writes_no_entry() {
    let wire = Wire::answering(obliging);
    let wish = AwaitingWish { words: "a connection of the two VPCs".to_owned(), digest: WishDigest::of("a connection of the two VPCs") };
    let wishes = vec![Awaiting { rule: "web-to-db".parse().expect("an id"), wishes: vec![wish] }];
    let decision = ManualDecision { approval: approval(ApprovalDecision::Approved), wishes };
    let before = ManualDecisions(vec![ManualDecision { approval: approval(ApprovalDecision::Rejected), wishes: Vec::new() }]);
    let entry = entry("awaiting-approval", 7);
    ledger(&wire).await.decide(&entry, &before, &decision, &change("approved by hand")).await.expect("no failure");
    assert_eq!(
        words(&wire),
        [
            "check pcx-0000000a current",
            "put decision#pcx-0000000a approval#0000002",
            "put history#pcx-0000000a 2026-11-25T10:00:00Z#by-hand",
        ]
    );
    let sent = parts(&wire);
    let check = &sent[0].1["ConditionCheck"];
    assert_eq!(
        (&check["ConditionExpression"], &check["ExpressionAttributeValues"][":version"]["N"]),
        (&json!("#version = :version"), &json!("7"))
    );
    assert!(is_new(&sent[1].1), "of two who decide at once one is refused");
    let item = sent[1].1["Put"]["Item"].clone();
    let wire = Wire::answering(move |request| (request["Action"] == "Query").then(|| answer_json(&json!({ "Items": [item] }))).flatten());
    assert_eq!(ledger(&wire).await.decisions(&id()).await.expect("they can be read"), ManualDecisions(vec![decision]));
    let query = wire.requests("Query").pop().expect("a query");
    assert_eq!(query["ConsistentRead"], "true");
    assert!(query["ExpressionAttributeValues"].contains("decision#pcx-0000000a"), "{query:?}");
}

#[tokio::test]
async fn a_decision_that_can_not_be_read_is_no_approval_and_no_rejection_but_a_failure() {
    let spoilt =
        json!({ "connection": { "S": "decision#pcx-0000000a" }, "entry": { "S": "approval#0000001" }, "answer": { "S": "perhaps" } });
    let wire = Wire::answering(move |request| (request["Action"] == "Query").then(|| answer_json(&json!({ "Items": [spoilt] }))).flatten());
    let failure = ledger(&wire).await.decisions(&id()).await.expect_err("nobody knows what it says");
    assert!(
        failure.class == Class::Unexpected && failure.explain_final().contains("what persons decided about pcx-0000000a"),
        "{failure:?}"
    );
}

#[tokio::test]
async fn the_stop_of_everything_and_the_freeze_of_a_connection_are_read_in_one_consistent_call() {
    let frozen = json!({ "connection": { "S": "freeze#pcx-0000000a" }, "entry": { "S": "current" },
        "by": { "S": "ines" }, "at": { "S": "1970-01-01T00:00:00Z" }, "reason": { "S": "a test" } });
    let wire = Wire::answering(move |request| {
        (request["Action"] == "BatchGetItem").then(|| answer_json(&json!({ "Responses": { "connections": [frozen] } }))).flatten()
    });
    let found = ledger(&wire).await.stops(Some(&id())).await.expect("they can be read");
    let stop = Stop { by: "ines".to_owned(), at: Timestamp::UNIX_EPOCH, reason: "a test".to_owned() };
    assert_eq!(found, Stops { everything: None, connection: Some(stop) });
    let sent = wire.requests("BatchGetItem");
    let [request] = &sent[..] else { panic!("{sent:?}") };
    let wanted: Value = serde_json::from_str(&request["RequestItems"]).expect("JSON");
    let keys: Vec<&Value> = wanted["connections"]["Keys"].as_array().expect("keys").iter().map(|key| &key["connection"]["S"]).collect();
    assert_eq!(
        (keys, &wanted["connections"]["ConsistentRead"]),
        (vec![&json!("freeze#everything"), &json!("freeze#pcx-0000000a")], &json!(true))
    );
}

#[tokio::test]
async fn a_freeze_is_one_item_that_must_not_be_there_before_and_a_thaw_takes_away_one_that_is() {
    let wire = Wire::answering(obliging);
    let ledger = ledger(&wire).await;
    let stop = Stop { by: "ines".to_owned(), at: Timestamp::UNIX_EPOCH, reason: "a test".to_owned() };
    ledger.set_stop(&Scope::Connection(id()), Some(&stop), &change("frozen by hand")).await.expect("no failure");
    assert_eq!((words(&wire)[0].as_str(), is_new(&parts(&wire)[0].1)), ("put freeze#pcx-0000000a current", true));
    ledger.set_stop(&Scope::Connection(id()), None, &change("thawed by hand")).await.expect("no failure");
    let delete = parts(&wire)[0].1["Delete"].clone();
    assert_eq!(
        (words(&wire)[0].as_str(), &delete["ConditionExpression"]),
        ("delete freeze#pcx-0000000a current", &json!("attribute_exists(#entry)"))
    );
    assert_eq!(delete.get("ExpressionAttributeValues"), None, "DynamoDB takes no empty map");
}

#[tokio::test]
async fn what_another_release_wrote_into_an_entry_is_written_back_as_it_was() {
    let item = json!({
        "connection": { "S": "pcx-0000000a" }, "entry": { "S": "current" }, "status": { "S": "sleeping" }, "version": { "N": "4" },
        "ends": { "M": {
            "requester": { "M": { "account": { "S": "111111111111" }, "region": { "S": "eu-west-1" }, "vpc": { "S": "vpc-0000000a" } } },
            "accepter": { "M": { "account": { "S": "222222222222" }, "region": { "S": "eu-west-1" }, "vpc": { "S": "vpc-0000000b" } } } } },
        "rules": { "L": [] }, "reasons": { "L": [] }, "ec2_calls": { "N": "1" }, "updated_at": { "S": "2026-11-25T10:00:00Z" },
        "dreams": { "M": { "of": { "L": [{ "S": "sheep" }, { "N": "7" }] } } },
    });
    let wire = Wire::answering(move |request| match request["Action"].as_str() {
        "GetItem" => answer_json(&json!({ "Item": item })),
        _ => obliging(request),
    });
    let ledger = ledger(&wire).await;
    let mut entry = ledger.load(&id()).await.expect("it can be read").expect("it is there");
    assert_eq!(entry.status.as_str(), "sleeping");
    entry.version += 1;
    ledger.save(&entry, &change("looked")).await.expect("no failure");
    let written = &parts(&wire)[0].1["Put"]["Item"];
    assert_eq!(written["dreams"], json!({ "M": { "of": { "L": [{ "S": "sheep" }, { "N": "7" }] } } }));
    assert_eq!((&written["entry"], &written["version"]), (&json!({ "S": "current" }), &json!({ "N": "5" })));
}

#[tokio::test]
async fn a_lease_that_somebody_has_is_not_an_error() {
    let wire = Wire::answering(|request| match request["Action"].as_str() {
        "PutItem" | "DeleteItem" => json_error("com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException"),
        _ => None,
    });
    let ledger = ledger(&wire).await;
    let now = Timestamp::UNIX_EPOCH;
    assert_eq!(ledger.lease(&id(), "me", now, now + Duration::from_secs(65)).await.expect("an answer"), None);
    ledger.release(&id(), "me", &Lease::default()).await.expect("whoever took it over keeps it");
    let sent = wire.requests("PutItem").pop().expect("a request");
    let values: Value = serde_json::from_str(&sent["ExpressionAttributeValues"]).unwrap();
    let item: Value = serde_json::from_str(&sent["Item"]).unwrap();
    assert_eq!(
        (values[":now"]["N"].as_str(), item["until_ms"]["N"].as_str(), item["holder"]["S"].as_str()),
        (Some("0"), Some("65000"), Some("me"))
    );
    assert_eq!(values[":holder"]["S"], "me", "whose answer was lost has it already");
}

#[tokio::test]
async fn a_claim_is_written_beside_both_vpcs_at_once() {
    let wire = Wire::answering(obliging);
    let claim = Claim { ends: ends(), holder: "me".to_owned(), until: Timestamp::UNIX_EPOCH + Duration::from_secs(90), created: None };
    assert!(ledger(&wire).await.claim(&claim, Timestamp::UNIX_EPOCH).await.expect("an answer"));
    let (a, b) = ("111111111111/eu-west-1/vpc-0000000a", "222222222222/eu-west-1/vpc-0000000b");
    assert_eq!(words(&wire), [format!("put vpc#{a} claim#{b}"), format!("put vpc#{b} claim#{a}")]);
    for (_, part) in parts(&wire) {
        assert_eq!(part["Put"]["Item"].get("created"), None, "what is not there is left out: the condition asks whether it exists");
        assert!(part["Put"]["ConditionExpression"].as_str().unwrap().contains("attribute_not_exists"));
    }
}

#[tokio::test]
async fn a_claim_is_read_as_it_was_written() {
    let claim = json!({
        "connection": { "S": "vpc#111111111111/eu-west-1/vpc-0000000a" }, "entry": { "S": "claim#222222222222/eu-west-1/vpc-0000000b" },
        "ends": { "M": {
            "requester": { "M": { "account": { "S": "111111111111" }, "region": { "S": "eu-west-1" }, "vpc": { "S": "vpc-0000000a" } } },
            "accepter": { "M": { "account": { "S": "222222222222" }, "region": { "S": "eu-west-1" }, "vpc": { "S": "vpc-0000000b" } } } } },
        "holder": { "S": "me" }, "until": { "S": "1970-01-01T00:01:30Z" }, "until_ms": { "N": "90000" }, "created": { "S": "pcx-0000000a" },
    });
    let wire = Wire::answering(move |request| (request["Action"] == "Query").then(|| answer_json(&json!({ "Items": [claim] }))).flatten());
    let found = ledger(&wire).await.claims_of(&ends().requester).await.expect("a list");
    let expected =
        Claim { ends: ends(), holder: "me".to_owned(), until: Timestamp::UNIX_EPOCH + Duration::from_secs(90), created: Some(id()) };
    assert_eq!(found, [expected]);
}

#[tokio::test]
async fn entries_that_dynamodb_leaves_out_are_asked_for_again() {
    let calls = AtomicUsize::new(0);
    let wire = Wire::answering(move |request| {
        let item = json!({
            "connection": { "S": "pcx-0000000a" }, "entry": { "S": "current" }, "status": { "S": "converged" }, "version": { "N": "1" },
            "ends": { "M": {
                "requester": { "M": { "account": { "S": "111111111111" }, "region": { "S": "eu-west-1" }, "vpc": { "S": "vpc-0000000a" } } },
                "accepter": { "M": { "account": { "S": "222222222222" }, "region": { "S": "eu-west-1" }, "vpc": { "S": "vpc-0000000b" } } } } },
            "rules": { "L": [] }, "reasons": { "L": [] }, "ec2_calls": { "N": "1" }, "updated_at": { "S": "2026-11-25T10:00:00Z" },
        });
        let left = json!({ "connections": { "Keys": [{ "connection": { "S": "pcx-0000000a" }, "entry": { "S": "current" } }] } });
        let first = request["Action"] == "BatchGetItem" && calls.fetch_add(1, Ordering::Relaxed) == 0;
        let (responses, left) = if first { (json!({}), left) } else { (json!({ "connections": [item] }), json!({})) };
        answer_json(&json!({ "Responses": responses, "UnprocessedKeys": left }))
    });
    let found = ledger(&wire).await.load_all(&BTreeSet::from([id()])).await.expect("a list");
    assert_eq!((found.read.len(), found.read[0].status.as_str()), (1, "converged"));
    assert_eq!(wire.requests("BatchGetItem").len(), 2);
}

#[tokio::test]
async fn a_member_is_told_of_only_when_it_changes() {
    for (known, refusal, news) in [(false, None, false), (false, Some("no"), true), (true, Some("no"), false), (true, None, true)] {
        let wire = Wire::answering(move |request| match request["Action"].as_str() {
            "GetItem" if known => answer_json(&json!({ "Item": { "connection": { "S": "member#x" }, "entry": { "S": "refused" } } })),
            _ => obliging(request),
        });
        let noted = ledger(&wire).await.note_member(&place("111111111111", "eu-west-1"), refusal, Timestamp::UNIX_EPOCH).await;
        assert_eq!(noted.expect("an answer"), news, "{known} {refusal:?}");
        assert_eq!((wire.requests("PutEvents").len(), wire.requests("TransactWriteItems").len()), (usize::from(news), usize::from(news)));
    }
}

#[tokio::test]
async fn a_transaction_is_a_lost_race_only_where_a_condition_does_not_hold() {
    let cases = [
        (vec!["None", "ConditionalCheckFailed"], Class::Stale, 1),
        (vec!["TransactionConflict", "ConditionalCheckFailed"], Class::Stale, 1),
        (vec!["TransactionConflict", "None"], Class::Transient, 6),
        (vec!["ThrottlingError", "None"], Class::Throttled, 6),
        (vec!["ValidationError", "None"], Class::Refused, 1),
    ];
    for (codes, class, sends) in cases {
        let reasons: Vec<Value> = codes.iter().map(|code| json!({ "Code": code })).collect();
        let wire = Wire::answering(move |request| match request["Action"].as_str() {
            "TransactWriteItems" => {
                let kind = "com.amazonaws.dynamodb.v20120810#TransactionCanceledException";
                Some((400, json!({ "__type": kind, "Message": "cancelled", "CancellationReasons": reasons }).to_string()))
            }
            _ => obliging(request),
        });
        let failure = ledger(&wire).await.save(&entry("planned", 2), &change("planned")).await.expect_err("a refusal");
        assert_eq!((failure.class, wire.requests("TransactWriteItems").len()), (class, sends), "{codes:?}");
    }
}

#[tokio::test]
async fn a_transaction_that_met_another_one_is_sent_again() {
    let sends = AtomicUsize::new(0);
    let wire = Wire::answering(move |request| {
        let first = request["Action"] == "TransactWriteItems" && sends.fetch_add(1, Ordering::Relaxed) == 0;
        let kind = "com.amazonaws.dynamodb.v20120810#TransactionCanceledException";
        let conflict = json!({ "__type": kind, "Message": "cancelled", "CancellationReasons": [{ "Code": "TransactionConflict" }] });
        if first { Some((400, conflict.to_string())) } else { obliging(request) }
    });
    ledger(&wire).await.save(&entry("planned", 2), &change("planned")).await.expect("the second one is taken");
}

#[tokio::test]
async fn an_entry_that_can_not_be_read_is_named_and_keeps_no_other_from_being_read() {
    let wire = Wire::answering(|request| {
        let spoilt = json!({ "connection": { "S": "pcx-0000000a" }, "entry": { "S": "current" } });
        (request["Action"] == "BatchGetItem").then(|| answer_json(&json!({ "Responses": { "connections": [spoilt] } }))).flatten()
    });
    let found = ledger(&wire).await.load_all(&BTreeSet::from([id()])).await.expect("a list");
    assert_eq!((found.read.len(), found.unreadable), (0, BTreeSet::from([id()])));
}

#[tokio::test]
async fn four_thousand_steps_are_written_whole_in_items_far_below_the_limit_and_shown_by_the_first() {
    let wire = Wire::answering(obliging);
    let details: Vec<String> =
        (0..4000).map(|number| format!("made: requester route rtb-{number:017x} fd00:{number:04x}:1234:5678::/56")).collect();
    let change = Change { details: details.clone(), ..change("converged") };
    ledger(&wire).await.save(&entry("converged", 2), &change).await.expect("no failure");
    let parts = parts(&wire);
    assert!(parts.iter().all(|(_, part)| part.to_string().len() < 100_000), "an item is too large");
    let shown = parts[1].1["Put"]["Item"]["details"]["L"].as_array().expect("details").clone();
    assert_eq!((shown.len(), shown[20]["S"].as_str()), (21, Some("and 3980 more")));
    let more = &parts[2..];
    let whole = more.iter().flat_map(|(_, part)| part["Put"]["Item"]["details"]["L"].as_array().expect("details"));
    assert_eq!(whole.map(|line| line["S"].as_str().expect("text").to_owned()).collect::<Vec<_>>(), details);
    for (number, (word, part)) in (1..).zip(more) {
        assert_eq!(word, &format!("put history#pcx-0000000a 2026-11-25T10:00:00Z#0000002#details#{number:03}"));
        assert!(part["Put"]["Item"]["expires_at"].is_object() && is_new(part), "{part}");
    }
}

#[tokio::test]
async fn whoever_takes_a_lease_learns_what_the_last_one_left() {
    let before = json!({ "connection": { "S": "pcx-0000000a" }, "entry": { "S": "lease" }, "until_ms": { "N": "0" }, "looked_at_ms": { "N": "42000" }, "waits_until_ms#accept": { "N": "43000" } });
    let wire = Wire::answering(move |request| match request["Action"].as_str() {
        "PutItem" => answer_json(&json!({ "Attributes": before })),
        _ => None,
    });
    let (ledger, now) = (ledger(&wire).await, Timestamp::UNIX_EPOCH);
    let lease = ledger.lease(&id(), "me", now, now + Duration::from_secs(65)).await.expect("an answer").expect("nobody has it");
    let second = |second| now + Duration::from_secs(second);
    assert_eq!(lease, Lease { looked_at: Some(second(42)), waits_until: [(Recipient::Accept, second(43))].into() });
    let left = Lease { looked_at: Some(second(50)), waits_until: [(Recipient::Configure, second(60))].into() };
    ledger.release(&id(), "me", &left).await.expect("it is given back");
    let sent = wire.requests("PutItem").pop().expect("a request");
    let item: Value = serde_json::from_str(&sent["Item"]).unwrap();
    assert_eq!((item["until_ms"]["N"].as_str(), item["looked_at_ms"]["N"].as_str()), (Some("0"), Some("50000")));
    assert_eq!((&item["waits_until_ms#configure"]["N"], item.get("waits_until_ms#accept")), (&json!("60000"), None));
    assert_eq!(item["expires_at"]["N"], json!((60 + 24 * 3600).to_string()));
    assert_eq!(item.get("holder"), None);
}

#[tokio::test]
async fn an_answer_that_was_refused_is_read_as_it_was_written_and_ends_by_itself() {
    let vpc: VpcRef = "111111111111/eu-west-1/vpc-0000000a".parse().expect("a VPC");
    let now = Timestamp::UNIX_EPOCH;
    let steps = Sides { requester: Some("what it says".to_owned()), accepter: None };
    let refusal = Refusal { steps, teardown: false, told: false, times: 3, since: now, retry_at: now + Duration::from_mins(20) };
    let wire = Wire::answering(|request| (request["Action"] == "TransactWriteItems").then(|| answer_json(&json!({}))).flatten());
    ledger(&wire).await.note_answer_refusal(&vpc, Some(&refusal)).await.expect("it is written");
    let [(word, part)] = &parts(&wire)[..] else { panic!("one item") };
    assert_eq!(word, &format!("put vpc#{vpc} answer"));
    let item = part["Put"]["Item"].clone();
    assert_eq!(item["expires_at"]["N"], json!((20 * 60 + 7 * 24 * 3600).to_string()));
    let wire = Wire::answering(move |request| (request["Action"] == "GetItem").then(|| answer_json(&json!({ "Item": item }))).flatten());
    assert_eq!(ledger(&wire).await.answer_refusal(&vpc).await.expect("it is read"), Some(refusal));
}
