//! What goes out to AWS.

#![allow(clippy::expect_used, clippy::unwrap_used, missing_docs)]

mod support;

use peerwright_core::ids::{PcxId, Side};
use peerwright_core::plan::{OWNER_TAG, Step};
use peerwright_core::traffic::{IcmpMessages, Traffic};
use peerwright_core::world::{Direction, RulePeer, RuleSpec};
use peerwright_engine::failure::Class;
use peerwright_engine::ports::Cloud;
use support::{Request, Wire, ec2, ec2_error, place};

fn wire() -> Wire {
    Wire::answering(|request| match request["Action"].as_str() {
        "AssumeRole" => None,
        action => ec2(action, "<return>true</return>"),
    })
}

fn id() -> PcxId {
    "pcx-0123456789abcdef0".parse().unwrap()
}

async fn sent(step: Step) -> Request {
    let wire = wire();
    wire.cloud().await.apply(&place("222222222222", "cn-north-1"), &step).await.expect("no failure");
    let action = step.actions()[0].strip_prefix("ec2:").expect("an EC2 action");
    wire.requests(action).pop().expect("a request")
}

fn rules(peers: &[RulePeer]) -> Step {
    let rules = peers.iter().map(|peer| RuleSpec { traffic: Traffic::Tcp("80-90".parse().unwrap()), peer: peer.clone() }).collect();
    Step::AuthorizeRules {
        side: Side::Accepter,
        group: "sg-11111111".parse().unwrap(),
        direction: Direction::Ingress,
        rules,
        connection: id(),
    }
}

#[tokio::test]
async fn a_route_goes_to_the_parameter_of_its_kind_of_destination() {
    let route = |destination: &str| Step::CreateRoute {
        side: Side::Accepter,
        table: "rtb-11111111".parse().unwrap(),
        destination: destination.parse().unwrap(),
        connection: id(),
    };
    assert_eq!(sent(route("10.1.0.0/16")).await["DestinationCidrBlock"], "10.1.0.0/16");
    assert_eq!(sent(route("pl-11111111")).await["DestinationPrefixListId"], "pl-11111111");
    let ipv6 = sent(route("2001:db8::/56")).await;
    assert_eq!(ipv6["DestinationIpv6CidrBlock"], "2001:db8::/56");
    assert_eq!(ipv6["VpcPeeringConnectionId"], "pcx-0123456789abcdef0");
}

#[tokio::test]
async fn rules_of_one_group_and_direction_go_out_in_one_call_with_our_tag() {
    let group = RulePeer::Group("sg-22222222".parse().unwrap(), "111111111111".parse().unwrap());
    let request =
        sent(rules(&[RulePeer::Cidr("10.1.0.0/16".parse().unwrap()), RulePeer::Cidr("2001:db8::/56".parse().unwrap()), group])).await;
    assert_eq!(request["IpPermissions.1.IpRanges.1.CidrIp"], "10.1.0.0/16");
    assert_eq!(request["IpPermissions.1.IpRanges.1.Description"], "peerwright pcx-0123456789abcdef0");
    assert_eq!(request["IpPermissions.2.Ipv6Ranges.1.CidrIpv6"], "2001:db8::/56");
    assert_eq!(request["IpPermissions.3.Groups.1.GroupId"], "sg-22222222");
    assert_eq!(request["IpPermissions.3.Groups.1.UserId"], "111111111111");
    assert_eq!((request["IpPermissions.1.FromPort"].as_str(), request["IpPermissions.1.ToPort"].as_str()), ("80", "90"));
    assert_eq!(request["TagSpecification.1.ResourceType"], "security-group-rule");
    assert_eq!(request["TagSpecification.1.Tag.1.Key"], OWNER_TAG);
    assert_eq!(request["TagSpecification.1.Tag.1.Value"], "pcx-0123456789abcdef0");
}

#[tokio::test]
async fn a_side_sets_its_own_dns_option_only() {
    let request = sent(Step::EnableDnsResolution { side: Side::Accepter, connection: id() }).await;
    assert_eq!(request["AccepterPeeringConnectionOptions.AllowDnsResolutionFromRemoteVpc"], "true");
    assert!(request.keys().all(|key| !key.starts_with("Requester")), "{request:?}");
}

#[tokio::test]
async fn the_role_is_assumed_in_its_partition_with_external_id_and_session_policy() {
    let wire = wire();
    wire.cloud().await.apply(&place("222222222222", "cn-north-1"), &rules(&[])).await.expect("no failure");
    let request = &wire.requests("AssumeRole")[0];
    assert_eq!(request["RoleArn"], "arn:aws-cn:iam::222222222222:role/peerwright/peerwright-member-accept");
    assert_eq!(request["ExternalId"], "an-external-id");
    assert!(request["Policy"].contains("ec2:DescribeVpcs"), "{}", request["Policy"]);
}

