//! A plan as a person reads it: counts first, then side by side and table by table.

use std::io::Write;

use anstyle::Style;
use anyhow::Result;
use peerwright_core::count::counted;
use peerwright_core::ids::Side;

use super::{Answer, Change, ConnectionPlan, Counts, FateWord, What};
use crate::line::{ADDED, BLOCKED, CHANGED, QUIET, REMOVED, STRONG, line};
use crate::screen::{Screen, View};

impl View for Answer {
    fn print(&self, screen: &mut Screen<'_>) -> Result<()> {
        let summary = self.summary();
        writeln!(screen, "{}", screen.paint(STRONG, &summary))?;
        let (busy, idle): (Vec<_>, Vec<_>) =
            self.connections.iter().partition(|plan| plan.is_worth_a_word() || self.connections.len() == 1);
        busy.iter().try_for_each(|plan| plan.print(screen))?;
        if !idle.is_empty() {
            writeln!(screen, "\n{} with nothing to do", counted(idle.len(), "connection", "connections"))?;
        }
        for one in &self.unreadable {
            let mark = screen.paint(BLOCKED, "!");
            writeln!(screen, "\n{mark} {} could not be read: {}", one.connection, one.why)?;
        }
        if let Some(why) = &self.untold {
            line(screen, 0, "!", CHANGED, &format!("connections may be missing here: {why}"))?;
        }
        Ok(())
    }
}

impl Answer {
    fn summary(&self) -> String {
        let Counts { connections, changed, .. } = self.counts;
        let words = self.counts.words();
        let unread = match self.unreadable.len() {
            0 => String::new(),
            count => format!(", {count} could not be read"),
        };
        if connections == 1 && unread.is_empty() {
            return words;
        }
        format!("{}, {changed} with changes{unread}: {words}", counted(connections + self.unreadable.len(), "connection", "connections"))
    }
}

impl Counts {
    fn words(&self) -> String {
        let all = [
            (self.add, "to add"),
            (self.remove, "to remove"),
            (self.change, "to change"),
            (self.later, "after an approval"),
            (self.blocked, "blocked"),
        ];
        let words: Vec<String> = all.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}")).collect();
        if words.is_empty() { "nothing to do".to_owned() } else { words.join(", ") }
    }
}

impl ConnectionPlan {
    fn is_worth_a_word(&self) -> bool {
        !self.changes.is_empty()
            || self.fate.is_a_change()
            || [&self.blocked, &self.waiting, &self.held_up].iter().any(|words| !words.is_empty())
            || matches!(self.fate, FateWord::Held | FateWord::AwaitsApproval)
    }

    fn print(&self, screen: &mut Screen<'_>) -> Result<()> {
        let id = screen.paint(STRONG, &self.connection);
        let status = self.status.as_deref().unwrap_or("not in the ledger");
        writeln!(screen, "\n{id} {}, {status}: {}", self.state, self.fate_in_words())?;
        self.reasons.iter().take(3).try_for_each(|reason| line(screen, 2, "", Style::new(), reason))?;
        for why in &self.held_up {
            line(screen, 2, "~", CHANGED, &format!("not now: {why}"))?;
        }
        if self.fate.is_a_change() {
            let (mark, style) = if self.fate == FateWord::Deleted { ("-", REMOVED) } else { ("~", CHANGED) };
            line(screen, 2, mark, style, "the connection itself")?;
        }
        Side::BOTH.into_iter().try_for_each(|side| self.print_side(side, screen))?;
        self.waiting.iter().try_for_each(|waiting| line(screen, 2, "~", CHANGED, waiting))?;
        self.blocked.iter().try_for_each(|blocked| line(screen, 2, "!", BLOCKED, blocked))?;
        self.notes.iter().try_for_each(|note| line(screen, 2, "i", QUIET, note))
    }

    fn print_side(&self, side: Side, screen: &mut Screen<'_>) -> Result<()> {
        let changes: Vec<&Change> = self.changes.iter().filter(|change| change.side == side.as_str()).collect();
        if changes.is_empty() {
            return Ok(());
        }
        writeln!(screen, "  {side} {}", self.end(side))?;
        for beside in changes.chunk_by(|a, b| a.place == b.place) {
            writeln!(screen, "    {}", beside[0].place)?;
            for change in beside {
                let (mark, style) = change.mark();
                let later = if change.later { " (after an approval)" } else { "" };
                line(screen, 6, mark, style, &format!("{}{later}", change.thing))?;
            }
        }
        Ok(())
    }

    fn fate_in_words(&self) -> &'static str {
        match self.fate {
            FateWord::Accepted => "it is accepted",
            FateWord::Rejected => "it is rejected",
            FateWord::Held => "it stays pending",
            FateWord::AwaitsApproval => "it waits for a person (`peerwright approve`)",
            FateWord::OnItsWay => "it is on its way",
            FateWord::Follows if self.changes_something() => "it is brought to what its rules want",
            FateWord::Follows => "it is as its rules want it, as far as it can be",
            FateWord::Kept => "no rule allows it any more, and it is kept as it is",
            FateWord::Isolated => "no rule allows it any more: what is ours is taken away, and the connection stays",
            FateWord::Deleted => "what is ours is taken away, and then the connection",
            FateWord::CleanedUp if self.changes_something() => "it has ended: what is left of ours is taken away",
            FateWord::CleanedUp => "it has ended, and nothing of ours is left",
            FateWord::LeftAlone => "it is left alone",
        }
    }
}

impl Change {
    const fn mark(&self) -> (&'static str, Style) {
        match (self.what, self.later) {
            (What::Add, true) => ("+", QUIET),
            (What::Add, false) => ("+", ADDED),
            (What::Change, _) => ("~", CHANGED),
            (What::Remove, _) => ("-", REMOVED),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_of_nothing_are_left_out() {
        let counts = Counts { add: 2, blocked: 1, ..Counts::default() };
        assert_eq!(counts.words(), "2 to add, 1 blocked");
        assert_eq!(Counts::default().words(), "nothing to do");
    }
}
