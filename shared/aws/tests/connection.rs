//! Asking for connections, ending them, answering on tags, and what is left of them, as EC2 is asked.

#![allow(clippy::expect_used, clippy::unwrap_used, missing_docs)]

mod support;

use peerwright_core::ids::{PcxId, Side, Sides, VpcRef};
use peerwright_core::world::{Connection, Destination, Direction, PeeringState, RouteTarget, Tags};
use peerwright_engine::failure::{Class, Failure};
use peerwright_engine::ports::{Cloud, Created};
use support::{Answered, Request, Wire, ec2, ec2_error, place};

fn id() -> PcxId {
    "pcx-0123456789abcdef0".parse().unwrap()
}

fn ends() -> Sides<VpcRef> {
    let vpc = |text: &str| text.parse().unwrap();
    Sides { requester: vpc("111111111111/eu-west-1/vpc-0000000a"), accepter: vpc("222222222222/eu-central-1/vpc-0000000b") }
}

fn connection() -> Connection {
    Connection { id: id(), state: PeeringState::Active, message: String::new(), ends: ends() }
}

fn created(_: &Request) -> Answered {
    let body = "<vpcPeeringConnection><vpcPeeringConnectionId>pcx-0123456789abcdef0</vpcPeeringConnectionId></vpcPeeringConnection>";
    ec2("CreateVpcPeeringConnection", body)
}

async fn create(answer: impl Fn(&Request) -> Answered + Send + Sync + 'static) -> (Wire, Result<Created, Failure>) {
    let wire = Wire::answering(move |request| if request["Action"] == "AssumeRole" { None } else { answer(request) });
    let result = wire.cloud().await.create(&ends(), &ends().requester).await;
    (wire, result)
}

#[tokio::test]
async fn a_request_whose_answer_is_an_error_of_the_service_is_not_sent_again() {
    for (status, code, class) in [(503, "Unavailable", Class::Transient), (503, "RequestLimitExceeded", Class::Throttled)] {
        let wire = Wire::answering(move |request| if request["Action"] == "AssumeRole" { None } else { ec2_error(status, code) });
        let cloud = wire.retrying_cloud().await;
        assert_eq!(cloud.create(&ends(), &ends().requester).await.expect_err("an error").class, class, "{code}");
        assert_eq!(wire.requests("CreateVpcPeeringConnection").len(), 1, "{code}");
        assert_eq!(cloud.accept(&connection()).await.expect_err("an error").class, class, "{code}");
        assert_eq!(wire.requests("AcceptVpcPeeringConnection").len(), 3, "other calls are: {code}");
    }
}

#[tokio::test]
async fn a_request_names_the_peers_account_and_region_and_bears_the_tag_of_who_asked() {
    let (wire, result) = create(created).await;
    assert_eq!(result.expect("no failure"), Created { id: id(), bears_our_tag: false }, "the answer shows no tags");
    let sent = wire.requests("CreateVpcPeeringConnection").pop().expect("a request");
    let expected = [
        ("VpcId", "vpc-0000000a"),
        ("PeerVpcId", "vpc-0000000b"),
        ("PeerOwnerId", "222222222222"),
        ("PeerRegion", "eu-central-1"),
        ("TagSpecification.1.ResourceType", "vpc-peering-connection"),
        ("TagSpecification.1.Tag.1.Key", "peerwright:created-for"),
        ("TagSpecification.1.Tag.1.Value", "vpc-0000000a"),
    ];
    for (key, value) in expected {
        assert_eq!(sent.get(key).map(String::as_str), Some(value), "{key}");
    }
}

#[tokio::test]
async fn an_answer_that_shows_the_tag_of_who_asked_is_about_what_was_made_just_now() {
    for (vpc, ours) in [("vpc-0000000a", true), ("vpc-0000000c", false)] {
        let body = format!(
            "<vpcPeeringConnection><vpcPeeringConnectionId>pcx-0123456789abcdef0</vpcPeeringConnectionId><tagSet><item>\
             <key>peerwright:created-for</key><value>{vpc}</value></item></tagSet></vpcPeeringConnection>"
        );
        let (_, result) = create(move |_| ec2("CreateVpcPeeringConnection", &body)).await;
        assert_eq!(result.expect("no failure").bears_our_tag, ours, "{vpc}");
    }
}

#[tokio::test]
async fn what_ec2_says_to_a_request_is_told_apart() {
    let cases = [
        ("InvalidVpcID.NotFound", Class::Gone),
        ("VpcPeeringConnectionAlreadyExists", Class::Stale),
        ("OutstandingVpcPeeringConnectionLimitExceeded", Class::Quota),
        ("ActiveVpcPeeringConnectionPerVpcLimitExceeded", Class::Quota),
        ("RequestLimitExceeded", Class::Throttled),
        ("UnauthorizedOperation", Class::Denied),
        ("InvalidParameterValue", Class::Refused),
    ];
    for (code, class) in cases {
        let (_, result) = create(move |_| ec2_error(400, code)).await;
        assert_eq!(result.expect_err("refused").class, class, "{code}");
    }
}

