//! The connections of one VPC.

use jiff::Timestamp;
use peerwright_core::cidr::CidrSet;
use peerwright_core::ids::{Side, Sides, VpcRef};
use peerwright_core::world::{Connection, ObservedConnection, PeeringState};

use crate::network::Network;
use crate::peering::Peering;

impl Network {
    /// Those that have not ended, as the VPC's owner sees them.
    pub(crate) fn peerings_of(&self, vpc: &VpcRef, now: Timestamp) -> Vec<ObservedConnection> {
        let ours = self.peerings.values().filter(|peering| peering.ends.iter().any(|(_, end)| end == vpc));
        ours.filter(|peering| !peering.state(now).has_ended()).map(|peering| self.shown(peering, vpc, now)).collect()
    }

    fn shown(&self, peering: &Peering, vpc: &VpcRef, now: Timestamp) -> ObservedConnection {
        let state = peering.state(now);
        let cidrs = |side: Side| {
            let end = peering.ends.of(side);
            let shown = state == PeeringState::Active || end.place.account == vpc.place.account;
            self.vpcs.get(&end.vpc).filter(|_| shown).map_or_else(CidrSet::default, |vpc| vpc.cidrs.clone())
        };
        let cidrs = Sides { requester: cidrs(Side::Requester), accepter: cidrs(Side::Accepter) };
        let message = peering.message(&state);
        ObservedConnection {
            connection: Connection { id: peering.id.clone(), state, message, ends: peering.ends.clone() },
            cidrs,
            tags: peering.tags_in(&vpc.place),
        }
    }
}
