//! A VPC in the caller's own account, with the caller's own credentials: what a person may do there themselves.

use aws_config::{Region, SdkConfig};
use aws_sdk_ec2::Client;
use peerwright_core::ids::{AccountId, Place, VpcId, VpcRef};
use peerwright_core::world::Tags;
use peerwright_engine::failure::{Class, Failure};

use crate::classify::failure;
use crate::pages::filter;
use crate::{convert, identity, tags};

/// The caller's account in a Region.
#[derive(Debug)]
pub struct OwnAccount {
    client: Client,
    place: Place,
}

/// A VPC as its account shows it.
#[derive(Debug, Clone)]
pub struct OwnVpc {
    /// Whose it is: it may only be shared with the caller's account.
    pub owner: AccountId,
    /// Its tags, as the caller's account sees them.
    pub tags: Tags,
}

impl OwnAccount {
    /// The account that these credentials are of, as STS tells it, in a Region.
    #[expect(clippy::disallowed_methods, reason = "the caller's own credentials: no role is assumed")]
    pub async fn connect(config: &SdkConfig, region: &peerwright_core::ids::Region) -> Result<Self, Failure> {
        let account = identity::account(config).await?;
        let config = config.to_builder().region(Region::new(region.to_string())).build();
        Ok(Self { client: Client::new(&config), place: Place { account, region: region.clone() } })
    }

    /// Account and Region.
    pub const fn place(&self) -> &Place {
        &self.place
    }

    /// A VPC; none where the account has none of this id there.
    pub async fn vpc(&self, id: &VpcId) -> Result<Option<OwnVpc>, Failure> {
        // By a filter: an id that is not there is then no error.
        let request = self.client.describe_vpcs().filters(filter("vpc-id", [id.to_string()]));
        let found = request.send().await.map_err(|error| failure(format!("read {id}"), Some(&self.place), error));
        let found = found.map_err(Self::own)?;
        let own =
            |vpc: &aws_sdk_ec2::types::Vpc| OwnVpc { owner: convert::owner(vpc.owner_id(), &self.place), tags: convert::tags(vpc.tags()) };
        Ok(found.vpcs().first().map(own))
    }

    /// Sets a tag of a VPC.
    pub async fn tag(&self, vpc: &VpcRef, key: &str, value: &str) -> Result<(), Failure> {
        let request = self.client.create_tags().resources(vpc.vpc.as_str()).tags(tags::tag(key, value));
        request.send().await.map(drop).map_err(|error| Self::own(failure(format!("tag {}", vpc.vpc), Some(&vpc.place), error)))
    }

    /// Removes a tag of a VPC.
    pub async fn untag(&self, vpc: &VpcRef, key: &str) -> Result<(), Failure> {
        let tag = aws_sdk_ec2::types::Tag::builder().key(key).build();
        let request = self.client.delete_tags().resources(vpc.vpc.as_str()).tags(tag);
        request.send().await.map(drop).map_err(|error| Self::own(failure(format!("remove a tag of {}", vpc.vpc), Some(&vpc.place), error)))
    }

    /// What is said of a member role's missing permission is not meant for a person's own.
    fn own(failure: Failure) -> Failure {
        match failure.class {
            Class::Denied => Failure { class: Class::Refused, ..failure },
            _ => failure,
        }
    }
}
