//! VPCs by themselves: what rules may ask about them, and their DNS attributes.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ec2::types::{Vpc, VpcAttributeName};
use peerwright_core::ids::{Place, VpcId, VpcRef};
use peerwright_core::organization::NOT_ASKED;
use peerwright_core::world::{Fact, VpcFacts};
use peerwright_engine::failure::Failure;

use crate::classify::failure;
use crate::convert;
use crate::counted_clients::CountedClients;
use crate::pages::{self, filter};

/// VPCs of a place, as EC2 returns them. By a filter, so that one that is gone keeps no other from being read.
pub(crate) async fn describe(clients: &CountedClients, place: &Place, ids: &BTreeSet<VpcId>) -> Result<BTreeMap<VpcId, Vpc>, Failure> {
    let found = pages::vpcs(clients, place, Some(vec![filter("vpc-id", ids.iter().map(ToString::to_string))])).await?;
    Ok(found.into_iter().filter_map(|vpc| Some((pages::vpc_id(vpc.vpc_id())?, vpc))).collect())
}

pub(crate) async fn facts(clients: &CountedClients, place: &Place, ids: &BTreeSet<VpcId>) -> Result<BTreeMap<VpcId, VpcFacts>, Failure> {
    let found = describe(clients, place, ids).await?;
    let facts = |(id, vpc): (VpcId, Vpc)| {
        let facts = VpcFacts {
            vpc: VpcRef { place: place.clone(), vpc: id.clone() },
            owner: convert::owner(vpc.owner_id(), place),
            cidrs: Fact::Known(convert::associated_cidrs(&vpc)),
            tags: Fact::Known(convert::tags(vpc.tags())),
            units: Fact::Unknown(NOT_ASKED.to_owned()),
        };
        (id, facts)
    };
    Ok(found.into_iter().map(facts).collect())
}

/// Both attributes must be on (`ModifyVpcPeeringConnectionOptions` in the EC2 API reference).
pub(crate) async fn dns_ready(clients: &CountedClients, vpc: &VpcRef) -> Result<bool, Failure> {
    Ok(attribute(clients, vpc, VpcAttributeName::EnableDnsSupport).await?
        && attribute(clients, vpc, VpcAttributeName::EnableDnsHostnames).await?)
}

async fn attribute(clients: &CountedClients, vpc: &VpcRef, name: VpcAttributeName) -> Result<bool, Failure> {
    let client = clients.ec2(&vpc.place).await;
    let request = client.describe_vpc_attribute().vpc_id(vpc.vpc.as_str()).attribute(name.clone());
    let found = request.send().await.map_err(|error| failure(format!("read {} of {}", name.as_str(), vpc.vpc), Some(&vpc.place), error))?;
    let value = match name {
        VpcAttributeName::EnableDnsSupport => found.enable_dns_support,
        _ => found.enable_dns_hostnames,
    };
    Ok(value.and_then(|value| value.value).unwrap_or(false))
}
