//! Tags: on what exists, and on what a call creates.

use aws_sdk_ec2::types::{ResourceType, Tag, TagSpecification};
use peerwright_core::ids::{Place, VpcRef};
use peerwright_core::world::Tags;
use peerwright_engine::failure::Failure;

use crate::classify::failure;
use crate::counted_clients::CountedClients;

/// Sets tags of a VPC or a connection.
pub(crate) async fn set_tags(clients: &CountedClients, place: &Place, resource: &str, tags: &Tags) -> Result<(), Failure> {
    let tags = tags.iter().map(|(key, value)| tag(key, value)).collect();
    let request = clients.ec2(place).await.create_tags().resources(resource).set_tags(Some(tags));
    request.send().await.map(drop).map_err(|error| failure(format!("tag {resource}"), Some(place), error))
}

/// A tag without a value is removed whatever its value is (`DeleteTags`, EC2 API reference).
pub(crate) async fn remove_tags(clients: &CountedClients, vpc: &VpcRef, keys: &[&str]) -> Result<(), Failure> {
    let tags = keys.iter().map(|key| Tag::builder().key(*key).build()).collect();
    let request = clients.ec2(&vpc.place).await.delete_tags().resources(vpc.vpc.as_str()).set_tags(Some(tags));
    request.send().await.map(drop).map_err(|error| failure(format!("remove tags of {}", vpc.vpc), Some(&vpc.place), error))
}

/// The tag of what a call is about to create: set in the same call, so that nothing of ours ever exists without it.
pub(crate) fn tag_created(resource: ResourceType, key: &str, value: &str) -> TagSpecification {
    TagSpecification::builder().resource_type(resource).tags(tag(key, value)).build()
}

pub(crate) fn tag(key: &str, value: &str) -> Tag {
    Tag::builder().key(key).value(value).build()
}
