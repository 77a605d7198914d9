//! What is foreseen of a change of the allowlist is what comes of it.

use std::collections::BTreeSet;

use peerwright_core::allowlist::{Allowlist as File, Proposal};
use peerwright_core::ask::ASK_TAG;
use peerwright_core::ids::PcxId;
use peerwright_core::plan::Step;
use peerwright_core::world::PeeringState;
use peerwright_engine::accept::OnDeny;
use peerwright_engine::foresee::{Effect, EffectKind, Foreseen, foresee};
use peerwright_engine::operator::{approve, awaiting, freeze};
use peerwright_engine::outcome::Recipient;
use peerwright_engine::ports::{Allowlist as _, Clock as _, Ledger as _};
use peerwright_testkit::{Snapshot, World, run};

use crate::demo::{A, B, DB, FAR, ODD, WEB, WEB_TO_DB, converged, world};
use crate::hub::Hub;
use crate::request::{TO_DB, living};

/// What a file would do to a world.
fn foreseen(world: &World, yaml: &str) -> Foreseen {
    foreseen_where(world, yaml, OnDeny::Hold)
}

fn foreseen_where(world: &World, yaml: &str, on_deny: OnDeny) -> Foreseen {
    let ports = world.ports();
    let file = File::from_yaml(yaml, ports.clock.now()).unwrap_or_else(|problems| panic!("{problems}"));
    run(async {
        let table = ports.allowlist.everything(None).await.expect("the table can be read");
        let proposed = Proposal::of(&table, &file.items(), true).applied_to(&table);
        let ids: BTreeSet<PcxId> = world.connections().into_iter().map(|(id, _)| id).collect();
        let known = ports.ledger.load_all(&ids).await.expect("the ledger can be read");
        let places = world.vpcs().into_iter().map(|vpc| vpc.place).collect();
        foresee(&known, &table, &proposed, &places, on_deny, &(), &ports).await.expect("everything can be read")
    })
}

fn wishing(on_revoke: &str) -> String {
    WEB_TO_DB.replace("effect: allow", &format!("effect: allow\n    on_revoke: {on_revoke}"))
}

fn manual() -> String {
    WEB_TO_DB.replace("effect: allow", "effect: allow\n    approval: manual")
}

fn denying(ends: &str) -> String {
    format!("{WEB_TO_DB}  - {{ id: no-more, effect: deny, {ends} }}\n")
}

/// A rule beside the first that opens one port more.
fn with_more() -> String {
    let ends = format!("requester: {{ accounts: [\"{A}\"] }}, accepter: {{ accounts: [\"{B}\"] }}");
    let opens =
        "security_groups: { accepter: [{ groups: { tag: { role: db } }, ingress: [{ protocol: tcp, ports: \"22\", from: peer-vpc }] }] }";
    format!("{WEB_TO_DB}  - {{ id: more, effect: allow, {ends}, {opens} }}\n")
}

/// Allowlists that differ in every way that matters.
fn allowlists() -> Vec<String> {
    let named = |vpc: &str| {
        format!(
            "aliases: {{ database: {{ account: \"{B}\", region: eu-west-1, vpc: {vpc} }} }}\nrules:\n  - {{ id: by-name, effect: allow, requester: {{ accounts: [\"{A}\"] }}, accepter: {{ alias: database }}, routes: {{ requester: {{ tables: main }} }} }}\n"
        )
    };
    vec![
        "rules: []".to_owned(),
        WEB_TO_DB.to_owned(),
        wishing("isolate"),
        wishing("delete"),
        manual(),
        with_more(),
        denying(&format!("requester: {{ accounts: [\"{A}\"] }}, accepter: {{ accounts: [\"{B}\"] }}")),
        denying("requester: { tags: { env: dev } }, accepter: { regions: [eu-west-1] }, on_revoke: keep"),
        WEB_TO_DB.replace("{ tables: all }", "{ tables: main }").replace("5432", "5433").replace("accepter: true", "accepter: false"),
        named(DB),
        WEB_TO_DB.replace("web-to-db", "another-name"),
        // The tags of the stranger's end, and of no other, are unknown.
        format!(
            "{WEB_TO_DB}  - {{ id: may-be, effect: deny, requester: {{ tags: {{ env: prod }} }}, accepter: {{ accounts: [\"999999999999\"] }} }}\n"
        ),
    ]
}

