//! What has to be read of an end before it can be planned: no more than the intent and the ledger ask for.

use std::collections::BTreeSet;

use crate::desired::Desired;
use crate::ids::{GroupId, PrefixListId, Side};
use crate::owned::Owned;
use crate::tags::{Selection, Tags};
use crate::world::{End, RouteTable, SecurityGroup, prefix_lists_in_use};

/// What to read of one end.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a thing to read or not")]
pub struct EndQuery {
    /// The CIDR blocks of the VPC.
    pub cidrs: bool,
    /// The route tables.
    pub tables: bool,
    /// The subnets.
    pub subnets: bool,
    /// The prefix lists that rules name as destinations.
    pub prefix_lists: BTreeSet<PrefixListId>,
    /// The prefix lists that the route tables, or the rules that are read, refer to: their entries have routes, and their sizes count.
    pub prefix_lists_in_use: bool,
    /// The security groups with their tags. Without them, the rules of those are read that are named.
    pub groups: bool,
    /// Groups whose rules are read, by what selects them…
    pub rules_of: Vec<Selection<GroupId>>,
    /// …or because we made rules in them.
    pub rules_in: BTreeSet<GroupId>,
    /// The DNS attributes of the VPC: wanted when either end wants the option, since AWS asks both VPCs.
    pub dns_attributes: bool,
}

impl EndQuery {
    /// What to read of one end.
    pub fn at(side: Side, desired: &Desired, owned: &Owned) -> Self {
        let intent = desired.ends.of(side);
        let peer_groups = desired.ends.of(side.peer()).peer_groups().next().is_some();
        let rules_in: BTreeSet<GroupId> = owned.groups.iter().filter(|group| group.side == side).map(|group| group.group.clone()).collect();
        Self {
            cidrs: true,
            tables: !intent.routes.is_empty() || owned.routes.iter().any(|route| route.side == side),
            subnets: intent.chooses_by_subnets(),
            prefix_lists: intent.prefix_lists().cloned().collect(),
            prefix_lists_in_use: !intent.routes.is_empty() || !intent.groups.is_empty(),
            groups: !intent.groups.is_empty() || !rules_in.is_empty() || peer_groups,
            rules_of: intent.groups.iter().map(|intent| intent.groups.clone()).collect(),
            rules_in,
            dns_attributes: Side::BOTH.into_iter().any(|side| desired.ends.of(side).dns_resolution),
        }
    }

    /// The same of an end that was seen a moment ago, after nothing but routes and rules was changed: which groups there are is known, and what
    /// tags they have.
    #[must_use]
    pub fn again(self, seen: &End) -> Self {
        if !self.groups {
            return self;
        }
        let wanted = seen.groups.iter().filter(|group| self.wants_rules_of(&group.id, &group.tags));
        let rules_in = wanted.map(|group| group.id.clone()).collect();
        Self { groups: false, rules_of: Vec::new(), rules_in, ..self }
    }

    /// The prefix lists to read, once the tables and the groups were.
    pub fn wanted_prefix_lists(&self, tables: &[RouteTable], groups: &[SecurityGroup]) -> BTreeSet<PrefixListId> {
        let in_use = self.prefix_lists_in_use.then(|| prefix_lists_in_use(tables, groups)).into_iter().flatten();
        self.prefix_lists.iter().cloned().chain(in_use).collect()
    }

    /// True for a group whose rules are to be read.
    pub fn wants_rules_of(&self, id: &GroupId, tags: &Tags) -> bool {
        self.rules_in.contains(id) || self.rules_of.iter().any(|groups| groups.selects(id, tags))
    }
}
