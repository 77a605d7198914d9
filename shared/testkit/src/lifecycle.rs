//! Connections that the functions make and end, and their tags.

use std::collections::BTreeSet;

use jiff::Timestamp;
use peerwright_core::ask::CREATED_TAG;
use peerwright_core::ids::{PcxId, Place, Side, Sides, VpcId, VpcRef};
use peerwright_core::world::{Connection, PeeringState, Tags};
use peerwright_engine::failure::Failure;
use peerwright_engine::ports::Created;

use crate::network::Network;
use crate::parse::parse;
use crate::peering::Peering;
use crate::refusal::{
    CONNECTION_NOT_FOUND, FORBIDDEN_TAG, NO_SUCH_VPC, NOT_PENDING, NOT_PERMITTED, Refusal, TOO_MANY_REQUESTS, TOO_MANY_TAGS, VPC_NOT_FOUND,
};

/// "Tag your Amazon EC2 resources" in the EC2 user guide.
const TAGS_PER_RESOURCE: usize = 50;

impl Network {
    /// `CreateVpcPeeringConnection`, with the tag that says for whom.
    pub(crate) fn create(&mut self, ends: &Sides<VpcRef>, created_for: &VpcRef, now: Timestamp) -> Result<Created, Failure> {
        let what = || format!("ask for a connection of {} to {}", ends.requester, ends.accepter);
        self.create_or_refuse(ends, created_for, now).map_err(|refusal| refusal.of(what(), &ends.requester.place))
    }

    /// The requester's Region does not know the VPCs of other places: a request to one that is not there fails by itself.
    fn create_or_refuse(&mut self, ends: &Sides<VpcRef>, created_for: &VpcRef, now: Timestamp) -> Result<Created, Refusal> {
        let Sides { requester, accepter } = ends;
        let is_there = |vpc: &VpcRef| self.vpcs.get(&vpc.vpc).is_some_and(|found| found.at == *vpc);
        if !is_there(requester) || (accepter.place == requester.place && !is_there(accepter)) {
            return Err(NO_SUCH_VPC);
        }
        let tags = Tags::from([(CREATED_TAG.to_owned(), created_for.vpc.to_string())]);
        self.require_permitted(&tags)?;
        let lives = |peering: &&Peering| !peering.state(now).has_ended() && !peering.overlap;
        let first = self.peerings_of(requester).filter(lives).find(|peering| peering.ends == *ends);
        // The same connection again is no error, and gets no tags; the other way round it is another one. Across Regions, until the other
        // one knows of it, it is one more, which fails (coinbase/geoengineer #309).
        let is_known =
            |first: &Peering| requester.place.region == accepter.place.region || first.is_known_in(self.view(&accepter.place, now));
        if let Some(first) = first.filter(|first| is_known(first)) {
            return Ok(Created { id: first.id.clone(), bears_our_tag: false });
        }
        let fails = first.is_some() || !is_there(accepter);
        if !self.takes_request(requester, now) {
            return Err(TOO_MANY_REQUESTS);
        }
        let id = self.add(ends, now);
        if let Some(made) = self.peerings.get_mut(&id) {
            made.overlap |= fails;
            made.tags.insert(requester.place.clone(), tags);
        }
        Ok(Created { id, bears_our_tag: self.answers_with_tags })
    }

    /// `DeleteVpcPeeringConnection`: while it is pending only by the requester, when it is active by either.
    pub(crate) fn delete(&mut self, connection: &Connection, side: Side, now: Timestamp) -> Result<(), Failure> {
        let what = format!("delete {}", connection.id);
        let place = &connection.ends.of(side).place;
        let peering = self.visible(&connection.id, self.view(place, now)).map_err(|refusal| refusal.of(what.clone(), place))?;
        match peering.state(now) {
            PeeringState::Active => {}
            PeeringState::Pending if peering.ends.requester.place.account == place.account => {}
            PeeringState::Pending => return Err(NOT_PERMITTED.of(what, place)),
            _ => return Err(NOT_PENDING.of(what, place)),
        }
        let peering = self.peerings.get_mut(&connection.id).ok_or_else(|| CONNECTION_NOT_FOUND.of(what, place))?;
        peering.end_as("deleted", side, now);
        Ok(())
    }

    fn require_permitted(&self, tags: &Tags) -> Result<(), Refusal> {
        let forbidden = self.habits.forbidden_tag.as_ref().is_some_and(|key| tags.contains_key(key));
        if forbidden { Err(FORBIDDEN_TAG) } else { Ok(()) }
    }

    /// The tags of a VPC that a place may set: a participant of a shared VPC and its owner have each their own.
    fn vpc_tags(&mut self, id: &VpcId, place: &Place) -> Option<&mut Tags> {
        let owned = self.vpcs.get_mut(id).filter(|vpc| vpc.at.place == *place).map(|vpc| &mut vpc.tags);
        owned.or_else(|| self.shares.get_mut(&(id.clone(), place.clone())))
    }

    /// `CreateTags` on a VPC or a connection.
    pub(crate) fn tag(&mut self, place: &Place, resource: &str, tags: &Tags, now: Timestamp) -> Result<(), Failure> {
        self.tag_or_refuse(place, resource, tags, now).map_err(|refusal| refusal.of(format!("tag {resource}"), place))
    }

    fn tag_or_refuse(&mut self, place: &Place, resource: &str, tags: &Tags, now: Timestamp) -> Result<(), Refusal> {
        self.require_permitted(tags)?;
        let found = if let Ok(id) = resource.parse::<VpcId>() {
            self.vpc_tags(&id, place).ok_or(VPC_NOT_FOUND)?
        } else {
            let id = parse::<PcxId>(resource);
            self.visible(&id, self.view(place, now))?;
            self.peerings.get_mut(&id).ok_or(CONNECTION_NOT_FOUND)?.tags.entry(place.clone()).or_default()
        };
        if found.keys().chain(tags.keys()).collect::<BTreeSet<_>>().len() > TAGS_PER_RESOURCE {
            return Err(TOO_MANY_TAGS);
        }
        found.extend(tags.clone());
        Ok(())
    }

    /// `DeleteTags` on a VPC.
    pub(crate) fn untag(&mut self, vpc: &VpcRef, keys: &[&str]) {
        if let Some(tags) = self.vpc_tags(&vpc.vpc, &vpc.place) {
            tags.retain(|key, _| !keys.contains(&key.as_str()));
        }
    }
}
