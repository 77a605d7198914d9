//! What is wrong with a deployment: what the templates say, what AWS answered, and the findings between the two.
//!
//! ```text
//! text of a template ─► yaml ─► Template ─┐
//! parameters of its stack ────────────────┴─► template::Resource  (what is to be there)
//! answers of AWS ─────────────────────────────► Found             (what is there)
//!                                                  │
//!                              hub::findings, place::findings ─► Finding { what, fix }
//! ```

mod check;
mod compare;
mod fix;
pub mod hub;
pub mod place;
pub mod template;
mod unread;
mod yaml;

pub use check::Check;
pub use unread::{Cause, Unread};

use serde::Serialize;

/// What AWS answered to one question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found<T> {
    /// It is there.
    Is(T),
    /// It is not there.
    Missing,
    /// AWS did not tell, and why: never the same as "nothing is wrong".
    Unread(Unread),
}

impl<T> Found<T> {
    /// What is there.
    pub const fn known(&self) -> Option<&T> {
        if let Self::Is(value) = self { Some(value) } else { None }
    }
}

/// Something that is not as it should be, or could not be looked at.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Finding {
    /// Which check found it.
    pub check: Check,
    /// What it is about: a name of the deployment, or a place.
    pub subject: String,
    /// What is wrong.
    pub what: String,
    /// What to do.
    pub fix: String,
    /// True where AWS did not tell: nobody knows whether something is wrong.
    pub unknown: bool,
}

impl Finding {
    /// Something is wrong.
    pub fn new(check: Check, subject: impl Into<String>, what: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { check, subject: subject.into(), what: what.into(), fix: fix.into(), unknown: false }
    }

    /// AWS did not tell. `permission` is what to do where that was for want of one, and nowhere else.
    pub fn unknown(check: Check, subject: impl Into<String>, unread: &Unread, permission: impl Into<String>) -> Self {
        let fix = unread.fix().map_or_else(|| permission.into(), str::to_owned);
        Self { check, subject: subject.into(), what: format!("could not look: {unread}"), fix, unknown: true }
    }
}
