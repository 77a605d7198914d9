//! What EC2's answers are read as.

#![allow(clippy::expect_used, clippy::unwrap_used, missing_docs)]

mod support;

use peerwright_core::allowlist::{Destinations, GroupIntent, GroupSelector, Ports, Protocol, RouteIntent, Tables};
use peerwright_core::cidr::CidrSet;
use peerwright_core::desired::EndIntent;
use peerwright_core::ids::{PcxId, Side, VpcRef};
use peerwright_core::world::{Direction, PeeringState, RulePeer, Sighting};
use peerwright_engine::ports::Cloud;
use support::{Wire, ec2, place};

const REQUESTER: &str = "<requesterVpcInfo><ownerId>111111111111</ownerId><vpcId>vpc-0aaaaaaaaaaaaaaaa</vpcId><region>eu-west-1</region>\
    <cidrBlock>10.1.0.0/16</cidrBlock><cidrBlockSet><item><cidrBlock>10.1.0.0/16</cidrBlock></item><item><cidrBlock>100.64.0.0/16</cidrBlock></item>\
    </cidrBlockSet><ipv6CidrBlockSet><item><ipv6CidrBlock>2001:db8:1::/56</ipv6CidrBlock></item></ipv6CidrBlockSet></requesterVpcInfo>";
const ACCEPTER: &str = "<accepterVpcInfo><ownerId>222222222222</ownerId><vpcId>vpc-0bbbbbbbbbbbbbbbb</vpcId><region>eu-central-1</region>\
    <cidrBlock>10.2.0.0/16</cidrBlock><peeringOptions><allowDnsResolutionFromRemoteVpc>true</allowDnsResolutionFromRemoteVpc></peeringOptions></accepterVpcInfo>";

fn connection(status: &str) -> String {
    format!(
        "<vpcPeeringConnectionSet><item><vpcPeeringConnectionId>pcx-0123456789abcdef0</vpcPeeringConnectionId>{REQUESTER}{ACCEPTER}\
         <status><code>{status}</code><message>Words</message></status><tagSet/></item></vpcPeeringConnectionSet>"
    )
}

fn wire() -> Wire {
    Wire::answering(|request| match request["Action"].as_str() {
        "DescribeVpcPeeringConnections" => ec2("DescribeVpcPeeringConnections", &connection("active")),
        "DescribeVpcs" => ec2("DescribeVpcs", VPC),
        "DescribeVpcAttribute" if request["Attribute"] == "enableDnsSupport" => {
            ec2("DescribeVpcAttribute", "<vpcId>vpc-0bbbbbbbbbbbbbbbb</vpcId><enableDnsSupport><value>true</value></enableDnsSupport>")
        }
        "DescribeVpcAttribute" => {
            ec2("DescribeVpcAttribute", "<vpcId>vpc-0bbbbbbbbbbbbbbbb</vpcId><enableDnsHostnames><value>false</value></enableDnsHostnames>")
        }
        "DescribeRouteTables" if request.contains_key("NextToken") => ec2("DescribeRouteTables", &tables("rtb-22222222", "")),
        "DescribeRouteTables" => ec2("DescribeRouteTables", &tables("rtb-11111111", "<nextToken>more</nextToken>")),
        "DescribeSecurityGroups" => ec2("DescribeSecurityGroups", GROUPS),
        "DescribeSecurityGroupRules" => ec2("DescribeSecurityGroupRules", RULES),
        _ => None,
    })
}

const VPC: &str = "<vpcSet><item><vpcId>vpc-0bbbbbbbbbbbbbbbb</vpcId><tagSet><item><key>env</key><value>dev</value></item></tagSet>\
    <cidrBlockAssociationSet><item><cidrBlock>10.2.0.0/16</cidrBlock><cidrBlockState><state>associated</state></cidrBlockState></item>\
    <item><cidrBlock>10.3.0.0/16</cidrBlock><cidrBlockState><state>associating</state></cidrBlockState></item></cidrBlockAssociationSet>\
    <ipv6CidrBlockAssociationSet><item><ipv6CidrBlock>2001:db8:2::/56</ipv6CidrBlock><ipv6CidrBlockState><state>associated</state></ipv6CidrBlockState></item>\
    <item><ipv6CidrBlock>2001:db8:3::/56</ipv6CidrBlock><ipv6CidrBlockState><state>disassociated</state></ipv6CidrBlockState></item></ipv6CidrBlockAssociationSet></item></vpcSet>";

