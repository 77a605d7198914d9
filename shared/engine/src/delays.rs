//! How long to wait for the world, and when to look again.

use std::time::Duration;

use peerwright_core::digest::number;

/// After which times a function looks in EC2 again by itself before it gives the message back: under 4 seconds in all, and few, since each is a call of
/// a bucket that all share. A request is pending, and a connection active, within a second or two as a rule.
pub(crate) const LOOKS: [Duration; 3] = [Duration::from_millis(500), Duration::from_secs(1), Duration::from_secs(2)];

/// After which times a function asks again for what another one holds: growing, under 4 seconds in all.
pub(crate) const TURNS: [Duration; 7] = [
    Duration::from_millis(50),
    Duration::from_millis(100),
    Duration::from_millis(200),
    Duration::from_millis(400),
    Duration::from_millis(800),
    Duration::from_secs(1),
    Duration::from_millis(1200),
];

/// The window in which who lost a race tries again for the first time, and the longest: by then most of the others are through.
const FIRST_WINDOW: Duration = Duration::from_millis(20);
const LONGEST_WINDOW: Duration = Duration::from_secs(1);

/// After which time one of many tries again that met in a race: another one for each of them and at each try, so that they do not meet again.
pub(crate) fn apart(who: &str, tries: u32) -> Duration {
    let window = FIRST_WINDOW.saturating_mul(2_u32.saturating_pow(tries)).min(LONGEST_WINDOW);
    let window = u64::try_from(window.as_micros()).unwrap_or(u64::MAX);
    Duration::from_micros(number(&format!("{who} {tries}")) % (window + 1))
}

/// When to go on with what one run did not finish.
pub(crate) const SOON: Duration = Duration::from_secs(1);

/// When to look again at something that isn't ready.
pub(crate) const LATER: Duration = Duration::from_secs(5);

/// The longest pause between two tries. Eight tries then span a quarter of an hour.
const LONGEST: Duration = Duration::from_mins(5);

/// The pause before a message comes again, after so many tries, the first being 1: doubling from `first`.
pub fn pause(first: Duration, tries: u32) -> Duration {
    let factor = 2_u32.saturating_pow(tries.saturating_sub(1));
    first.saturating_mul(factor).min(LONGEST)
}

/// How long to let EC2 settle when the world was not as it had looked a moment ago.
pub(crate) const SETTLING: Duration = Duration::from_millis(500);

/// By when EC2 shows what somebody changed: longer than its answers lag as a rule, and what takes longer is found by the next sweep.
pub const SHOWN_BY_THEN: Duration = Duration::from_secs(10);

/// How long "not found" and "not active" behind a change are lag: far longer than EC2's answers lag, and short enough for somebody who waits.
pub const LAG: Duration = Duration::from_mins(10);

/// How long a connection must not be shown before it counts as ended: far longer than EC2's answers lag ("Eventual consistency", EC2 API
/// reference).
pub const MISSING: Duration = Duration::from_secs(30);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pause_grows_and_has_a_bound() {
        let seconds: Vec<u64> = (1..=9).map(|tries| pause(Duration::from_secs(2), tries).as_secs()).collect();
        assert_eq!(seconds, [2, 4, 8, 16, 32, 64, 128, 256, 300]);
    }

    #[test]
    fn those_who_met_try_again_apart_from_each_other_within_a_window_that_grows() {
        let at = |tries| (0..50).map(|who| apart(&format!("pcx-{who:08x}"), tries)).collect::<std::collections::BTreeSet<_>>();
        for (tries, window) in [(0, 20), (3, 160), (9, 1000)] {
            let at = at(tries);
            assert!(at.len() > 45, "{at:?}");
            assert!(at.iter().all(|at| *at <= Duration::from_millis(window)), "{at:?}");
            assert!(at.last() > Some(&Duration::from_millis(window / 2)), "{at:?}");
        }
    }

    #[test]
    fn a_try_that_was_never_counted_pauses_like_the_first() {
        assert_eq!(pause(Duration::from_secs(2), 0), Duration::from_secs(2));
        assert_eq!(pause(Duration::from_secs(2), u32::MAX), LONGEST);
    }
}
