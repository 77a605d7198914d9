//! Dead letters as a person reads them.

use std::io::Write;

use anstyle::Style;
use anyhow::Result;
use peerwright_core::count::counted;

use super::{Answer, LetterInWords, LetterQueue};
use crate::line::{ADDED, BLOCKED, CHANGED, STRONG, line, to_the_second};
use crate::screen::{Screen, View};

impl View for Answer {
    fn print(&self, screen: &mut Screen<'_>) -> Result<()> {
        if self.shown {
            return self.queues.iter().try_for_each(|queue| queue.print_moved(screen));
        }
        for queue in self.queues.iter().filter(|queue| queue.letters > 0) {
            queue.print(screen)?;
            queue.print_moved(screen)?;
        }
        if self.queues.iter().all(|queue| queue.letters == 0) {
            let whose: Vec<&str> = self.queues.iter().map(|queue| queue.function).collect();
            line(screen, 0, "+", ADDED, &format!("there is no dead letter of {}", whose.join(", ")))?;
        }
        for (count, queue, what) in [
            (self.missed_changes, "missed-changes", "records of the allowlist's stream, which are no messages"),
            (self.undelivered, "undelivered", "events that no queue got, which SQS can't bring back"),
        ] {
            if count > 0 {
                line(screen, 0, "~", CHANGED, &format!("{queue} has {count}: {what}; docs/runbook.md, section {queue}, says what to do"))?;
            }
        }
        Ok(())
    }
}

impl LetterQueue {
    fn print(&self, screen: &mut Screen<'_>) -> Result<()> {
        let head = format!("{}: {}", self.function, counted(self.letters, "dead letter", "dead letters"));
        writeln!(screen, "{}", screen.paint(STRONG, &head))?;
        self.first.iter().try_for_each(|letter| letter.print(screen))?;
        let more = self.letters.saturating_sub(self.first.len());
        if more > 0 { line(screen, 2, "", Style::new(), &format!("and {more} more")) } else { Ok(()) }
    }

    fn print_moved(&self, screen: &mut Screen<'_>) -> Result<()> {
        match &self.moved {
            None => Ok(()),
            Some(moved) if moved.status == "COMPLETED" => {
                let count = counted(usize::try_from(moved.count).unwrap_or(usize::MAX), "letter", "letters");
                line(screen, 0, "+", ADDED, &format!("{}: {count} brought back", self.function))
            }
            Some(moved) => {
                line(screen, 0, "!", BLOCKED, &format!("{}: {} brought back so far, {}", self.function, moved.count, moved.status))
            }
        }
    }
}

impl LetterInWords {
    fn print(&self, screen: &mut Screen<'_>) -> Result<()> {
        let error = self.error.as_deref().unwrap_or("the function never came to an end");
        let at = self.at.as_deref().map(|at| format!(", {}", to_the_second(at))).unwrap_or_default();
        line(screen, 2, "", Style::new(), &format!("{}: {error}{at}", self.about))?;
        if let Some(reason) = &self.reason {
            line(screen, 4, "", Style::new(), reason)?;
        }
        match &self.in_vain {
            Some(why) => line(screen, 4, "!", BLOCKED, &format!("in vain as things are: {why}")),
            None => Ok(()),
        }
    }
}
