//! What users do without Peerwright, in the accounts that they own.

use peerwright_core::ids::{GroupId, PcxId, Place, Side, Sides, VpcId};
use peerwright_core::traffic::Traffic;
use peerwright_core::world::{Direction, PeeringState, RulePeer, RuleSpec};
use peerwright_engine::ports::Clock;

use crate::group::FakeGroup;
use crate::lag::Lag;
use crate::parse::parse;
use crate::table::FakeTable;
use crate::vpc::FakeVpc;
use crate::world::World;

impl World {
    /// The owner of a VPC asks for a connection.
    pub fn request(&self, requester: &str, accepter: &str) -> PcxId {
        let now = self.clock.now();
        self.network().request(requester, accepter, now)
    }

    /// The same where the two are connected, or about to be, the other way round.
    pub fn request_beside(&self, requester: &str, accepter: &str) -> PcxId {
        let ends = Sides { requester: self.vpc_ref(requester), accepter: self.vpc_ref(accepter) };
        let now = self.clock.now();
        self.network().add(&ends, now)
    }

    /// The owner of the accepter accepts by hand.
    pub fn accept_by_hand(&self, id: &PcxId) {
        let now = self.clock.now();
        let mut network = self.network();
        assert_eq!(network.peering(id).state(now), PeeringState::Pending, "{id} can't be accepted");
        network.peerings.get_mut(id).expect("it was there just now").accept(now);
    }

    /// The owner of the accepter rejects by hand.
    pub fn reject_by_hand(&self, id: &PcxId) {
        let now = self.clock.now();
        let mut network = self.network();
        assert_eq!(network.peering(id).state(now), PeeringState::Pending, "{id} can't be rejected");
        network.peerings.get_mut(id).expect("it was there just now").end_as("rejected", Side::Accepter, now);
    }

    /// A request fails, as EC2 finds out late: the VPCs got addresses in common.
    pub fn fail_by_itself(&self, id: &PcxId) {
        self.network().peerings.get_mut(id).unwrap_or_else(|| panic!("the world has no {id}")).overlap = true;
    }

    /// One of the owners deletes the connection.
    pub fn delete(&self, id: &PcxId, by: Side) {
        let now = self.clock.now();
        self.network().peerings.get_mut(id).unwrap_or_else(|| panic!("the world has no {id}")).end_as("deleted", by, now);
    }

    /// Somebody sets a tag of a VPC.
    pub fn tag(&self, vpc: &str, key: &str, value: &str) {
        self.fake(vpc, |vpc| drop(vpc.tags.insert(key.to_owned(), value.to_owned())));
    }

    /// A participant of a shared VPC sets a tag of its own on it.
    pub fn tag_as(&self, participant: &str, vpc: &str, key: &str, value: &str) {
        let at = self.vpc_ref(vpc);
        let place = Place { account: parse(participant), region: at.place.region };
        let mut network = self.network();
        let tags = network.shares.get_mut(&(at.vpc, place)).unwrap_or_else(|| panic!("{vpc} is not shared with {participant}"));
        tags.insert(key.to_owned(), value.to_owned());
    }

    /// A participant of a shared VPC removes a tag of its own.
    pub fn untag_as(&self, participant: &str, vpc: &str, key: &str) {
        let at = self.vpc_ref(vpc);
        let place = Place { account: parse(participant), region: at.place.region };
        let mut network = self.network();
        let tags = network.shares.get_mut(&(at.vpc, place)).unwrap_or_else(|| panic!("{vpc} is not shared with {participant}"));
        tags.remove(key);
    }

    /// Somebody removes a tag of a VPC.
    pub fn untag(&self, vpc: &str, key: &str) {
        self.fake(vpc, |vpc| drop(vpc.tags.remove(key)));
    }

    /// Somebody switches DNS support and hostnames of a VPC on.
    pub fn ready_dns(&self, vpc: &str) {
        self.fake(vpc, |vpc| vpc.dns_ready = true);
    }

    /// A VPC is deleted, with everything in it.
    pub fn delete_vpc(&self, vpc: &str) {
        assert!(self.network().vpcs.remove(&parse::<VpcId>(vpc)).is_some(), "the world has no {vpc}");
    }

