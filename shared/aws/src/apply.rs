//! The steps of a plan: one call each.

use aws_sdk_ec2::Client;
use aws_sdk_ec2::types::{IpPermission, IpRange, Ipv6Range, PeeringConnectionOptionsRequest, ResourceType, UserIdGroupPair};
use ipnet::IpNet;
use peerwright_core::ids::{GroupId, PcxId, Place, RouteTableId, Side};
use peerwright_core::plan::{OWNER_TAG, Step};
use peerwright_core::traffic::{IcmpMessages, Traffic};
use peerwright_core::world::{Destination, Direction, RulePeer, RuleSpec};
use peerwright_engine::failure::Failure;

use crate::classify::failure;
use crate::counted_clients::CountedClients;
use crate::tags::{tag, tag_created};

/// Makes one step in a place.
pub(crate) async fn apply(clients: &CountedClients, place: &Place, step: &Step) -> Result<(), Failure> {
    let client = clients.ec2(place).await;
    match step {
        Step::CreateRoute { table, destination, connection, .. } => create_route(&client, place, table, destination, connection).await,
        Step::DeleteRoute { table, destination, .. } => delete_route(&client, place, table, destination).await,
        Step::AuthorizeRules { group, direction, rules, connection, .. } => {
            let permissions = rules.iter().map(|rule| permission(rule, connection)).collect();
            authorize(&client, place, group, *direction, permissions, connection).await
        }
        Step::RevokeRules { group, direction, rules, .. } => {
            let ids = rules.iter().map(|(id, _)| id.to_string()).collect();
            revoke(&client, place, group, *direction, ids).await
        }
        Step::HandOverRules { group, rules, to, .. } => {
            let ids = rules.iter().map(|(id, _)| id.to_string()).collect();
            hand_over(&client, place, group, ids, to).await
        }
        Step::EnableDnsResolution { side, connection } => set_dns(&client, place, *side, connection, true).await,
        Step::DisableDnsResolution { side, connection } => set_dns(&client, place, *side, connection, false).await,
    }
}

async fn create_route(
    client: &Client,
    place: &Place,
    table: &RouteTableId,
    destination: &Destination,
    connection: &PcxId,
) -> Result<(), Failure> {
    let request = client.create_route().route_table_id(table.as_str()).vpc_peering_connection_id(connection.as_str());
    let request = match destination {
        Destination::Cidr(IpNet::V4(block)) => request.destination_cidr_block(block.to_string()),
        Destination::Cidr(IpNet::V6(block)) => request.destination_ipv6_cidr_block(block.to_string()),
        Destination::PrefixList(id) => request.destination_prefix_list_id(id.as_str()),
    };
    request.send().await.map(drop).map_err(|error| failure(format!("add the route {destination} to {table}"), Some(place), error))
}

/// EC2 removes by destination alone: only the Describe call just before shows that the route is still ours.
async fn delete_route(client: &Client, place: &Place, table: &RouteTableId, destination: &Destination) -> Result<(), Failure> {
    let request = client.delete_route().route_table_id(table.as_str());
    let request = match destination {
        Destination::Cidr(IpNet::V4(block)) => request.destination_cidr_block(block.to_string()),
        Destination::Cidr(IpNet::V6(block)) => request.destination_ipv6_cidr_block(block.to_string()),
        Destination::PrefixList(id) => request.destination_prefix_list_id(id.as_str()),
    };
    request.send().await.map(drop).map_err(|error| failure(format!("remove the route {destination} from {table}"), Some(place), error))
}

/// By id: a rule that was removed and added again in the meantime has another.
async fn revoke(client: &Client, place: &Place, group: &GroupId, direction: Direction, ids: Vec<String>) -> Result<(), Failure> {
    let what = format!("remove {direction} rules from {group}");
    match direction {
        Direction::Ingress => {
            let request = client.revoke_security_group_ingress().group_id(group.as_str()).set_security_group_rule_ids(Some(ids));
            request.send().await.map(drop).map_err(|error| failure(what, Some(place), error))
        }
        Direction::Egress => {
            let request = client.revoke_security_group_egress().group_id(group.as_str()).set_security_group_rule_ids(Some(ids));
            request.send().await.map(drop).map_err(|error| failure(what, Some(place), error))
        }
    }
}