#[tokio::test]
async fn a_hundred_roles_are_assumed_once_each_however_often_they_are_used() {
    let wire = wire();
    let cloud = wire.cloud().await;
    for _ in 0..2 {
        for account in 0..100 {
            let place = place(&format!("{account:012}"), "eu-west-1");
            cloud.apply(&place, &rules(&[])).await.expect("no failure");
        }
    }
    assert_eq!(wire.requests("AssumeRole").len(), 100);
}

#[tokio::test]
async fn what_is_there_already_calls_for_another_look() {
    for code in ["RouteAlreadyExists", "InvalidPermission.Duplicate"] {
        let wire = Wire::answering(move |request| match request["Action"].as_str() {
            "AssumeRole" => None,
            _ => ec2_error(400, code),
        });
        let failure = wire.cloud().await.apply(&place("222222222222", "eu-west-1"), &rules(&[])).await.expect_err("a failure");
        assert_eq!(failure.class, Class::Stale, "{code}");
    }
}

#[tokio::test]
async fn a_route_is_removed_by_its_destination_and_rules_by_their_ids() {
    let (table, destination) = ("rtb-11111111".parse().unwrap(), "2001:db8::/56".parse().unwrap());
    let route = sent(Step::DeleteRoute { side: Side::Accepter, table, destination, connection: id() }).await;
    assert_eq!((route["RouteTableId"].as_str(), route["DestinationIpv6CidrBlock"].as_str()), ("rtb-11111111", "2001:db8::/56"));
    for direction in [Direction::Ingress, Direction::Egress] {
        let spec = RuleSpec { traffic: Traffic::All, peer: RulePeer::Cidr("10.1.0.0/16".parse().unwrap()) };
        let rules = [("sgr-11111111".parse().unwrap(), spec.clone()), ("sgr-22222222".parse().unwrap(), spec)].into();
        let step = Step::RevokeRules { side: Side::Accepter, group: "sg-11111111".parse().unwrap(), direction, rules, connection: id() };
        let request = sent(step).await;
        assert_eq!(
            (request["SecurityGroupRuleId.1"].as_str(), request["SecurityGroupRuleId.2"].as_str()),
            ("sgr-11111111", "sgr-22222222")
        );
    }
}

#[tokio::test]
async fn dns_resolution_is_switched_off_by_the_option_of_one_end() {
    let request = sent(Step::DisableDnsResolution { side: Side::Accepter, connection: id() }).await;
    assert_eq!(request["AccepterPeeringConnectionOptions.AllowDnsResolutionFromRemoteVpc"], "false");
    assert!(request.keys().all(|key| !key.starts_with("Requester")), "{request:?}");
}

#[tokio::test]
async fn rules_are_handed_over_by_their_tag() {
    let spec = RuleSpec { traffic: Traffic::All, peer: RulePeer::Cidr("10.1.0.0/16".parse().unwrap()) };
    let rules = [("sgr-11111111".parse().unwrap(), spec.clone()), ("sgr-22222222".parse().unwrap(), spec)].into();
    let (group, to) = ("sg-11111111".parse().unwrap(), "pcx-22222222".parse().unwrap());
    let step = Step::HandOverRules { side: Side::Accepter, group, direction: Direction::Ingress, rules, connection: id(), to };
    let request = sent(step).await;
    let sent = ["Action", "ResourceId.1", "ResourceId.2", "Tag.1.Key", "Tag.1.Value", "Tag.2.Key"]
        .map(|name| request.get(name).map(String::as_str));
    assert_eq!(sent[..5], ["CreateTags", "sgr-11111111", "sgr-22222222", "peerwright:connection", "pcx-22222222"].map(Some));
    assert_eq!(sent[5], None);
}

#[tokio::test]
async fn an_icmp_type_and_code_go_out_in_the_ports() {
    let rule = |code| {
        let spec = RuleSpec { traffic: Traffic::Icmp(IcmpMessages::Type(8, code)), peer: RulePeer::Cidr("10.1.0.0/16".parse().unwrap()) };
        Step::AuthorizeRules {
            side: Side::Accepter,
            group: "sg-11111111".parse().unwrap(),
            direction: Direction::Ingress,
            rules: [spec].into(),
            connection: id(),
        }
    };
    let any = sent(rule(None)).await;
    assert_eq!((any["IpPermissions.1.FromPort"].as_str(), any["IpPermissions.1.ToPort"].as_str()), ("8", "-1"));
    let one = sent(rule(Some(0))).await;
    assert_eq!((one["IpPermissions.1.FromPort"].as_str(), one["IpPermissions.1.ToPort"].as_str()), ("8", "0"));
}
