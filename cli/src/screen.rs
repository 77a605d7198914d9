//! Where answers go: a person's terminal, or a program.

use std::io::{self, Write};

use anstyle::Style;
use anyhow::Result;
use console::Term;
use schemars::JsonSchema;
use serde::Serialize;

use crate::global::{Colour, Format, Global};
use crate::harmless::harmless;
use crate::progress;

/// What a command answers. The same value is shown to a person, and written for a program.
pub(crate) trait View: Serialize + JsonSchema {
    /// As a person reads it.
    fn print(&self, screen: &mut Screen<'_>) -> Result<()>;
}

/// Standard output, or a test's.
pub(crate) struct Screen<'a> {
    out: &'a mut dyn Write,
    format: Format,
    /// Columns; none where nobody reads lines of a certain width.
    width: Option<usize>,
    colours: bool,
}

impl<'a> Screen<'a> {
    /// Standard output: as wide as the terminal, or as `COLUMNS` says.
    pub(crate) fn standard(out: &'a mut dyn Write, global: &Global) -> Self {
        let term = Term::stdout();
        let named = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
        let width = named.or_else(|| term.size_checked().map(|(_, columns)| usize::from(columns)));
        let colours = match global.color {
            Colour::Always => true,
            Colour::Never => false,
            Colour::Auto => console::colors_enabled(),
        };
        Self { out, format: global.format(), width, colours }
    }

    /// Shows an answer as the person has chosen.
    pub(crate) fn show(&mut self, view: &impl View) -> Result<()> {
        progress::rest();
        match self.format {
            Format::Table => view.print(self),
            Format::Json => Ok(writeln!(self.out, "{}", serde_json::to_string_pretty(view)?)?),
            Format::Yaml => Ok(write!(self.out, "{}", serde_saphyr::to_string(view)?)?),
        }
    }

    /// Begins at the top of an empty page. Only the tool itself does so: what it writes of others moves no cursor.
    pub(crate) fn clear(&mut self) -> Result<()> {
        progress::rest();
        Ok(self.out.write_all(b"\x1b[2J\x1b[H")?)
    }

    /// True where a person reads, and not a program.
    pub(crate) fn is_for_a_person(&self) -> bool {
        self.format == Format::Table
    }

    /// How answers are written.
    pub(crate) const fn format(&self) -> Format {
        self.format
    }

    /// Columns; none where nobody reads lines of a certain width.
    pub(crate) const fn width(&self) -> Option<usize> {
        self.width
    }

    /// A text in a style, where there are any.
    pub(crate) fn paint(&self, style: Style, text: &str) -> String {
        if self.colours { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }
}

impl Write for Screen<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        progress::rest();
        self.out.write_all(harmless(&String::from_utf8_lossy(bytes), self.colours).as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_of_others_moves_the_cursor_of_whoever_reads() {
        for colours in [false, true] {
            let mut out = Vec::new();
            let mut screen = Screen { out: &mut out, format: Format::Table, width: None, colours };
            let painted = screen.paint(Style::new().bold(), "a name");
            writeln!(screen, "{painted} \u{1b}[1A\u{1b}[2Kconverged").expect("written");
            let shown = String::from_utf8(out).expect("text");
            assert_eq!(shown, format!("{painted} \u{fffd}[1A\u{fffd}[2Kconverged\n"));
        }
    }
}
