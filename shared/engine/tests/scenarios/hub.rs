//! The whole hub: every function behind its queue, and the events that calls in EC2 cause.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use jiff::Timestamp;
use peerwright_core::event::{Cause, Hint};
use peerwright_core::ids::{PcxId, Place};
use peerwright_core::plan::Limits;
use peerwright_core::world::PeeringState;
use peerwright_engine::accept::{OnDeny, accept};
use peerwright_engine::cleanup::cleanup;
use peerwright_engine::configure::configure;
use peerwright_engine::delays::pause;
use peerwright_engine::failure::Failure;
use peerwright_engine::outcome::{Outcome, Recipient, Report};
use peerwright_engine::ports::Clock;
use peerwright_engine::request::request;
use peerwright_engine::sweep::{Schedule, sweep};
use peerwright_testkit::{FakePorts, Operation, World, run};

/// How often a message is looked at, with growing delays, before it goes to the dead-letter queue: fewer times than Lambda's functions do.
const TRIES: u32 = 12;

/// More messages than any scenario needs: beyond are two functions that wake each other for ever.
const ENOUGH: usize = 1500;

/// A hub over a world.
pub(crate) struct Hub<'w> {
    pub(crate) world: &'w World,
    limits: Limits,
    on_deny: OnDeny,
    /// Whether calls in EC2 cause events; without, only sweeps find anything.
    events: bool,
    cause: Cause,
    /// What its sweeps may do without; nothing where a person starts them.
    schedule: Option<Schedule>,
}

/// A message in one of the queues.
#[derive(Debug, Clone)]
struct Message {
    to: Recipient,
    hint: Hint,
    ready: Timestamp,
    tries: u32,
    cause: Cause,
}

/// What happened until the queues were empty.
#[derive(Debug, Default)]
pub(crate) struct Log {
    /// What was done, in order.
    pub(crate) done: Vec<(Recipient, Hint, Report)>,
    /// Messages that were given up, with the last reason.
    pub(crate) dead: Vec<(Recipient, Hint, String)>,
}

impl Log {
    /// What came of a connection, in order.
    pub(crate) fn outcomes(&self, id: &PcxId) -> Vec<&Outcome> {
        let all = self.done.iter().flat_map(|(_, _, report)| &report.outcomes);
        all.filter(|(about, _)| about.as_ref() == Some(id)).map(|(_, outcome)| outcome).collect()
    }

    /// How many messages a function got.
    pub(crate) fn messages(&self, to: Recipient) -> usize {
        self.done.iter().filter(|(of, _, _)| *of == to).count()
    }
}

impl<'w> Hub<'w> {
    /// A hub that sweeps every place where somebody lets it in.
    pub(crate) fn new(world: &'w World) -> Self {
        let places = world.vpcs().into_iter().map(|vpc| vpc.place).filter(|place| world.is_member(&place.account));
        Self::over(world, places.collect())
    }

    /// A hub that sweeps these places, whether or not it is let in.
    pub(crate) fn over(world: &'w World, places: BTreeSet<Place>) -> Self {
        world.allowlist.replace_members(places);
        Self { world, limits: Limits::NONE, on_deny: OnDeny::Hold, events: true, cause: Cause::default(), schedule: None }
    }

    /// No event comes through.
    pub(crate) fn deaf(self) -> Self {
        Self { events: false, ..self }
    }