fn tables(id: &str, more: &str) -> String {
    format!(
        "<routeTableSet><item><routeTableId>{id}</routeTableId><vpcId>vpc-0bbbbbbbbbbbbbbbb</vpcId><routeSet>\
         <item><destinationCidrBlock>10.2.0.0/16</destinationCidrBlock><gatewayId>local</gatewayId><state>active</state></item>\
         <item><destinationIpv6CidrBlock>2001:db8:1::/56</destinationIpv6CidrBlock><vpcPeeringConnectionId>pcx-0123456789abcdef0</vpcPeeringConnectionId><state>blackhole</state></item>\
         <item><destinationPrefixListId>pl-1</destinationPrefixListId><gatewayId>vpce-1</gatewayId><state>active</state></item>\
         </routeSet><associationSet><item><main>true</main></item></associationSet></item></routeTableSet>{more}"
    )
}

const GROUPS: &str = "<securityGroupInfo><item><groupId>sg-11111111</groupId><tagSet><item><key>role</key><value>db</value></item></tagSet></item>\
    <item><groupId>sg-22222222</groupId></item></securityGroupInfo>";

const RULES: &str = "<securityGroupRuleSet>\
    <item><groupId>sg-11111111</groupId><isEgress>false</isEgress><ipProtocol>tcp</ipProtocol><fromPort>5432</fromPort><toPort>5432</toPort>\
    <referencedGroupInfo><groupId>sg-33333333</groupId><userId>111111111111</userId></referencedGroupInfo></item>\
    <item><groupId>sg-11111111</groupId><isEgress>true</isEgress><ipProtocol>-1</ipProtocol><fromPort>-1</fromPort><toPort>-1</toPort><cidrIpv4>0.0.0.0/0</cidrIpv4></item>\
    <item><groupId>sg-11111111</groupId><isEgress>false</isEgress><ipProtocol>icmp</ipProtocol><fromPort>8</fromPort><toPort>-1</toPort><cidrIpv4>10.0.0.0/8</cidrIpv4></item>\
    </securityGroupRuleSet>";

fn id() -> PcxId {
    "pcx-0123456789abcdef0".parse().unwrap()
}

async fn seen(wire: &Wire) -> Sighting {
    wire.cloud().await.connection(&place("222222222222", "eu-central-1"), &id()).await.expect("no failure").expect("a connection")
}

fn set(blocks: &[&str]) -> CidrSet {
    blocks.iter().map(|block| block.parse().unwrap()).collect()
}

fn everything() -> EndIntent {
    EndIntent {
        routes: vec![RouteIntent { tables: Tables::All, destinations: Destinations::All, exclude: CidrSet::default() }],
        groups: vec![GroupIntent {
            groups: GroupSelector::Tagged([("role".to_owned(), ["db".to_owned()].into())].into()),
            ingress: Vec::new(),
            egress: Vec::new(),
        }],
        dns_resolution: true,
    }
}

#[tokio::test]
async fn a_connection_shows_both_vpcs_with_every_cidr_block() {
    let sighting = seen(&wire()).await;
    assert_eq!(sighting.connection.state, PeeringState::Active);
    assert_eq!(sighting.connection.ends.requester.to_string(), "111111111111/eu-west-1/vpc-0aaaaaaaaaaaaaaaa");
    assert_eq!(sighting.cidrs.requester, set(&["10.1.0.0/16", "100.64.0.0/16", "2001:db8:1::/56"]));
    assert_eq!(sighting.cidrs.accepter, set(&["10.2.0.0/16"]));
}

