//! EC2's calls as EC2 counts and throttles them: one port call may be several, by pages and kinds.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use peerwright_core::end_query::EndQuery;
use peerwright_core::ids::Place;
use peerwright_core::inventory::InventoryScope;
use peerwright_core::plan::Step;

/// One of EC2's actions.
pub type Action = &'static str;

/// The token buckets of each account and Region ("Request throttling for the Amazon EC2 API").
#[derive(Debug, Default)]
pub(crate) struct Meter {
    buckets: BTreeMap<(Place, Action), Bucket>,
    calls: BTreeMap<(Place, Action), u64>,
    throttled: u64,
}

#[derive(Debug)]
struct Bucket {
    tokens: f64,
    at: Timestamp,
}

/// How many tokens a bucket holds, and how many come back in a second.
fn bucket_of(action: Action) -> (f64, f64) {
    match action {
        "CreateTags" | "DeleteTags" => (100.0, 10.0),
        action if action.starts_with("Describe") || action.starts_with("Get") => (100.0, 20.0),
        _ => (50.0, 5.0),
    }
}

impl Meter {
    /// Takes a token; false where there is none.
    pub(crate) fn take(&mut self, place: &Place, action: Action, now: Timestamp) -> bool {
        let (most, per_second) = bucket_of(action);
        let bucket = self.buckets.entry((place.clone(), action)).or_insert(Bucket { tokens: most, at: now });
        let passed = now.duration_since(bucket.at).as_secs_f64().max(0.0);
        bucket.tokens = (bucket.tokens + passed * per_second).min(most);
        bucket.at = now;
        if bucket.tokens < 1.0 {
            self.throttled += 1;
            return false;
        }
        bucket.tokens -= 1.0;
        *self.calls.entry((place.clone(), action)).or_default() += 1;
        true
    }

    /// The calls that were taken, by place and action.
    pub(crate) fn calls(&self) -> BTreeMap<(Place, Action), u64> {
        self.calls.clone()
    }

    /// How many calls were throttled.
    pub(crate) const fn throttled(&self) -> u64 {
        self.throttled
    }
}

/// How long the buckets make so many calls take at the least, in seconds.
pub fn least_seconds(action: Action, calls: u64) -> f64 {
    let (most, per_second) = bucket_of(action);
    let calls = f64::from(u32::try_from(calls).unwrap_or(u32::MAX));
    ((calls - most) / per_second).max(0.0)
}

/// What a step is in EC2's words: it is counted by the first of the permissions that it needs.
pub(crate) fn action_of(step: &Step) -> Action {
    step.actions()[0].trim_start_matches("ec2:")
}

/// What a look at ends of one place is in EC2's words: each kind once, as no VPC of a test has more than a page of anything; an attribute is asked for
/// VPC by VPC.
pub(crate) fn actions_of<'q>(queries: impl Iterator<Item = &'q EndQuery>) -> Vec<Action> {
    let (mut kinds, mut attributes) = (BTreeSet::new(), Vec::new());
    for query in queries {
        let rules = !query.rules_of.is_empty() || !query.rules_in.is_empty();
        let asked = [
            (query.cidrs, "DescribeVpcs"),
            (query.tables, "DescribeRouteTables"),
            (query.groups, "DescribeSecurityGroups"),
            (rules, "DescribeSecurityGroupRules"),
            (query.subnets, "DescribeSubnets"),
        ];
        kinds.extend(asked.into_iter().filter(|(asked, _)| *asked).map(|(_, action)| action));
        attributes.extend(if query.dns_attributes { vec!["DescribeVpcAttribute"; 2] } else { Vec::new() });
    }
    kinds.into_iter().chain(attributes).collect()
}

/// How many things of each kind a look at a place has to page through.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Sizes {
    pub(crate) connections: usize,
    pub(crate) vpcs: usize,
    /// In the VPCs that are looked into.
    pub(crate) tables: usize,
    pub(crate) groups: usize,
}

impl Sizes {
    /// The calls for the connections of a place.
    pub(crate) fn of_connections(self) -> Vec<Action> {
        vec!["DescribeVpcPeeringConnections"; pages(self.connections, 1000)]
    }

    /// The calls for the connections and VPCs of a place.
    pub(crate) fn of_inventory(self) -> Vec<Action> {
        [self.of_connections(), vec!["DescribeVpcs"; pages(self.vpcs, 1000)]].concat()
    }

    /// The calls for what is in the VPCs: rules are asked for by the ids of 200 groups, and once more by our tag.
    pub(crate) fn inside(self, scope: &InventoryScope) -> Vec<Action> {
        let tables = vec!["DescribeRouteTables"; pages(self.tables, 100)];
        let groups = vec!["DescribeSecurityGroups"; pages(self.groups, 1000)];
        let rules = vec!["DescribeSecurityGroupRules"; self.groups.div_ceil(200) + 1];
        if scope.groups { [tables, groups, rules].concat() } else { tables }
    }
}

const fn pages(things: usize, per_page: usize) -> usize {
    if things == 0 { 1 } else { things.div_ceil(per_page) }
}
