//! The table at the end and the last line.

use anyhow::Result;
use comfy_table::{Cell, CellAlignment, Table, presets};

use super::check::Check;
use super::counts::Counts;
use super::part::Part;
use crate::ui::{self, Ui, duration};

#[derive(Default)]
pub(super) struct Report(Vec<(Part, Check)>);

impl Report {
    /// A part that could not even begin failed once.
    pub(super) fn add(&mut self, part: Part, checks: Result<Vec<Check>>) {
        match checks {
            Ok(checks) => self.0.extend(checks.into_iter().map(|check| (part, check))),
            Err(error) => {
                ui::error(&format!("{}: {error:#}", part.name()));
                self.0.push((part, Check { name: "could not run".to_owned(), counts: Counts::one(false), seconds: 0.0 }));
            }
        }
    }

    pub(super) fn failed(&self) -> usize {
        self.total().failed
    }

    pub(super) fn show(&self, ui: &Ui) {
        ui.heading("Result");
        ui.line(&self.table());
        ui.line(&self.last_line());
    }

    fn total(&self) -> Counts {
        let mut total = Counts::default();
        self.0.iter().for_each(|(_, check)| total += check.counts);
        total
    }

    /// Read by machines.
    fn last_line(&self) -> String {
        let Counts { passed, failed, .. } = self.total();
        format!("{passed} passed, {failed} failed")
    }

    fn table(&self) -> String {
        let mut table = Table::new();
        table
            .load_style(presets::UTF8_BORDERS_ONLY.with_rounded_corners())
            .set_header(["part", "check", "result", "passed", "failed", "skipped", "time"]);
        let number = |text: String| Cell::new(text).set_alignment(CellAlignment::Right);
        for (part, Check { name, counts, seconds }) in &self.0 {
            let result = if counts.failed == 0 { "ok" } else { "FAILED" };
            let numbers = [counts.passed.to_string(), counts.failed.to_string(), counts.skipped.to_string(), duration(*seconds)];
            table.add_row([part.name(), name, result].map(Cell::new).into_iter().chain(numbers.map(number)));
        }
        table.to_string()
    }
}

#[cfg(test)]
mod tests {
    use anyhow::anyhow;

    use super::*;

    #[test]
    fn tests_are_counted_singly_and_a_part_that_could_not_begin_once() {
        let mut report = Report::default();
        let counts = Counts { passed: 40, failed: 0, skipped: 2 };
        report.add(Part::Unit, Ok(vec![Check { name: "nextest".to_owned(), counts, seconds: 2.0 }]));
        report.add(Part::Templates, Err(anyhow!("no Python")));
        assert_eq!(report.last_line(), "40 passed, 1 failed");
        assert!(report.table().contains("FAILED"));
    }
}
