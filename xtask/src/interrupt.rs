//! Ctrl-C and SIGTERM: end what was started, then leave.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::{Context, Result};

use crate::ui;

/// What a shell expects of a command that Ctrl-C ended.
const INTERRUPTED: i32 = 130;

/// Ends something that must not outlive this process; returns what the person should know about it.
type End = Box<dyn FnOnce() -> Option<String> + Send>;

/// What must not outlive this process.
#[derive(Clone, Default)]
pub(crate) struct Interrupt(Arc<Mutex<Started>>);

#[derive(Default)]
struct Started {
    count: u64,
    ends: Vec<(u64, End)>,
}

impl Interrupt {
    pub(crate) fn install() -> Result<Self> {
        let interrupt = Self::default();
        let handler = interrupt.clone();
        ctrlc::set_handler(move || handler.end_everything()).context("catch Ctrl-C")?;
        Ok(interrupt)
    }

    /// Starts something. Until the guard is dropped, an interrupt calls the function that `start` returns with it.
    pub(crate) fn start<T, E>(&self, start: impl FnOnce() -> Result<(T, E)>) -> Result<(T, Guard)>
    where
        E: FnOnce() -> Option<String> + Send + 'static,
    {
        // Held meanwhile: an interrupt comes before the start or finds what was started.
        let mut started = self.started();
        let (value, end) = start()?;
        started.count += 1;
        let number = started.count;
        started.ends.push((number, Box::new(end)));
        Ok((value, Guard { interrupt: self.clone(), number }))
    }

    fn end_everything(&self) {
        // Held until the process is gone: no thread can start anything more.
        let mut started = self.started();
        let mut said = vec!["Interrupted.".to_owned()];
        said.extend(started.end());
        ui::error(&said.join(" "));
        std::process::exit(INTERRUPTED);
    }

    fn started(&self) -> MutexGuard<'_, Started> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Started {
    /// The latest first: it may use what was started before it.
    fn end(&mut self) -> Vec<String> {
        self.ends.drain(..).rev().filter_map(|(_, end)| end()).collect()
    }
}

/// See [`Interrupt::start`].
pub(crate) struct Guard {
    interrupt: Interrupt,
    number: u64,
}

impl Guard {
    /// From now on an interrupt leaves it alone.
    pub(crate) fn release(&self) {
        self.interrupt.started().ends.retain(|(number, _)| *number != self.number);
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.release();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn started(interrupt: &Interrupt, note: &'static str) -> Guard {
        interrupt.start(|| Ok(((), move || Some(note.to_owned())))).expect("it starts").1
    }

    #[test]
    fn what_was_started_last_ends_first_and_what_is_over_is_left_alone() {
        let interrupt = Interrupt::default();
        let _first = started(&interrupt, "first");
        drop(started(&interrupt, "over"));
        let released = started(&interrupt, "released");
        let _last = started(&interrupt, "last");
        released.release();
        assert_eq!(interrupt.started().end(), ["last", "first"]);
    }

    #[test]
    fn what_did_not_start_is_not_ended() {
        let interrupt = Interrupt::default();
        let end: Result<End> = Err(anyhow::anyhow!("no such program"));
        assert!(interrupt.start(|| Ok(((), end?))).is_err());
        assert!(interrupt.started().end().is_empty());
    }
}
