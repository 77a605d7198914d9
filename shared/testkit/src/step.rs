//! What EC2 makes of a step.

use std::collections::BTreeSet;

use jiff::Timestamp;
use peerwright_core::ids::{AccountId, GroupId, GroupRuleId, PcxId, Place, RouteTableId, Side};
use peerwright_core::plan::Step;
use peerwright_core::world::{Destination, Direction, PeeringState, RouteTarget, RulePeer, RuleSpec};
use peerwright_engine::failure::Failure;

use crate::network::Network;
use crate::peering::Peering;
use crate::refusal::{
    CONNECTION_NOT_FOUND, DNS_DISABLED, DUPLICATE_RULE, GATEWAY_TABLE, GROUP_FULL, GROUP_NOT_FOUND, INSIDE_VPC, LOCAL_ROUTE, NOT_ACTIVE,
    NOT_PERMITTED, OTHER_NETWORK, ROUTE_EXISTS, ROUTE_NOT_FOUND, RULE_NOT_FOUND, Refusal, TABLE_CHANGES, TABLE_FULL, TABLE_NOT_FOUND,
};
use crate::vpc::FakeVpc;

impl Network {
    /// Makes a step, or refuses it as EC2 would: also where another change of the same route table is under way.
    pub(crate) fn apply(&mut self, place: &Place, step: &Step, is_alone: bool, now: Timestamp) -> Result<(), Failure> {
        self.assume_role(place, step.to_string())?;
        if self.habits.route_changes_conflict && !is_alone {
            return Err(TABLE_CHANGES.of(step.to_string(), place));
        }
        match step {
            Step::CreateRoute { table, destination, connection, .. } => self.create_route(place, table, destination, connection, now),
            Step::AuthorizeRules { group, direction, rules, connection, .. } => {
                self.authorize(place, group, *direction, rules, connection, now)
            }
            Step::EnableDnsResolution { side, connection } => self.set_dns(place, *side, connection, true, now),
            Step::DisableDnsResolution { side, connection } => self.set_dns(place, *side, connection, false, now),
            Step::DeleteRoute { table, destination, .. } => self.delete_route(place, table, destination),
            Step::HandOverRules { rules, to, .. } => {
                let ids = rules.iter().map(|(id, _)| id).collect();
                self.tag_rules(place, &ids, to)
            }
            Step::RevokeRules { group, direction, rules, .. } => {
                let ids = rules.iter().map(|(id, _)| id).collect();
                self.revoke(place, group, *direction, &ids)
            }
        }
        .map_err(|refusal| refusal.of(step.to_string(), place))
    }

    /// A route may be made while the connection is pending; it is a black hole until then.
    fn create_route(
        &mut self,
        place: &Place,
        id: &RouteTableId,
        destination: &Destination,
        connection: &PcxId,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let here = self.vpcs.values().filter(|vpc| vpc.at.place == *place);
        let mut tables = here.flat_map(|vpc| vpc.tables.iter().map(move |table| (vpc, table)));
        let (vpc, table) = tables.find(|(_, table)| table.id == *id).ok_or(TABLE_NOT_FOUND)?;
        let target = RouteTarget::Peering(connection.clone());
        match table.routes.iter().find(|(taken, _)| taken == destination) {
            Some((_, there)) if *there == target && self.habits.identical_routes_succeed => return Ok(()),
            Some(_) => return Err(ROUTE_EXISTS),
            None => {}
        }
        if vpc.contains(destination) {
            return Err(INSIDE_VPC);
        }
        if table.gateway {
            return Err(GATEWAY_TABLE);
        }
        let peering = self.visible(connection, self.view(place, now))?;
        let carries =
            matches!(peering.state_in(self.view(place, now)), PeeringState::Pending | PeeringState::Provisioning | PeeringState::Active);
        if !carries || peering.ends.side_of(&vpc.at).is_none() {
            return Err(OTHER_NETWORK);
        }
        if !self.takes_route(place, table, destination) {
            return Err(TABLE_FULL);
        }
        let table = self.vpcs.values_mut().flat_map(|vpc| &mut vpc.tables).find(|table| table.id == *id).ok_or(TABLE_NOT_FOUND)?;
        table.routes.push((destination.clone(), target));
        Ok(())
    }

    /// By destination alone, whatever the target: EC2 doesn't ask.
    fn delete_route(&mut self, place: &Place, id: &RouteTableId, destination: &Destination) -> Result<(), Refusal> {
        let tables = self.vpcs.values_mut().filter(|vpc| vpc.at.place == *place).flat_map(|vpc| &mut vpc.tables);
        let table = tables.into_iter().find(|table| table.id == *id).ok_or(TABLE_NOT_FOUND)?;
        let index = table.routes.iter().position(|(taken, _)| taken == destination).ok_or(ROUTE_NOT_FOUND)?;
        if table.routes[index].1.to_string() == "local" {
            return Err(LOCAL_ROUTE);
        }
        table.routes.remove(index);
        Ok(())
    }

