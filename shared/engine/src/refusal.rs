//! What AWS refused, and when it is tried again: as long as nothing else changes, ever less often.

use std::time::Duration;

use jiff::Timestamp;
use peerwright_core::ids::{Side, Sides};
use peerwright_core::plan::{Step, digest_of_steps};
use serde::{Deserialize, Serialize};

/// The pause behind the first refusal; each later one is twice as long.
const FIRST: Duration = Duration::from_mins(5);
/// The longest pause.
const LONGEST: Duration = Duration::from_hours(24);

/// What stands for the steps that were refused at each end.
pub type RefusedSteps = Sides<Option<String>>;

/// What was refused in the last runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// The steps at each end: a digest of their words, which are as many as the tables of a VPC.
    #[serde(default)]
    pub steps: RefusedSteps,
    /// How often they were refused when it was time to try again.
    pub times: u32,
    /// When they were refused first.
    pub since: Timestamp,
    /// When to try again, unless something else has changed.
    pub retry_at: Timestamp,
}

impl Refusal {
    /// The refusal of these steps at a moment. The same ones before their time count for nothing: whoever looked had another reason.
    pub(crate) fn next(before: Option<&Self>, steps: &RefusedSteps, now: Timestamp) -> Self {
        match before.filter(|before| before.steps == *steps) {
            Some(early) if now < early.retry_at => early.clone(),
            again => {
                let times = again.map_or(0, |before| before.times).saturating_add(1);
                let since = again.map_or(now, |before| before.since);
                Self { steps: steps.clone(), times, since, retry_at: now.saturating_add(pause(times)).unwrap_or(Timestamp::MAX) }
            }
        }
    }

    /// True while it is too early to try again.
    pub(crate) fn is_recent(&self, now: Timestamp) -> bool {
        now < self.retry_at
    }

    /// True where all that would be done at an end is what was refused there.
    pub(crate) fn is_of(&self, side: Side, steps: &[&Step]) -> bool {
        let additions = digest_of_steps(steps.iter().copied().filter(|step| !step.removes()));
        // What is too much waits for what is missing.
        let tried = additions.or_else(|| digest_of_steps(steps.iter().copied()));
        tried.is_some() && tried == *self.steps.of(side)
    }
}

/// What stands for refused steps, by their ends.
pub(crate) fn refused_steps(steps: &[Step]) -> RefusedSteps {
    Sides::each(|side| digest_of_steps(steps.iter().filter(|step| step.side() == side)))
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
        let mut refusal = Refusal::next(None, &steps("a"), at(0));
        let mut tries = 1;
        while refusal.retry_at < at(24 * 60) {
            refusal = Refusal::next(Some(&refusal), &steps("a"), refusal.retry_at);
            tries += 1;
        }
        assert_eq!((tries, refusal.since), (9, at(0)));
        let late = Refusal { times: 60, ..refusal };
        assert_eq!(Refusal::next(Some(&late), &steps("a"), at(90_000)).retry_at, at(90_000 + 24 * 60));
    }

    #[test]
    fn the_same_refusal_before_its_time_changes_nothing_and_another_begins_anew() {
        let first = Refusal::next(None, &steps("a"), at(0));
        assert_eq!(Refusal::next(Some(&first), &steps("a"), at(4)), first);
        let other = Refusal::next(Some(&first), &steps("b"), at(4));
        assert_eq!((other.times, other.since, other.retry_at), (1, at(4), at(9)));
    }
}
