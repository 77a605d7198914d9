//! What fits into a route table or a security group.

use ipnet::IpNet;
use jiff::Timestamp;
use peerwright_core::ids::{Place, VpcRef};
use peerwright_core::quota::Quotas;
use peerwright_core::world::{Destination, Direction, PeeringState, RulePeer, RuleSpec};

use crate::group::FakeGroup;
use crate::network::Network;
use crate::table::FakeTable;

/// How much something weighs in IPv4 and in IPv6, which EC2 counts apart ("Amazon VPC quotas", VPC user guide).
type Weight = (usize, usize);

impl Network {
    fn quotas_of(&self, place: &Place) -> Quotas {
        self.quotas.get(place).copied().unwrap_or(Quotas::DOCUMENTED)
    }

    /// True where a VPC takes one more connection. AWS does not document when it looks, and at whose VPC: here at both, at the acceptance.
    pub(crate) fn takes_peering(&self, vpc: &VpcRef, now: Timestamp) -> bool {
        let own = self.peerings_of(vpc).filter(|peering| peering.ends.side_of(vpc).is_some());
        let established = own.filter(|peering| matches!(peering.state(now), PeeringState::Provisioning | PeeringState::Active));
        established.count() < self.quotas_of(&vpc.place).peerings_per_vpc
    }

    /// True where a VPC may make one more request.
    pub(crate) fn takes_request(&self, requester: &VpcRef, now: Timestamp) -> bool {
        let own = self.peerings_of(requester).filter(|peering| peering.ends.requester == *requester);
        let unanswered = own.filter(|peering| matches!(peering.state(now), PeeringState::Initiating | PeeringState::Pending));
        unanswered.count() < self.habits.outstanding_requests
    }

    /// True where a table takes one more route.
    pub(crate) fn takes_route(&self, place: &Place, table: &FakeTable, destination: &Destination) -> bool {
        let there = table.routes.iter().filter(|(_, target)| target.to_string() != "local").map(|(destination, _)| destination);
        let weights = there.chain([destination]).map(|destination| self.weight_of_route(place, destination));
        fits(weights, self.quotas_of(place).routes_per_table)
    }

    /// True where a group takes so many more rules.
    pub(crate) fn takes_rules<'r>(
        &self,
        place: &Place,
        group: &'r FakeGroup,
        direction: Direction,
        rules: impl IntoIterator<Item = &'r RuleSpec>,
    ) -> bool {
        let there = group.rules.iter().filter(|rule| rule.direction == direction).map(|rule| &rule.spec);
        let weights = there.chain(rules).map(|rule| match &rule.peer {
            RulePeer::Cidr(block) => weight_of_block(block),
            RulePeer::PrefixList(list) => self.weight_of_route(place, &Destination::PrefixList(list.clone())),
            RulePeer::Group(..) | RulePeer::Other(_) => (1, 1),
        });
        fits(weights, self.quotas_of(place).rules_per_group)
    }

    /// A prefix list counts with the most entries that it may have.
    fn weight_of_route(&self, place: &Place, destination: &Destination) -> Weight {
        match destination {
            Destination::Cidr(block) => weight_of_block(block),
            Destination::PrefixList(id) => match self.prefix_lists.get(&(place.clone(), id.clone())) {
                Some(list) if list.cidrs.iter().all(|block| matches!(block, IpNet::V4(_))) => (list.max_entries, 0),
                Some(list) => (0, list.max_entries),
                None => (1, 0),
            },
        }
    }
}

const fn weight_of_block(block: &IpNet) -> Weight {
    match block {
        IpNet::V4(_) => (1, 0),
        IpNet::V6(_) => (0, 1),
    }
}

fn fits(weights: impl Iterator<Item = Weight>, limit: usize) -> bool {
    let (v4, v6) = weights.fold((0, 0), |(v4, v6), (more_v4, more_v6)| (v4 + more_v4, v6 + more_v6));
    v4 <= limit && v6 <= limit
}