    /// All the rules or none, in whatever groups they are; EC2 does not ask what the tag had said.
    fn tag_rules(&mut self, place: &Place, ids: &BTreeSet<&GroupRuleId>, owner: &PcxId) -> Result<(), Refusal> {
        let groups = self.vpcs.values_mut().filter(|vpc| vpc.at.place == *place).flat_map(|vpc| &mut vpc.groups);
        let mut rules: Vec<_> = groups.flat_map(|group| &mut group.rules).filter(|rule| ids.contains(&rule.id)).collect();
        if rules.len() < ids.len() {
            return Err(RULE_NOT_FOUND);
        }
        for rule in &mut rules {
            rule.owner = Some(owner.clone());
        }
        Ok(())
    }

    /// All the rules or none.
    fn revoke(&mut self, place: &Place, id: &GroupId, direction: Direction, rules: &BTreeSet<&GroupRuleId>) -> Result<(), Refusal> {
        let groups = self.vpcs.values_mut().filter(|vpc| vpc.at.place == *place).flat_map(|vpc| &mut vpc.groups);
        let group = groups.into_iter().find(|group| group.id == *id).ok_or(GROUP_NOT_FOUND)?;
        let there = |rule: &&&GroupRuleId| group.rules.iter().any(|found| found.id == ***rule && found.direction == direction);
        if rules.iter().filter(there).count() < rules.len() {
            return Err(RULE_NOT_FOUND);
        }
        group.rules.retain(|rule| !rules.contains(&rule.id));
        Ok(())
    }

    /// All the rules or none.
    fn authorize(
        &mut self,
        place: &Place,
        id: &GroupId,
        direction: Direction,
        rules: &BTreeSet<RuleSpec>,
        connection: &PcxId,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let vpc = self.vpc_of_group(id).filter(|vpc| vpc.at.place == *place).ok_or(GROUP_NOT_FOUND)?;
        let far = |rule: &RuleSpec| matches!(&rule.peer, RulePeer::Group(group, owner) if !self.can_refer(vpc, group, owner, now));
        if rules.iter().any(far) {
            return Err(GROUP_NOT_FOUND);
        }
        let groups = self.vpcs.values_mut().flat_map(|vpc| &mut vpc.groups);
        let group = groups.into_iter().find(|group| group.id == *id).ok_or(GROUP_NOT_FOUND)?;
        if group.participant.is_some() {
            return Err(NOT_PERMITTED);
        }
        if rules.iter().any(|rule| group.has(direction, rule)) {
            return Err(DUPLICATE_RULE);
        }
        let full = self
            .vpcs
            .values()
            .flat_map(|vpc| &vpc.groups)
            .any(|group| group.id == *id && !self.takes_rules(place, group, direction, rules));
        if full {
            return Err(GROUP_FULL);
        }
        let groups = self.vpcs.values_mut().flat_map(|vpc| &mut vpc.groups);
        let group = groups.into_iter().find(|group| group.id == *id).ok_or(GROUP_NOT_FOUND)?;
        for spec in rules {
            group.add(direction, spec.clone(), Some(connection.clone()));
        }
        Ok(())
    }

    /// A rule can refer to a group of its own VPC, or of one in its Region that an active connection leads to, by its right owner.
    fn can_refer(&self, from: &FakeVpc, group: &GroupId, owner: &AccountId, now: Timestamp) -> bool {
        let near = |to: &&FakeVpc| to.at.place.region == from.at.place.region && to.owner_of(group) == Some(owner);
        let Some(to) = self.vpc_of_group(group).filter(near) else {
            return false;
        };
        let joins = |peering: &Peering| {
            Side::BOTH.into_iter().any(|side| *peering.ends.of(side) == from.at && *peering.ends.of(side.peer()) == to.at)
        };
        let view = self.view(&from.at.place, now);
        let carries = |peering: &Peering| {
            let lag = self.habits.reference_lag;
            joins(peering) && peering.active_for(view).is_some_and(|time| lag.is_some_and(|lag| time >= lag))
        };
        to.at == from.at || self.peerings_of(&from.at).any(carries)
    }

    /// Each owner sets the option of its own end; to switch it on, both VPCs need DNS support and hostnames.
    fn set_dns(&mut self, place: &Place, side: Side, connection: &PcxId, on: bool, now: Timestamp) -> Result<(), Refusal> {
        let peering = self.visible(connection, self.view(place, now))?;
        if peering.state_in(self.view(place, now)) != PeeringState::Active {
            return Err(NOT_ACTIVE);
        }
        if peering.ends.of(side).place != *place {
            return Err(NOT_PERMITTED);
        }
        let ready = peering.ends.iter().all(|(_, end)| self.vpcs.get(&end.vpc).is_some_and(|vpc| vpc.dns_ready));
        if on && !ready {
            return Err(DNS_DISABLED);
        }
        let peering = self.peerings.get_mut(connection).ok_or(CONNECTION_NOT_FOUND)?;
        *peering.dns_resolution.of_mut(side) = on;
        Ok(())
    }
}
