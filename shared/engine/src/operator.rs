//! What a person decides about a connection: yes or no to what waits for them, or that nothing is to be changed for a while.
//!
//! Nothing here writes an entry, which is the functions' own: a decision and a freeze stand beside it, and are found by whoever looks next.

use jiff::Timestamp;
use peerwright_core::event::Hint;
use peerwright_core::ids::PcxId;
use peerwright_core::policy::Awaiting;

use crate::entry::{Change, Entry};
use crate::failure::{Class, Failure};
use crate::freeze::{Scope, Stop};
use crate::manual_decision::{Approval, ApprovalDecision, ManualDecision, ManualDecisions};
use crate::moment::to_the_second;
use crate::outcome::Recipient;
use crate::ports::{Clock, Ledger};
use crate::status::Stage;

/// How often a decision is made anew where somebody else wrote at the same moment.
const TRIES: usize = 4;

/// What of a connection waits for a person at the moment: to be shown to them.
pub async fn awaiting<L: Ledger>(ledger: &L, id: &PcxId) -> Result<Vec<Awaiting>, Failure> {
    let entry = load(ledger, id, "approve").await?;
    Ok(ledger.decisions(id).await?.without_approved(&entry.awaiting))
}

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
    let waits = |entry: &Entry, before: &ManualDecisions| {
        let waiting = before.without_approved(&entry.awaiting);
        if waiting.is_empty() {
            return Err(refused(id, what, &why_nothing_waits(entry, before)));
        }
        if waiting != shown {
            return Err(refused(id, what, "what waits has changed since it was shown: look at it again"));
        }
        match waiting.iter().flat_map(|awaiting| &awaiting.wishes).find(|wish| !wish.says_what_it_is()) {
            None => Ok(()),
            Some(wish) => {
                let why = format!(
                    "its entry was not written by this release of Peerwright: the digest beside the wish `{}` is another's",
                    wish.words
                );
                Err(refused(id, what, &why))
            }
        }
    };
    let wishes = shown.to_vec();
    let entry =
        decide(ledger, id, what, ManualDecision { approval: approval(clock, ApprovalDecision::Approved, by, reason), wishes }, waits)
            .await?;
    let to = if entry.status.is_open() { Recipient::Accept } else { Recipient::Configure };
    Ok((to, hint(id, &entry)))
}

/// Why there is nothing to approve.
fn why_nothing_waits(entry: &Entry, before: &ManualDecisions) -> String {
    let status = &entry.status;
    let function = if status.is_open() { Recipient::Accept } else { Recipient::Configure };
    match before.last() {
        Some(Approval { by, at, decision: ApprovalDecision::Approved, .. }) => {
            let next = if entry.awaiting.is_empty() {
                format!("the ledger says {status}")
            } else {
                format!("`{}` is about to look", function.name())
            };
            format!("it is approved already, by {by} at {}: {next}", to_the_second(*at))
        }
        // Whoever has just written the rule that leaves it to a person is quicker than the function that looks at it.
        _ if status.is_open() => format!(
            "nothing of it waits for approval: the ledger says {status}. If the allowlist has just been changed, ask again in some seconds: `{}` is about \
             to look",
            function.name()
        ),
        _ => format!("nothing of it waits for approval: the ledger says {status}"),
    }
}

/// Rejects a request that waits; the function to wake, and its hint. A held one may be rejected as well as one that awaits approval.
pub async fn reject<L: Ledger, K: Clock>(ledger: &L, clock: &K, id: &PcxId, by: &str, reason: &str) -> Result<(Recipient, Hint), Failure> {
    let what = "reject";
    let waits = |entry: &Entry, _: &ManualDecisions| {
        if entry.status.is_open() {
            Ok(())
        } else {
            Err(refused(id, what, &format!("it is no request that waits: the ledger says {}", entry.status)))
        }
    };
    let no = ManualDecision { approval: approval(clock, ApprovalDecision::Rejected, by, reason), wishes: Vec::new() };
    let entry = decide(ledger, id, what, no, waits).await?;
    Ok((Recipient::Accept, hint(id, &entry)))
}

/// Looks at a connection now, whatever AWS refused before; the functions to wake, and their hints. Their messages say that it is a person who wants that:
/// what could not be told on tags is told again, too.
pub async fn retry<L: Ledger>(ledger: &L, id: &PcxId) -> Result<Vec<(Recipient, Hint)>, Failure> {
    let what = "look again at";
    let entry = load(ledger, id, what).await?;
    let teardown = entry.removal_refusal.as_ref().is_some_and(|refusal| refusal.teardown);
    let to = match entry.status.stage() {
        Stage::Asked | Stage::Open => Recipient::Accept,
        Stage::Answered | Stage::Living if teardown => Recipient::Cleanup,
        Stage::Answered | Stage::Living => Recipient::Configure,
        Stage::Over => return Err(refused(id, what, "it is over, and nothing of ours is left")),
    };
    // Either end may be somebody's who does not let us in.
    let places = [&entry.ends.accepter.place, &entry.ends.requester.place].map(Clone::clone).to_vec();
    let hint = Hint::Connection { id: id.clone(), places };
    let mut hints = vec![(to, hint.clone())];
    // Of what has lost its permission `configure` says nothing as long as that is so.
    hints.extend(entry.status.is_revoked().then_some((Recipient::Cleanup, hint)));
    for (_, vpc) in entry.ends.iter() {
        if ledger.answer_refusal(vpc).await?.is_some() {
            hints.push((Recipient::Request, Hint::Vpc(vpc.clone())));
        }
    }
    Ok(hints)
}

