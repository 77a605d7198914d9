//! What EC2's answers are read as.

#![allow(clippy::expect_used, clippy::unwrap_used, missing_docs)]

mod support;

use std::collections::BTreeMap;

use peerwright_aws::Ec2Cloud;
use peerwright_core::cidr::CidrSet;
use peerwright_core::end_query::EndQuery;
use peerwright_core::ids::{PcxId, VpcRef};
use peerwright_core::tags::Selection;
use peerwright_core::traffic::{IcmpMessages, Traffic};
use peerwright_core::world::{Direction, End, Fact, ObservedConnection, PeeringState, RulePeer};
use peerwright_engine::ports::Cloud;
use support::{Wire, ec2, ec2_error, place};

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
        "DescribeSubnets" => ec2("DescribeSubnets", SUBNETS),
        "DescribeManagedPrefixLists" if request["PrefixListId.1"] == "pl-22222222" => ec2_error(400, "InvalidPrefixListID.NotFound"),
        "DescribeManagedPrefixLists" => ec2("DescribeManagedPrefixLists", LIST),
        "GetManagedPrefixListEntries" => ec2("GetManagedPrefixListEntries", ENTRIES),
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
         <item><destinationPrefixListId>pl-33333333</destinationPrefixListId><gatewayId>vpce-1</gatewayId><state>active</state></item>\
         <item><destinationCidrBlock>192.168.0.0/16</destinationCidrBlock><gatewayId>vgw-1</gatewayId><state>active</state>\
         <origin>EnableVgwRoutePropagation</origin></item></routeSet><associationSet><item><main>true</main></item><item><subnetId>subnet-11111111</subnetId></item></associationSet></item></routeTableSet>{more}"
    )
}

const GROUPS: &str = "<securityGroupInfo><item><groupId>sg-11111111</groupId><vpcId>vpc-0bbbbbbbbbbbbbbbb</vpcId><tagSet><item><key>role</key><value>db</value></item></tagSet></item>\
    <item><groupId>sg-22222222</groupId><vpcId>vpc-0bbbbbbbbbbbbbbbb</vpcId><ownerId>222222222222</ownerId></item>\
    <item><groupId>sg-33333333</groupId><vpcId>vpc-0bbbbbbbbbbbbbbbb</vpcId><ownerId>333333333333</ownerId></item></securityGroupInfo>";

const RULES: &str = "<securityGroupRuleSet>\
    <item><securityGroupRuleId>sgr-00000001</securityGroupRuleId><groupId>sg-11111111</groupId><isEgress>false</isEgress><ipProtocol>tcp</ipProtocol><fromPort>5432</fromPort><toPort>5432</toPort>\
    <referencedGroupInfo><groupId>sg-33333333</groupId><userId>111111111111</userId></referencedGroupInfo>\
    <tagSet><item><key>peerwright:connection</key><value>pcx-0123456789abcdef0</value></item></tagSet></item>\
    <item><securityGroupRuleId>sgr-00000002</securityGroupRuleId><groupId>sg-11111111</groupId><isEgress>true</isEgress><ipProtocol>-1</ipProtocol><fromPort>-1</fromPort><toPort>-1</toPort><cidrIpv4>0.0.0.0/0</cidrIpv4></item>\
    <item><securityGroupRuleId>sgr-00000003</securityGroupRuleId><groupId>sg-11111111</groupId><isEgress>false</isEgress><ipProtocol>icmp</ipProtocol><fromPort>8</fromPort><toPort>-1</toPort><cidrIpv4>10.0.0.0/8</cidrIpv4></item>\
    <item><securityGroupRuleId>sgr-00000004</securityGroupRuleId><groupId>sg-11111111</groupId><isEgress>false</isEgress><ipProtocol>icmp</ipProtocol><fromPort>3</fromPort><toPort>4</toPort><cidrIpv4>10.0.0.0/8</cidrIpv4></item>\
    </securityGroupRuleSet>";

const SUBNETS: &str = "<subnetSet><item><subnetId>subnet-11111111</subnetId><vpcId>vpc-0bbbbbbbbbbbbbbbb</vpcId><tagSet><item><key>tier</key><value>private</value></item></tagSet></item></subnetSet>";
const LIST: &str = "<prefixListSet><item><prefixListId>pl-11111111</prefixListId><maxEntries>10</maxEntries></item></prefixListSet>";
const ENTRIES: &str = "<entrySet><item><cidr>10.1.0.0/24</cidr></item></entrySet>";

