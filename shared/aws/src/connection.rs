//! Peering connections: finding them, and each step of their lifecycle.

use aws_sdk_ec2::config::retry::RetryConfig;
use aws_sdk_ec2::types::{Filter, ResourceType, VpcPeeringConnection};
use peerwright_core::ask::CREATED_TAG;
use peerwright_core::ids::{PcxId, Place, Side, Sides, VpcRef};
use peerwright_core::world::{Connection, ObservedConnection};
use peerwright_engine::failure::{Class, Failure};
use peerwright_engine::ports::Created;

use crate::classify::{failure, is_unknown_connection, is_unknown_vpc, unreadable};
use crate::counted_clients::CountedClients;
use crate::pages::{self, filter};
use crate::{convert, tags};

/// The connection itself, as EC2 returns it.
async fn describe(clients: &CountedClients, place: &Place, id: &PcxId) -> Result<Option<VpcPeeringConnection>, Failure> {
    let client = clients.ec2(place).await;
    match client.describe_vpc_peering_connections().vpc_peering_connection_ids(id.as_str()).send().await {
        Ok(found) => Ok(found.vpc_peering_connections.unwrap_or_default().into_iter().next()),
        Err(error) if is_unknown_connection(&error) => Ok(None),
        Err(error) => Err(failure(format!("describe {id}"), Some(place), error)),
    }
}

pub(crate) async fn observe(clients: &CountedClients, place: &Place, id: &PcxId) -> Result<Option<ObservedConnection>, Failure> {
    let Some(found) = describe(clients, place, id).await? else {
        return Ok(None);
    };
    convert::peering(place, &found).map(Some).map_err(|error| unreadable(format!("read {id}"), Some(place), error))
}

/// One that can't be read keeps no other from being served: a route over it still stands in the tables as leading elsewhere.
async fn list(clients: &CountedClients, place: &Place, filters: Option<Vec<Filter>>) -> Result<Vec<ObservedConnection>, Failure> {
    let found = pages::connections(clients, place, filters).await?;
    let read = |found: &VpcPeeringConnection| match convert::peering(place, found) {
        Ok(peering) => Some(peering),
        Err(error) => {
            tracing::error!(%place, id = found.vpc_peering_connection_id(), "a connection can't be read: {error}");
            None
        }
    };
    Ok(found.iter().filter_map(read).collect())
}

/// The requests that can be accepted in a place: EC2 shows one within an account in both its Regions.
pub(crate) async fn pending(clients: &CountedClients, place: &Place) -> Result<Vec<ObservedConnection>, Failure> {
    let waiting =
        vec![filter("status-code", ["pending-acceptance".to_owned()]), filter("accepter-vpc-info.owner-id", [place.account.to_string()])];
    let mut found = list(clients, place, Some(waiting)).await?;
    found.retain(|peering| peering.connection.ends.accepter.place == *place);
    Ok(found)
}

/// Every connection of a place, by its id: a page has a thousand.
pub(crate) async fn all(clients: &CountedClients, place: &Place) -> Result<Vec<ObservedConnection>, Failure> {
    let mut found = list(clients, place, None).await?;
    found.sort_by(|a, b| a.connection.id.cmp(&b.connection.id));
    Ok(found)
}

/// Account and Region of the peer are always given: EC2 takes its own for what is left out (`CreateVpcPeeringConnection`, EC2 API reference).
pub(crate) async fn create(clients: &CountedClients, ends: &Sides<VpcRef>, created_for: &VpcRef) -> Result<Created, Failure> {
    let Sides { requester, accepter } = ends;
    let what = || format!("ask for a connection of {} to {accepter}", requester.vpc);
    let client = clients.ec2(&requester.place).await;
    let request = client
        .create_vpc_peering_connection()
        .vpc_id(requester.vpc.as_str())
        .peer_vpc_id(accepter.vpc.as_str())
        .peer_owner_id(accepter.place.account.as_str())
        .peer_region(accepter.place.region.as_str())
        .tag_specifications(tags::tag_created(ResourceType::VpcPeeringConnection, CREATED_TAG, created_for.vpc.as_str()));
    // Not by the SDK: EC2 takes no client token, and an answer that was lost may have come behind a connection that was made.
    let once = aws_sdk_ec2::config::Builder::new().retry_config(RetryConfig::disabled());
    let created = request.customize().config_override(once).send().await.map_err(|error| {
        let gone = is_unknown_vpc(&error);
        let failure = failure(what(), Some(&requester.place), error);
        if gone { Failure { class: Class::Gone, ..failure } } else { failure }
    })?;
    let made = created.vpc_peering_connection();
    let id = made.and_then(|connection| connection.vpc_peering_connection_id()).unwrap_or_default();
    let id = id.parse().map_err(|error: peerwright_core::ids::InvalidId| unreadable(what(), Some(&requester.place), error))?;
    let shown = made.map(|connection| convert::tags(connection.tags())).unwrap_or_default();
    Ok(Created { id, bears_our_tag: shown.get(CREATED_TAG).is_some_and(|vpc| *vpc == created_for.vpc.to_string()) })
}

pub(crate) async fn accept(clients: &CountedClients, connection: &Connection) -> Result<(), Failure> {
    let place = &connection.ends.accepter.place;
    let client = clients.ec2(place).await;
    let request = client.accept_vpc_peering_connection().vpc_peering_connection_id(connection.id.as_str());
    request.send().await.map(drop).map_err(|error| failure(format!("accept {}", connection.id), Some(place), error))
}

pub(crate) async fn reject(clients: &CountedClients, connection: &Connection) -> Result<(), Failure> {
    let place = &connection.ends.accepter.place;
    let client = clients.ec2(place).await;
    let request = client.reject_vpc_peering_connection().vpc_peering_connection_id(connection.id.as_str());
    request.send().await.map(drop).map_err(|error| failure(format!("reject {}", connection.id), Some(place), error))
}

pub(crate) async fn delete(clients: &CountedClients, connection: &Connection, side: Side) -> Result<(), Failure> {
    let place = &connection.ends.of(side).place;
    let client = clients.ec2(place).await;
    let request = client.delete_vpc_peering_connection().vpc_peering_connection_id(connection.id.as_str());
    request.send().await.map(drop).map_err(|error| failure(format!("delete {}", connection.id), Some(place), error))
}
