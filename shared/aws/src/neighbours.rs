//! The other connections of a VPC.

use aws_sdk_ec2::types::Filter;
use peerwright_core::ids::{PcxId, VpcRef};
use peerwright_core::world::{PeeringState, Sighting};
use peerwright_engine::failure::{Class, Failure};

use crate::classify::failure;
use crate::cloud::Ec2Cloud;
use crate::convert;

/// Connections that have not ended, whichever end the VPC is at: EC2's filters are joined by "and", so each end is asked for apart.
pub(crate) async fn peerings(cloud: &Ec2Cloud, vpc: &VpcRef) -> Result<Vec<Sighting>, Failure> {
    let mut found: Vec<Sighting> = Vec::new();
    for end in ["requester-vpc-info.vpc-id", "accepter-vpc-info.vpc-id"] {
        let client = cloud.client(&vpc.place).await;
        let here = Filter::builder().name(end).values(vpc.vpc.as_str()).build();
        let mut pages = client.describe_vpc_peering_connections().filters(here).into_paginator().send();
        let mut further = 0;
        while let Some(page) = pages.next().await {
            cloud.count(further);
            further = 1;
            let what = || format!("list the connections of {}", vpc.vpc);
            for connection in page.map_err(|error| failure(what(), Some(&vpc.place), error))?.vpc_peering_connections() {
                let sighting = convert::sighting(&vpc.place, connection).map_err(|source| Failure {
                    what: what(),
                    place: Some(vpc.place.clone()),
                    class: Class::Unexpected,
                    source,
                })?;
                let known = |id: &PcxId| found.iter().any(|sighting| sighting.connection.id == *id);
                if !matches!(sighting.connection.state, PeeringState::Ended(_)) && !known(&sighting.connection.id) {
                    found.push(sighting);
                }
            }
        }
    }
    found.sort_by(|a, b| a.connection.id.cmp(&b.connection.id));
    Ok(found)
}
