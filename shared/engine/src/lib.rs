//! The loop around the decision: look, decide, do, look again.
//!
//! The engine speaks to the world through [`ports`] in the words of the domain. It gets a [`Hint`](peerwright_core::event::Hint)
//! and believes nothing of it but where to look.

pub mod accept;
pub mod adopt;
pub mod allowlist_history;
mod attempt;
mod borrowers;
pub mod claim;
pub mod cleanup;
pub mod configure;
pub mod contest;
pub mod dead_letter;
mod decide;
pub mod delays;
pub mod entry;
pub mod examine;
pub mod explain;
pub mod failure;
pub mod find;
pub mod follow;
pub mod forecast;
pub mod foresee;
pub mod freeze;
mod frozen;
pub mod gauge;
mod goal;
pub mod kept_allowlist;
mod lease;
pub mod lines;
mod locate;
pub mod manual_decision;
pub mod network;
mod observe;
pub mod operator;
pub mod outcome;
pub mod outcome_event;
pub mod overview;
mod peerings;
pub mod places;
mod plain;
pub mod ports;
mod rearranged;
mod reconcile;
mod record;
pub mod refusal;
pub mod reply;
pub mod request;
mod requesters;
pub mod reservation;
mod reserve;
pub mod status;
mod status_tags;
mod stir;
pub mod surroundings;
pub mod sweep;
pub mod unmet;
