//! Words of AWS that are read and written back, and what a step says of itself.

use std::collections::BTreeSet;

use peerwright_core::ids::Side;
use peerwright_core::owned::Owned;
use peerwright_core::plan::{Plan, Step};
use peerwright_core::traffic::Traffic;
use peerwright_core::world::{Destination, Direction, PeeringState, RulePeer, RuleSpec};

/// Every code of `VpcPeeringConnectionStateReason` in the EC2 API reference.
const CODES: [&str; 9] =
    ["initiating-request", "pending-acceptance", "active", "deleted", "rejected", "failed", "expired", "provisioning", "deleting"];

fn rule(ports: &str) -> RuleSpec {
    RuleSpec { traffic: Traffic::Tcp(ports.parse().expect("ports")), peer: RulePeer::Cidr("10.20.0.0/16".parse().expect("a CIDR block")) }
}

fn authorize(direction: Direction) -> Step {
    Step::AuthorizeRules {
        side: Side::Accepter,
        group: "sg-b0000001".parse().expect("a group"),
        direction,
        rules: BTreeSet::from([rule("443"), rule("80")]),
        connection: "pcx-00000001".parse().expect("a connection"),
    }
}

fn revoke(direction: Direction) -> Step {
    let rules = [("sgr-00000001", rule("443")), ("sgr-00000002", rule("80"))];
    Step::RevokeRules {
        side: Side::Accepter,
        group: "sg-b0000001".parse().expect("a group"),
        direction,
        rules: rules.into_iter().map(|(id, rule)| (id.parse().expect("a rule id"), rule)).collect(),
        connection: "pcx-00000001".parse().expect("a connection"),
    }
}

fn disable_dns() -> Step {
    Step::DisableDnsResolution { side: Side::Accepter, connection: "pcx-00000001".parse().expect("a connection") }
}

fn hand_over() -> Step {
    let rules = BTreeSet::from([("sgr-00000001".parse().expect("a rule id"), rule("443"))]);
    Step::HandOverRules {
        side: Side::Accepter,
        group: "sg-b0000001".parse().expect("a group"),
        direction: Direction::Ingress,
        rules,
        connection: "pcx-00000001".parse().expect("a connection"),
        to: "pcx-00000002".parse().expect("a connection"),
    }
}

fn create_route() -> Step {
    Step::CreateRoute {
        side: Side::Requester,
        table: "rtb-a0000001".parse().expect("a table"),
        destination: "10.20.0.0/16".parse().expect("a CIDR block"),
        connection: "pcx-00000001".parse().expect("a connection"),
    }
}

fn delete_route() -> Step {
    Step::DeleteRoute {
        side: Side::Requester,
        table: "rtb-a0000001".parse().expect("a table"),
        destination: "pl-00000001".parse().expect("a prefix list"),
        connection: "pcx-00000001".parse().expect("a connection"),
    }
}

fn every_step() -> Vec<Step> {
    let ways = [Direction::Ingress, Direction::Egress];
    let of_groups = ways.into_iter().flat_map(|way| [authorize(way), revoke(way)]);
    of_groups.chain([create_route(), enable_dns(), delete_route(), hand_over(), disable_dns()]).collect()
}

fn enable_dns() -> Step {
    Step::EnableDnsResolution { side: Side::Accepter, connection: "pcx-00000001".parse().expect("a connection") }
}

#[test]
fn a_state_is_written_as_aws_wrote_it() {
    for code in CODES.into_iter().chain(["hibernating"]) {
        assert_eq!(PeeringState::from(code).to_string(), code);
    }
}

#[test]
fn each_state_that_aws_documents_is_known() {
    let ended = ["deleted", "rejected", "failed", "expired", "deleting"];
    for code in CODES {
        let state = PeeringState::from(code);
        assert!(!matches!(state, PeeringState::Other(_)), "{code}");
        assert_eq!(matches!(state, PeeringState::Ended(_)), ended.contains(&code), "{code}");
    }
}