    pub(crate) fn limits(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    /// Its sweeps are the schedule's, which leaves a quiet place alone for so long.
    pub(crate) fn scheduled(self, quiet: Duration) -> Self {
        Self { schedule: Some(Schedule { quiet, backlog: false }), ..self }
    }

    pub(crate) fn because_of(self, cause: Cause) -> Self {
        Self { cause, ..self }
    }

    /// Ports of a fresh process.
    pub(crate) fn ports(&self) -> FakePorts {
        FakePorts { cause: self.cause.clone(), ..self.world.ports() }
    }

    /// One function gets one message.
    pub(crate) fn send(&self, to: Recipient, hint: &Hint) -> Result<Report, Failure> {
        self.send_again(to, hint, self.cause.clone(), 0)
    }

    fn send_again(&self, to: Recipient, hint: &Hint, cause: Cause, waits: u32) -> Result<Report, Failure> {
        let ports = FakePorts { waits: Some(waits), cause, ..self.ports() };
        let result = run(async {
            match to {
                Recipient::Accept => accept(hint, self.on_deny, &ports).await,
                Recipient::Configure => configure(hint, self.limits, &ports).await,
                Recipient::Cleanup => Box::pin(cleanup(hint, self.limits, &ports)).await,
                Recipient::Request => request(hint, &ports).await,
                Recipient::Sweep => sweep(hint, &BTreeSet::new(), self.schedule, &ports).await,
            }
        });
        if let Ok(report) = &result {
            let unheard = report.hints.iter().find(|(other, _)| !to.enqueues_for().contains(other));
            assert_eq!(unheard, None, "the template lets {to:?} send no such message");
        }
        result
    }

    /// Works messages off, and all that they lead to.
    pub(crate) fn deliver(&self, first: impl IntoIterator<Item = (Recipient, Hint)>) -> Log {
        let now = self.world.clock.now();
        let mut queue: VecDeque<Message> =
            first.into_iter().map(|(to, hint)| Message { to, hint, ready: now, tries: 0, cause: self.cause.clone() }).collect();
        let mut log = Log::default();
        for _ in 0..ENOUGH {
            let Some(message) = self.next(&mut queue) else {
                return log;
            };
            self.work(message, &mut queue, &mut log);
        }
        let last: Vec<_> = log.done.iter().rev().take(4).collect();
        panic!("there is no end to it: {last:#?}");
    }

    /// The first message that may be seen; waits for it.
    fn next(&self, queue: &mut VecDeque<Message>) -> Option<Message> {
        let now = self.world.clock.now();
        let index = (0..queue.len()).min_by_key(|index| queue[*index].ready.max(now))?;
        let message = queue.remove(index)?;
        self.world.clock.advance(message.ready.max(now).duration_since(now).unsigned_abs());
        Some(message)
    }

    fn work(&self, message: Message, queue: &mut VecDeque<Message>, log: &mut Log) {
        let before = self.states();
        let result = self.send_again(message.to, &message.hint, message.cause.clone(), message.tries);
        let now = self.world.clock.now();
        let of_event = Cause { retry: false, since: None, ..self.cause.clone() };
        let events = if self.events { self.events(&before) } else { Vec::new() };
        let mut follow: Vec<_> = events.into_iter().map(|(to, hint)| (to, hint, of_event.clone())).collect();
        let mut progressed = false;
        let again = match result {
            Ok(report) => {
                follow.extend(report.hints.iter().map(|(to, hint)| {
                    let cause = Cause { since: report.since, ..message.cause.handed_on(&message.hint, hint) };
                    (*to, hint.clone(), cause)
                }));
                progressed = report.progressed();
                let again = match report.outcomes.iter().find(|(_, outcome)| matches!(outcome, Outcome::Unreachable(_))) {
                    Some((_, outcome)) => Some((Duration::from_mins(1), outcome.reasons().join("; "))),
                    None => report.again_after().map(|after| (after, format!("{:?}", report.outcomes))),
                };
                log.done.push((message.to, message.hint.clone(), report));
                again
            }
            Err(failure) => {
                self.world.restart();
                Some((Duration::from_secs(4), failure.explain()))
            }
        };
        match again {
            Some((after, _)) if progressed => queue.push_back(Message { ready: now + after, tries: 0, ..message }),
            Some((_, why)) if message.tries + 1 >= TRIES => log.dead.push((message.to, message.hint, why)),
            Some((after, _)) => {
                let tries = message.tries + 1;
                queue.push_back(Message { ready: now + pause(after, tries), tries, ..message });
            }
            None => {}
        }
        // SQS joins no messages: what is sent twice is worked off twice.
        queue.extend(follow.into_iter().map(|(to, hint, cause)| Message { to, hint, ready: now, tries: 0, cause }));
    }

    fn states(&self) -> BTreeMap<PcxId, PeeringState> {
        self.world.connections().into_iter().collect()
    }

    /// What CloudTrail records of what a function did, in the accounts that send it to us.
    fn events(&self, before: &BTreeMap<PcxId, PeeringState>) -> Vec<(Recipient, Hint)> {
        let told = |vpc: &peerwright_core::ids::VpcRef| self.world.is_member(&vpc.place.account);
        let mut events = Vec::new();
        for (id, state) in self.states() {
            let ends = self.world.ends(&id);
            match (before.get(&id), &state) {
                (None, _) if told(&ends.requester) => events.push((Recipient::Accept, self.world.requested(&id))),
                (Some(PeeringState::Initiating | PeeringState::Pending), PeeringState::Provisioning | PeeringState::Active)
                    if told(&ends.accepter) =>
                {
                    events.push((Recipient::Configure, self.world.accepted(&id)));
                }
                (Some(PeeringState::Ended(_)), _) => {}
                // What fails or expires by itself is no call of anybody.
                (_, PeeringState::Ended(code))
                    if matches!(code.as_str(), "deleted" | "rejected") && (told(&ends.requester) || told(&ends.accepter)) =>
                {
                    events.push((Recipient::Cleanup, self.world.accepted(&id)));
                }
                _ => {}
            }
        }
        events
    }

    /// Sweeps everything once, and works off what comes of it.
    pub(crate) fn sweep(&self) -> Log {
        self.deliver([(Recipient::Sweep, Hint::Everywhere)])
    }

    /// Sweeps every five minutes until two sweeps lead to no write: behind the first, something may have become active.
    pub(crate) fn sweep_until_quiet(&self) {
        let mut quiet = 0;
        for _ in 0..20 {
            let before = self.world.writes().len();
            self.sweep();
            self.world.clock.advance(Duration::from_mins(5));
            quiet = if self.world.writes().len() == before { quiet + 1 } else { 0 };
            if quiet == 2 {
                return;
            }
        }
        panic!("every sweep finds something to do");
    }

    /// The owner of a VPC sets a tag, and its event comes.
    pub(crate) fn tag(&self, vpc: &str, key: &str, value: &str) -> Log {
        self.world.tag(vpc, key, value);
        self.deliver(self.retagged(vpc, key))
    }

    /// The owner of a VPC removes a tag, and its event comes.
    pub(crate) fn untag(&self, vpc: &str, key: &str) -> Log {
        self.world.untag(vpc, key);
        self.deliver(self.retagged(vpc, key))
    }

    /// The event of a changed tag goes to whom it concerns.
    pub(crate) fn retagged(&self, vpc: &str, key: &str) -> Vec<(Recipient, Hint)> {
        let to = if key.starts_with("peerwright:") { Recipient::Request } else { Recipient::Configure };
        vec![(to, Hint::Vpc(self.world.vpc_ref(vpc)))]
    }

    /// The owner of an end deletes a connection, and its event comes.
    pub(crate) fn delete(&self, id: &PcxId, by: peerwright_core::ids::Side) -> Log {
        self.world.delete(id, by);
        self.deliver([(Recipient::Cleanup, self.world.accepted(id))])
    }
}

/// Looks at everything there is in every way, and finds nothing to do.
pub(crate) fn assert_quiet(hub: &Hub<'_>) {
    let world = hub.world;
    let before = world.writes();
    hub.sweep();
    assert_no_writes(&before, world, "a sweep");
    for (id, state) in world.connections() {
        let to = match state {
            PeeringState::Pending => Recipient::Accept,
            PeeringState::Active => Recipient::Configure,
            _ => Recipient::Cleanup,
        };
        hub.deliver([(to, world.accepted(&id))]);
        assert_no_writes(&before, world, &format!("{to:?} {id}"));
        hub.deliver([(Recipient::Cleanup, world.accepted(&id))]);
        assert_no_writes(&before, world, &format!("cleanup {id}"));
    }
    for vpc in world.vpcs().into_iter().filter(|vpc| world.is_member(&vpc.place.account)) {
        hub.deliver([(Recipient::Request, Hint::Vpc(vpc.clone())), (Recipient::Configure, Hint::Vpc(vpc.clone()))]);
        assert_no_writes(&before, world, &format!("request {vpc}"));
    }
}

fn assert_no_writes(before: &[Operation], world: &World, origin: &str) {
    let after = world.writes();
    assert_eq!(&after[before.len()..], &[], "{origin} writes");
}
