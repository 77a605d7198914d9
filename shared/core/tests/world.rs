//! Words of AWS that are read and written back, and what a step says of itself.

use std::collections::BTreeSet;

use peerwright_core::ids::Side;
use peerwright_core::plan::Step;
use peerwright_core::world::{Direction, PeeringState, RulePeer, RuleSpec};

/// Every code of `VpcPeeringConnectionStateReason` in the EC2 API reference.
const CODES: [&str; 9] =
    ["initiating-request", "pending-acceptance", "active", "deleted", "rejected", "failed", "expired", "provisioning", "deleting"];

fn rule(ports: &str) -> RuleSpec {
    RuleSpec {
        protocol: "tcp".parse().expect("a protocol"),
        ports: ports.parse().expect("ports"),
        peer: RulePeer::Cidr("10.20.0.0/16".parse().expect("a CIDR block")),
    }
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

fn create_route() -> Step {
    Step::CreateRoute {
        side: Side::Requester,
        table: "rtb-a0000001".parse().expect("a table"),
        destination: "10.20.0.0/16".parse().expect("a CIDR block"),
        connection: "pcx-00000001".parse().expect("a connection"),
    }
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
fn a_state_that_aws_invents_is_kept_and_is_not_taken_for_another() {
    for code in ["Active", "active ", "", "hibernating"] {
        assert_eq!(PeeringState::from(code), PeeringState::Other(code.to_owned()));
    }
}

#[test]
fn a_step_says_on_which_side_it_is_made_and_how_much_it_makes() {
    let said: Vec<(Side, usize)> =
        [create_route(), authorize(Direction::Ingress), enable_dns()].iter().map(|step| (step.side(), step.size())).collect();
    assert_eq!(said, [(Side::Requester, 1), (Side::Accepter, 2), (Side::Accepter, 1)]);
}

#[test]
fn a_step_names_the_permissions_it_needs() {
    assert_eq!(create_route().actions(), ["ec2:CreateRoute"]);
    assert_eq!(authorize(Direction::Ingress).actions(), ["ec2:AuthorizeSecurityGroupIngress", "ec2:CreateTags"]);
    assert_eq!(authorize(Direction::Egress).actions(), ["ec2:AuthorizeSecurityGroupEgress", "ec2:CreateTags"]);
    assert_eq!(enable_dns().actions(), ["ec2:ModifyVpcPeeringConnectionOptions"]);
}

#[test]
fn steps_only_create() {
    let forbidden = ["Delete", "Replace", "Revoke", "Accept", "Reject"];
    for step in [create_route(), authorize(Direction::Ingress), authorize(Direction::Egress), enable_dns()] {
        assert!(step.actions().iter().all(|action| forbidden.iter().all(|verb| !action.contains(verb))), "{step}");
    }
}
