//! What is left of a connection in a place: found by itself, since the connection and its VPC may be gone.

use std::collections::BTreeMap;

use peerwright_core::ids::{GroupId, PcxId, VpcRef};
use peerwright_core::plan::OWNER_TAG;
use peerwright_core::world::{End, GroupRule, SecurityGroup, Tags};
use peerwright_engine::failure::Failure;

use crate::cloud::Ec2Cloud;
use crate::convert;
use crate::pages::{self, filter, group_id, unreadable};

/// The VPC's tables with a route over the connection, and the rules with its tag. Rules do not tell their VPC: all of the place are shown.
pub(crate) async fn leftovers(cloud: &Ec2Cloud, id: &PcxId, vpc: &VpcRef) -> Result<End, Failure> {
    let place = &vpc.place;
    let over = vec![filter("route.vpc-peering-connection-id", [id.to_string()]), filter("vpc-id", [vpc.vpc.to_string()])];
    let mut end = End::default();
    for table in pages::route_tables(cloud, place, Some(over)).await? {
        end.tables.push(convert::route_table(&table).map_err(|error| unreadable("read a route table", place, error))?);
    }
    let tagged = vec![filter(&format!("tag:{OWNER_TAG}"), [id.to_string()])];
    let mut groups: BTreeMap<GroupId, Vec<GroupRule>> = BTreeMap::new();
    for rule in pages::group_rules(cloud, place, Some(tagged)).await? {
        if let (Some(group), Some(rule)) = (group_id(&rule), convert::group_rule(&rule, place)) {
            groups.entry(group).or_default().push(rule);
        }
    }
    end.groups = groups.into_iter().map(|(id, rules)| SecurityGroup { id, tags: Tags::new(), rules }).collect();
    Ok(end)
}
