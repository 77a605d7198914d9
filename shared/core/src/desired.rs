//! What the matching rules want, added up.

use crate::allowlist::{Destinations, GroupIntent, OnRevoke, Replace, RouteIntent, Rule, Source, Tables};
use crate::ids::{GroupId, PrefixListId, RuleId, Side, Sides};
use crate::tags::Selection;

/// What is wanted on one end.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct EndIntent {
    /// Routes, one entry per rule that wants some.
    pub routes: Vec<RouteIntent>,
    /// Security group rules.
    pub groups: Vec<GroupIntent>,
    /// Whether to let the peer resolve this end's public DNS names to private addresses.
    pub dns_resolution: bool,
}

impl EndIntent {
    /// The prefix lists that are named as destinations.
    pub fn prefix_lists(&self) -> impl Iterator<Item = &PrefixListId> {
        let lists = self.routes.iter().filter_map(|routes| match &routes.destinations {
            Destinations::Only { prefix_lists, .. } => Some(prefix_lists),
            Destinations::All => None,
        });
        lists.flatten()
    }

    /// True where route tables are chosen by the subnets they serve.
    pub fn chooses_by_subnets(&self) -> bool {
        self.routes.iter().any(|routes| matches!(routes.tables, Tables::OfSubnets(_)))
    }

    /// The choices among the peer's groups, which have to be looked up there.
    pub fn peer_groups(&self) -> impl Iterator<Item = &Selection<GroupId>> {
        let permissions = self.groups.iter().flat_map(|intent| intent.ingress.iter().chain(&intent.egress));
        permissions.filter_map(|permission| match &permission.peer {
            Source::PeerGroups(groups) => Some(groups),
            Source::PeerVpc => None,
        })
    }
}

/// What is wanted for a connection: the union of the rules that allow it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Desired {
    /// The rules it comes from.
    pub rules: Vec<RuleId>,
    /// Both ends.
    pub ends: Sides<EndIntent>,
    /// What becomes of the connection once the rules are gone: the strictest of their wishes.
    pub on_revoke: OnRevoke,
    /// What goes first where a quota has no room for old and new together: the old only where every rule says so.
    pub replace: Replace,
}

impl Desired {
    /// The same without the DNS options, which hinder no acceptance.
    #[must_use]
    pub fn without_options(mut self) -> Self {
        for side in Side::BOTH {
            self.ends.of_mut(side).dns_resolution = false;
        }
        self
    }

    /// Adds up what the rules want.
    pub fn of(rules: &[Rule]) -> Self {
        Self {
            rules: rules.iter().map(|rule| rule.id.clone()).collect(),
            ends: Sides { requester: end_intent(rules, Side::Requester), accepter: end_intent(rules, Side::Accepter) },
            on_revoke: rules.iter().filter_map(|rule| rule.on_revoke).max().unwrap_or_default(),
            replace: rules.iter().map(|rule| rule.replace).min().unwrap_or_default(),
        }
    }
}

fn end_intent(rules: &[Rule], side: Side) -> EndIntent {
    EndIntent {
        routes: rules.iter().filter_map(|rule| route_intent(rule, side)).collect(),
        groups: rules.iter().flat_map(|rule| group_intents(rule, side)).collect(),
        dns_resolution: rules.iter().any(|rule| *rule.dns_resolution.of(side)),
    }
}

fn route_intent(rule: &Rule, side: Side) -> Option<RouteIntent> {
    rule.routes.of(side).clone().map(|intent| bounded(intent, rule, side))
}

fn bounded(intent: RouteIntent, rule: &Rule, side: Side) -> RouteIntent {
    RouteIntent { peer_cidrs: rule.ends.of(side.peer()).cidrs.clone(), ..intent }
}

fn group_intents(rule: &Rule, side: Side) -> impl Iterator<Item = GroupIntent> {
    rule.security_groups.of(side).iter().map(move |intent| GroupIntent {
        // A rule of which the routes are not approved still says what they would exclude.
        routes: route_intent(rule, side).or_else(|| intent.routes.clone().map(|routes| bounded(routes, rule, side))),
        peer_cidrs: rule.ends.of(side.peer()).cidrs.clone(),
        ..intent.clone()
    })
}
