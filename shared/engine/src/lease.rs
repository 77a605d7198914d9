//! The lease of a connection: two functions don't work on it at the same time.
//!
//! It spares work and noise. What is done is right without it, too: every write of the ledger finds the version that it was made from, and every
//! step is one that may come twice.

use std::time::Duration;

use jiff::Timestamp;
use peerwright_core::ids::PcxId;

use crate::delays::{LATER, TURNS, pause};
use crate::failure::{Failure, chain};
use crate::outcome::{Outcome, Recipient, Report};
use crate::ports::{Backend, Clock, Lease, Leases, Ports};

/// How long a lease lasts that nobody gives back: a little longer than a function may run (`Timeout` in `infra/hub.yaml`).
pub(crate) const LEASE: Duration = Duration::from_secs(65);

/// Does a function's work on a connection while nobody else does; waits for others a while.
///
/// What waits for something of the connection has one message that comes again: of two that wait, the one that comes later ends.
pub(crate) async fn leased<B: Backend>(
    id: &PcxId,
    by: Recipient,
    ports: &Ports<B>,
    work: impl AsyncFnOnce(&Lease) -> Result<Report, Failure>,
) -> Result<Report, Failure> {
    let mut turns = TURNS.iter();
    let mut lease = loop {
        let now = ports.clock.now();
        match ports.ledger.lease(id, &ports.holder, now, now + LEASE).await {
            Ok(Some(lease)) => break lease,
            Ok(None) => {}
            Err(failure) => {
                tracing::warn!(connection = %id, "{}; going on without the lease", chain(&failure));
                return work(&Lease::default()).await;
            }
        }
        let Some(time) = turns.next() else {
            let why = format!("another function works on {id}");
            return Ok(Report::of(id, Outcome::Waiting { why, after: LATER }));
        };
        ports.clock.sleep(*time).await;
    };
    let mut result = work(&lease).await;
    lease.looked_at = result.as_ref().ok().and_then(|report| report.looked_at);
    let now = ports.clock.now();
    if let (Ok(report), Some(waits)) = (&mut result, ports.waits) {
        let next = next_look(report, lease.waiting(by, now), waits, now);
        lease.waits_until.remove(&by);
        lease.waits_until.extend(next.map(|at| (by, at)));
    }
    lease.waits_until.retain(|_, at| *at > now);
    if let Err(failure) = ports.ledger.release(id, &ports.holder, &lease).await {
        tracing::warn!(connection = %id, "{}; it ends by itself", chain(&failure));
    }
    result
}

/// When a message comes again because of what was reported, if one does: this one, which waited so often, or another one that comes sooner.
fn next_look(report: &mut Report, other: Option<Timestamp>, waits: u32, now: Timestamp) -> Option<Timestamp> {
    let own = now + pause(report.again_after()?, if report.progressed() { 1 } else { waits + 1 });
    match other.filter(|other| *other <= own) {
        Some(sooner) => {
            report.leave_the_wait(sooner);
            Some(sooner)
        }
        None => Some(own),
    }
}

impl Lease {
    /// When the message of a function comes that waits for something of the connection, if there is one that is still to come.
    pub(crate) fn waiting(&self, by: Recipient, now: Timestamp) -> Option<Timestamp> {
        self.waits_until.get(&by).copied().filter(|at| *at > now)
    }
}
