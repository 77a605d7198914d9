//! What a person decides about a request that a rule leaves to them.

use peerwright_core::event::Hint;
use peerwright_core::ids::PcxId;
use serde::{Deserialize, Serialize};

use crate::failure::{Class, Failure};
use crate::ledger::{Change, Entry};
use crate::ports::{Clock, Ledger};

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
    /// As the history has it.
    const fn words(self) -> &'static str {
        match self {
            Self::Approved => "approved by hand",
            Self::Rejected => "rejected by hand",
        }
    }
}

/// Who decided what, when and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    /// Yes or no.
    pub answer: ApprovalDecision,
    /// Who: the caller's ARN, as STS tells it.
    pub by: String,
    /// When, RFC 3339, UTC.
    pub at: String,
    /// Why.
    pub reason: String,
}

impl Approval {
    /// The decision in a sentence.
    pub fn words(&self) -> String {
        let verb = match self.answer {
            ApprovalDecision::Approved => "approved",
            ApprovalDecision::Rejected => "rejected",
        };
        format!("{} {verb} it at {}: {}", self.by, self.at, self.reason)
    }
}

/// Writes the decision about a pending request down; the hint that `accept` is to be woken with.
///
/// A request that nobody has looked at yet, or that has been answered, is refused: there is nothing to decide.
pub async fn settle<L: Ledger, K: Clock>(
    ledger: &L,
    clock: &K,
    id: &PcxId,
    answer: ApprovalDecision,
    by: &str,
    reason: &str,
) -> Result<Hint, Failure> {
    let mut entry = ledger.load(id).await?.ok_or_else(|| refused(id, "the ledger does not know the connection"))?;
    if !is_open(&entry) {
        return Err(refused(id, &format!("it does not wait for anybody: the ledger says {}", entry.status)));
    }
    let approval = Approval { answer, by: by.to_owned(), at: clock.now().to_string(), reason: reason.to_owned() };
    let change = Change { at: approval.at.clone(), ..Change::new(answer.words(), &entry.rules, vec![approval.words()]) };
    entry.version += 1;
    entry.updated_at.clone_from(&approval.at);
    entry.approval = Some(approval);
    ledger.save(&entry, &change).await?;
    Ok(Hint::Connection { id: id.clone(), places: vec![entry.ends.accepter.place] })
}

/// True while the request waits: a held one may be rejected as well as one that awaits approval, and approved in advance.
fn is_open(entry: &Entry) -> bool {
    matches!(entry.status.as_str(), "awaiting-approval" | "held" | "denied")
}

fn refused(id: &PcxId, why: &str) -> Failure {
    Failure { what: format!("decide about {id}"), place: None, class: Class::Refused, source: why.into() }
}
