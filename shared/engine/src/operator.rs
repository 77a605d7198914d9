//! What a person decides about a connection: yes or no to what waits for them, or that nothing is to be changed for a while.

use jiff::Timestamp;
use peerwright_core::event::Hint;
use peerwright_core::ids::PcxId;
use peerwright_core::policy::Awaiting;

use crate::entry::{Approval, ApprovalDecision, Change, Entry};
use crate::failure::{Class, Failure};
use crate::freeze::Stop;
use crate::outcome::Recipient;
use crate::ports::{Clock, Ledger};
use crate::status::Stage;

/// Approves what waits for a person; the function to wake, and its hint.
///
/// `shown` is what the person was shown: where something else waits by now, nothing is approved. What is approved is these wishes for this
/// connection and nothing else; whatever their rule wishes later waits anew.
pub async fn approve<L: Ledger, K: Clock>(
    ledger: &L,
    clock: &K,
    id: &PcxId,
    shown: &[Awaiting],
    by: &str,
    reason: &str,
) -> Result<(Recipient, Hint), Failure> {
    let what = "approve";
    let mut entry = load(ledger, id, what).await?;
    if entry.awaiting.is_empty() {
        return Err(refused(id, what, &format!("nothing of it waits for approval: the ledger says {}", entry.status)));
    }
    if entry.awaiting != shown {
        return Err(refused(id, what, "what waits has changed since it was shown: look at it again"));
    }
    for awaiting in std::mem::take(&mut entry.awaiting) {
        let digests = awaiting.wishes.into_iter().map(|wish| wish.digest);
        entry.approvals.entry(awaiting.rule).or_default().extend(digests);
    }
    let wishes = shown.iter().flat_map(|awaiting| awaiting.wishes.iter().map(|wish| format!("rule {}: {}", awaiting.rule, wish.words)));
    decide(ledger, clock, &mut entry, ApprovalDecision::Approved, by, reason, wishes.collect()).await?;
    let to = if entry.status.is_open() { Recipient::Accept } else { Recipient::Configure };
    Ok((to, hint(id, &entry)))
}

/// Rejects a request that waits; the function to wake, and its hint. A held one may be rejected as well as one that awaits approval.
pub async fn reject<L: Ledger, K: Clock>(ledger: &L, clock: &K, id: &PcxId, by: &str, reason: &str) -> Result<(Recipient, Hint), Failure> {
    let what = "reject";
    let mut entry = load(ledger, id, what).await?;
    if !entry.status.is_open() {
        return Err(refused(id, what, &format!("it is no request that waits: the ledger says {}", entry.status)));
    }
    decide(ledger, clock, &mut entry, ApprovalDecision::Rejected, by, reason, Vec::new()).await?;
    Ok((Recipient::Accept, hint(id, &entry)))
}

/// Looks at a connection now, whatever AWS refused before; the function to wake, and its hint. What could not be told on tags is told again, too.
pub async fn retry<L: Ledger, K: Clock>(ledger: &L, clock: &K, id: &PcxId) -> Result<(Recipient, Hint), Failure> {
    let what = "look again at";
    let mut entry = load(ledger, id, what).await?;
    let teardown = entry.removal_refusal.as_ref().is_some_and(|refusal| refusal.teardown);
    let to = match entry.status.stage() {
        Stage::Asked | Stage::Open => Recipient::Accept,
        Stage::Answered | Stage::Living if teardown => Recipient::Cleanup,
        Stage::Answered | Stage::Living => Recipient::Configure,
        Stage::Over => return Err(refused(id, what, "it is over, and nothing of ours is left")),
    };
    let now = clock.now();
    if let Some(refusal) = entry.tags_refusal.as_mut().filter(|refusal| refusal.is_recent(now)) {
        refusal.retry_at = now;
        let change = Change::new("to be told again", &entry.rules, Vec::new());
        save(ledger, now, &mut entry, change).await?;
    }
    for (_, vpc) in entry.ends.iter() {
        if ledger.answer_refusal(vpc).await?.is_some() {
            ledger.note_answer_refusal(vpc, None).await?;
        }
    }
    // Either end may be somebody's who does not let us in.
    let places = [&entry.ends.accepter.place, &entry.ends.requester.place].map(Clone::clone).to_vec();
    Ok((to, Hint::Connection { id: id.clone(), places }))
}

fn hint(id: &PcxId, entry: &Entry) -> Hint {
    Hint::Connection { id: id.clone(), places: vec![entry.ends.accepter.place.clone()] }
}

/// Writes a decision down, with what it is about.
async fn decide<L: Ledger, K: Clock>(
    ledger: &L,
    clock: &K,
    entry: &mut Entry,
    decision: ApprovalDecision,
    by: &str,
    reason: &str,
    about: Vec<String>,
) -> Result<(), Failure> {
    let at = clock.now();
    let approval = Approval { decision, by: by.to_owned(), at, reason: reason.to_owned() };
    let details = std::iter::once(approval.words()).chain(about).collect();
    let change = Change::new(&format!("{} by hand", decision.as_str()), &entry.rules, details);
    entry.approval = Some(approval);
    save(ledger, at, entry, change).await
}

/// Freezes a connection, or thaws it: while it is frozen, plans are written down and not carried out. True if that is a change.
pub async fn freeze<L: Ledger, K: Clock>(ledger: &L, clock: &K, id: &PcxId, frozen: bool, by: &str, reason: &str) -> Result<bool, Failure> {
    let mut entry = load(ledger, id, "freeze or thaw").await?;
    if entry.frozen == frozen {
        return Ok(false);
    }
    entry.frozen = frozen;
    let what = if frozen { "frozen by hand" } else { "thawed by hand" };
    let change = Change::new(what, &entry.rules, vec![format!("{by}: {reason}")]);
    save(ledger, clock.now(), &mut entry, change).await.map(|()| true)
}

/// Stops everything, or lets it go on: the stop before, if it was on.
pub async fn freeze_everything<L: Ledger, K: Clock>(
    ledger: &L,
    clock: &K,
    frozen: bool,
    by: &str,
    reason: &str,
) -> Result<Option<Stop>, Failure> {
    let before = ledger.stop().await?;
    if before.is_some() != frozen {
        ledger.set_stop(frozen, &Stop { by: by.to_owned(), at: clock.now(), reason: reason.to_owned() }).await?;
    }
    Ok(before)
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
