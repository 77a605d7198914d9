//! That something is still going on, for a person at a terminal: on standard error, and only once it takes more than a moment.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use crate::harmless::harmless;

/// What takes no longer needs no word.
const A_MOMENT: Duration = Duration::from_secs(1);

/// A line that says what is being done.
pub(crate) struct Progress {
    bar: ProgressBar,
    began: Instant,
}

impl Progress {
    /// Nothing is shown yet.
    pub(crate) fn new() -> Self {
        let bar = ProgressBar::no_length();
        bar.set_style(ProgressStyle::with_template("{spinner} {msg} ({elapsed})").unwrap_or_else(|_| ProgressStyle::default_spinner()));
        bar.set_draw_target(indicatif::ProgressDrawTarget::hidden());
        Self { bar, began: Instant::now() }
    }

    /// Says how far it is; nothing is shown where standard error is no terminal.
    pub(crate) fn tell(&self, what: impl Into<String>) {
        if self.began.elapsed() >= A_MOMENT && self.bar.is_hidden() && console::user_attended_stderr() {
            self.bar.set_draw_target(indicatif::ProgressDrawTarget::stderr());
        }
        self.bar.set_message(harmless(&what.into(), false).into_owned());
        self.bar.tick();
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