#[test]
fn a_vanished_connection_has_ended_in_a_word_that_aws_does_not_use() {
    assert_eq!(PeeringState::Vanished.to_string(), "vanished");
    assert!(PeeringState::Vanished.has_ended());
    assert!(CODES.iter().all(|code| PeeringState::from(*code) != PeeringState::Vanished));
    assert_ne!(PeeringState::from("vanished"), PeeringState::Vanished, "AWS is not believed to say so");
}

#[test]
fn a_state_that_aws_invents_is_kept_and_is_not_taken_for_another() {
    for code in ["Active", "active ", "", "hibernating"] {
        assert_eq!(PeeringState::from(code), PeeringState::Other(code.to_owned()));
    }
}

#[test]
fn a_step_says_on_which_side_it_is_made_and_how_much_it_makes() {
    let steps = [create_route(), authorize(Direction::Ingress), enable_dns(), delete_route(), hand_over(), revoke(Direction::Egress)];
    let said: Vec<(Side, usize)> = steps.iter().map(|step| (step.side(), step.size())).collect();
    let expected =
        [(Side::Requester, 1), (Side::Accepter, 2), (Side::Accepter, 1), (Side::Requester, 1), (Side::Accepter, 1), (Side::Accepter, 2)];
    assert_eq!(said, expected);
}

#[test]
fn a_step_names_the_permissions_it_needs() {
    assert_eq!(create_route().actions(), ["ec2:CreateRoute"]);
    assert_eq!(authorize(Direction::Ingress).actions(), ["ec2:AuthorizeSecurityGroupIngress", "ec2:CreateTags"]);
    assert_eq!(authorize(Direction::Egress).actions(), ["ec2:AuthorizeSecurityGroupEgress", "ec2:CreateTags"]);
    assert_eq!(enable_dns().actions(), ["ec2:ModifyVpcPeeringConnectionOptions"]);
    assert_eq!(disable_dns().actions(), ["ec2:ModifyVpcPeeringConnectionOptions"]);
    assert_eq!(delete_route().actions(), ["ec2:DeleteRoute"]);
    assert_eq!(hand_over().actions(), ["ec2:CreateTags"]);
    assert_eq!(revoke(Direction::Ingress).actions(), ["ec2:RevokeSecurityGroupIngress"]);
    assert_eq!(revoke(Direction::Egress).actions(), ["ec2:RevokeSecurityGroupEgress"]);
}

#[test]
fn a_step_removes_exactly_where_its_permissions_do() {
    // What is handed over stays where it is, and an option is switched both ways by one call.
    for step in every_step().iter().filter(|step| !matches!(step, Step::HandOverRules { .. } | Step::DisableDnsResolution { .. })) {
        let removing = step.actions().iter().any(|action| action.contains("Delete") || action.contains("Revoke"));
        assert_eq!(step.removes(), removing, "{step}");
    }
}

#[test]
fn no_step_replaces_accepts_or_rejects() {
    let forbidden = ["Replace", "Accept", "Reject", "VpcPeeringConnection"];
    for step in every_step().iter().filter(|step| !matches!(step, Step::EnableDnsResolution { .. } | Step::DisableDnsResolution { .. })) {
        assert!(step.actions().iter().all(|action| forbidden.iter().all(|verb| !action.contains(verb))), "{step}");
    }
}

#[test]
fn steps_sort_so_that_what_adds_comes_before_what_removes() {
    let mut steps = every_step();
    steps.sort_unstable();
    assert!(steps.is_sorted_by_key(Step::removes), "{steps:?}");
}

#[test]
fn a_plan_tells_apart_what_it_adds_and_what_it_removes() {
    let plan = Plan { steps: every_step(), ..Plan::default() };
    assert!(plan.additions().all(|step| !step.removes()) && plan.removals().all(Step::removes));
    assert_eq!((plan.additions().count(), plan.removals().count()), (4, 5));
}

