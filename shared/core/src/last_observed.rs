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
    /// The groups that the other end's rules refer to, with those of their tags that these ask for.
    #[serde(default, with = "stored_groups")]
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

/// The groups of one end that the rules of the other refer to, with those of their tags that these ask for.
pub fn referred(side: Side, groups: &[SecurityGroup], desired: &Desired) -> BTreeMap<GroupId, Tags> {
    let selectors: Vec<&Selection<GroupId>> = desired.ends.of(side.peer()).peer_groups().collect();
    let meant = |group: &&SecurityGroup| selectors.iter().any(|selector| selector.selects(&group.id, &group.tags));
    let is_asked_for =
        |key: &String| selectors.iter().any(|selector| matches!(selector, Selection::Tagged(wanted) if wanted.contains_key(key)));
    let asked_for =
        |tags: &Tags| tags.iter().filter(|(key, _)| is_asked_for(key)).map(|(key, value)| (key.clone(), value.clone())).collect();
    groups.iter().filter(meant).map(|group| (group.id.clone(), asked_for(&group.tags))).collect()
}

/// Groups as they are stored: those with the same tags stand together.
mod stored_groups {
    use std::collections::BTreeMap;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use crate::ids::GroupId;
    use crate::tags::Tags;

    #[derive(Serialize, Deserialize)]
    struct Alike {
        tags: Tags,
        groups: Vec<GroupId>,
    }

    /// Also as they were stored before: each group with its tags.
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Stored {
        Alike(Vec<Alike>),
        Each(BTreeMap<GroupId, Tags>),
    }

    pub(super) fn serialize<S: Serializer>(groups: &BTreeMap<GroupId, Tags>, serializer: S) -> Result<S::Ok, S::Error> {
        let mut alike: BTreeMap<&Tags, Vec<GroupId>> = BTreeMap::new();
        for (group, tags) in groups {
            alike.entry(tags).or_default().push(group.clone());
        }
        let alike: Vec<Alike> = alike.into_iter().map(|(tags, groups)| Alike { tags: tags.clone(), groups }).collect();
        alike.serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<GroupId, Tags>, D::Error> {
        Ok(match Stored::deserialize(deserializer)? {
            Stored::Alike(alike) => {
                let each = |Alike { tags, groups }: Alike| groups.into_iter().map(move |group| (group, tags.clone()));
                alike.into_iter().flat_map(each).collect()
            }
            Stored::Each(groups) => groups,
        })
    }
}
