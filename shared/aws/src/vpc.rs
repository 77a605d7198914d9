//! VPCs by themselves: what rules may ask about them, and their DNS attributes.

use aws_sdk_ec2::types::{Vpc, VpcAttributeName};
use peerwright_core::ids::VpcRef;
use peerwright_core::organization::NOT_ASKED;
use peerwright_core::world::{Fact, VpcFacts};
use peerwright_engine::failure::Failure;

use crate::classify::{failure, is_unknown_vpc};
use crate::convert;
use crate::counted_clients::CountedClients;

/// The VPC itself, as EC2 returns it.
pub(crate) async fn describe(clients: &CountedClients, vpc: &VpcRef) -> Result<Option<Vpc>, Failure> {
    let client = clients.ec2(&vpc.place).await;
    match client.describe_vpcs().vpc_ids(vpc.vpc.as_str()).send().await {
        Ok(found) => Ok(found.vpcs.unwrap_or_default().into_iter().next()),
        Err(error) if is_unknown_vpc(&error) => Ok(None),
        Err(error) => Err(failure(format!("describe {}", vpc.vpc), Some(&vpc.place), error)),
    }
}

pub(crate) async fn facts(clients: &CountedClients, vpc: &VpcRef) -> Result<Option<VpcFacts>, Failure> {
    let found = describe(clients, vpc).await?;
    Ok(found.map(|found| VpcFacts {
        vpc: vpc.clone(),
        owner: convert::owner(found.owner_id(), &vpc.place),
        cidrs: Fact::Known(convert::associated_cidrs(&found)),
        tags: Fact::Known(convert::tags(found.tags())),
        units: Fact::Unknown(NOT_ASKED.to_owned()),
    }))
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