#[tokio::test]
async fn an_answer_without_an_id_is_a_failure() {
    let (_, result) = create(|_| ec2("CreateVpcPeeringConnection", "<vpcPeeringConnection/>")).await;
    assert_eq!(result.expect_err("no id").class, Class::Unexpected);
}

#[tokio::test]
async fn a_connection_that_changed_can_not_be_deleted_at_the_moment() {
    for code in ["InvalidStateTransition", "InvalidVpcPeeringConnectionID.NotFound", "InvalidVpcPeeringConnectionId.NotFound"] {
        let wire =
            Wire::answering(move |request| (request["Action"] == "DeleteVpcPeeringConnection").then(|| ec2_error(400, code)).flatten());
        let failure = wire.cloud().await.delete(&connection(), Side::Requester).await.expect_err("refused");
        assert_eq!(failure.class, Class::Stale, "{code}");
        assert_eq!(failure.place, Some(place("111111111111", "eu-west-1")), "a requester's connection is deleted in its own place");
    }
}

#[tokio::test]
async fn tags_are_set_with_their_values_and_removed_whatever_these_are() {
    let wire = Wire::answering(|request| match request["Action"].as_str() {
        "AssumeRole" => None,
        action => ec2(action, "<return>true</return>"),
    });
    let cloud = wire.cloud().await;
    let tags = Tags::from([("peerwright:status".to_owned(), "converged".to_owned())]);
    cloud.tag(&place("111111111111", "eu-west-1"), "vpc-0000000a", &tags).await.expect("no failure");
    let sent = wire.requests("CreateTags").pop().expect("a request");
    assert_eq!(
        (sent["ResourceId.1"].as_str(), sent["Tag.1.Key"].as_str(), sent["Tag.1.Value"].as_str()),
        ("vpc-0000000a", "peerwright:status", "converged")
    );
    cloud.untag(&ends().requester, &["peerwright:status"]).await.expect("no failure");
    let sent = wire.requests("DeleteTags").pop().expect("a request");
    assert_eq!((sent["Tag.1.Key"].as_str(), sent.get("Tag.1.Value")), ("peerwright:status", None));
}

#[tokio::test]
async fn what_is_left_is_found_by_routes_and_tags_although_nobody_shows_the_connection() {
    let wire = Wire::answering(|request| match request["Action"].as_str() {
        "DescribeRouteTables" => ec2(
            "DescribeRouteTables",
            "<routeTableSet><item><routeTableId>rtb-0000000a</routeTableId><vpcId>vpc-0000000a</vpcId><routeSet><item>\
             <destinationCidrBlock>10.2.0.0/16</destinationCidrBlock><vpcPeeringConnectionId>pcx-0123456789abcdef0</vpcPeeringConnectionId>\
             <state>blackhole</state><origin>CreateRoute</origin></item></routeSet></item></routeTableSet>",
        ),
        "DescribeSecurityGroupRules" => ec2(
            "DescribeSecurityGroupRules",
            "<securityGroupRuleSet><item><securityGroupRuleId>sgr-0000000a</securityGroupRuleId><groupId>sg-0000000a</groupId>\
             <isEgress>true</isEgress><ipProtocol>tcp</ipProtocol><fromPort>443</fromPort><toPort>443</toPort><cidrIpv4>10.2.0.0/16</cidrIpv4>\
             <tagSet><item><key>peerwright:connection</key><value>pcx-0123456789abcdef0</value></item></tagSet></item></securityGroupRuleSet>",
        ),
        _ => None,
    });
    let cloud = wire.cloud().await;
    let end = cloud.leftovers(&id(), &ends().requester).await.expect("no failure");
    let [table] = &end.tables[..] else { panic!("{end:?}") };
    let [route] = &table.routes[..] else { panic!("{table:?}") };
    assert_eq!(route.destination, "10.2.0.0/16".parse::<Destination>().unwrap());
    assert!(route.blackhole && route.target == RouteTarget::Peering(id()));
    let [group] = &end.groups[..] else { panic!("{end:?}") };
    assert_eq!(
        (group.id.as_str(), group.rules[0].direction, group.rules[0].owner.as_ref()),
        ("sg-0000000a", Direction::Egress, Some(&id()))
    );
    let asked = wire.requests("DescribeRouteTables").pop().expect("a request");
    assert_eq!(asked["Filter.1.Name"], "route.vpc-peering-connection-id");
    assert_eq!((asked["Filter.2.Name"].as_str(), asked["Filter.2.Value.1"].as_str()), ("vpc-id", "vpc-0000000a"));
    let asked = wire.requests("DescribeSecurityGroupRules").pop().expect("a request");
    assert_eq!(
        (asked["Filter.1.Name"].as_str(), asked["Filter.1.Value.1"].as_str()),
        ("tag:peerwright:connection", "pcx-0123456789abcdef0")
    );
    assert_eq!(cloud.calls(), 2);
}
