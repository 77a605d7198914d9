//! Security group rules that two connections want: EC2 has each once, and it stays while either wants it.

use peerwright_core::ids::{PcxId, Side};
use peerwright_core::plan::Step;
use peerwright_core::world::Direction;
use peerwright_engine::outcome::Recipient;
use peerwright_engine::ports::Cloud;
use peerwright_testkit::{FakeGroup, FakeTable, FakeVpc, Operation, World, place, run};

use crate::demo::{A, B, DB, IRELAND, converged, db};
use crate::hub::{Hub, assert_quiet};

/// Two VPCs with the same block, which a hub may reach in different tables.
const ONE: &str = "vpc-00000001";
const TWO: &str = "vpc-00000002";

const ONE_TO_DB: &str = r#"
  - id: one-to-db
    effect: allow
    requester: { vpcs: [vpc-00000001] }
    accepter: { vpcs: [vpc-0000000b] }
    security_groups: { accepter: [{ groups: { tag: { role: db } }, ingress: [{ protocol: tcp, ports: "5432", from: peer-vpc }] }] }
"#;

fn both() -> String {
    format!("rules:{ONE_TO_DB}{}", two_to_db())
}

fn two_to_db() -> String {
    let rule = ONE_TO_DB.replace("one-to-db", "two-to-db").replace(ONE, TWO);
    rule.replace("effect: allow", "effect: allow\n    on_revoke: isolate")
}

fn world() -> World {
    let vpc = |id, table, group| FakeVpc::new(A, IRELAND, id).cidr("10.1.0.0/16").table(FakeTable::new(table)).group(FakeGroup::new(group));
    let (one, two) = (vpc(ONE, "rtb-00000001", "sg-00000001"), vpc(TWO, "rtb-00000002", "sg-00000002"));
    World::new().member(A).member(B).vpc(one).vpc(two).vpc(db()).allow(&both())
}

const PORT: [&str; 1] = ["sg-0000000b ingress tcp/5432 10.1.0.0/16"];

/// How often rules were opened, handed over and closed.
fn counts(world: &World) -> [usize; 3] {
    let writes = world.writes();
    [Operation::AuthorizeRules, Operation::HandOverRules, Operation::RevokeRules]
        .map(|kind| writes.iter().filter(|write| **write == kind).count())
}

#[test]
fn a_rule_of_an_ended_connection_that_another_one_wants_becomes_its_own_and_the_port_never_closes() {
    let world = world();
    let hub = Hub::new(&world);
    let (first, second) = (converged(&world, ONE, DB), converged(&world, TWO, DB));
    assert_eq!((world.snapshot().made_for(&first), world.snapshot().made_for(&second)), (PORT.map(str::to_owned).to_vec(), Vec::new()));
    hub.delete(&first, Side::Requester);
    assert_eq!((counts(&world), world.snapshot().made_for(&second)), ([1, 1, 0], PORT.map(str::to_owned).to_vec()));
    let statuses = [&first, &second].map(|id| world.ledger.entry(id).status.to_string());
    assert_eq!(statuses, ["ended", "converged"]);
    assert!(world.ledger.entry(&second).owned.borrowed.is_empty(), "it is its own now");
    assert_quiet(&hub);
    hub.delete(&second, Side::Accepter);
    assert_eq!((counts(&world), world.snapshot().rules.len()), ([1, 1, 1], 0));
    assert_quiet(&hub);
}

#[test]
fn a_rule_that_its_own_connection_no_longer_wants_is_handed_over_as_well() {
    let world = world();
    let hub = Hub::new(&world);
    let (first, second) = (converged(&world, ONE, DB), converged(&world, TWO, DB));
    world.allowlist.replace(&both().replacen("\"5432\"", "\"5433\"", 1));
    hub.sweep_until_quiet();
    let opened = |id: &PcxId| world.snapshot().made_for(id);
    assert_eq!((opened(&first), opened(&second)), (vec![PORT[0].replace("5432", "5433")], PORT.map(str::to_owned).to_vec()));
    assert_eq!(counts(&world), [2, 1, 0]);
    assert_quiet(&hub);
}

#[test]
fn a_connection_that_replaces_another_gets_its_rules_and_the_port_never_closes() {
    let world = world();
    let hub = Hub::new(&world);
    let first = converged(&world, ONE, DB);
    world.delete(&first, Side::Requester);
    let second = world.request(ONE, DB);
    for message in [(Recipient::Accept, world.requested(&second)), (Recipient::Cleanup, world.accepted(&first))] {
        hub.deliver([message]);
    }
    assert_eq!((counts(&world), world.snapshot().made_for(&second)), ([1, 1, 0], PORT.map(str::to_owned).to_vec()));
    assert_quiet(&hub);
}

