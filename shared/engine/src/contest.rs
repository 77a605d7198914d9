//! Drift that comes back: another tool, or a person, takes away again what we make. It is repaired at once twice, then ever less often.

use std::time::Duration;

use jiff::Timestamp;
use peerwright_core::digest::digest;
use serde::{Deserialize, Serialize};

use crate::moment::to_the_second;

/// How often the same drift is repaired at once.
const AT_ONCE: u32 = 2;
/// How often people are told of it: the last time with how often it came.
const TOLD: u32 = 3;
/// The pause behind the first repair that had to wait; each later one is twice as long.
const FIRST: Duration = Duration::from_mins(10);
/// The longest pause, and how long nothing may come before the next time counts as the first.
const LONGEST: Duration = Duration::from_hours(24);

/// The drift that was found last, and how often it was. Stored: names of fields stay as they are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contest {
    /// What stands for what was missing or too much.
    pub what: String,
    /// How often it was found.
    pub times: u32,
    /// When first, in a row.
    pub since: Timestamp,
    /// When it may be repaired the next time.
    pub repair_at: Timestamp,
}

impl Contest {
    /// The same drift once more, or another one for the first time.
    pub(crate) fn next(before: Option<&Self>, why: &[String], now: Timestamp) -> Self {
        let what = digest(&why.join("\n"));
        let again = before.filter(|before| before.what == what && now < before.repair_at.saturating_add(LONGEST).unwrap_or(Timestamp::MAX));
        let times = again.map_or(0, |before| before.times).saturating_add(1);
        let pause = match times.checked_sub(AT_ONCE) {
            None | Some(0) => Duration::ZERO,
            Some(waits) => FIRST.saturating_mul(2_u32.saturating_pow(waits - 1)).min(LONGEST),
        };
        let repair_at = now.saturating_add(pause).unwrap_or(Timestamp::MAX);
        Self { what, times, since: again.map_or(now, |before| before.since), repair_at }
    }

    /// True where just this is contested, and it is too early to repair it again.
    pub(crate) fn holds_up(&self, why: &[String], now: Timestamp) -> bool {
        self.waits(now) && self.what == digest(&why.join("\n"))
    }

    /// True while it is too early to repair it again.
    pub(crate) fn waits(&self, now: Timestamp) -> bool {
        now < self.repair_at
    }

    /// What a person has to know of it, once it is no accident.
    pub(crate) fn words(&self) -> Option<String> {
        let Self { times, .. } = self;
        let (since, repair_at) = (to_the_second(self.since), to_the_second(self.repair_at));
        (*times > AT_ONCE).then(|| {
            format!(
                "somebody undoes this again and again, {times} times since {since}: find who (CloudTrail), or take it out of the rule; \
                 it is repaired ever less often, the next time not before {repair_at}"
            )
        })
    }

    /// True where nobody needs to be told once more.
    pub(crate) const fn is_known(&self) -> bool {
        self.times > TOLD
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minutes: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + jiff::SignedDuration::from_mins(minutes)
    }

    #[test]
    fn the_same_drift_is_repaired_twice_at_once_and_then_ever_less_often_up_to_once_a_day() {
        let why = ["a route".to_owned()];
        let mut contest = Contest::next(None, &why, at(0));
        let mut waits = Vec::new();
        for _ in 0..12 {
            waits.push(contest.repair_at.duration_since(at(0)).as_secs() / 60);
            let found = contest.repair_at.max(at(5));
            contest = Contest::next(Some(&contest), &why, found);
        }
        assert_eq!(waits[..6], [0, 5, 15, 35, 75, 155]);
        assert_eq!(waits[11] - waits[10], 24 * 60);
        assert!(contest.is_known() && contest.words().expect("words").contains("13 times since 1970-01-01"));
    }

    #[test]
    fn another_drift_or_one_much_later_begins_anew() {
        let (one, other) = (["a route".to_owned()], ["a rule".to_owned()]);
        let first = Contest::next(None, &one, at(0));
        assert_eq!(Contest::next(Some(&first), &other, at(5)).times, 1);
        assert_eq!(Contest::next(Some(&first), &one, at(25 * 60)).times, 1);
        let second = Contest::next(Some(&first), &one, at(5));
        let third = Contest::next(Some(&second), &one, at(10));
        assert!(third.holds_up(&one, at(19)) && !third.holds_up(&other, at(19)) && !third.holds_up(&one, at(20)));
    }
}
