//! What was observed of one end when a connection was last settled.
//!
//! A sweep reads one place at a time. For the other end of a connection it takes what was observed there last; a change there is found by
//! the sweep of that end's own place.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::desired::Desired;
use crate::ids::{GroupId, Side};
use crate::tags::{Selection, Tags};
use crate::world::{End, SecurityGroup};

/// What the other end's plan and the decision depend on.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct LastObserved {
    /// The tags of the VPC, without our own answers.
    pub tags: Tags,
    /// Whether the VPC was ready for DNS resolution, if somebody asked.
    #[serde(default)]
    pub dns_ready: Option<bool>,
    /// The groups that the other end's rules refer to.
    #[serde(default)]
    pub groups: BTreeMap<GroupId, Tags>,
}

impl LastObserved {
    /// What is to be remembered of an end that was read.
    pub fn of(side: Side, tags: &Tags, end: &End, desired: &Desired) -> Self {
        Self { tags: without_answers(tags), dns_ready: end.dns_ready, groups: referred(side, &end.groups, desired) }
    }

    /// The end as the other end's plan sees it.
    pub fn end(&self) -> End {
        let group = |(id, tags): (&GroupId, &Tags)| SecurityGroup { id: id.clone(), tags: tags.clone(), rules: Vec::new() };
        End { dns_ready: self.dns_ready, groups: self.groups.iter().map(group).collect(), ..End::default() }
    }
}

/// Tags without those that we set ourselves to answer.
pub fn without_answers(tags: &Tags) -> Tags {
    use crate::ask::{RULE_TAG, STATUS_TAG};
    tags.iter().filter(|(key, _)| *key != STATUS_TAG && *key != RULE_TAG).map(|(key, value)| (key.clone(), value.clone())).collect()
}

/// The groups of one end that the rules of the other refer to.
pub fn referred(side: Side, groups: &[SecurityGroup], desired: &Desired) -> BTreeMap<GroupId, Tags> {
    let selectors: Vec<&Selection<GroupId>> = desired.ends.of(side.peer()).peer_groups().collect();
    let meant = |group: &&SecurityGroup| selectors.iter().any(|selector| selector.selects(&group.id, &group.tags));
    groups.iter().filter(meant).map(|group| (group.id.clone(), group.tags.clone())).collect()
}