/// Only the tag says whose a rule is, and setting it overwrites what it said (`CreateTags`, EC2 API reference).
async fn hand_over(client: &Client, place: &Place, group: &GroupId, ids: Vec<String>, to: &PcxId) -> Result<(), Failure> {
    let request = client.create_tags().set_resources(Some(ids)).tags(tag(OWNER_TAG, to.as_str()));
    request.send().await.map(drop).map_err(|error| failure(format!("hand rules of {group} over to {to}"), Some(place), error))
}

async fn authorize(
    client: &Client,
    place: &Place,
    group: &GroupId,
    direction: Direction,
    permissions: Vec<IpPermission>,
    connection: &PcxId,
) -> Result<(), Failure> {
    let what = format!("add {direction} rules to {group}");
    let owner = tag_created(ResourceType::SecurityGroupRule, OWNER_TAG, connection.as_str());
    match direction {
        Direction::Ingress => {
            let request = client.authorize_security_group_ingress().group_id(group.as_str()).set_ip_permissions(Some(permissions));
            request.tag_specifications(owner).send().await.map(drop).map_err(|error| failure(what, Some(place), error))
        }
        Direction::Egress => {
            let request = client.authorize_security_group_egress().group_id(group.as_str()).set_ip_permissions(Some(permissions));
            request.tag_specifications(owner).send().await.map(drop).map_err(|error| failure(what, Some(place), error))
        }
    }
}

/// One permission per rule: EC2 makes a rule with an id of its own of each range anyway.
fn permission(rule: &RuleSpec, connection: &PcxId) -> IpPermission {
    let (from, to) = port_numbers(rule.traffic);
    let permission = IpPermission::builder().ip_protocol(rule.traffic.protocol().to_string()).set_from_port(from).set_to_port(to);
    let words = format!("peerwright {connection}");
    match &rule.peer {
        RulePeer::Cidr(IpNet::V4(block)) => permission.ip_ranges(IpRange::builder().cidr_ip(block.to_string()).description(words).build()),
        RulePeer::Cidr(IpNet::V6(block)) => {
            permission.ipv6_ranges(Ipv6Range::builder().cidr_ipv6(block.to_string()).description(words).build())
        }
        RulePeer::Group(group, owner) => permission
            .user_id_group_pairs(UserIdGroupPair::builder().group_id(group.as_str()).user_id(owner.as_str()).description(words).build()),
        // Plans hold blocks and groups only: this is how foreign rules are remembered.
        RulePeer::PrefixList(_) | RulePeer::Other(_) => permission,
    }
    .build()
}

/// What EC2 calls "all": 0 to 65535 for ports, -1 for ICMP, nothing where there are none (`IpPermission`, EC2 API reference).
const fn port_numbers(traffic: Traffic) -> (Option<i32>, Option<i32>) {
    match traffic {
        Traffic::Tcp(ports) | Traffic::Udp(ports) => {
            let (first, last) = ports.bounds();
            (Some(first as i32), Some(last as i32))
        }
        Traffic::Icmp(IcmpMessages::All) | Traffic::Icmpv6(IcmpMessages::All) => (Some(-1), Some(-1)),
        Traffic::Icmp(IcmpMessages::Type(kind, None)) | Traffic::Icmpv6(IcmpMessages::Type(kind, None)) => (Some(kind as i32), Some(-1)),
        Traffic::Icmp(IcmpMessages::Type(kind, Some(code))) | Traffic::Icmpv6(IcmpMessages::Type(kind, Some(code))) => {
            (Some(kind as i32), Some(code as i32))
        }
        Traffic::All | Traffic::Other(_) => (None, None),
    }
}

/// Only the option of the side we act for, in its own Region: always valid, within and across accounts and Regions.
async fn set_dns(client: &Client, place: &Place, side: Side, connection: &PcxId, on: bool) -> Result<(), Failure> {
    let options = PeeringConnectionOptionsRequest::builder().allow_dns_resolution_from_remote_vpc(on).build();
    let request = client.modify_vpc_peering_connection_options().vpc_peering_connection_id(connection.as_str());
    let request = match side {
        Side::Requester => request.requester_peering_connection_options(options),
        Side::Accepter => request.accepter_peering_connection_options(options),
    };
    let what = format!("switch {} DNS resolution of {connection}", if on { "on" } else { "off" });
    request.send().await.map(drop).map_err(|error| failure(what, Some(place), error))
}
