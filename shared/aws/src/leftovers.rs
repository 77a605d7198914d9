//! What is left of a connection in a place. Searched for without it, since the connection and its VPC may be gone.

use peerwright_core::ids::{PcxId, VpcRef};
use peerwright_core::plan::OWNER_TAG;
use peerwright_core::world::{End, SecurityGroup, Tags};
use peerwright_engine::failure::Failure;

use crate::classify::unreadable;
use crate::convert;
use crate::counted_clients::CountedClients;
use crate::pages::{self, filter};

/// The VPC's tables with a route over the connection, and the rules with its tag. EC2 does not name the VPC of a rule, so these are of the whole place.
pub(crate) async fn leftovers(clients: &CountedClients, id: &PcxId, vpc: &VpcRef) -> Result<End, Failure> {
    let over = vec![filter("route.vpc-peering-connection-id", [id.to_string()]), filter("vpc-id", [vpc.vpc.to_string()])];
    let tables = pages::route_tables(clients, &vpc.place, Some(over)).await?;
    let tagged = vec![filter(&format!("tag:{OWNER_TAG}"), [id.to_string()])];
    let unread = |error| unreadable("read a route table", Some(&vpc.place), error);
    let rules = pages::group_rules(clients, &vpc.place, Some(tagged)).await?;
    Ok(End {
        tables: tables.iter().map(convert::route_table).collect::<Result<_, _>>().map_err(unread)?,
        groups: rules.into_iter().map(|(id, rules)| SecurityGroup { id, tags: Tags::new(), rules }).collect(),
        ..End::default()
    })
}
