//! Routes that are spoken for, as they are stored beside a VPC.

use std::collections::BTreeSet;

use jiff::Timestamp;
use peerwright_core::ids::{PcxId, RouteTableId};
use peerwright_core::world::Destination;
use serde::{Deserialize, Serialize};

/// The routes of one connection in one VPC's tables.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reservation {
    /// The connection.
    pub connection: PcxId,
    /// Until when they are spoken for.
    pub until: Timestamp,
    /// The tables and destinations.
    pub routes: BTreeSet<(RouteTableId, Destination)>,
}

/// All that is noted beside one VPC.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct VpcReservations {
    /// Counts the writes; the next must find this one.
    pub version: u64,
    /// One entry for each connection.
    pub reservations: Vec<Reservation>,
}

impl VpcReservations {
    /// True where these routes are noted for a connection.
    pub(crate) fn holds(&self, id: &PcxId, routes: &BTreeSet<(RouteTableId, Destination)>, now: Timestamp) -> bool {
        self.reservations.iter().any(|noted| noted.connection == *id && noted.until > now && noted.routes == *routes)
    }
}
