//! What persons decided about a connection. It stands apart from the entry, which every function writes: what functions may do rests on what is
//! written here, and only a person's role writes here. Stored: names of fields and words stay as they are.

use jiff::Timestamp;
use peerwright_core::policy::Awaiting;
use peerwright_core::wish::Approvals;
use serde::{Deserialize, Serialize};

use crate::moment::to_the_second;

/// Yes or no.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ApprovalDecision {
    /// The request is to be accepted.
    Approved,
    /// The request is to be rejected.
    Rejected,
}

impl ApprovalDecision {
    /// The word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Approved => "approved",
            Self::Rejected => "rejected",
        }
    }
}

/// Who decided what, when and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    /// Yes or no.
    #[serde(rename = "answer")]
    pub decision: ApprovalDecision,
    /// Who: the caller's ARN, as STS tells it.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// Why.
    pub reason: String,
}

impl Approval {
    /// True where it is a yes.
    pub fn is_yes(&self) -> bool {
        self.decision == ApprovalDecision::Approved
    }

    /// The decision in a sentence.
    pub fn words(&self) -> String {
        format!("{} {} it at {}: {}", self.by, self.decision.as_str(), to_the_second(self.at), self.reason)
    }
}

/// One decision, with what it is about. It is never changed: who thinks again decides again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManualDecision {
    /// Who decided what, when and why.
    #[serde(flatten)]
    pub approval: Approval,
    /// The wishes that were shown and approved, rule by rule, in words and as digests; none of a rejection.
    #[serde(default)]
    pub wishes: Vec<Awaiting>,
}

/// All decisions about a connection, the first one first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ManualDecisions(pub Vec<ManualDecision>);

impl ManualDecisions {
    /// What was decided last.
    pub fn last(&self) -> Option<&Approval> {
        self.0.last().map(|decision| &decision.approval)
    }

    /// The wishes of each rule that were approved, whatever the rules wish by now.
    pub fn approvals(&self) -> Approvals {
        let mut approvals = Approvals::new();
        for Awaiting { rule, wishes } in self.0.iter().filter(|decision| decision.approval.is_yes()).flat_map(|decision| &decision.wishes) {
            approvals.entry(rule.clone()).or_default().extend(wishes.iter().map(|wish| wish.digest.clone()));
        }
        approvals
    }

    /// What of that which waits is not approved by now.
    pub fn without_approved(&self, awaiting: &[Awaiting]) -> Vec<Awaiting> {
        let approvals = self.approvals();
        let mut left = awaiting.to_vec();
        for Awaiting { rule, wishes } in &mut left {
            wishes.retain(|wish| !approvals.get(rule).is_some_and(|approved| approved.contains(&wish.digest)));
        }
        left.retain(|awaiting| !awaiting.wishes.is_empty());
        left
    }
}