/// How a world has come to be as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Past {
    /// Somebody asked by hand.
    ByHand,
    /// A tag asks.
    ByTag,
    /// A tag asks by a name of the allowlist.
    ByName,
    /// Requests by hand to two VPCs and of a stranger.
    Several,
    /// Somebody asked by hand, and a person approved what had to be.
    Approved,
}

fn prepared(past: Past, before: &str) -> World {
    let world = world(before);
    let hub = Hub::new(&world);
    match past {
        Past::ByHand | Past::Approved => drop(world.request(WEB, DB)),
        Past::ByTag => drop(hub.tag(WEB, ASK_TAG, TO_DB)),
        Past::ByName => drop(hub.tag(WEB, ASK_TAG, "database")),
        Past::Several => [(WEB, DB), (WEB, FAR), (ODD, DB)].into_iter().for_each(|(from, to)| drop(world.request(from, to))),
    }
    hub.sweep_until_quiet();
    if past == Past::Approved {
        let (id, ports) = (world.connections()[0].0.clone(), world.ports());
        let waits = run(awaiting(&ports.ledger, &id)).expect("the ledger knows it");
        if !waits.is_empty() {
            run(approve(&ports.ledger, &ports.clock, &id, &waits, "ines", "a test")).expect("it waits");
        }
        hub.sweep_until_quiet();
    }
    world
}

/// A step as a snapshot shows what it made.
fn as_made(steps: &[Step]) -> BTreeSet<String> {
    let words = |step: &Step| match step {
        Step::CreateRoute { table, destination, .. } | Step::DeleteRoute { table, destination, .. } => {
            vec![format!("{table} {destination}")]
        }
        Step::AuthorizeRules { group, direction, rules, .. } => {
            rules.iter().map(|rule| format!("{group} {direction} {} {}", rule.traffic, rule.peer)).collect()
        }
        Step::RevokeRules { group, direction, rules, .. } | Step::HandOverRules { group, direction, rules, .. } => {
            rules.iter().map(|(_, rule)| format!("{group} {direction} {} {}", rule.traffic, rule.peer)).collect()
        }
        Step::EnableDnsResolution { side, .. } | Step::DisableDnsResolution { side, .. } => vec![format!("dns {side}")],
    };
    steps.iter().flat_map(words).collect()
}

fn made(snapshot: &Snapshot, id: &PcxId) -> BTreeSet<String> {
    snapshot.made_for(id).into_iter().collect()
}

