//! Security groups.

use peerwright_core::ids::{AccountId, GroupId, GroupRuleId, PcxId};
use peerwright_core::traffic::Traffic;
use peerwright_core::world::{Direction, GroupRule, RulePeer, RuleSpec, Tags};

use crate::parse::parse;

/// A security group with what somebody had put there.
#[derive(Debug, Clone)]
pub struct FakeGroup {
    pub(crate) id: GroupId,
    pub(crate) tags: Tags,
    /// The account that made it, where the VPC is another's.
    pub(crate) participant: Option<AccountId>,
    pub(crate) rules: Vec<FakeRule>,
    /// How many rules it ever had: ids are not used again.
    made: u32,
}

/// One rule, and the connection it is tagged with.
#[derive(Debug, Clone)]
pub(crate) struct FakeRule {
    pub(crate) id: GroupRuleId,
    pub(crate) direction: Direction,
    pub(crate) spec: RuleSpec,
    pub(crate) owner: Option<PcxId>,
}

impl FakeGroup {
    /// A group without tags and rules.
    pub fn new(id: &str) -> Self {
        Self { id: parse(id), tags: Tags::new(), participant: None, rules: Vec::new(), made: 0 }
    }

    /// Bears a tag.
    #[must_use]
    pub fn tag(mut self, key: &str, value: &str) -> Self {
        self.tags.insert(key.to_owned(), value.to_owned());
        self
    }

    /// Belongs to an account that the VPC is shared with.
    #[must_use]
    pub fn of(mut self, participant: &str) -> Self {
        self.participant = Some(parse(participant));
        self
    }

    /// Lets in TCP traffic from a CIDR block, by a rule that bears no tag.
    #[must_use]
    pub fn ingress(mut self, ports: &str, block: &str) -> Self {
        let spec = RuleSpec { traffic: Traffic::Tcp(parse(ports)), peer: RulePeer::Cidr(parse(block)) };
        self.add(Direction::Ingress, spec, None);
        self
    }

    pub(crate) fn add(&mut self, direction: Direction, spec: RuleSpec, owner: Option<PcxId>) {
        self.made += 1;
        // The group's digits and a count: unique in the world, and the same in every run.
        let digits: String = self.id.as_str().trim_start_matches("sg-").chars().take(8).collect();
        let id = parse(&format!("sgr-{digits}{:09x}", self.made));
        self.rules.push(FakeRule { id, direction, spec, owner });
    }

    /// Its rules as Describe shows them.
    pub(crate) fn observed_rules(&self) -> Vec<GroupRule> {
        let rule = |rule: &FakeRule| GroupRule {
            id: rule.id.clone(),
            direction: rule.direction,
            spec: rule.spec.clone(),
            owner: rule.owner.clone(),
        };
        self.rules.iter().map(rule).collect()
    }

    pub(crate) fn has(&self, direction: Direction, spec: &RuleSpec) -> bool {
        self.rules.iter().any(|rule| rule.direction == direction && rule.spec == *spec)
    }
}