#[test]
fn where_all_vpcs_are_in_one_place_the_rules_of_either_end_are_handed_over() {
    for on in ["accepter", "requester"] {
        let rule = |name: &str, requester: &str| {
            let group = if on == "accepter" { "{ tag: { role: db } }" } else { "{ tag: { role: shared } }" };
            let way = if on == "accepter" { "from" } else { "to" };
            let traffic = if on == "accepter" { "ingress" } else { "egress" };
            format!(
                "  - id: {name}\n    effect: allow\n    requester: {{ vpcs: [{requester}] }}\n    accepter: {{ vpcs: [vpc-0000000b] }}\n    \
                 security_groups: {{ {on}: [{{ groups: {group}, {traffic}: [{{ protocol: tcp, ports: \"5432\", {way}: peer-vpc }}] }}] }}\n"
            )
        };
        let vpc = FakeVpc::new(B, IRELAND, ONE).cidr("10.1.0.0/16").table(FakeTable::new("rtb-00000001"));
        let vpc = vpc.group(FakeGroup::new("sg-00000001").tag("role", "shared"));
        let world = World::new().member(B).vpc(vpc).vpc(db()).allow(&format!("rules:\n{}", rule("one", ONE)));
        let hub = Hub::new(&world);
        let first = converged(&world, ONE, DB);
        world.delete(&first, Side::Requester);
        let second = world.request(ONE, DB);
        for message in [(Recipient::Accept, world.requested(&second)), (Recipient::Cleanup, world.accepted(&first))] {
            hub.deliver([message]);
        }
        assert_eq!((counts(&world), world.snapshot().made_for(&second).len()), ([1, 1, 0], 1), "{on}");
        assert_quiet(&hub);
    }
}

#[test]
fn a_connection_that_is_kept_keeps_what_it_relies_on() {
    let keep = both().replace("on_revoke: isolate", "on_revoke: keep");
    let world = World::allow(world(), &keep);
    let hub = Hub::new(&world);
    let (first, second) = (converged(&world, ONE, DB), converged(&world, TWO, DB));
    world.allowlist.replace(&format!("rules:{ONE_TO_DB}"));
    hub.sweep_until_quiet();
    assert_eq!(world.ledger.entry(&second).status, "kept");
    hub.delete(&first, Side::Requester);
    assert_eq!((counts(&world), world.snapshot().made_for(&second)), ([1, 1, 0], PORT.map(str::to_owned).to_vec()));
}

#[test]
fn a_rule_that_was_handed_over_at_the_moment_when_its_heir_ended_is_found_by_the_sweep() {
    let world = world();
    let hub = Hub::new(&world);
    let (first, second) = (converged(&world, ONE, DB), converged(&world, TWO, DB));
    hub.delete(&second, Side::Requester);
    let (group, _, spec, _) = world.snapshot().rules.into_iter().next().expect("the port");
    let id = "sgr-0000000b000000001".parse().expect("the id of the first rule");
    let (rules, connection) = ([(id, spec)].into(), first.clone());
    let late = Step::HandOverRules { side: Side::Accepter, group, direction: Direction::Ingress, rules, connection, to: second.clone() };
    run(world.ports().cloud.apply(&place(B, IRELAND), &late)).expect("EC2 does not ask");
    world.allowlist.replace(&both().replacen("\"5432\"", "\"5433\"", 1));
    hub.sweep_until_quiet();
    assert_eq!(world.snapshot().made_for(&second), Vec::<String>::new());
    assert_eq!(world.snapshot().made_for(&first), [PORT[0].replace("5432", "5433")]);
    assert_quiet(&hub);
}

#[test]
fn who_gets_a_rule_that_it_no_longer_may_have_gives_it_up() {
    let world = world();
    let hub = Hub::new(&world);
    let (first, second) = (converged(&world, ONE, DB), converged(&world, TWO, DB));
    // Nobody has looked since: the ledger still says that the second relies on the port.
    world.allowlist.replace(&format!("rules:{ONE_TO_DB}"));
    hub.delete(&first, Side::Requester);
    assert_eq!((counts(&world), world.snapshot().rules.len()), ([1, 1, 1], 0));
    assert_eq!(world.ledger.entry(&second).status, "isolated");
    assert_quiet(&hub);
}

#[test]
fn nothing_is_handed_over_to_a_connection_that_has_ended_or_lost_its_permission() {
    let world = world();
    let hub = Hub::new(&world);
    let (first, second) = (converged(&world, ONE, DB), converged(&world, TWO, DB));
    world.allowlist.replace(&format!("rules:{ONE_TO_DB}"));
    hub.sweep_until_quiet();
    assert_eq!(world.ledger.entry(&second).status, "isolated");
    hub.delete(&first, Side::Requester);
    assert_eq!((counts(&world), world.snapshot().rules.len()), ([1, 0, 1], 0));
    assert_quiet(&hub);
}
