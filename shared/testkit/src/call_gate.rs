//! The gate that every call of every port passes.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use peerwright_core::ids::Place;
use peerwright_engine::failure::{Class, Failure};

use crate::clock::FakeClock;
use crate::fault::Fault;
use crate::operation::Operation;
use crate::yielding::yield_once;

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
}

impl CallGate {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().expect("no test panics while it holds the gate")
    }

    /// Begins a call: yields once, as any call over a network does, then fails if it has to.
    pub(crate) async fn enter(&self, operation: Operation, place: Option<&Place>) -> Result<(), Failure> {
        yield_once().await;
        let mut inner = self.inner();
        if let Some((clock, latency)) = &inner.latency {
            clock.advance(*latency);
        }
        let failure = |class, words: &str| Failure { what: format!("{operation:?}"), place: place.cloned(), class, source: words.into() };
        if inner.end.is_some_and(|end| inner.writes.len() >= end) {
            return Err(failure(Class::Unexpected, "the process has died"));
        }
        match inner.faults.iter_mut().find_map(|fault| fault.meet(operation, place)) {
            Some(class) => Err(failure(class, "an injected fault")),
            None => Ok(()),
        }
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
