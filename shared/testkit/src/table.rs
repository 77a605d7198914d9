//! Route tables.

use peerwright_core::ids::{PcxId, RouteTableId};
use peerwright_core::world::{Destination, RouteTarget, Tags};

use crate::parse::parse;

/// A route table with what somebody had put there. The first one of a VPC is its main one.
#[derive(Debug, Clone)]
pub struct FakeTable {
    pub(crate) id: RouteTableId,
    pub(crate) tags: Tags,
    pub(crate) gateway: bool,
    pub(crate) routes: Vec<(Destination, RouteTarget)>,
}

impl FakeTable {
    /// A table without tags and routes.
    pub fn new(id: &str) -> Self {
        Self { id: parse(id), tags: Tags::new(), gateway: false, routes: Vec::new() }
    }

    /// Bears a tag.
    #[must_use]
    pub fn tag(mut self, key: &str, value: &str) -> Self {
        self.tags.insert(key.to_owned(), value.to_owned());
        self
    }

    /// Is associated with an internet or a virtual private gateway.
    #[must_use]
    pub const fn of_gateway(mut self) -> Self {
        self.gateway = true;
        self
    }

    /// Has a route to a gateway, an interface or a peering connection.
    #[must_use]
    pub fn route(mut self, destination: &str, target: &str) -> Self {
        let target = target.parse::<PcxId>().map_or_else(|_| RouteTarget::Other(target.to_owned()), RouteTarget::Peering);
        self.routes.push((parse(destination), target));
        self
    }

    pub(crate) fn has(&self, destination: &Destination) -> bool {
        self.routes.iter().any(|(taken, _)| taken == destination)
    }
}
