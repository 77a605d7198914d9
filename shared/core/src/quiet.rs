//! Places where nothing concerned us when they were looked at last, and when each is due again.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::digest::number;
use crate::ids::{Place, VpcId};

/// How long before a look something may have happened that it does not show: EC2's answers lag behind, and so do clocks behind each other.
const LAG: SignedDuration = SignedDuration::from_mins(1);

/// What a look found where nothing concerned us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quiet {
    /// When EC2 was asked.
    pub looked_at: Timestamp,
    /// The VPCs of the place: a rule may name one of them as the accepter of somebody who sends us no events.
    pub vpcs: BTreeSet<VpcId>,
}

impl Quiet {
    /// True until the place is due: each has a moment of its own in every period, whatever it was looked at for in between. So a look at all places
    /// at once does not make all of them due at once again, and none waits longer than a period.
    pub fn rests(&self, place: &Place, period: Duration, now: Timestamp) -> bool {
        let period = i64::try_from(period.as_secs()).unwrap_or(i64::MAX);
        if period == 0 {
            return false;
        }
        let own = i64::try_from(number(&place.to_string()) % period.unsigned_abs()).unwrap_or_default();
        let since_due = now.as_second().wrapping_sub(own).rem_euclid(period);
        // A look of the future is one of a wrong clock.
        self.looked_at <= now && self.looked_at.as_second() >= now.as_second().saturating_sub(since_due)
    }

    /// Whatever happened at this moment or later may not be part of what the look found.
    pub fn certain_until(&self) -> Timestamp {
        self.looked_at.saturating_sub(LAG).unwrap_or(Timestamp::MIN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HALF_A_DAY: Duration = Duration::from_hours(12);

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).expect("a moment of this century")
    }

    fn place(number: usize) -> Place {
        format!("{number:012}/eu-west-1").parse().expect("a place")
    }

    fn seen(looked_at: Timestamp) -> Quiet {
        Quiet { looked_at, vpcs: BTreeSet::new() }
    }

    /// The seconds of a day at which the schedule looks at a place that is quiet whenever it is looked at; it was looked at when the day began.
    fn looks_of_a_day(place: &Place) -> Vec<i64> {
        let (mut last, mut looks) = (seen(at(0)), Vec::new());
        for second in (1200..=86_400).step_by(1200) {
            if !last.rests(place, HALF_A_DAY, at(second)) {
                last = seen(at(second));
                looks.push(second);
            }
        }
        looks
    }

    #[test]
    fn a_quiet_place_is_looked_at_twice_a_day_and_always_half_a_day_after_the_last_time() {
        for number in 0..200 {
            let looks = looks_of_a_day(&place(number));
            assert!(matches!(looks[..], [first, second] if second - first == 43_200), "{looks:?}");
        }
    }

    #[test]
    fn places_that_were_looked_at_at_once_come_due_evenly() {
        let mut due = [0_usize; 37];
        for number in 0..1440 {
            due[usize::try_from(looks_of_a_day(&place(number))[0] / 1200).expect("a small number")] += 1;
        }
        // 40 each, were they dealt out.
        assert!(due[1..].iter().all(|count| (20..=65).contains(count)), "{due:?}");
    }

    #[test]
    fn a_look_in_between_puts_off_nothing() {
        for number in 0..5 {
            let place = place(number);
            let due = (1..=86_400).find(|second| !seen(at(0)).rests(&place, HALF_A_DAY, at(*second))).expect("it comes due");
            for before in [1, 60, 3600] {
                assert!(!seen(at(due - before)).rests(&place, HALF_A_DAY, at(due)), "{due} {before}");
                assert!(seen(at(due)).rests(&place, HALF_A_DAY, at(due + before)), "{due} {before}");
            }
        }
    }

    #[test]
    fn with_no_time_to_rest_every_place_is_always_due() {
        assert!(!seen(at(0)).rests(&place(1), Duration::ZERO, at(0)));
    }

    #[test]
    fn a_look_that_is_yet_to_come_counts_for_nothing() {
        for number in 0..50 {
            assert!(!seen(at(1)).rests(&place(number), HALF_A_DAY, at(0)));
        }
    }
}
