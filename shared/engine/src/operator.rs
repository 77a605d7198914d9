//! What a person decides about a connection: yes or no to a request, or that nothing is to be changed for a while.

use jiff::Timestamp;
use peerwright_core::event::Hint;
use peerwright_core::ids::PcxId;

use crate::entry::{Approval, ApprovalDecision, Change, Entry};
use crate::failure::{Class, Failure};
use crate::ports::{Clock, Ledger};

/// Writes the decision about a pending request down; the hint that `accept` is to be woken with.
///
/// A request that nobody has looked at yet, or that has been answered, is refused: there is nothing to decide. A held one may be rejected as
/// well as one that awaits approval, and approved in advance.
pub async fn decide_request<L: Ledger, K: Clock>(
    ledger: &L,
    clock: &K,
    id: &PcxId,
    decision: ApprovalDecision,
    by: &str,
    reason: &str,
) -> Result<Hint, Failure> {
    let mut entry = load(ledger, id, "decide about").await?;
    if !entry.status.is_open() {
        return Err(refused(id, "decide about", &format!("it does not wait for anybody: the ledger says {}", entry.status)));
    }
    let at = clock.now();
    let approval = Approval { decision, by: by.to_owned(), at, reason: reason.to_owned() };
    let change = Change::new(&format!("{} by hand", decision.as_str()), &entry.rules, vec![approval.words()]);
    entry.approval = Some(approval);
    save(ledger, at, &mut entry, change).await?;
    Ok(Hint::Connection { id: id.clone(), places: vec![entry.ends.accepter.place] })
}

/// Freezes a connection, or thaws it: while it is frozen, plans are written down and not carried out. True if that is a change.
pub async fn freeze<L: Ledger, K: Clock>(ledger: &L, clock: &K, id: &PcxId, frozen: bool) -> Result<bool, Failure> {
    let mut entry = load(ledger, id, "freeze or thaw").await?;
    if entry.frozen == frozen {
        return Ok(false);
    }
    entry.frozen = frozen;
    let what = if frozen { "frozen by hand" } else { "thawed by hand" };
    let change = Change::new(what, &entry.rules, Vec::new());
    save(ledger, clock.now(), &mut entry, change).await.map(|()| true)
}

async fn load<L: Ledger>(ledger: &L, id: &PcxId, what: &str) -> Result<Entry, Failure> {
    ledger.load(id).await?.ok_or_else(|| refused(id, what, "the ledger does not know the connection"))
}

async fn save<L: Ledger>(ledger: &L, at: Timestamp, entry: &mut Entry, mut change: Change) -> Result<(), Failure> {
    change.at = at;
    entry.updated_at = at;
    entry.version += 1;
    ledger.save(entry, &change).await
}

fn refused(id: &PcxId, what: &str, why: &str) -> Failure {
    Failure { what: format!("{what} {id}"), place: None, class: Class::Refused, source: why.into() }
}
