//! One long step: its name, what is happening in it, how far it is, how long it has taken.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use super::{Target, Ui, duration, wrap};

/// Without a terminal progress is a line now and then, not ten a second.
const BETWEEN_LINES: Duration = Duration::from_secs(10);

pub(crate) struct Step {
    ui: Ui,
    name: String,
    bar: ProgressBar,
    begun: Instant,
    last_line: Instant,
    over: bool,
}

impl Step {
    pub(super) fn begin(ui: Ui, name: &str) -> Self {
        let target = match (ui.lively, ui.target) {
            (false, _) => ProgressDrawTarget::hidden(),
            (true, Target::Stdout) => ProgressDrawTarget::stdout(),
            (true, Target::Stderr) => ProgressDrawTarget::stderr(),
        };
        let bar = ProgressBar::with_draw_target(None, target).with_style(style("{spinner} {prefix}  {took}  {wide_msg}"));
        bar.set_prefix(name.to_owned());
        bar.enable_steady_tick(Duration::from_millis(100));
        let now = Instant::now();
        Self { ui, name: name.to_owned(), bar, begun: now, last_line: now, over: false }
    }

    /// What is happening now.
    pub(crate) fn now(&mut self, text: &str) {
        self.bar.set_message(text.to_owned());
        if !self.ui.lively && self.last_line.elapsed() > BETWEEN_LINES {
            self.last_line = Instant::now();
            let line = format!("{}: {text} · {}", self.name, duration(self.begun.elapsed().as_secs_f64()));
            self.ui.line(&wrap(&line, "  ", "    ", self.ui.width()));
        }
    }

    /// What is happening now, as one of a known number of things.
    pub(crate) fn now_at(&mut self, text: &str, done: u64, of: u64) {
        if self.bar.length() != Some(of) {
            self.bar.set_length(of);
            self.bar.set_style(style("{spinner} {prefix}  {took}  {bar:24} {wide_msg}"));
        }
        self.bar.set_position(done);
        self.now(&format!("{text} · {done}/{of}"));
    }

    /// A line that stays, above the spinner.
    pub(crate) fn line(&self, text: &str) {
        self.bar.suspend(|| self.ui.line(text));
    }

    pub(crate) fn done(mut self, result: &str) {
        self.over = true;
        self.bar.finish_and_clear();
        let gap = if result.is_empty() { "" } else { "  " };
        let took = self.ui.dim(&duration(self.begun.elapsed().as_secs_f64()));
        self.ui.line(&format!("{} {}{gap}{result}  {took}", self.ui.green("✓"), self.name));
    }
}

/// A step that was left early failed; the error itself is told by whoever called.
impl Drop for Step {
    fn drop(&mut self) {
        if !self.over {
            self.bar.finish_and_clear();
            let took = self.ui.dim(&duration(self.begun.elapsed().as_secs_f64()));
            self.ui.line(&format!("{} {}  {took}", self.ui.red("✗"), self.name));
        }
    }
}

fn style(template: &str) -> ProgressStyle {
    // The templates are constants of this file.
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_spinner());
    let took = |state: &ProgressState, to: &mut dyn std::fmt::Write| {
        // The writer is a string.
        let _ = to.write_str(&duration(state.elapsed().as_secs_f64()));
    };
    style.with_key("took", took).progress_chars("━╸─").tick_chars("⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏ ")
}