fn hint(id: &PcxId, entry: &Entry) -> Hint {
    Hint::Connection { id: id.clone(), places: vec![entry.ends.accepter.place.clone()] }
}

fn approval<K: Clock>(clock: &K, decision: ApprovalDecision, by: &str, reason: &str) -> Approval {
    Approval { decision, by: by.to_owned(), at: clock.now(), reason: reason.to_owned() }
}

/// Writes a decision down, with what it is about, if that still waits at the moment at which it is written. The entry as it was then.
async fn decide<L: Ledger>(
    ledger: &L,
    id: &PcxId,
    what: &str,
    decision: ManualDecision,
    waits: impl Fn(&Entry, &ManualDecisions) -> Result<(), Failure>,
) -> Result<Entry, Failure> {
    let ManualDecision { approval, wishes } = &decision;
    let wishes = wishes.iter().flat_map(|of| of.wishes.iter().map(move |wish| format!("rule {}: {}", of.rule, wish.words)));
    let details: Vec<String> = std::iter::once(approval.words()).chain(wishes).collect();
    let mut tries = 0;
    loop {
        let entry = load(ledger, id, what).await?;
        let before = ledger.decisions(id).await?;
        waits(&entry, &before)?;
        let change = by_hand(approval.decision.as_str(), approval.at, &entry.rules, details.clone());
        tries += 1;
        match ledger.decide(&entry, &before, &decision, &change).await {
            Ok(()) => return Ok(entry),
            Err(failure) if failure.class == Class::Stale && tries < TRIES => {}
            Err(failure) => return Err(failure),
        }
    }
}

/// Freezes a connection, or thaws it: while it is frozen, plans are written down and not carried out. True if that is a change.
pub async fn freeze<L: Ledger, K: Clock>(ledger: &L, clock: &K, id: &PcxId, frozen: bool, by: &str, reason: &str) -> Result<bool, Failure> {
    let what = if frozen { "freeze" } else { "thaw" };
    let entry = load(ledger, id, what).await?;
    if frozen && entry.is_over() {
        return Err(refused(id, what, "it has ended, and nothing of ours is left: nothing would be changed"));
    }
    if ledger.stops(Some(id)).await?.connection.is_some() == frozen {
        return Ok(false);
    }
    let stop = Stop { by: by.to_owned(), at: clock.now(), reason: reason.to_owned() };
    turn(ledger, &Scope::Connection(id.clone()), frozen, &stop, &entry.rules).await.map(|()| true)
}

/// Stops everything, or lets it go on: the stop before, if it was on.
pub async fn freeze_everything<L: Ledger, K: Clock>(
    ledger: &L,
    clock: &K,
    frozen: bool,
    by: &str,
    reason: &str,
) -> Result<Option<Stop>, Failure> {
    let before = ledger.stops(None).await?.everything;
    if before.is_some() != frozen {
        let stop = Stop { by: by.to_owned(), at: clock.now(), reason: reason.to_owned() };
        turn(ledger, &Scope::Everything, frozen, &stop, &[]).await?;
    }
    Ok(before)
}

async fn turn<L: Ledger>(ledger: &L, scope: &Scope, frozen: bool, stop: &Stop, rules: &[String]) -> Result<(), Failure> {
    let word = if frozen { "frozen" } else { "thawed" };
    let change = by_hand(word, stop.at, rules, vec![format!("{}: {}", stop.by, stop.reason)]);
    ledger.set_stop(scope, frozen.then_some(stop), &change).await
}

fn by_hand(word: &str, at: Timestamp, rules: &[String], details: Vec<String>) -> Change {
    Change { at, ..Change::new(&format!("{word} by hand"), rules, details) }
}

async fn load<L: Ledger>(ledger: &L, id: &PcxId, what: &str) -> Result<Entry, Failure> {
    ledger.load(id).await?.ok_or_else(|| refused(id, what, &unknown(id)))
}

/// What every command says of a connection that the ledger does not know, and that can't be named with a place.
pub fn unknown(id: &PcxId) -> String {
    format!("the ledger does not know {id}: `peerwright explain {id} --at ACCOUNT/REGION` looks at it where you say")
}

fn refused(id: &PcxId, what: &str, why: &str) -> Failure {
    Failure { what: format!("{what} {id}"), place: None, class: Class::Refused, source: why.into() }
}
