//! A whole place, read in bulk.

#![allow(clippy::expect_used, clippy::unwrap_used, missing_docs)]

mod support;

use std::collections::BTreeSet;

use peerwright_core::ids::VpcId;
use peerwright_core::inventory::{Inventory, InventoryScope};
use peerwright_engine::ports::{Cloud, Organization};
use serde_json::json;
use support::{Answered, Request, Wire, ec2, json as answer_json, place};

const CONNECTION: &str = "<item><vpcPeeringConnectionId>pcx-0000000a</vpcPeeringConnectionId><status><code>active</code></status>\
    <requesterVpcInfo><ownerId>111111111111</ownerId><vpcId>vpc-0000000a</vpcId><region>eu-west-1</region>\
    <peeringOptions><allowDnsResolutionFromRemoteVpc>true</allowDnsResolutionFromRemoteVpc></peeringOptions></requesterVpcInfo>\
    <accepterVpcInfo><ownerId>222222222222</ownerId><vpcId>vpc-0000000b</vpcId><region>eu-west-1</region></accepterVpcInfo>\
    <tagSet><item><key>peerwright:status</key><value>converged</value></item></tagSet></item>";

/// Two pages of route tables, one of everything else.
fn world(request: &Request) -> Answered {
    let action = request["Action"].as_str();
    let set = |name: &str, items: &str| ec2(action, &format!("<{name}>{items}</{name}>"));
    match action {
        "DescribeVpcPeeringConnections" => set("vpcPeeringConnectionSet", CONNECTION),
        "DescribeVpcs" => set(
            "vpcSet",
            "<item><vpcId>vpc-0000000a</vpcId><cidrBlockAssociationSet><item><cidrBlock>10.1.0.0/16</cidrBlock><cidrBlockState>\
             <state>associated</state></cidrBlockState></item></cidrBlockAssociationSet><tagSet><item><key>env</key><value>dev</value></item>\
             </tagSet></item>\
             <item><vpcId>vpc-0000000e</vpcId><ownerId>222222222222</ownerId><tagSet><item><key>peerwright:mesh</key><value>core</value></item>\
             </tagSet></item>",
        ),
        "DescribeRouteTables" if request.contains_key("NextToken") => set(
            "routeTableSet",
            "<item><routeTableId>rtb-0000000b</routeTableId><vpcId>vpc-0000000a</vpcId></item>\
             <item><routeTableId>rtb-0000000c</routeTableId><vpcId>vpc-0000000c</vpcId></item>",
        ),
        "DescribeRouteTables" => ec2(
            action,
            "<routeTableSet><item><routeTableId>rtb-0000000a</routeTableId><vpcId>vpc-0000000a</vpcId></item></routeTableSet><nextToken>more</nextToken>",
        ),
        "DescribeSecurityGroups" => set(
            "securityGroupInfo",
            "<item><groupId>sg-0000000a</groupId><vpcId>vpc-0000000a</vpcId><ownerId>111111111111</ownerId></item>\
             <item><groupId>sg-0000000b</groupId><vpcId>vpc-0000000a</vpcId><ownerId>333333333333</ownerId></item>\
             <item><groupId>sg-0000000e</groupId><vpcId>vpc-0000000e</vpcId><ownerId>111111111111</ownerId></item>",
        ),
        "DescribeSecurityGroupRules" => set(
            "securityGroupRuleSet",
            "<item><securityGroupRuleId>sgr-0000000a</securityGroupRuleId><groupId>sg-0000000a</groupId><isEgress>false</isEgress>\
             <ipProtocol>tcp</ipProtocol><fromPort>22</fromPort><toPort>22</toPort><cidrIpv4>10.9.0.0/16</cidrIpv4></item>",
        ),
        "DescribeSubnets" => set("subnetSet", "<item><subnetId>subnet-0000000a</subnetId><vpcId>vpc-0000000a</vpcId></item>"),
        _ => None,
    }
}

/// The place, looked into VPC A.
async fn inventory(scope: &InventoryScope) -> (Wire, Inventory, u64) {
    let wire = Wire::answering(world);
    let (cloud, place) = (wire.cloud().await, place("111111111111", "eu-west-1"));
    let inventory = cloud.inventory(&place).await.expect("no failure");
    assert_eq!(cloud.calls(), 2, "its connections and its VPCs");
    let inventory = cloud.look_into(&place, inventory, &BTreeSet::from([vpc()]), scope).await.expect("no failure");
    let calls = cloud.calls();
    (wire, inventory, calls)
}

fn vpc() -> VpcId {
    "vpc-0000000a".parse().unwrap()
}

