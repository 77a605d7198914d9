//! What EC2 knows: VPCs and connections, everywhere.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use peerwright_core::ids::{AccountId, GroupId, PcxId, Place, PrefixListId, RouteTableId, Side, Sides, VpcId, VpcRef};
use peerwright_core::organization::Unit;
use peerwright_core::quota::Quotas;
use peerwright_core::world::{Connection, PeeringState, PrefixList, Tags};
use peerwright_engine::failure::Failure;

use crate::habits::Habits;
use crate::lag::Lag;
use crate::metering::Sizes;
use crate::parse::parse;
use crate::peering::{Pace, Peering, View};
use crate::refusal::{ALREADY_EXISTS, CONNECTION_NOT_FOUND, NO_ROLE, NOT_PENDING, NOT_PERMITTED, REGION_OFF, Refusal, VPC_FULL};
use crate::vpc::FakeVpc;

/// The state of EC2 in all accounts and Regions.
#[derive(Debug, Default)]
pub(crate) struct Network {
    /// Accounts that have the member role.
    pub(crate) members: BTreeSet<AccountId>,
    pub(crate) vpcs: BTreeMap<VpcId, FakeVpc>,
    pub(crate) peerings: BTreeMap<PcxId, Peering>,
    /// The connections of each place and of each VPC: an estate of thousands is not gone through for each call.
    by_place: BTreeMap<Place, BTreeSet<PcxId>>,
    by_vpc: BTreeMap<VpcId, BTreeSet<PcxId>>,
    pub(crate) pace: Pace,
    pub(crate) lags: Vec<(PcxId, Place, Lag, u32)>,
    /// Where accounts stand in the organization.
    pub(crate) units: BTreeMap<AccountId, Vec<Unit>>,
    /// Managed prefix lists, where they can be read.
    pub(crate) prefix_lists: BTreeMap<(Place, PrefixListId), PrefixList>,
    /// True where the answer to a request shows the tags that it bears: whether AWS's does is not known.
    pub(crate) answers_with_tags: bool,
    /// True where a pending request shows the blocks of the other account's VPC: whether AWS does is not known.
    pub(crate) pending_shows_blocks: bool,
    /// The tags that participants have set on VPCs which are shared with them, by the VPC and the participant's place.
    pub(crate) shares: BTreeMap<(VpcId, Place), Tags>,
    /// The quotas of places, where Service Quotas answers.
    pub(crate) quotas: BTreeMap<Place, Quotas>,
    pub(crate) habits: Habits,
    /// The route tables that are being changed.
    pub(crate) changing: BTreeSet<RouteTableId>,
}

impl Network {
    /// Refuses a place whose account has no member role.
    pub(crate) fn assume_role(&self, place: &Place, what: impl Into<String>) -> Result<(), Failure> {
        if !self.members.contains(&place.account) {
            return Err(NO_ROLE.of(what, place));
        }
        if self.habits.regions_off.contains(place) { Err(REGION_OFF.of(what, place)) } else { Ok(()) }
    }

