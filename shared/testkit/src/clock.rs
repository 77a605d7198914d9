//! Time that passes only when somebody waits.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Poll, Waker};
use std::time::Duration;

use jiff::Timestamp;
use peerwright_engine::ports::Clock;

use crate::parse::parse;
use crate::yielding::yield_once;

/// A clock; copies of it show the same time.
#[derive(Debug, Clone)]
pub struct FakeClock(Arc<Mutex<Inner>>);

#[derive(Debug)]
struct Inner {
    now: Timestamp,
    /// Who waits, where many do at once.
    timers: Option<BinaryHeap<Reverse<Timer>>>,
    /// Counts the timers: of two for one moment the older one is first.
    count: u64,
}

#[derive(Debug)]
struct Timer {
    at: Timestamp,
    number: u64,
    waker: Waker,
}

impl PartialEq for Timer {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Timer {}

impl PartialOrd for Timer {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Timer {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.at, self.number).cmp(&(other.at, other.number))
    }
}

impl Default for FakeClock {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(Inner { now: parse("2026-01-01T00:00:00Z"), timers: None, count: 0 })))
    }
}

impl FakeClock {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().expect("no test panics while it holds the clock")
    }

    /// Lets time pass.
    pub fn advance(&self, time: Duration) {
        self.inner().now += time;
    }

    /// From now on many wait at once: whoever sleeps lets others work meanwhile.
    pub(crate) fn share(&self) {
        self.inner().timers.get_or_insert_default();
    }

    /// Goes on to the next moment that somebody waits for, and wakes them; false where nobody waits.
    pub(crate) fn wake_next(&self) -> bool {
        let mut inner = self.inner();
        let Some(Reverse(timer)) = inner.timers.as_mut().and_then(BinaryHeap::pop) else {
            return false;
        };
        inner.now = inner.now.max(timer.at);
        drop(inner);
        timer.waker.wake();
        true
    }
}

impl Clock for FakeClock {
    fn now(&self) -> Timestamp {
        self.inner().now
    }

    async fn sleep(&self, time: Duration) {
        let at = self.now() + time;
        if self.inner().timers.is_none() {
            yield_once().await;
            self.advance(time);
            return;
        }
        poll_fn(|context| {
            let mut inner = self.inner();
            if inner.now >= at {
                return Poll::Ready(());
            }
            let number = inner.count;
            inner.count += 1;
            let timer = Timer { at, number, waker: context.waker().clone() };
            inner.timers.get_or_insert_default().push(Reverse(timer));
            Poll::Pending
        })
        .await;
    }
}