    /// Somebody removes a route.
    pub fn remove_route(&self, vpc: &str, destination: &str) {
        let destination = parse(destination);
        self.fake(vpc, |vpc| vpc.tables.iter_mut().for_each(|table| table.routes.retain(|(taken, _)| *taken != destination)));
    }

    fn fake(&self, vpc: &str, change: impl FnOnce(&mut FakeVpc)) {
        change(self.network().vpcs.get_mut(&parse(vpc)).unwrap_or_else(|| panic!("the world has no {vpc}")));
    }

    /// A VPC gets a further CIDR block.
    pub fn associate(&self, vpc: &str, block: &str) {
        self.network().vpcs.get_mut(&parse(vpc)).unwrap_or_else(|| panic!("the world has no {vpc}")).associate(block);
    }

    /// A VPC gives a CIDR block up.
    pub fn disassociate(&self, vpc: &str, block: &str) {
        self.network().vpcs.get_mut(&parse(vpc)).unwrap_or_else(|| panic!("the world has no {vpc}")).disassociate(block);
    }

    /// Somebody adds a route to a table of theirs.
    pub fn add_route(&self, table: &str, block: &str, target: &str) {
        let made = FakeTable::new(table).route(block, target);
        let mut network = self.network();
        let mut tables = network.vpcs.values_mut().flat_map(|vpc| &mut vpc.tables);
        let found = tables.find(|found| found.id == made.id).unwrap_or_else(|| panic!("the world has no {table}"));
        assert!(!found.has(&parse(block)), "RouteAlreadyExists: {block} in {table}");
        found.routes.extend(made.routes);
    }

    /// A VPC gets a further route table.
    pub fn add_table(&self, vpc: &str, table: FakeTable) {
        self.fake(vpc, |found| *found = found.clone().table(table));
    }

    /// Somebody deletes a route table, with its routes.
    pub fn delete_table(&self, vpc: &str, table: &str) {
        self.fake(vpc, |found| found.tables.retain(|kept| kept.id.as_str() != table));
    }

    /// A VPC gets a further security group.
    pub fn add_group(&self, vpc: &str, group: FakeGroup) {
        self.fake(vpc, |found| *found = found.clone().group(group));
    }

    /// The owner of an end removes a tag of a connection.
    pub fn untag_connection(&self, id: &PcxId, place: &Place, key: &str) {
        let mut network = self.network();
        let tags = network.peerings.get_mut(id).and_then(|peering| peering.tags.get_mut(place));
        tags.and_then(|tags| tags.remove(key)).unwrap_or_else(|| panic!("{id} has no tag {key} in {place}"));
    }

    /// Somebody sets a tag of a security group.
    pub fn tag_group(&self, group: &str, key: &str, value: &str) {
        self.group(group, |found| drop(found.tags.insert(key.to_owned(), value.to_owned())));
    }

    /// Somebody lets TCP traffic into a security group, by a rule that bears no tag.
    pub fn add_rule(&self, group: &str, ports: &str, block: &str) {
        let spec = RuleSpec { traffic: Traffic::Tcp(parse(ports)), peer: RulePeer::Cidr(parse(block)) };
        self.group(group, |found| found.add(Direction::Ingress, spec, None));
    }

    /// Somebody removes the rules of a security group in one direction.
    pub fn clear_rules(&self, group: &str, direction: Direction) {
        self.group(group, |found| found.rules.retain(|rule| rule.direction != direction));
    }

    fn group(&self, id: &str, change: impl FnOnce(&mut FakeGroup)) {
        let id: GroupId = parse(id);
        let mut network = self.network();
        let mut groups = network.vpcs.values_mut().flat_map(|vpc| &mut vpc.groups);
        change(groups.find(|group| group.id == id).unwrap_or_else(|| panic!("the world has no {id}")));
    }

    /// An account takes the member role away.
    pub fn revoke_role(&self, account: &str) {
        assert!(self.network().members.remove(&parse(account)), "{account} had no role");
    }

    /// An account deploys the member role.
    pub fn grant_role(&self, account: &str) {
        self.network().members.insert(parse(account));
    }

    /// The next Describe calls from a place show a connection as it was.
    pub fn lag(&self, id: &PcxId, place: &Place, lag: Lag, calls: u32) {
        self.network().lags.push((id.clone(), place.clone(), lag, calls));
    }
}
