//! Time that passes only when somebody waits.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::Timestamp;
use peerwright_engine::ports::Clock;

use crate::parse::parse;
use crate::yielding::yield_once;

/// A clock; copies of it show the same time.
#[derive(Debug, Clone)]
pub struct FakeClock(Arc<Mutex<Timestamp>>);

impl Default for FakeClock {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(parse("2026-01-01T00:00:00Z"))))
    }
}

impl FakeClock {
    /// Lets time pass.
    pub fn advance(&self, time: Duration) {
        let mut now = self.0.lock().expect("no test panics while it holds the clock");
        *now += time;
    }
}

impl Clock for FakeClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().expect("no test panics while it holds the clock")
    }

    async fn sleep(&self, time: Duration) {
        yield_once().await;
        self.advance(time);
    }
}
