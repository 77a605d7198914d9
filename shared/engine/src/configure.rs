//! Active connections: add what the rules want.

use peerwright_core::event::Hint;
use peerwright_core::plan::Limits;

use crate::failure::Failure;
use crate::follow::follow;
use crate::outcome::Report;
use crate::ports::{Backend, Ports};

/// Brings the connection that the hint points at to what the allowlist wants, as far as something has to be added for it. What is too
/// much is left to [`cleanup`](crate::cleanup::cleanup); the report says where.
pub async fn configure<B: Backend>(hint: &Hint, limits: Limits, ports: &Ports<B>) -> Result<Report, Failure> {
    follow(hint, limits, ports).await
}
