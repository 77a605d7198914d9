//! The lease of a connection: two functions don't work on it at the same time.
//!
//! It spares work and noise. What is done is right without it, too: every write of the ledger finds the version that it was made from, and every
//! step is one that may come twice.

use std::time::Duration;

use peerwright_core::ids::PcxId;

use crate::delays::{LATER, LOOKS};
use crate::failure::{Failure, chain};
use crate::outcome::{Outcome, Report};
use crate::ports::{Backend, Clock, Lease, Leases, Ports};

/// How long a lease lasts that nobody gives back: a little longer than a function may run (`Timeout` in `infra/hub.yaml`).
pub(crate) const LEASE: Duration = Duration::from_secs(65);

/// Does the work on a connection while nobody else does; waits for others a while.
pub(crate) async fn leased<B: Backend>(
    id: &PcxId,
    ports: &Ports<B>,
    work: impl AsyncFnOnce(Lease) -> Result<Report, Failure>,
) -> Result<Report, Failure> {
    let mut looks = LOOKS.iter();
    let lease = loop {
        let now = ports.clock.now();
        match ports.ledger.lease(id, &ports.holder, now, now + LEASE).await {
            Ok(Some(lease)) => break lease,
            Ok(None) => {}
            Err(failure) => {
                tracing::warn!(connection = %id, "{}; going on without the lease", chain(&failure));
                return work(Lease::default()).await;
            }
        }
        let Some(time) = looks.next() else {
            let why = format!("another function works on {id}");
            return Ok(Report::of(id, Outcome::Waiting { why, after: LATER }));
        };
        ports.clock.sleep(*time).await;
    };
    let result = work(lease).await;
    let looked_at = result.as_ref().ok().and_then(|report| report.looked_at);
    if let Err(failure) = ports.ledger.release(id, &ports.holder, looked_at).await {
        tracing::warn!(connection = %id, "{}; it ends by itself", chain(&failure));
    }
    result
}