fn id() -> PcxId {
    "pcx-0123456789abcdef0".parse().unwrap()
}

async fn seen(wire: &Wire) -> ObservedConnection {
    wire.cloud().await.connection(&place("222222222222", "eu-central-1"), &id()).await.expect("no failure").expect("a connection")
}

fn set(blocks: &[&str]) -> CidrSet {
    blocks.iter().map(|block| block.parse().unwrap()).collect()
}

fn everything() -> EndQuery {
    EndQuery {
        cidrs: true,
        tables: true,
        subnets: true,
        prefix_lists: ["pl-11111111".parse().unwrap(), "pl-22222222".parse().unwrap()].into(),
        groups: true,
        rules_of: vec![Selection::Tagged([("role".to_owned(), ["db".to_owned()].into())].into())],
        dns_attributes: true,
        ..EndQuery::default()
    }
}

async fn accepter_end(wire: &Wire) -> End {
    let peering = seen(wire).await;
    end_of(&wire.cloud().await, &peering, everything()).await
}

/// The accepter's end of a connection, as far as the query asks for it.
async fn end_of(cloud: &Ec2Cloud, peering: &ObservedConnection, query: EndQuery) -> End {
    let VpcRef { place, vpc } = &peering.connection.ends.accepter;
    cloud.ends(place, &BTreeMap::from([(vpc.clone(), query)])).await.expect("no failure").remove(vpc).expect("it was asked for")
}

#[tokio::test]
async fn a_connection_shows_both_vpcs_with_every_cidr_block() {
    let peering = seen(&wire()).await;
    assert_eq!(peering.connection.state, PeeringState::Active);
    assert_eq!(peering.connection.ends.requester.to_string(), "111111111111/eu-west-1/vpc-0aaaaaaaaaaaaaaaa");
    assert_eq!(peering.cidrs.requester, set(&["10.1.0.0/16", "100.64.0.0/16", "2001:db8:1::/56"]));
    assert_eq!(peering.cidrs.accepter, set(&["10.2.0.0/16"]));
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
    let vpc_facts = wire().cloud().await.vpc_facts(&vpc).await.expect("no failure").expect("a VPC");
    assert_eq!(vpc_facts.cidrs.known(), Some(&set(&["10.2.0.0/16", "2001:db8:2::/56"])));
    assert_eq!(vpc_facts.tags.known().and_then(|tags| tags.get("env")).map(String::as_str), Some("dev"));
}

#[tokio::test]
async fn a_vpc_belongs_to_the_account_that_its_owner_id_names() {
    let wire = Wire::answering(|request| match request["Action"].as_str() {
        "DescribeVpcs" if request["Filter.1.Value.1"] == "vpc-0000000a" => {
            ec2("DescribeVpcs", "<vpcSet><item><vpcId>vpc-0000000a</vpcId><ownerId>111111111111</ownerId></item></vpcSet>")
        }
        "DescribeVpcs" => ec2("DescribeVpcs", VPC),
        _ => None,
    });
    for (id, owner) in [("vpc-0000000a", "111111111111"), ("vpc-0bbbbbbbbbbbbbbbb", "222222222222")] {
        let vpc = VpcRef { place: place("222222222222", "eu-central-1"), vpc: id.parse().unwrap() };
        let found = wire.cloud().await.vpc_facts(&vpc).await.expect("no failure").expect("a VPC");
        assert_eq!(found.owner.as_str(), owner, "{id}");
        assert_eq!(found.other_owner().is_some(), owner == "111111111111", "{id}");
    }
}

#[tokio::test]
async fn a_group_of_a_participant_is_kept_apart() {
    let end = accepter_end(&wire()).await;
    assert_eq!(end.groups.iter().map(|group| group.id.as_str()).collect::<Vec<_>>(), ["sg-11111111", "sg-22222222"]);
    assert_eq!(end.participants_groups, [("sg-33333333".parse().unwrap(), "333333333333".parse().unwrap())].into());
}

#[tokio::test]
async fn an_end_is_read_over_all_pages_and_every_page_is_counted() {
    let wire = wire();
    let peering = seen(&wire).await;
    let cloud = wire.cloud().await;
    let end = end_of(&cloud, &peering, everything()).await;
    assert_eq!(end.tables.iter().map(|table| table.id.as_str()).collect::<Vec<_>>(), ["rtb-11111111", "rtb-22222222"]);
    assert_eq!(peering.dns_resolution.accepter, Some(true), "the side's own option is shown");
    assert_eq!(peering.dns_resolution.requester, None, "the other side's is not");
    assert_eq!(end.dns_ready, Some(false), "hostnames are off");
    assert_eq!(cloud.calls(), 11, "VPC, 2 attributes, 2 pages of tables, groups, rules, subnets, 2 lists and the entries of one");
}

