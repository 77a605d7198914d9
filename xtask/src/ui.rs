//! What the person sees: steps with a spinner on a terminal, plain lines elsewhere.

mod step;
mod wrap;

use std::io::{IsTerminal, Write};

use console::{Style, Term};

pub(crate) use step::Step;
pub(crate) use wrap::wrap;

/// Where there is no terminal to ask: what is written there is read in one, in mails and in documents.
const WIDTH: u16 = 80;

/// Where progress is written. Commands whose output is for a shell or a program to read use the standard error stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    Stdout,
    Stderr,
}

#[derive(Clone)]
pub(crate) struct Ui {
    target: Target,
    lively: bool,
    colours: bool,
}

impl Ui {
    pub(crate) fn new(target: Target) -> Self {
        let terminal = match target {
            Target::Stdout => std::io::stdout().is_terminal(),
            Target::Stderr => std::io::stderr().is_terminal(),
        };
        let lively = terminal && std::env::var_os("TERM").is_none_or(|term| term != "dumb");
        Self { target, lively, colours: lively && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()) }
    }

    /// As where there is no terminal.
    #[cfg(test)]
    pub(crate) fn plain(target: Target) -> Self {
        Self { target, lively: false, colours: false }
    }

    pub(crate) fn has_colours(&self) -> bool {
        self.colours
    }

    pub(crate) fn width(&self) -> u16 {
        let terminal = if self.target == Target::Stdout { Term::stdout() } else { Term::stderr() };
        if self.lively { terminal.size().1.max(60) } else { WIDTH }
    }

    /// A whole line. A reader that went away (`| head`) is no reason to fail.
    pub(crate) fn line(&self, text: &str) {
        let _ = match self.target {
            Target::Stdout => writeln!(std::io::stdout(), "{text}"),
            Target::Stderr => writeln!(std::io::stderr(), "{text}"),
        };
    }

    pub(crate) fn heading(&self, text: &str) {
        self.line("");
        self.line(&self.bold(text));
    }

    pub(crate) fn bold(&self, text: &str) -> String {
        self.paint(text, &Style::new().bold())
    }

    pub(crate) fn green(&self, text: &str) -> String {
        self.paint(text, &Style::new().green())
    }

    pub(crate) fn red(&self, text: &str) -> String {
        self.paint(text, &Style::new().red())
    }

    pub(crate) fn dim(&self, text: &str) -> String {
        self.paint(text, &Style::new().dim())
    }

    /// Begins something that takes time.
    pub(crate) fn step(&self, name: &str) -> Step {
        Step::begin(self.clone(), name)
    }

    fn paint(&self, text: &str, style: &Style) -> String {
        if self.colours { style.clone().force_styling(true).apply_to(text).to_string() } else { text.to_owned() }
    }
}

/// For a person, on the standard error stream, whatever else is going on.
pub(crate) fn error(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// `1 m 12 s`; tenths below ten seconds.
pub(crate) fn duration(seconds: f64) -> String {
    let whole = std::time::Duration::from_secs_f64(seconds.max(0.0)).as_secs();
    match whole {
        0..10 => format!("{seconds:.1} s"),
        10..60 => format!("{whole} s"),
        _ => format!("{} m {:02} s", whole / 60, whole % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_as_a_person_would_say_them() {
        let said: Vec<_> = [0.04, 9.94, 12.6, 72.0, 605.0].into_iter().map(duration).collect();
        assert_eq!(said, ["0.0 s", "9.9 s", "12 s", "1 m 12 s", "10 m 05 s"]);
    }

    #[test]
    fn without_colours_there_are_no_control_codes() {
        let ui = Ui::plain(Target::Stdout);
        assert_eq!(ui.green("ok") + &ui.red("no"), "okno");
    }
}
