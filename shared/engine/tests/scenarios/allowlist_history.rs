//! Who changed which rule is told and written down.

use jiff::Timestamp;
use peerwright_core::allowlist::AllowlistChange;
use peerwright_engine::allowlist_history::note_changes;
use peerwright_engine::failure::Class;
use peerwright_testkit::{Fault, Operation, run};
use serde_json::json;

use crate::demo::{WEB_TO_DB, world};

fn change() -> AllowlistChange {
    AllowlistChange {
        accepter: "any".to_owned(),
        id: "no-prod".to_owned(),
        before: None,
        after: Some(json!({ "effect": "deny" })),
        by: Some("arn:aws:sts::100000000001:assumed-role/peerwright-allowlist/ann".to_owned()),
        at: Timestamp::UNIX_EPOCH,
        sequence: "1".to_owned(),
    }
}

#[test]
fn a_change_of_the_allowlist_is_told_and_written_down_once_however_often_its_record_comes() {
    let world = world(WEB_TO_DB);
    for _ in 0..2 {
        run(note_changes(&[change()], &world.ports())).expect("it is told");
    }
    let [line] = world.ledger.allowlist_history().try_into().expect("one line");
    let by = "by arn:aws:sts::100000000001:assumed-role/peerwright-allowlist/ann";
    assert_eq!((line.what.as_str(), line.details[0].as_str()), ("rule no-prod added", by));
    let event = world.ledger.last_published();
    assert_eq!((event.kind, &event.detail["rule"], &event.detail["change"]), ("Allowlist Changed", &json!("no-prod"), &json!("added")));
}

#[test]
fn a_change_that_can_not_be_told_fails_and_comes_again() {
    let world = world(WEB_TO_DB);
    world.fail(Fault::next(Operation::NoteAllowlistChange, Class::Transient));
    assert!(run(note_changes(&[change()], &world.ports())).is_err());
    run(note_changes(&[change()], &world.ports())).expect("it is told");
    assert_eq!(world.ledger.allowlist_history().len(), 1);
}
