//! How long to wait before the next try.

use std::time::Duration;

/// The longest pause between two tries. Eight tries then span a quarter of an hour.
const LONGEST: Duration = Duration::from_mins(5);

/// The pause after so many tries, the first being 1: doubling from `first`.
pub(crate) fn pause(first: Duration, tries: u32) -> Duration {
    let factor = 2_u32.saturating_pow(tries.saturating_sub(1));
    first.saturating_mul(factor).min(LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pause_grows_and_has_a_bound() {
        let seconds: Vec<u64> = (1..=9).map(|tries| pause(Duration::from_secs(2), tries).as_secs()).collect();
        assert_eq!(seconds, [2, 4, 8, 16, 32, 64, 128, 256, 300]);
    }

    #[test]
    fn a_try_that_was_never_counted_pauses_like_the_first() {
        assert_eq!(pause(Duration::from_secs(2), 0), Duration::from_secs(2));
        assert_eq!(pause(Duration::from_secs(2), u32::MAX), LONGEST);
    }
}
