//! The gate that every call of every port passes.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use peerwright_core::ids::Place;
use peerwright_engine::failure::{Class, Failure};
use peerwright_engine::ports::Clock;

use crate::clock::FakeClock;
use crate::fault::Fault;
use crate::metering::{Action, Meter};
use crate::operation::Operation;
use crate::yielding::yield_once;

/// How often the SDK sends a call, and the pause behind the first time: half of the longest that its jitter makes of it.
const ATTEMPTS: u32 = 4;
const FIRST_PAUSE: Duration = Duration::from_millis(500);

/// Faults, crashes, and the list of what was written. Shared by all ports of a world.
#[derive(Debug, Clone, Default)]
pub(crate) struct CallGate(Arc<Mutex<Inner>>);

#[derive(Debug, Default)]
struct Inner {
    faults: Vec<Fault>,
    /// Calls that take effect, and whose answers are lost.
    lost: Vec<Fault>,
    writes: Vec<Operation>,
    /// The length of the list of writes at which the process dies.
    end: Option<usize>,
    /// How long each call takes.
    latency: Option<(FakeClock, Duration)>,
    /// EC2's token buckets, where it throttles.
    meter: Option<(FakeClock, Meter)>,
}

impl CallGate {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().expect("no test panics while it holds the gate")
    }

    /// Begins a call: yields once, as any call over a network does, then fails if it has to.
    pub(crate) async fn enter(&self, operation: Operation, place: Option<&Place>) -> Result<(), Failure> {
        let latency = self.inner().latency.clone();
        match latency {
            Some((clock, latency)) => clock.sleep(latency).await,
            None => yield_once().await,
        }
        let mut inner = self.inner();
        let failure = |class, words: &str| Failure { what: format!("{operation:?}"), place: place.cloned(), class, source: words.into() };
        if inner.end.is_some_and(|end| inner.writes.len() >= end) {
            return Err(failure(Class::Unexpected, "the process has died"));
        }
        match inner.faults.iter_mut().find_map(|fault| fault.meet(operation, place)) {
            Some(class) => Err(failure(class, "an injected fault")),
            None => Ok(()),
        }
    }

    /// Pays for calls of EC2, where they are metered, and tells how many they count as. As the SDK does, a throttled one is tried again three
    /// times, with growing pauses.
    pub(crate) async fn pay(&self, place: &Place, actions: &[Action]) -> Result<u64, Failure> {
        if self.inner().meter.is_none() {
            return Ok(1);
        }
        for (index, action) in actions.iter().enumerate() {
            // The gate let the first one wait.
            let latency = self.inner().latency.clone().filter(|_| index > 0);
            if let Some((clock, latency)) = latency {
                clock.sleep(latency).await;
            }
            let mut pause = FIRST_PAUSE;
            for attempt in 1.. {
                let clock = {
                    let mut inner = self.inner();
                    let Some((clock, meter)) = &mut inner.meter else { break };
                    let now = clock.now();
                    if meter.take(place, action, now) {
                        break;
                    }
                    clock.clone()
                };
                if attempt == ATTEMPTS {
                    let source = "RequestLimitExceeded".into();
                    return Err(Failure { what: (*action).to_owned(), place: Some(place.clone()), class: Class::Throttled, source });
                }
                clock.sleep(pause).await;
                pause *= 2;
            }
        }
        Ok(u64::try_from(actions.len()).unwrap_or(u64::MAX))
    }

    /// From now on EC2 counts its calls, and throttles them.
    pub(crate) fn meter(&self, clock: FakeClock) {
        self.inner().meter = Some((clock, Meter::default()));
    }

    /// What was counted: the calls by place and action, and how many more were throttled.
    pub(crate) fn metered(&self) -> (BTreeMap<(Place, Action), u64>, u64) {
        self.inner().meter.as_ref().map(|(_, meter)| (meter.calls(), meter.throttled())).unwrap_or_default()
    }

    /// Notes a write that took effect.
    pub(crate) fn wrote(&self, operation: Operation) {
        self.inner().writes.push(operation);
    }

    /// The answer to a call that took effect, if it comes.
    pub(crate) fn answer(&self, operation: Operation, place: &Place) -> Result<(), Failure> {
        match self.inner().lost.iter_mut().find_map(|fault| fault.meet(operation, Some(place))) {
            Some(class) => {
                Err(Failure { what: format!("{operation:?}"), place: Some(place.clone()), class, source: "the answer was lost".into() })
            }
            None => Ok(()),
        }
    }

    pub(crate) fn lose(&self, fault: Fault) {
        self.inner().lost.push(fault);
    }

    pub(crate) fn writes(&self) -> Vec<Operation> {
        self.inner().writes.clone()
    }

    pub(crate) fn fail(&self, fault: Fault) {
        self.inner().faults.push(fault);
    }

    /// Ends all faults.
    pub(crate) fn clear_faults(&self) {
        self.inner().faults.clear();
    }

    pub(crate) fn set_latency(&self, clock: FakeClock, latency: Duration) {
        self.inner().latency = Some((clock, latency));
    }

    pub(crate) fn crash_after(&self, writes: usize) {
        let mut inner = self.inner();
        inner.end = Some(inner.writes.len() + writes);
    }

    /// True when the process had died.
    pub(crate) fn restart(&self) -> bool {
        let mut inner = self.inner();
        let end = inner.end.take();
        end.is_some_and(|end| inner.writes.len() >= end)
    }
}
