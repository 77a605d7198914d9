//! What came of looking at a connection.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::Timestamp;
use peerwright_core::event::Hint;
use peerwright_core::ids::{PcxId, Place, Sides};
use peerwright_core::world::Connection;

use crate::delays::SOON;
use crate::gauge::Gauge;
use crate::status::Status;

/// How it ended for one connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The request was accepted, by these rules.
    Accepted(Vec<String>),
    /// The request stays pending, for these reasons.
    Held(Vec<String>),
    /// The request stays pending until a person approves or rejects it.
    AwaitingApproval(Vec<String>),
    /// The request stays pending because rules forbid it.
    Denied(Vec<String>),
    /// The request was rejected because rules forbid it.
    Rejected(Vec<String>),
    /// A connection was asked for.
    Requested(Vec<String>),
    /// A VPC was told how it stands with what it asks for.
    Answered(Vec<String>),
    /// The connection has ended, or we ended it, and nothing of ours is left.
    Ended(Vec<String>),
    /// No rule allows the connection any more, and nothing of ours is left on it.
    Isolated(Vec<String>),
    /// No rule allows the connection any more, and it stays as the last rules wished.
    Kept(Vec<String>),
    /// No rule allows the connection, and none ever did: it is somebody else's.
    Unmanaged(Vec<String>),
    /// Everything wanted is there; so many things were added just now.
    Converged(usize),
    /// Everything wanted is there, and more of ours that is to be removed.
    Superfluous(Vec<String>),
    /// Nothing is changed on request; this would be.
    Frozen(Vec<String>),
    /// What could be done is done; a person has to look at the rest.
    Blocked(Vec<String>),
    /// It works, and these things are missing.
    Partial(Vec<String>),
    /// One end is done, the other isn't ours to do.
    OneSided(Vec<String>),
    /// It could not be settled beside the one that was asked for.
    Failed(Vec<String>),
    /// It isn't ready: look again after this time.
    Waiting {
        /// What it waits for.
        why: String,
        /// When to look again.
        after: Duration,
    },
    /// A part is done, and the rest follows in the next run; says what is left.
    Unfinished(String),
    /// We are let in at no place of the hint. A side without our role is its owner's, but who sends us a hint and lets us in nowhere has
    /// forgotten something.
    Unreachable(String),
    /// There is nothing to do; says why.
    Nothing(String),
}

impl Outcome {
    /// The word in the ledger; none for what is not written down.
    pub const fn status(&self) -> Option<Status> {
        Some(match self {
            Self::Accepted(_) => Status::Accepted,
            Self::Held(_) => Status::Held,
            Self::AwaitingApproval(_) => Status::AwaitingApproval,
            Self::Denied(_) => Status::Denied,
            Self::Rejected(_) => Status::Rejected,
            Self::Requested(_) => Status::Requested,
            Self::Ended(_) => Status::Ended,
            Self::Isolated(_) => Status::Isolated,
            Self::Kept(_) => Status::Kept,
            Self::Unmanaged(_) => Status::Unmanaged,
            Self::Converged(_) => Status::Converged,
            Self::Superfluous(_) => Status::Superfluous,
            Self::Frozen(_) => Status::Frozen,
            Self::Blocked(_) => Status::Blocked,
            Self::Partial(_) => Status::Partial,
            Self::OneSided(_) => Status::OneSided,
            Self::Failed(_) => Status::Failed,
            Self::Waiting { .. } | Self::Unfinished(_) => Status::Waiting,
            Self::Answered(_) | Self::Unreachable(_) | Self::Nothing(_) => return None,
        })
    }

    /// Every name that an outcome has.
    pub const LABELS: [&str; 21] = [
        "accepted",
        "answered",
        "awaiting-approval",
        "blocked",
        "converged",
        "denied",
        "ended",
        "failed",
        "frozen",
        "held",
        "isolated",
        "kept",
        "nothing",
        "one-sided",
        "partial",
        "rejected",
        "requested",
        "superfluous",
        "unmanaged",
        "unreachable",
        "waiting",
    ];

    /// Its name: the label of metrics and log lines.
    pub fn label(&self) -> &'static str {
        match self {
            Self::Answered(_) => "answered",
            Self::Unreachable(_) => "unreachable",
            Self::Nothing(_) => "nothing",
            written => written.status().map_or("nothing", |status| status.label()),
        }
    }

    /// The same where something waits for a person besides: what stands stays, and is not all.
    #[must_use]
    pub fn and_waits_for(self, waits: Vec<String>) -> Self {
        let with = |reasons: Vec<String>| reasons.into_iter().chain(waits.clone()).collect();
        match self {
            outcome if waits.is_empty() => outcome,
            Self::Converged(_) => Self::Partial(waits),
            Self::Partial(reasons) => Self::Partial(with(reasons)),
            Self::OneSided(reasons) => Self::OneSided(with(reasons)),
            Self::Blocked(reasons) => Self::Blocked(with(reasons)),
            other => other,
        }
    }

    /// The reasons, where the outcome has some.
    pub fn reasons(&self) -> Vec<String> {
        match self {
            Self::Accepted(reasons)
            | Self::Held(reasons)
            | Self::AwaitingApproval(reasons)
            | Self::Requested(reasons)
            | Self::Answered(reasons)
            | Self::Ended(reasons)
            | Self::Isolated(reasons)
            | Self::Kept(reasons)
            | Self::Unmanaged(reasons)
            | Self::Denied(reasons)
            | Self::Rejected(reasons)
            | Self::Superfluous(reasons)
            | Self::Frozen(reasons)
            | Self::Blocked(reasons)
            | Self::Failed(reasons)
            | Self::Partial(reasons)
            | Self::OneSided(reasons) => reasons.clone(),
            Self::Waiting { why, .. } | Self::Unfinished(why) | Self::Unreachable(why) | Self::Nothing(why) => vec![why.clone()],
            Self::Converged(added) => vec![format!("{added} added")],
        }
    }
}