#[test]
fn a_plan_is_empty_only_when_nothing_is_left_for_later() {
    assert!(Plan::default().is_empty());
    assert!(!Plan { steps: vec![create_route()], ..Plan::default() }.is_empty());
    assert!(!Plan { deferred: vec![create_route()], ..Plan::default() }.is_empty());
}

#[test]
fn what_is_about_to_be_made_is_remembered_and_what_was_removed_is_forgotten() {
    let mut owned = Owned::default();
    owned.extend(&[create_route(), authorize(Direction::Ingress), enable_dns(), delete_route(), revoke(Direction::Egress)]);
    let Step::CreateRoute { side, table, destination, connection } = create_route() else { panic!("a route") };
    assert!(owned.has_route(side, &table, &destination));
    assert!(!owned.has_route(side.peer(), &table, &destination));
    assert!(owned.touches(Side::Requester) && owned.touches(Side::Accepter));
    assert_eq!((owned.routes.len(), owned.groups.len()), (1, 1));
    owned.forget(&[Step::DeleteRoute { side, table: table.clone(), destination: destination.clone(), connection }]);
    assert!(!owned.has_route(side, &table, &destination) && !owned.touches(Side::Requester));
    owned.forget(&[revoke(Direction::Ingress)]);
    assert!(owned.touches(Side::Accepter), "a group is remembered: looking into one too many costs nothing");
}

#[test]
fn an_end_that_was_cleaned_is_forgotten_with_its_groups_and_the_other_is_not() {
    for side in Side::BOTH {
        let mut owned = Owned::default();
        for of in Side::BOTH {
            let (mut route, mut rules) = (create_route(), authorize(Direction::Ingress));
            let (Step::CreateRoute { side: at, .. }, Step::AuthorizeRules { side: too, .. }) = (&mut route, &mut rules) else {
                panic!("both add")
            };
            (*at, *too) = (of, of);
            owned.extend(&[route, rules]);
        }
        assert_eq!((owned.routes.len(), owned.groups.len()), (2, 2));
        owned.clear(side);
        assert!(!owned.touches(side) && owned.touches(side.peer()));
        assert_eq!((owned.routes_of(side).len(), owned.routes_of(side.peer()).len(), owned.groups.len()), (0, 1, 1));
        owned.clear(side.peer());
        assert_eq!(owned, Owned::default());
    }
}

#[test]
fn what_is_ours_is_written_and_read_back() {
    let mut owned = Owned::default();
    owned.extend(&[create_route(), authorize(Direction::Ingress)]);
    let text = serde_json::to_string(&owned).expect("JSON");
    assert_eq!(serde_json::from_str::<Owned>(&text).expect("what was written"), owned);
    let before_groups = r#"{"routes":[{"side":"requester","table":"rtb-a0000001","destination":"pl-00000001"}]}"#;
    let owned: Owned = serde_json::from_str(before_groups).expect("an entry of the ledger from before there were groups");
    assert!(owned.touches(Side::Requester) && !owned.touches(Side::Accepter));
}

#[test]
fn a_destination_is_a_block_in_canonical_form_or_a_prefix_list() {
    let read = |text: &str| text.parse::<Destination>().map(|found| found.to_string()).map_err(|error| error.to_string());
    assert_eq!(read("100.68.0.18/18").as_deref(), Ok("100.68.0.0/18"));
    assert_eq!(read("fd00::1/64").as_deref(), Ok("fd00::/64"));
    assert_eq!(read("pl-00000001").as_deref(), Ok("pl-00000001"));
    for wrong in ["", "pl-", "10.0.0.0", "10.0.0.0/33", "sg-00000001"] {
        assert_eq!(read(wrong), Err(format!("`{wrong}` is neither a CIDR block nor a prefix list id")));
    }
}
