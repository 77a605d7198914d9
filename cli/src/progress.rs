//! That something is still going on, for a person at a terminal: one line on standard error, and only once it takes more than a moment.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::harmless::harmless;

/// What takes no longer needs no word.
const A_MOMENT: Duration = Duration::from_secs(1);

/// How often the line moves.
const TICK: Duration = Duration::from_millis(120);

/// There is one terminal, and whatever else is written there takes the line away: so it is the process's, and no command's.
static LINE: LazyLock<Line> = LazyLock::new(Line::new);

struct Line {
    bar: ProgressBar,
    began: Instant,
    rests: AtomicBool,
}

/// Begins: after a moment the line says what is being done, or that AWS is asked.
pub(crate) fn begin() {
    LINE.bar.set_message("asking AWS");
    tokio::spawn(async {
        tokio::time::sleep(A_MOMENT).await;
        LINE.appear();
    });
}

/// Says what is being done, or how far it is.
pub(crate) fn tell(what: impl Into<String>) {
    LINE.rests.store(false, Ordering::Relaxed);
    LINE.bar.set_message(harmless(&what.into(), false).into_owned());
    LINE.appear();
}

/// Takes the line away, because something else is written, or somebody is asked. What is told later brings it back.
pub(crate) fn rest() {
    if LINE.rests.swap(true, Ordering::Relaxed) || LINE.bar.is_hidden() {
        return;
    }
    LINE.bar.disable_steady_tick();
    LINE.bar.finish_and_clear();
    LINE.bar.set_draw_target(ProgressDrawTarget::hidden());
    LINE.bar.reset();
}

impl Line {
    fn new() -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
        bar.set_style(ProgressStyle::with_template("{spinner} {wide_msg}").unwrap_or_else(|_| ProgressStyle::default_spinner()));
        Self { bar, began: Instant::now(), rests: AtomicBool::new(false) }
    }

    fn appear(&self) {
        let is_due = self.began.elapsed() >= A_MOMENT && !self.rests.load(Ordering::Relaxed);
        if is_due && self.bar.is_hidden() && console::user_attended_stderr() {
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
            self.bar.enable_steady_tick(TICK);
        }
    }
}
