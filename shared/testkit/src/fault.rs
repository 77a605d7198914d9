//! Failures to come.

use peerwright_core::ids::{AccountId, Place};
use peerwright_engine::failure::Class;

use crate::operation::Operation;
use crate::parse::parse;

/// A failure that coming calls of one kind will meet: the next one, unless told otherwise.
#[derive(Debug, Clone)]
pub struct Fault {
    operation: Operation,
    class: Class,
    account: Option<AccountId>,
    skip: u32,
    times: u32,
}

impl Fault {
    /// The next call of this kind fails with this class.
    pub const fn next(operation: Operation, class: Class) -> Self {
        Self { operation, class, account: None, skip: 0, times: 1 }
    }

    /// So many calls fail.
    #[must_use]
    pub const fn times(mut self, times: u32) -> Self {
        self.times = times;
        self
    }

    /// Every call fails from then on, as when a permission is taken away.
    #[must_use]
    pub const fn for_good(self) -> Self {
        self.times(u32::MAX)
    }

    /// So many calls succeed before.
    #[must_use]
    pub const fn after(mut self, calls: u32) -> Self {
        self.skip = calls;
        self
    }

    /// Only calls in this account count.
    #[must_use]
    pub fn at(mut self, account: &str) -> Self {
        self.account = Some(parse(account));
        self
    }

    /// The class that a call meets, if it meets this fault.
    pub(crate) fn meet(&mut self, operation: Operation, place: Option<&Place>) -> Option<Class> {
        let elsewhere = self.account.is_some() && self.account.as_ref() != place.map(|place| &place.account);
        if operation != self.operation || elsewhere || self.times == 0 {
            return None;
        }
        if self.skip > 0 {
            self.skip -= 1;
            return None;
        }
        self.times -= 1;
        Some(self.class)
    }
}
