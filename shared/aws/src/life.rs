//! Making and ending connections, and answering on tags.

use aws_sdk_ec2::types::{ResourceType, Tag, TagSpecification};
use peerwright_core::ask::CREATED_TAG;
use peerwright_core::ids::{PcxId, Place, Side, Sides, VpcRef};
use peerwright_core::world::{Connection, Tags};
use peerwright_engine::failure::{Class, Failure};

use crate::classify::{failure, is_unknown_vpc};
use crate::cloud::Ec2Cloud;

/// Account and Region of the peer are always given: EC2 takes its own for what is left out (`CreateVpcPeeringConnection`, EC2 API reference).
pub(crate) async fn create(cloud: &Ec2Cloud, ends: &Sides<VpcRef>, created_for: &VpcRef) -> Result<PcxId, Failure> {
    let Sides { requester, accepter } = ends;
    let what = || format!("ask for a connection of {} to {accepter}", requester.vpc);
    let client = cloud.client(&requester.place).await;
    let request = client
        .create_vpc_peering_connection()
        .vpc_id(requester.vpc.as_str())
        .peer_vpc_id(accepter.vpc.as_str())
        .peer_owner_id(accepter.place.account.as_str())
        .peer_region(accepter.place.region.as_str())
        .tag_specifications(
            TagSpecification::builder()
                .resource_type(ResourceType::VpcPeeringConnection)
                .tags(tag_of(CREATED_TAG, created_for.vpc.as_str()))
                .build(),
        );
    let created = request.send().await.map_err(|error| {
        let gone = is_unknown_vpc(&error);
        let failure = failure(what(), Some(&requester.place), error);
        if gone { Failure { class: Class::Gone, ..failure } } else { failure }
    })?;
    let id = created.vpc_peering_connection().and_then(|connection| connection.vpc_peering_connection_id()).unwrap_or_default();
    id.parse().map_err(|error: peerwright_core::ids::InvalidId| Failure {
        what: what(),
        place: Some(requester.place.clone()),
        class: Class::Unexpected,
        source: Box::new(error),
    })
}

pub(crate) async fn delete(cloud: &Ec2Cloud, connection: &Connection, side: Side) -> Result<(), Failure> {
    let place = &connection.ends.of(side).place;
    let client = cloud.client(place).await;
    let request = client.delete_vpc_peering_connection().vpc_peering_connection_id(connection.id.as_str());
    request.send().await.map(drop).map_err(|error| failure(format!("delete {}", connection.id), Some(place), error))
}

pub(crate) async fn tag(cloud: &Ec2Cloud, place: &Place, resource: &str, tags: &Tags) -> Result<(), Failure> {
    let tags = tags.iter().map(|(key, value)| tag_of(key, value)).collect();
    let request = cloud.client(place).await.create_tags().resources(resource).set_tags(Some(tags));
    request.send().await.map(drop).map_err(|error| failure(format!("tag {resource}"), Some(place), error))
}

/// A tag without a value is removed whatever its value is (`DeleteTags`, EC2 API reference).
pub(crate) async fn untag(cloud: &Ec2Cloud, vpc: &VpcRef, keys: &[&str]) -> Result<(), Failure> {
    let tags = keys.iter().map(|key| Tag::builder().key(*key).build()).collect();
    let request = cloud.client(&vpc.place).await.delete_tags().resources(vpc.vpc.as_str()).set_tags(Some(tags));
    request.send().await.map(drop).map_err(|error| failure(format!("remove tags of {}", vpc.vpc), Some(&vpc.place), error))
}

fn tag_of(key: &str, value: &str) -> Tag {
    Tag::builder().key(key).value(value).build()
}