#[tokio::test]
async fn a_state_that_aws_added_later_is_kept_as_it_is() {
    let wire = Wire::answering(|request| match request["Action"].as_str() {
        "DescribeVpcPeeringConnections" => ec2("DescribeVpcPeeringConnections", &connection("hibernating")),
        _ => None,
    });
    assert_eq!(seen(&wire).await.connection.state, PeeringState::Other("hibernating".to_owned()));
}

#[tokio::test]
async fn only_associated_cidr_blocks_of_a_vpc_count() {
    let vpc = VpcRef { place: place("222222222222", "eu-central-1"), vpc: "vpc-0bbbbbbbbbbbbbbbb".parse().unwrap() };
    let party = wire().cloud().await.party(&vpc).await.expect("no failure").expect("a VPC");
    assert_eq!(party.cidrs.known(), Some(&set(&["10.2.0.0/16", "2001:db8:2::/56"])));
    assert_eq!(party.tags.known().and_then(|tags| tags.get("env")).map(String::as_str), Some("dev"));
}

#[tokio::test]
async fn an_end_is_read_over_all_pages_and_every_page_is_counted() {
    let wire = wire();
    let sighting = seen(&wire).await;
    let cloud = wire.cloud().await;
    let end = cloud.end(&sighting.connection, Side::Accepter, &everything()).await.expect("no failure");
    assert_eq!(end.tables.iter().map(|table| table.id.as_str()).collect::<Vec<_>>(), ["rtb-11111111", "rtb-22222222"]);
    assert!(end.tables[0].main && end.tables[0].routes[1].blackhole);
    assert_eq!(end.tables[0].routes.len(), 2, "a route to a prefix list has no CIDR destination");
    assert!(end.dns_resolution, "the side's own option is shown");
    assert_eq!(cloud.calls(), 6, "VPC, connection, two pages of tables, groups, rules");
}

#[tokio::test]
async fn only_the_rules_of_selected_groups_are_asked_for() {
    let wire = wire();
    let sighting = seen(&wire).await;
    let end = wire.cloud().await.end(&sighting.connection, Side::Accepter, &everything()).await.expect("no failure");
    assert_eq!(end.groups.len(), 1);
    assert_eq!(wire.requests("DescribeSecurityGroupRules")[0]["Filter.1.Value.1"], "sg-11111111");
    let (direction, rule) = &end.groups[0].rules[0];
    assert_eq!((*direction, rule.protocol, rule.ports), (Direction::Ingress, Protocol::Tcp, Ports::Range(5432, 5432)));
    assert_eq!(rule.peer, RulePeer::Group("sg-33333333".parse().unwrap(), "111111111111".parse().unwrap()));
    assert_eq!(end.groups[0].rules[1].1.ports, Ports::All);
}

#[tokio::test]
async fn a_rule_for_one_icmp_type_equals_no_rule_that_we_could_want() {
    let wire = wire();
    let sighting = seen(&wire).await;
    let end = wire.cloud().await.end(&sighting.connection, Side::Accepter, &everything()).await.expect("no failure");
    assert!(matches!(end.groups[0].rules[2].1.peer, RulePeer::Other(_)));
}

#[tokio::test]
async fn an_end_of_which_nothing_is_wanted_is_asked_for_its_vpc_and_dns_attributes_only() {
    let wire = wire();
    let sighting = seen(&wire).await;
    let cloud = wire.cloud().await;
    cloud.end(&sighting.connection, Side::Accepter, &EndIntent::default()).await.expect("no failure");
    assert_eq!(cloud.calls(), 3);
}

#[tokio::test]
async fn an_end_that_wants_no_dns_still_says_whether_it_is_ready_for_the_peers() {
    let wire = wire();
    let sighting = seen(&wire).await;
    let end = wire.cloud().await.end(&sighting.connection, Side::Accepter, &EndIntent::default()).await.expect("no failure");
    assert!(!end.dns_ready, "hostnames are off");
    assert_eq!(wire.requests("DescribeVpcAttribute").len(), 2);
}
