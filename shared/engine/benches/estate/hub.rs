//! The functions behind their queues, many runs at once, in virtual time.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::Timestamp;
use peerwright_core::event::{Cause, Hint};
use peerwright_core::ids::Place;
use peerwright_core::plan::Limits;
use peerwright_engine::accept::{OnDeny, accept};
use peerwright_engine::cleanup::cleanup;
use peerwright_engine::configure::configure;
use peerwright_engine::outcome::{Recipient, Report};
use peerwright_engine::ports::Clock;
use peerwright_engine::request::request;
use peerwright_engine::sweep::sweep;
use peerwright_testkit::{Task, World, simulate};

/// How many messages of a function are worked on at once: ten runs (`MaxConcurrency` in `infra/hub.yaml`) of five messages.
pub(crate) const AT_ONCE: usize = 50;
/// How often an idle worker looks into its queue.
const IDLE: Duration = Duration::from_millis(200);
/// How long a message takes through SQS to a function.
const DELIVERY: Duration = Duration::from_millis(50);

#[derive(Debug, Clone)]
struct Message {
    hint: Hint,
    ready: Timestamp,
    waits: u32,
    cause: Cause,
}

/// What happened.
#[derive(Debug, Default)]
pub(crate) struct Log {
    pub(crate) runs: BTreeMap<&'static str, u64>,
}

/// A hub over a world.
pub(crate) struct Hub<'w> {
    world: &'w World,
    queues: BTreeMap<Recipient, RefCell<Vec<Message>>>,
    busy: Cell<usize>,
    log: RefCell<Log>,
}

impl<'w> Hub<'w> {
    pub(crate) fn new(world: &'w World) -> Self {
        let queues = Recipient::ALL.into_iter().map(|to| (to, RefCell::default())).collect();
        Self { world, queues, busy: Cell::new(0), log: RefCell::default() }
    }

    /// A message that arrives after a while, about something that happened now if an event tells of it.
    pub(crate) fn send(&self, to: Recipient, hint: Hint, after: Duration, event: bool) {
        let now = self.world.clock.now();
        let cause = Cause { at: event.then_some(now), ..Cause::default() };
        self.push(to, Message { hint, ready: now + after, waits: 0, cause });
    }

    /// A place that is a part of a sweep which began then.
    pub(crate) fn sweep(&self, place: Place, began: Timestamp) {
        let cause = Cause { since: Some(began), ..Cause::default() };
        self.push(Recipient::Sweep, Message { hint: Hint::Place(place), ready: began, waits: 0, cause });
    }

    fn push(&self, to: Recipient, message: Message) {
        self.queues[&to].borrow_mut().push(message);
    }

    /// Works off everything, and all that it leads to.
    pub(crate) fn run(&self) {
        let workers = Recipient::ALL.into_iter().flat_map(|of| (0..AT_ONCE).map(move |_| of));
        simulate(&self.world.clock, workers.map(|of| -> Task<'_> { Box::pin(self.work(of)) }));
    }

    pub(crate) fn log(self) -> Log {
        self.log.into_inner()
    }

    async fn work(&self, of: Recipient) {
        loop {
            let now = self.world.clock.now();
            let next = {
                let mut queue = self.queues[&of].borrow_mut();
                let index = queue.iter().position(|message| message.ready <= now);
                index.map(|index| queue.swap_remove(index))
            };
            if let Some(message) = next {
                self.busy.set(self.busy.get() + 1);
                self.follow(of, message).await;
                self.busy.set(self.busy.get() - 1);
            } else if self.busy.get() == 0 && self.queues.values().all(|queue| queue.borrow().is_empty()) {
                return;
            } else {
                self.world.clock.sleep(IDLE).await;
            }
        }
    }

    async fn follow(&self, of: Recipient, message: Message) {
        let mut ports = self.world.ports();
        ports.cause = message.cause.clone();
        ports.waits = Some(message.waits);
        let hint = &message.hint;
        let result = match of {
            Recipient::Accept => accept(hint, OnDeny::Hold, &ports).await,
            Recipient::Configure => configure(hint, Limits::NONE, &ports).await,
            Recipient::Cleanup => Box::pin(cleanup(hint, Limits::NONE, &ports)).await,
            Recipient::Request => request(hint, &ports).await,
            Recipient::Sweep => sweep(hint, &BTreeSet::new(), None, &ports).await,
        };
        *self.log.borrow_mut().runs.entry(name(of)).or_default() += 1;
        let now = self.world.clock.now();
        let again = |after: Duration| {
            let pause = (after * 2_u32.saturating_pow(message.waits)).min(Duration::from_mins(5));
            Message { ready: now + pause, waits: message.waits + 1, ..message.clone() }
        };
        match result {
            Ok(report) => {
                let (since, at) = (report.since, report.at);
                let Report { hints, .. } = &report;
                for (to, hint) in hints {
                    let cause = Cause { since, at, ..Cause::default() };
                    self.push(*to, Message { hint: hint.clone(), ready: now + DELIVERY, waits: 0, cause });
                }
                if let Some(after) = report.again_after() {
                    self.push(of, if report.progressed() { Message { waits: 0, ..again(after) } } else { again(after) });
                }
            }
            Err(_) => self.push(of, again(Duration::from_secs(2))),
        }
    }
}

fn name(of: Recipient) -> &'static str {
    match of {
        Recipient::Accept => "accept",
        Recipient::Configure => "configure",
        Recipient::Cleanup => "cleanup",
        Recipient::Request => "request",
        Recipient::Sweep => "sweep",
    }
}

/// Every place of the world.
pub(crate) fn places(world: &World) -> Vec<Place> {
    let mut places: Vec<Place> = world.vpcs().into_iter().map(|vpc| vpc.place).collect();
    places.sort();
    places.dedup();
    places
}