#[tokio::test]
async fn a_table_shows_its_subnets_and_routes_with_what_became_of_them() {
    let end = accepter_end(&wire()).await;
    let table = &end.tables[0];
    assert!(table.main);
    assert_eq!(table.subnets, ["subnet-11111111".parse().unwrap()].into());
    let routes: Vec<String> = table
        .routes
        .iter()
        .map(|route| format!("{} {} {} {}", route.destination, route.target, route.blackhole, route.propagated))
        .collect();
    assert_eq!(
        routes,
        [
            "10.2.0.0/16 local false false",
            "2001:db8:1::/56 pcx-0123456789abcdef0 true false",
            "pl-33333333 vpce-1 false false",
            "192.168.0.0/16 vgw-1 false true"
        ]
    );
}

#[tokio::test]
async fn all_groups_are_read_and_only_the_rules_of_selected_ones_are_asked_for() {
    let wire = wire();
    let end = accepter_end(&wire).await;
    assert_eq!(end.groups.len(), 2);
    let asked = &wire.requests("DescribeSecurityGroupRules")[0];
    assert_eq!(asked["Filter.1.Value.1"], "sg-11111111");
    assert!(!asked.contains_key("Filter.1.Value.2"), "{asked:?}");
}

#[tokio::test]
async fn a_rule_is_ours_by_its_tag() {
    let end = accepter_end(&wire()).await;
    let rules = &end.groups[0].rules;
    assert_eq!(rules[0].owner, Some(id()));
    assert_eq!(rules[1].owner, None);
    let rule = &rules[0].spec;
    assert_eq!((rules[0].direction, rule.traffic), (Direction::Ingress, Traffic::Tcp("5432".parse().unwrap())));
    assert_eq!(rule.peer, RulePeer::Group("sg-33333333".parse().unwrap(), "111111111111".parse().unwrap()));
    assert_eq!(rules[1].spec.traffic, Traffic::All);
}

#[tokio::test]
async fn an_icmp_type_and_code_are_read_out_of_the_ports() {
    let end = accepter_end(&wire()).await;
    assert_eq!(end.groups[0].rules[2].spec.traffic, Traffic::Icmp(IcmpMessages::Type(8, None)));
    assert_eq!(end.groups[0].rules[3].spec.traffic, Traffic::Icmp(IcmpMessages::Type(3, Some(4))));
}

#[tokio::test]
async fn subnets_are_read_with_their_tags() {
    let end = accepter_end(&wire()).await;
    assert_eq!(end.subnets[0].id.as_str(), "subnet-11111111");
    assert_eq!(end.subnets[0].tags.get("tier").map(String::as_str), Some("private"));
}

#[tokio::test]
async fn a_prefix_list_is_read_with_its_size_and_one_that_is_not_ours_says_why() {
    let end = accepter_end(&wire()).await;
    let list = end.prefix_lists[&"pl-11111111".parse().unwrap()].known().expect("it can be read");
    assert_eq!((&list.cidrs, list.max_entries), (&set(&["10.1.0.0/24"]), 10));
    let Fact::Unknown(why) = &end.prefix_lists[&"pl-22222222".parse().unwrap()] else { panic!("nobody shared it") };
    assert!(why.contains("InvalidPrefixListID.NotFound"), "{why}");
}

#[tokio::test]
async fn an_end_costs_as_many_calls_as_is_asked_of_it() {
    let wire = wire();
    let peering = seen(&wire).await;
    let cloud = wire.cloud().await;
    end_of(&cloud, &peering, EndQuery::default()).await;
    assert_eq!(cloud.calls(), 0);
    let blocks = EndQuery { cidrs: true, ..EndQuery::default() };
    end_of(&cloud, &peering, blocks).await;
    assert_eq!(cloud.calls(), 1);
    let rules = EndQuery { rules_in: ["sg-11111111".parse().unwrap()].into(), ..EndQuery::default() };
    let end = end_of(&cloud, &peering, rules).await;
    assert_eq!((end.groups.len(), end.groups[0].tags.len(), end.groups[0].rules.is_empty()), (1, 0, false), "{:?}", end.groups);
    assert_eq!(cloud.calls(), 2, "which groups there are is known");
}
