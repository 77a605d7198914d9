//! Active connections: remove what is ours and no longer wanted.

use peerwright_core::event::Hint;
use peerwright_core::plan::Limits;

use crate::failure::Failure;
use crate::outcome::Report;
use crate::ports::{Allowlist, Clock, Cloud, Ledger, Ports};
use crate::reconcile::{Part, follow};

/// Removes what of ours the allowlist no longer wants on the connection that the hint points at, once everything it does want is there.
pub async fn cleanup<C: Cloud, A: Allowlist, L: Ledger, K: Clock>(
    hint: &Hint,
    limits: Limits,
    ports: &Ports<C, A, L, K>,
) -> Result<Report, Failure> {
    follow(hint, Part::Remove, limits, ports).await
}