/// Holds what was foreseen of a connection against what became of it.
fn compare(effect: &Effect, id: &PcxId, before: &Snapshot, world: &World, of: &str) {
    let after = world.snapshot();
    let (was, is) = (made(before, id), made(&after, id));
    let (opened, closed) = (as_made(&effect.opened), as_made(&effect.closed));
    let expected: BTreeSet<String> = was.difference(&closed).chain(&opened).cloned().collect();
    let status = if world.ledger.ignores(id) { String::default() } else { world.ledger.entry(id).status.to_string() };
    let state = after.state(id);
    let words = format!("{of}\n{effect:#?}\nstatus {status}, was {was:#?}\nis {is:#?}");
    let without_dns =
        |things: &BTreeSet<String>| things.iter().filter(|thing| !thing.starts_with("dns ")).cloned().collect::<BTreeSet<_>>();
    match effect.kind {
        EffectKind::Accepted => {
            assert_eq!((before.state(id), state), (PeeringState::Pending, PeeringState::Active), "{words}");
            assert_eq!(without_dns(&is), opened, "{words}");
        }
        EffectKind::Deleted => assert!(state.has_ended() && is.is_empty(), "{words}"),
        EffectKind::Isolated => assert_eq!((status.as_str(), &is), ("isolated", &expected), "{words}"),
        EffectKind::Kept => assert_eq!((status.as_str(), &is, &was), ("kept", &was, &expected), "{words}"),
        EffectKind::Rejected => panic!("this hub leaves what is denied pending: {words}"),
        EffectKind::Denied => assert_eq!((status.as_str(), &is), ("denied", &was), "{words}"),
        EffectKind::Held => assert_eq!((status.as_str(), &is), ("held", &was), "{words}"),
        EffectKind::AwaitingApproval => assert!(is == expected && !world.ledger.entry(id).awaiting.is_empty(), "{words}"),
        EffectKind::Changed => assert!(is == expected && (was != is || !effect.blocked.is_empty()), "{words}"),
        EffectKind::NewlyCarried | EffectKind::Carried | EffectKind::CarriedOtherwise => assert!(is == was && was == expected, "{words}"),
        EffectKind::Doubtful | EffectKind::Unchanged => assert!(is == was && before.state(id) == state && was == expected, "{words}"),
        EffectKind::Requested => panic!("no connection exists yet: {words}"),
    }
}

#[test]
fn what_is_foreseen_of_any_change_of_the_allowlist_is_what_comes_of_it() {
    let mut kinds = BTreeSet::new();
    for past in [Past::ByHand, Past::ByTag, Past::ByName, Past::Several, Past::Approved] {
        for (number, before) in allowlists().into_iter().enumerate() {
            for (other, after) in allowlists().into_iter().enumerate() {
                // Every pair for what most connections come from; for the others a third, in which each comes before and after some.
                if !matches!(past, Past::ByHand | Past::ByTag) && (number + 2 * other) % 3 != 0 {
                    continue;
                }
                let world = prepared(past, &before);
                let of = format!("{past:?}: from\n{before}\nto\n{after}");
                let (snapshot, writes) = (world.snapshot(), world.writes().len());
                let known: BTreeSet<PcxId> = snapshot.states.keys().cloned().collect();
                let foreseen = foreseen(&world, &after);
                assert_eq!(world.writes().len(), writes, "looking writes nothing");
                if before == after {
                    assert!(!foreseen.changes_something(), "{of}\n{foreseen:#?}");
                }
                world.allowlist.replace(&after);
                Hub::new(&world).sweep_until_quiet();
                for effect in &foreseen.effects {
                    kinds.insert(effect.kind);
                    if let Some(id) = &effect.connection {
                        compare(effect, id, &snapshot, &world, &of);
                    }
                }
                let requested: Vec<_> =
                    foreseen.effects.iter().filter(|effect| effect.kind == EffectKind::Requested).map(|effect| &effect.ends).collect();
                let new: Vec<_> =
                    world.connections().into_iter().filter(|(id, _)| !known.contains(id)).map(|(id, _)| world.ends(&id)).collect();
                assert_eq!(requested, new.iter().collect::<Vec<_>>(), "{of}");
            }
        }
    }
    let elsewhere = |kind: &EffectKind| matches!(kind, EffectKind::Doubtful | EffectKind::NewlyCarried | EffectKind::Rejected);
    assert_eq!(kinds, EffectKind::ALL.into_iter().filter(|kind| !elsewhere(kind)).collect(), "each kind was met");
}

