//! The loop around the decision: look, decide, do, look again.
//!
//! The engine speaks to the world through [`ports`] in the words of the domain. It gets a [`Hint`](peerwright_core::event::Hint)
//! and believes nothing of it but where to look.

pub mod accept;
pub mod approval;
pub mod claim;
pub mod cleanup;
pub mod configure;
mod decide;
pub mod explain;
pub mod failure;
mod follow;
mod lease;
pub mod ledger;
mod locate;
mod observe;
pub mod outcome;
pub mod outcome_event;
pub mod ports;
mod reconcile;
pub mod request;
mod requesters;
mod status_tags;
pub mod sweep;
