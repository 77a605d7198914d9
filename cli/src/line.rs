//! Lines behind a mark that are no wider than the screen.

use std::io::Write;

use anstyle::{AnsiColor, Style};
use anyhow::Result;

use crate::screen::Screen;

/// What is made, or is as it should be.
pub(crate) const ADDED: Style = AnsiColor::Green.on_default();
/// What is taken away.
pub(crate) const REMOVED: Style = AnsiColor::Red.on_default();
/// What changes, or waits.
pub(crate) const CHANGED: Style = AnsiColor::Yellow.on_default();
/// What a person has to look at.
pub(crate) const BLOCKED: Style = AnsiColor::Magenta.on_default();
/// What is beside the point.
pub(crate) const QUIET: Style = Style::new().dimmed();
/// What a line is about.
pub(crate) const STRONG: Style = Style::new().bold();

/// A line behind a mark. Where it is too long for the screen, it goes on below itself.
pub(crate) fn line(screen: &mut Screen<'_>, indent: usize, mark: &str, style: Style, text: &str) -> Result<()> {
    let own = if mark.is_empty() { indent } else { indent + 2 };
    let room = screen.width().map_or(usize::MAX, |width| width.saturating_sub(own).max(20));
    for (index, part) in wrapped(text, room).iter().enumerate() {
        let head = match (mark.is_empty(), index) {
            (true, _) => String::new(),
            (false, 0) => format!("{} ", screen.paint(style, mark)),
            (false, _) => "  ".to_owned(),
        };
        let part = if style == Style::new() { part.clone() } else { screen.paint(style, part) };
        writeln!(screen, "{:indent$}{head}{part}", "")?;
    }
    Ok(())
}

/// How wide the names of rows are.
const NAMES: usize = 12;

/// A row of a table with a name and a value, which goes on below itself.
pub(crate) fn row(screen: &mut Screen<'_>, name: &str, text: &str) -> Result<()> {
    let room = screen.width().map_or(usize::MAX, |width| width.saturating_sub(NAMES + 3).max(20));
    for (index, part) in wrapped(text, room).iter().enumerate() {
        let name = screen.paint(QUIET, &format!("{:<NAMES$}", if index == 0 { name } else { "" }));
        writeln!(screen, "  {name} {part}")?;
    }
    Ok(())
}

/// A text behind its first words; where it is too long for the screen, it goes on below, indented. An ARN or a command can be copied whole.
pub(crate) fn paragraph(screen: &mut Screen<'_>, first: &str, text: &str) -> Result<()> {
    const INDENT: usize = 4;
    let room = screen.width().map_or(usize::MAX, |width| width.saturating_sub(INDENT).max(20));
    for (index, part) in wrapped(&format!("{first}{text}"), room).iter().enumerate() {
        writeln!(screen, "{:indent$}{part}", "", indent = if index == 0 { 0 } else { INDENT })?;
    }
    Ok(())
}

/// Lines that are indented already. Where one is too long for the screen, it goes on below itself.
pub(crate) fn lines(screen: &mut Screen<'_>, text: &str) -> Result<()> {
    for whole in text.lines() {
        let words = whole.trim_start();
        line(screen, whole.len() - words.len(), "", Style::new(), words)?;
    }
    Ok(())
}

/// A moment as a person reads it; `--json` has all of it.
pub(crate) fn to_the_second(at: &str) -> String {
    at.split_once('.').map_or_else(|| at.to_owned(), |(seconds, _)| format!("{seconds}Z"))
}

/// Text in lines no longer than this, broken between words; a word that is longer stands alone.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lines_go_on_below_themselves_and_no_word_or_id_is_cut() {
        let lines = wrapped("requester: rtb-0123456789abcdef0 already sends 10.0.0.0/16 to tgw-0123456789abcdef0", 30);
        assert_eq!(lines, ["requester:", "rtb-0123456789abcdef0 already", "sends 10.0.0.0/16 to", "tgw-0123456789abcdef0"]);
        assert_eq!(wrapped("short", usize::MAX), ["short"]);
    }
}