#[test]
fn each_effect_names_the_rules_that_do_it() {
    let world = prepared(Past::ByHand, WEB_TO_DB);
    let one = |yaml: &str| {
        let found = foreseen(&world, yaml);
        let [effect] = &found.effects[..] else { panic!("{found:#?}") };
        (effect.kind, effect.by.iter().cloned().collect::<Vec<_>>().join(" "), effect.why.clone())
    };
    let why = |text: &str| vec![text.to_owned()];
    assert_eq!(one(&with_more()), (EffectKind::Changed, "more".to_owned(), why("rule more allows it")));
    assert_eq!(
        one(&WEB_TO_DB.replace("5432", "5433")),
        (EffectKind::Changed, "web-to-db".to_owned(), why("rule web-to-db wishes something else"))
    );
    let deny = denying(&format!("requester: {{ accounts: [\"{A}\"] }}, accepter: {{ accounts: [\"{B}\"] }}"));
    assert_eq!(one(&deny), (EffectKind::Isolated, "no-more".to_owned(), why("rule no-more denies it")));
    let (kind, by, why) = one("rules: []");
    assert_eq!((kind, by.as_str(), why[0].as_str()), (EffectKind::Kept, "web-to-db", "rule web-to-db no longer allows it"));
}

#[test]
fn a_rule_that_only_says_what_becomes_of_a_connection_later_is_no_other_rule() {
    let world = prepared(Past::ByHand, WEB_TO_DB);
    let kind = |yaml: &str| foreseen(&world, yaml).effects[0].kind;
    assert_eq!(kind(&wishing("delete")), EffectKind::CarriedOtherwise);
    assert_eq!(kind(&WEB_TO_DB.replace("web-to-db", "another-name")), EffectKind::Carried);
}

#[test]
fn a_connection_that_no_rule_carried_before_is_carried_for_the_first_time() {
    let world = prepared(Past::ByHand, WEB_TO_DB);
    // Without a rule it stays as it is, with all that the rule wished.
    world.allowlist.replace("rules: []");
    Hub::new(&world).sweep_until_quiet();
    let found = foreseen(&world, WEB_TO_DB);
    let [effect] = &found.effects[..] else { panic!("{found:#?}") };
    assert_eq!((effect.kind, effect.status.as_str(), effect.opened.len()), (EffectKind::NewlyCarried, "kept", 0), "{effect:#?}");
}

#[test]
fn what_can_not_be_looked_at_is_named_and_doubtful_effects_are_no_promises() {
    let world = prepared(Past::ByHand, WEB_TO_DB);
    world.revoke_role(A);
    let deny = denying("requester: { tags: { env: dev } }, accepter: { regions: [eu-west-1] }");
    let found = foreseen(&world, &deny);
    assert_eq!(
        found.unseen.iter().collect::<Vec<_>>(),
        [&format!("we hold no role in {A}/eu-west-1"), &"we hold no role in 999999999999/eu-west-1".to_owned()]
    );
    let [effect] = &found.effects[..] else { panic!("{found:#?}") };
    assert_eq!(effect.kind, EffectKind::Doubtful, "{effect:#?}");
    let before = world.snapshot();
    world.allowlist.replace(&deny);
    Hub::new(&world).sweep_until_quiet();
    let id = effect.connection.as_ref().expect("it exists");
    assert_eq!(before.made_for(id), world.snapshot().made_for(id));
}

#[test]
fn what_is_frozen_is_foreseen_and_told_to_wait() {
    let world = prepared(Past::ByHand, WEB_TO_DB);
    let (id, ports) = (living(&world).remove(0), world.ports());
    run(freeze(&ports.ledger, &ports.clock, &id, true, "ines", "a test")).expect("it is known");
    let found = foreseen(&world, &wishing("isolate").replace("5432", "5433"));
    let [effect] = &found.effects[..] else { panic!("{found:#?}") };
    assert_eq!(effect.kind, EffectKind::Changed);
    assert!(effect.held_up.as_ref().is_some_and(|why| why.starts_with("it is frozen by ines")), "{effect:#?}");
}