    /// How a place looks at connections.
    pub(crate) const fn view<'p>(&self, place: &'p Place, now: Timestamp) -> View<'p> {
        View { place, now, side_lag: self.habits.side_lag }
    }

    /// A connection, where a place is shown it.
    pub(crate) fn visible(&self, id: &PcxId, view: View<'_>) -> Result<&Peering, Refusal> {
        self.peerings.get(id).filter(|peering| peering.is_visible_in(view)).ok_or(CONNECTION_NOT_FOUND)
    }

    /// `CreateVpcPeeringConnection`, by whoever owns the requester.
    pub(crate) fn request(&mut self, requester: &str, accepter: &str, now: Timestamp) -> PcxId {
        let ends = Sides { requester: self.vpc(requester).at.clone(), accepter: self.vpc(accepter).at.clone() };
        let rival = self.joining(&ends, now).map(|peering| peering.id.clone());
        assert!(rival.is_none(), "VpcPeeringConnectionAlreadyExists: {rival:?}");
        self.add(&ends, now)
    }

    /// How much there is in a place.
    pub(crate) fn sizes(&self, place: &Place, vpcs: &BTreeSet<VpcId>) -> Sizes {
        let here = self.vpcs.values().filter(|vpc| vpc.at.place == *place);
        let inside = here.clone().filter(|vpc| vpcs.contains(&vpc.at.vpc));
        Sizes {
            connections: self.peerings_at(place).count(),
            vpcs: here.count(),
            tables: inside.clone().map(|vpc| vpc.tables.len()).sum(),
            groups: inside.map(|vpc| vpc.groups.len()).sum(),
        }
    }

    /// The connection between two VPCs that has not ended.
    pub(crate) fn joining(&self, ends: &Sides<VpcRef>, now: Timestamp) -> Option<&Peering> {
        let pair = |peering: &&Peering| {
            let mine = [&ends.requester, &ends.accepter];
            mine.contains(&&peering.ends.requester) && mine.contains(&&peering.ends.accepter)
        };
        self.peerings_of(&ends.requester).filter(|peering| !peering.state(now).has_ended()).find(pair)
    }

    /// The connections with an end in a place.
    pub(crate) fn peerings_at(&self, place: &Place) -> impl Iterator<Item = &Peering> {
        self.by_place.get(place).into_iter().flatten().map(|id| self.peering(id))
    }

    /// The connections of a VPC.
    pub(crate) fn peerings_of(&self, vpc: &VpcRef) -> impl Iterator<Item = &Peering> {
        self.by_vpc.get(&vpc.vpc).into_iter().flatten().map(|id| self.peering(id))
    }

    pub(crate) fn add(&mut self, ends: &Sides<VpcRef>, now: Timestamp) -> PcxId {
        let blocks = |vpc: &VpcRef| self.vpcs.get(&vpc.vpc).map(|vpc| vpc.cidrs.clone()).unwrap_or_default();
        let overlap = blocks(&ends.requester).overlaps(&blocks(&ends.accepter)).next().is_some();
        let id: PcxId = parse(&format!("pcx-{:08x}", self.peerings.len() + 1));
        self.peerings.insert(id.clone(), Peering::new(id.clone(), ends.clone(), overlap, self.pace, now));
        for (_, VpcRef { place, vpc }) in ends.iter() {
            self.by_place.entry(place.clone()).or_default().insert(id.clone());
            self.by_vpc.entry(vpc.clone()).or_default().insert(id.clone());
        }
        id
    }

    pub(crate) fn vpc(&self, id: &str) -> &FakeVpc {
        self.vpcs.get(&parse::<VpcId>(id)).unwrap_or_else(|| panic!("the world has no {id}"))
    }

    pub(crate) fn peering(&self, id: &PcxId) -> &Peering {
        self.peerings.get(id).unwrap_or_else(|| panic!("the world has no {id}"))
    }

    /// `AcceptVpcPeeringConnection`.
    pub(crate) fn accept(&mut self, connection: &Connection, now: Timestamp) -> Result<(), Failure> {
        let place = &connection.ends.accepter.place;
        let refused = |refusal: Refusal| refusal.of(format!("accept {}", connection.id), place);
        self.pending_peering(connection, "accept", now)?;
        let is_rival = |peering: &&Peering| {
            let ends = &peering.ends;
            let joins = ends.side_of(&connection.ends.requester).is_some() && ends.side_of(&connection.ends.accepter).is_some();
            joins && peering.id != connection.id && matches!(peering.state(now), PeeringState::Active | PeeringState::Provisioning)
        };
        if self.peerings_of(&connection.ends.requester).any(|peering| is_rival(&peering)) {
            return Err(refused(ALREADY_EXISTS));
        }
        if connection.ends.iter().any(|(_, vpc)| !self.takes_peering(vpc, now)) {
            return Err(refused(VPC_FULL));
        }
        self.pending_peering(connection, "accept", now)?.accept(now);
        Ok(())
    }

    /// `RejectVpcPeeringConnection`.
    pub(crate) fn reject(&mut self, connection: &Connection, now: Timestamp) -> Result<(), Failure> {
        self.pending_peering(connection, "reject", now)?.end_as("rejected", Side::Accepter, now);
        Ok(())
    }

    fn pending_peering(&mut self, connection: &Connection, verb: &str, now: Timestamp) -> Result<&mut Peering, Failure> {
        let what = format!("{verb} {}", connection.id);
        let place = &connection.ends.accepter.place;
        self.assume_role(place, what.clone())?;
        let peering = self.visible(&connection.id, self.view(place, now)).map_err(|refusal| refusal.of(what.clone(), place))?;
        if peering.ends != connection.ends {
            return Err(NOT_PERMITTED.of(what, place));
        }
        if peering.state(now) != PeeringState::Pending {
            return Err(NOT_PENDING.of(what, place));
        }
        self.peerings.get_mut(&connection.id).ok_or_else(|| CONNECTION_NOT_FOUND.of(what, place))
    }

    /// The VPC that a group is in, if any.
    pub(crate) fn vpc_of_group(&self, id: &GroupId) -> Option<&FakeVpc> {
        self.vpcs.values().find(|vpc| vpc.groups.iter().any(|group| group.id == *id))
    }

    /// How a place is behind about a connection at this call, if it is.
    pub(crate) fn lag(&mut self, id: &PcxId, place: &Place) -> Option<Lag> {
        let found = self.lags.iter_mut().find(|(of, at, _, calls)| of == id && at == place && *calls > 0);
        found.map(|(_, _, lag, calls)| {
            *calls -= 1;
            lag.clone()
        })
    }
}
