//! The two tables.

use peerwright_core::ids::PcxId;
use peerwright_engine::entry::{Change, Entry};
use peerwright_engine::failure::Class;
use peerwright_engine::ports::{Allowlist, Ledger};
use peerwright_engine::status::Status;
use peerwright_testkit::{World, parse, run};

use crate::common::{A, ASKED, B, pending, refusal, world};

fn entry(world: &World, id: &PcxId, version: u64) -> Entry {
    Entry { status: Status::Held, ec2_calls: version, version, ..Entry::new(id, &world.ends(id)) }
}

fn change() -> Change {
    Change::new("held", &[], Vec::new())
}

#[test]
fn a_write_must_follow_the_version_that_it_was_made_from() {
    let world = world();
    let id = pending(&world, ASKED);
    let save = |version| run(world.ledger.save(&entry(&world, &id, version), &change()));
    assert_eq!(refusal(save(2)).0, Class::Stale, "there is nothing to follow");
    save(1).expect("it is the first");
    assert_eq!(refusal(save(1)).0, Class::Stale);
    save(2).expect("it follows");
    assert_eq!(refusal(save(4)).0, Class::Stale);
    assert_eq!((world.ledger.entry(&id).version, world.ledger.history(&id).len()), (2, 2));
    assert_eq!(world.writes().len(), 2, "what was refused was not written");
}

#[test]
fn a_rival_writes_just_before_one_write() {
    let world = world();
    let id = pending(&world, ASKED);
    world.ledger.rival(|entry| entry.status = Status::Other("theirs".to_owned()));
    assert_eq!(refusal(run(world.ledger.save(&entry(&world, &id, 1), &change()))).0, Class::Stale);
    let found = run(world.ledger.load(&id)).expect("it can be read").expect("the rival wrote it");
    assert_eq!((found.status.as_str(), found.version), ("theirs", 1));
    run(world.ledger.save(&entry(&world, &id, 2), &change())).expect("the rival wrote once");
}

#[test]
fn rules_are_found_by_the_account_of_the_accepter() {
    let world = world();
    world.allowlist.replace(
        r#"
rules:
  - { id: to-a, effect: allow, requester: { accounts: ["111111111111"] }, accepter: { accounts: ["111111111111"] } }
  - { id: to-b, effect: allow, requester: { accounts: ["111111111111"] }, accepter: { accounts: ["222222222222"] } }
  - { id: to-all, effect: deny, requester: { regions: [eu-west-1] }, accepter: { regions: [eu-west-1] } }
"#,
    );
    let found = |account| {
        let rules = run(world.allowlist.rules_for(&parse(account))).expect("the table can be read").rules;
        rules.into_iter().map(|rule| rule.expect("it is readable").id.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(found(A), ["to-a", "to-all"]);
    assert_eq!(found(B), ["to-b", "to-all"]);
}
