//! What AWS refused, and when it is tried again: as long as nothing else changes, ever less often.

use std::time::Duration;

use jiff::Timestamp;
use peerwright_core::allowlist::Replace;
use peerwright_core::desired::Desired;
use peerwright_core::ids::{Side, Sides};
use peerwright_core::observed::Observed;
use peerwright_core::plan::{Step, digest_of_steps};
use serde::{Deserialize, Serialize};

/// The pause behind the first refusal; each later one is twice as long.
const FIRST: Duration = Duration::from_mins(5);
/// The longest pause.
const LONGEST: Duration = Duration::from_hours(24);

/// What stands for all steps of an end that could not be read.
pub(crate) const UNREAD: &str = "read";

/// What stands for the steps that were refused at each end.
pub type RefusedSteps = Sides<Option<String>>;

/// What AWS refused of what one run tried, if anything.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tried {
    /// What stands for the steps that were refused.
    pub(crate) refused: RefusedSteps,
    /// The ends whose DNS option could not be switched on: whoever switches it on later is its owner.
    pub(crate) dns: Vec<Side>,
    /// True where things of ours were to go.
    pub(crate) removing: bool,
    /// True where everything of ours was.
    pub(crate) teardown: bool,
}

impl Tried {
    /// That the connection itself was to be deleted, by its requester, and AWS refused it.
    pub(crate) fn delete() -> Self {
        let refused = Sides { requester: Some("delete".to_owned()), accepter: None };
        Self { refused, removing: true, teardown: true, ..Self::default() }
    }
}

/// What was refused in the last runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// The steps at each end: a digest of their words, which are as many as the tables of a VPC.
    #[serde(default)]
    pub steps: RefusedSteps,
    /// True where everything of ours was to go: nothing else is to be done for the connection before that.
    #[serde(default)]
    pub teardown: bool,
    /// True where people were told.
    #[serde(default)]
    pub told: bool,
    /// How often they were refused when it was time to try again.
    pub times: u32,
    /// When they were refused first.
    pub since: Timestamp,
    /// When to try again, unless something else has changed.
    pub retry_at: Timestamp,
}

impl Refusal {
    /// The refusal of these steps at a moment. The same ones before their time count for nothing: whoever looked had another reason.
    pub(crate) fn next(before: Option<&Self>, steps: &RefusedSteps, teardown: bool, now: Timestamp) -> Self {
        match before.filter(|before| before.steps == *steps && before.teardown == teardown) {
            Some(early) if now < early.retry_at => early.clone(),
            again => {
                let times = again.map_or(0, |before| before.times).saturating_add(1);
                let since = again.map_or(now, |before| before.since);
                Self {
                    steps: steps.clone(),
                    teardown,
                    told: again.is_some_and(|before| before.told),
                    times,
                    since,
                    retry_at: now.saturating_add(pause(times)).unwrap_or(Timestamp::MAX),
                }
            }
        }
    }

    /// True while it is too early to try again.
    pub(crate) fn is_recent(&self, now: Timestamp) -> bool {
        now < self.retry_at
    }

    /// True where these steps at an end are what was refused there.
    pub(crate) fn is_of(&self, side: Side, steps: &[&Step], desired: &Desired, observed: &Observed) -> bool {
        let tried = digest_of_steps(side, steps.iter().copied(), desired.replace, observed);
        tried.is_some() && tried == *self.steps.of(side)
    }
}

/// What stands for refused steps, by their ends.
pub(crate) fn refused_steps(steps: &[Step], replace: Replace, observed: &Observed) -> RefusedSteps {
    Sides::each(|side| digest_of_steps(side, steps, replace, observed))
}

fn pause(times: u32) -> Duration {
    FIRST.saturating_mul(2_u32.saturating_pow(times.saturating_sub(1))).min(LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minutes: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + jiff::SignedDuration::from_mins(minutes)
    }

    fn steps(word: &str) -> RefusedSteps {
        Sides { requester: Some(word.to_owned()), accepter: None }
    }

    #[test]
    fn the_pauses_double_up_to_a_day() {
        let mut refusal = Refusal::next(None, &steps("a"), false, at(0));
        let mut tries = 1;
        while refusal.retry_at < at(24 * 60) {
            refusal = Refusal::next(Some(&refusal), &steps("a"), false, refusal.retry_at);
            tries += 1;
        }
        assert_eq!((tries, refusal.since), (9, at(0)));
        let late = Refusal { times: 60, ..refusal };
        assert_eq!(Refusal::next(Some(&late), &steps("a"), false, at(90_000)).retry_at, at(90_000 + 24 * 60));
    }

    #[test]
    fn the_same_refusal_before_its_time_changes_nothing_and_another_begins_anew() {
        let first = Refusal::next(None, &steps("a"), false, at(0));
        assert_eq!(Refusal::next(Some(&first), &steps("a"), false, at(4)), first);
        let other = Refusal::next(Some(&first), &steps("b"), false, at(4));
        assert_eq!((other.times, other.since, other.retry_at), (1, at(4), at(9)));
    }
}
