//! How many tests passed and failed, read from what the runners say at their end.

use std::ops::AddAssign;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) passed: usize,
    pub(super) failed: usize,
    pub(super) skipped: usize,
}

impl Counts {
    /// A check that is one test by itself.
    pub(super) fn one(passed: bool) -> Self {
        Self { passed: usize::from(passed), failed: usize::from(!passed), skipped: 0 }
    }

    /// The counts of a closing line of nextest, cargo's own runner or pytest, or of checkov's first.
    pub(super) fn read(line: &str) -> Option<Self> {
        let plain = console::strip_ansi_codes(line);
        let line = plain.trim().trim_matches('=').trim();
        if line.starts_with("Passed checks: ") {
            return Self::of_checks(line);
        }
        let counts = if let Some(said) = line.strip_prefix("test result: ") {
            said.split_once(". ")?.1
        } else if line.starts_with("Summary [") {
            line.split_once(" run: ")?.1
        } else {
            // pytest: `3 failed, 40 passed, 1 skipped in 12.34s`
            line.rsplit_once(" in ").filter(|(_, took)| took.starts_with(|c: char| c.is_ascii_digit()) && took.contains('s'))?.0
        };
        Self::sum(counts)
    }

    /// checkov: `Passed checks: 161, Failed checks: 2, Skipped checks: 0`
    fn of_checks(line: &str) -> Option<Self> {
        let mut counts = line.split(", ").filter_map(|said| said.split_once(" checks: ")?.1.parse().ok());
        Some(Self { passed: counts.next()?, failed: counts.next()?, skipped: counts.next()? })
    }

    fn sum(said: &str) -> Option<Self> {
        let mut counts = Self::default();
        let mut any = false;
        for piece in said.split([',', ';']) {
            let mut words = piece.split_whitespace();
            let (Some(Ok(count)), Some(what)) = (words.next().map(str::parse::<usize>), words.next()) else {
                continue;
            };
            any = true;
            match what {
                "passed" | "xfailed" => counts.passed += count,
                // nextest's "timed out" and pytest's "errors" failed too.
                "failed" | "error" | "errors" | "timed" | "xpassed" | "exec" => counts.failed += count,
                "skipped" | "ignored" | "deselected" => counts.skipped += count,
                _ => {}
            }
        }
        any.then_some(counts)
    }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(line: &str, passed: usize, failed: usize, skipped: usize) {
        assert_eq!(Counts::read(line), Some(Counts { passed, failed, skipped }));
    }

    #[test]
    fn the_closing_line_of_nextest_is_counted() {
        check("     Summary [   0.512s] 42 tests run: 42 passed, 0 skipped", 42, 0, 0);
        check("     Summary [   9.000s] 42 tests run: 39 passed (2 slow), 2 failed, 1 timed out, 3 skipped", 39, 3, 3);
        check("\u{1b}[32;1m     Summary\u{1b}[0m [   0.5s] \u{1b}[1m1\u{1b}[0m test run: \u{1b}[1m1\u{1b}[0m passed, 0 skipped", 1, 0, 0);
    }

    #[test]
    fn the_closing_line_of_cargo_test_is_counted() {
        check("test result: ok. 6 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s", 6, 0, 1);
        check("test result: FAILED. 4 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s", 4, 2, 0);
    }

    #[test]
    fn the_closing_line_of_pytest_is_counted() {
        check("=========== 3 failed, 40 passed, 1 skipped, 2 errors in 12.34s ===========", 40, 5, 1);
        check("7 passed in 65.20s (0:01:05)", 7, 0, 0);
    }

    #[test]
    fn the_line_that_checkov_begins_with_is_counted() {
        check("Passed checks: 161, Failed checks: 2, Skipped checks: 1", 161, 2, 1);
    }

    #[test]
    fn no_other_line_is_counted() {
        for line in
            ["running 6 tests", "test a ... ok", "the 3 passed in silence", "PASS [ 0.1s] x::y", "Passed checks: all", "1 passed, 0 failed"]
        {
            assert_eq!(Counts::read(line), None, "{line}");
        }
    }
}