/// A function that work is left to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Recipient {
    /// Decides about pending requests.
    Accept,
    /// Adds what is wanted.
    Configure,
    /// Takes away what is not, and ends what nobody asks for.
    Cleanup,
    /// Asks for connections, and answers those who asked.
    Request,
    /// Looks at a place.
    Sweep,
}

impl Recipient {
    /// Every function.
    pub const ALL: [Self; 5] = [Self::Accept, Self::Configure, Self::Cleanup, Self::Request, Self::Sweep];

    /// The function's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Accept => "accept",
            Self::Configure => "configure",
            Self::Cleanup => "cleanup",
            Self::Request => "request",
            Self::Sweep => "sweep",
        }
    }

    /// Whom a function leaves work to: what the template lets it send, and no more.
    pub const fn enqueues_for(self) -> &'static [Self] {
        match self {
            Self::Accept => &[Self::Configure, Self::Request],
            Self::Configure => &[Self::Accept, Self::Configure, Self::Cleanup, Self::Request],
            Self::Cleanup => &[Self::Accept, Self::Configure, Self::Request],
            Self::Request => &[Self::Accept, Self::Cleanup],
            Self::Sweep => &Self::ALL,
        }
    }
}

/// What came of a hint.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Report {
    /// Every connection that was looked at, with its outcome.
    pub outcomes: Vec<(Option<PcxId>, Outcome)>,
    /// Work for other functions.
    pub hints: BTreeSet<(Recipient, Hint)>,
    /// When it began, where the hints are the parts of one sweep.
    pub since: Option<Timestamp>,
    /// When what the hints tell of had happened at the latest, where no more is known of it now than then.
    pub at: Option<Timestamp>,
    /// When the look began that left nothing to do for the function that reports.
    pub looked_at: Option<Timestamp>,
    /// What was seen, in figures.
    pub gauges: BTreeMap<Gauge, u64>,
}

impl Report {
    /// A report on one connection.
    pub fn of(id: &PcxId, outcome: Outcome) -> Self {
        Self { outcomes: vec![(Some(id.clone()), outcome)], ..Self::default() }
    }

    /// A report on a hint that led to no connection.
    pub fn nothing(why: impl Into<String>) -> Self {
        Self::from(Outcome::Nothing(why.into()))
    }

    /// Leaves a connection to another function's queue.
    pub fn enqueue(&mut self, to: Recipient, connection: &Connection) {
        self.enqueue_from(&connection.ends.accepter.place, to, connection);
    }

    /// Leaves a connection to another function, which looks at it as one place shows it, or else another.
    pub fn enqueue_from(&mut self, place: &Place, to: Recipient, connection: &Connection) {
        let Sides { requester, accepter } = &connection.ends;
        let mut places = vec![place.clone()];
        places.extend([&accepter.place, &requester.place].into_iter().filter(|other| *other != place).cloned());
        places.dedup();
        self.hints.insert((to, Hint::Connection { id: connection.id.clone(), places }));
    }

    /// The same of a look that began at a moment, where nothing is left to do.
    #[must_use]
    pub fn looked_from(self, began: Timestamp) -> Self {
        let is_settled = |(_, outcome): &(Option<PcxId>, Outcome)| outcome.status().is_some_and(|status| status.is_done());
        let settled = !self.outcomes.is_empty() && self.outcomes.iter().all(is_settled);
        Self { looked_at: settled.then_some(began), ..self }
    }

    /// Adds what came of another hint.
    pub fn join(&mut self, other: Self) {
        self.outcomes.extend(other.outcomes);
        self.hints.extend(other.hints);
    }

    /// The shortest time after which something that waits wants another look.
    pub fn again_after(&self) -> Option<Duration> {
        self.outcomes
            .iter()
            .filter_map(|(_, outcome)| match outcome {
                Outcome::Waiting { after, .. } => Some(*after),
                Outcome::Unfinished(_) => Some(SOON),
                _ => None,
            })
            .min()
    }

    /// Gives the wait over to another message, which comes at a moment.
    pub(crate) fn leave_the_wait(&mut self, at: Timestamp) {
        for (_, outcome) in &mut self.outcomes {
            if let Outcome::Waiting { why, .. } | Outcome::Unfinished(why) = outcome {
                *outcome = Outcome::Nothing(format!("{why}; a message that waits for that comes at {at}"));
            }
        }
    }

    /// True where something was done and more follows: that is no wait, whose pauses grow.
    pub fn progressed(&self) -> bool {
        self.outcomes.iter().any(|(_, outcome)| matches!(outcome, Outcome::Unfinished(_)))
    }
}

impl From<Outcome> for Report {
    fn from(outcome: Outcome) -> Self {
        Self { outcomes: vec![(None, outcome)], ..Self::default() }
    }
}
