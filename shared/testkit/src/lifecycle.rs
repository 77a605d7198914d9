//! Connections that the functions make and end, and their tags.

use jiff::Timestamp;
use peerwright_core::ask::CREATED_TAG;
use peerwright_core::ids::{PcxId, Place, Side, Sides, VpcId, VpcRef};
use peerwright_core::world::{Connection, PeeringState, Tags};
use peerwright_engine::failure::Failure;
use peerwright_engine::ports::Created;

use crate::network::Network;
use crate::parse::parse;
use crate::refusal::{CONNECTION_NOT_FOUND, NO_SUCH_VPC, NOT_PENDING};

impl Network {
    /// `CreateVpcPeeringConnection`, with the tag that says for whom.
    pub(crate) fn create(&mut self, ends: &Sides<VpcRef>, created_for: &VpcRef, now: Timestamp) -> Result<Created, Failure> {
        let what = format!("ask for a connection of {} to {}", ends.requester, ends.accepter);
        let place = &ends.requester.place;
        if ends.iter().any(|(_, vpc)| self.vpcs.get(&vpc.vpc).is_none_or(|found| found.at != *vpc)) {
            return Err(NO_SUCH_VPC.of(what, place));
        }
        // The same connection again is no error, and gets no tags; the other way round it is another one.
        if let Some(there) = self.peerings.values().find(|peering| peering.ends == *ends && !peering.state(now).has_ended()) {
            return Ok(Created { id: there.id.clone(), bears_our_tag: false });
        }
        let id = self.add(ends, now);
        self.tag(place, id.as_str(), &Tags::from([(CREATED_TAG.to_owned(), created_for.vpc.to_string())]));
        Ok(Created { id, bears_our_tag: self.answers_with_tags })
    }

    /// `DeleteVpcPeeringConnection`: while it is pending only by the requester, when it is active by either.
    pub(crate) fn delete(&mut self, connection: &Connection, side: Side, now: Timestamp) -> Result<(), Failure> {
        let what = format!("delete {}", connection.id);
        let place = &connection.ends.of(side).place;
        let peering = self.peerings.get_mut(&connection.id).ok_or_else(|| CONNECTION_NOT_FOUND.of(what.clone(), place))?;
        let may = match peering.state(now) {
            PeeringState::Active => true,
            PeeringState::Pending => side == Side::Requester,
            _ => false,
        };
        if !may {
            return Err(NOT_PENDING.of(what, place));
        }
        peering.end_as("deleted", side, now);
        Ok(())
    }

    /// The tags of a VPC that a place may set: a participant of a shared VPC and its owner have each their own.
    fn vpc_tags(&mut self, id: &VpcId, place: &Place) -> Option<&mut Tags> {
        let owned = self.vpcs.get_mut(id).filter(|vpc| vpc.at.place == *place).map(|vpc| &mut vpc.tags);
        owned.or_else(|| self.shares.get_mut(&(id.clone(), place.clone())))
    }

    /// `CreateTags` on a VPC or a connection.
    pub(crate) fn tag(&mut self, place: &Place, resource: &str, tags: &Tags) {
        let found = match resource.parse::<VpcId>() {
            Ok(id) => self.vpc_tags(&id, place),
            Err(_) => self.peerings.get_mut(&parse::<PcxId>(resource)).map(|peering| peering.tags.entry(place.clone()).or_default()),
        };
        if let Some(found) = found {
            found.extend(tags.clone());
        }
    }

    /// `DeleteTags` on a VPC.
    pub(crate) fn untag(&mut self, vpc: &VpcRef, keys: &[&str]) {
        if let Some(tags) = self.vpc_tags(&vpc.vpc, &vpc.place) {
            tags.retain(|key, _| !keys.contains(&key.as_str()));
        }
    }
}
