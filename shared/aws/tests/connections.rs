//! The connections of a place, as EC2 lists them.

#![allow(clippy::expect_used, clippy::unwrap_used, missing_docs)]

mod support;

use peerwright_engine::ports::Cloud;
use support::{Wire, ec2, place};

fn connection(id: &str, state: &str, requester: &str, accepter: &str) -> String {
    let info = |side: &str, vpc: &str| format!("<{side}VpcInfo><ownerId>222222222222</ownerId><vpcId>{vpc}</vpcId></{side}VpcInfo>");
    format!(
        "<item><vpcPeeringConnectionId>{id}</vpcPeeringConnectionId>{}{}<status><code>{state}</code></status></item>",
        info("requester", requester),
        info("accepter", accepter)
    )
}

#[tokio::test]
async fn the_connections_of_a_place_are_listed_in_one_call_a_page() {
    let wire = Wire::answering(|request| {
        let page = if request.contains_key("NextToken") {
            format!(
                "{}{}{}</vpcPeeringConnectionSet>",
                connection("pcx-00000002", "pending-acceptance", "vpc-0000000b", "vpc-0000000d"),
                connection("pcx-00000004", "deleted", "vpc-0000000b", "vpc-0000000e"),
                connection("pcx-00000001", "provisioning", "vpc-0000000f", "vpc-0000000b")
            )
        } else {
            format!(
                "{}{}</vpcPeeringConnectionSet><nextToken>more</nextToken>",
                connection("pcx-00000003", "active", "vpc-0000000b", "vpc-0000000c"),
                connection("pcx-00000005", "active", "vpc-0000000d", "vpc-0000000e")
            )
        };
        (request["Action"] == "DescribeVpcPeeringConnections")
            .then(|| ec2("DescribeVpcPeeringConnections", &format!("<vpcPeeringConnectionSet>{page}")))
            .flatten()
    });
    let cloud = wire.cloud().await;
    let found = cloud.connections(&place("222222222222", "eu-west-1")).await.expect("a list");
    let ids: Vec<String> = found.iter().map(|peering| peering.connection.id.to_string()).collect();
    assert_eq!(ids, ["pcx-00000001", "pcx-00000002", "pcx-00000003", "pcx-00000004", "pcx-00000005"]);
    assert_eq!(cloud.calls(), 2, "each page");
}