#[test]
fn a_request_that_comes_to_be_denied_is_rejected_where_the_hub_rejects_what_is_denied() {
    let world = world("rules: []");
    let id = world.request(WEB, DB);
    Hub::new(&world).deliver(vec![(Recipient::Accept, world.requested(&id))]);
    let deny = "rules: [{ id: no, effect: deny, requester: { vpcs: [vpc-0000000a] }, accepter: { vpcs: [vpc-0000000b] } }]";
    for (on_deny, kind) in [(OnDeny::Hold, EffectKind::Denied), (OnDeny::Reject, EffectKind::Rejected)] {
        let kinds: Vec<EffectKind> = foreseen_where(&world, deny, on_deny).effects.iter().map(|effect| effect.kind).collect();
        assert_eq!(kinds, [kind]);
    }
}

#[test]
fn a_connection_that_nothing_changes_for_costs_no_more_than_its_places() {
    let world = world(WEB_TO_DB);
    let id = converged(&world, WEB, DB);
    let ports = world.ports();
    let file = File::from_yaml(WEB_TO_DB, ports.clock.now()).expect("it is valid");
    run(async {
        let table = ports.allowlist.everything(None).await.expect("the table can be read");
        let proposed = Proposal::of(&table, &file.items(), true).applied_to(&table);
        let known = ports.ledger.load_all(&BTreeSet::from([id.clone()])).await.expect("the ledger can be read");
        let calls = peerwright_engine::ports::Cloud::calls(&ports.cloud);
        foresee(&known, &table, &proposed, &BTreeSet::new(), OnDeny::Hold, &(), &ports).await.expect("everything can be read");
        assert_eq!(peerwright_engine::ports::Cloud::calls(&ports.cloud) - calls, 2, "one inventory a place");
    });
}

#[test]
fn what_rules_name_is_looked_up_where_we_are_let_in() {
    use peerwright_core::allowlist::StoredAllowlist;
    use peerwright_engine::surroundings::surroundings;
    let yaml = format!(
        "aliases:\n  database: {{ account: \"{B}\", region: eu-west-1, vpc: {DB} }}\n  lost: {{ account: \"{B}\", region: eu-west-1, vpc: vpc-00000dea }}\n  theirs: {{ account: \"999999999999\", region: eu-west-1, vpc: {ODD} }}\nrules:\n  - {{ id: r, effect: allow, requester: {{ accounts: [\"{A}\", \"444444444444\", \"555555555555\"] }}, accepter: {{ alias: database }} }}\n"
    );
    let world = world(&yaml).in_unit("444444444444", "Root/Workloads");
    let ports = world.ports();
    let items = run(ports.allowlist.everything(None)).expect("the table can be read");
    let places = world.vpcs().into_iter().map(|vpc| vpc.place).filter(|place| world.is_member(&place.account)).collect();
    let found = run(surroundings(&StoredAllowlist::read(items.iter()), &places, &ports)).expect("all is told");
    assert_eq!(found.foreign.iter().map(ToString::to_string).collect::<Vec<_>>(), ["555555555555"]);
    assert_eq!(found.gone.iter().map(ToString::to_string).collect::<Vec<_>>(), ["lost"]);
    assert_eq!(found.unchecked.into_iter().collect::<Vec<_>>(), ["we hold no role in 999999999999/eu-west-1"]);
}

#[test]
fn the_how_to_explains_every_effect_and_no_other() {
    let text = include_str!("../../../../docs/how-to/allowlist-in-git.md");
    let section = text.split("## What an effect means").nth(1).expect("a section").split("\n## ").next().expect("its text");
    let cells = section.lines().filter_map(|line| line.strip_prefix("| `")?.split('|').next());
    let explained: BTreeSet<&str> = cells
        .flat_map(|cell| cell.split(|letter: char| !letter.is_ascii_lowercase() && letter != '-'))
        .filter(|word| !word.is_empty())
        .collect();
    assert_eq!(explained, EffectKind::ALL.map(EffectKind::as_str).into_iter().collect());
}