#[tokio::test]
async fn everything_of_a_place_is_read_with_one_call_a_page_of_each_kind() {
    let scope = InventoryScope { groups: true, subnets: true, ..InventoryScope::default() };
    let (wire, inventory, calls) = inventory(&scope).await;
    let found = &inventory.vpcs[&vpc()];
    assert_eq!(found.tables.iter().map(|table| table.id.as_str()).collect::<Vec<_>>(), ["rtb-0000000a", "rtb-0000000b"]);
    assert_eq!(found.groups[0].rules.len(), 1, "the group's own rule is with it");
    assert_eq!((found.subnets.len(), found.tags["env"].as_str(), found.cidrs.len()), (1, "dev", 1));
    assert_eq!(inventory.connections[0].tags["peerwright:status"], "converged");
    let options = inventory.connections[0].dns_resolution;
    assert_eq!((options.requester, options.accepter), (Some(true), None), "the option of this place's end");
    assert_eq!(calls, 8, "six kinds, a second page of one, and the rules of ours that are elsewhere in the place");
    let filters = [
        ("DescribeVpcs", None),
        ("DescribeSecurityGroups", Some("vpc-id")),
        ("DescribeSecurityGroupRules", Some("group-id")),
        ("DescribeSubnets", Some("vpc-id")),
    ];
    for (action, filter) in filters {
        let asked = &wire.requests(action)[0];
        let name = asked.get("Filter.1.Name").map(String::as_str);
        assert_eq!((asked["MaxResults"].as_str(), name), ("1000", filter), "{action}");
    }
    assert_eq!(
        wire.requests("DescribeSecurityGroupRules")[1]["Filter.1.Name"],
        "tag:peerwright:connection",
        "the only filter for tags that EC2 documents for rules"
    );
    assert_eq!(wire.requests("DescribeRouteTables")[0]["MaxResults"], "100", "more EC2 does not take");
}

#[tokio::test]
async fn what_another_account_owns_is_kept_apart() {
    let (_, inventory, _) = inventory(&InventoryScope { groups: true, ..InventoryScope::default() }).await;
    assert_eq!(inventory.vpcs.keys().collect::<Vec<_>>(), [&vpc()], "those of this account");
    let shared = &inventory.shared_vpcs[&"vpc-0000000e".parse::<VpcId>().unwrap()];
    assert_eq!((shared.owner.as_str(), shared.tags["peerwright:mesh"].as_str()), ("222222222222", "core"));
    let found = &inventory.vpcs[&vpc()];
    assert_eq!(found.groups.iter().map(|group| group.id.as_str()).collect::<Vec<_>>(), ["sg-0000000a"]);
    let participants = [("sg-0000000b".parse().unwrap(), "333333333333".parse().unwrap())];
    assert_eq!(found.participants_groups, participants.into());
}

#[tokio::test]
async fn what_can_not_be_read_is_named_and_keeps_nothing_else_from_being_read() {
    let wire = Wire::answering(|request| {
        let action = request["Action"].as_str();
        match action {
            "DescribeVpcPeeringConnections" => {
                let strange = CONNECTION.replace("pcx-0000000a", "pcx-0000000b").replace("<ownerId>222222222222</ownerId>", "");
                ec2(action, &format!("<vpcPeeringConnectionSet>{strange}{CONNECTION}</vpcPeeringConnectionSet>"))
            }
            "DescribeRouteTables" => ec2(action, "<routeTableSet><item><vpcId>vpc-0000000a</vpcId></item></routeTableSet>"),
            _ => world(request),
        }
    });
    let (cloud, place) = (wire.cloud().await, place("111111111111", "eu-west-1"));
    let inventory = cloud.inventory(&place).await.expect("no failure");
    let read: Vec<&str> = inventory.connections.iter().map(|peering| peering.connection.id.as_str()).collect();
    assert_eq!(read, ["pcx-0000000a"]);
    assert_eq!(inventory.unreadable_connections, BTreeSet::from(["pcx-0000000b".parse().unwrap()]));
    let scope = InventoryScope::default();
    let inventory = cloud.look_into(&place, inventory, &BTreeSet::from([vpc()]), &scope).await.expect("no failure");
    assert_eq!(inventory.unreadable_vpcs, BTreeSet::from([vpc()]));
    assert_eq!(cloud.connections(&place).await.expect("no failure").len(), 1);
}

#[tokio::test]
async fn what_no_rule_asks_for_is_not_read() {
    let (wire, inventory, calls) = inventory(&InventoryScope::default()).await;
    assert_eq!((inventory.vpcs[&vpc()].groups.len(), calls), (0, 4), "tables have two pages");
    assert!(wire.requests("DescribeSecurityGroups").is_empty() && wire.requests("DescribeSubnets").is_empty());
}

#[tokio::test]
async fn accounts_that_can_not_be_entered_are_no_members() {
    let wire = Wire::answering(|request| match (request["Action"].as_str(), request.contains_key("NextToken")) {
        ("ListAccounts", false) => answer_json(&json!({
            "Accounts": [{ "Id": "111111111111", "Name": "platform", "State": "ACTIVE" }, { "Id": "333333333333", "State": "SUSPENDED" }],
            "NextToken": "more",
        })),
        ("ListAccounts", true) => answer_json(&json!({ "Accounts": [{ "Id": "222222222222" }] })),
        _ => None,
    });
    let accounts: Vec<(String, String)> =
        wire.cloud().await.accounts().await.expect("no failure").into_iter().map(|(id, name)| (id.to_string(), name)).collect();
    assert_eq!(accounts, [("111111111111".to_owned(), "platform".to_owned()), ("222222222222".to_owned(), String::new())]);
}
