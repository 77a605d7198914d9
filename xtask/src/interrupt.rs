//! Ctrl-C and SIGTERM: end what was started, then leave.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result};

use crate::local::Server;
use crate::process;

/// Long enough for pytest to take its fixtures down.
const PATIENCE: Duration = Duration::from_secs(8);
/// What a shell expects of a command that Ctrl-C ended.
const INTERRUPTED: i32 = 130;

/// What must not outlive this process.
#[derive(Clone, Default)]
pub(crate) struct Interrupt(Arc<Mutex<Started>>);

#[derive(Default)]
struct Started {
    /// Leaders of process groups that we wait for.
    groups: Vec<i32>,
    /// A local AWS that is not yet, or not at all, to be left running.
    server: Option<Server>,
}

impl Interrupt {
    pub(crate) fn install() -> Result<Self> {
        let interrupt = Self::default();
        let handler = interrupt.clone();
        ctrlc::set_handler(move || handler.end_everything()).context("catch Ctrl-C")?;
        Ok(interrupt)
    }

    /// Until the guard is dropped, an interrupt reaches the process group that `leader` leads.
    pub(crate) fn guard(&self, leader: u32) -> Guard {
        let leader = leader.cast_signed();
        self.started().groups.push(leader);
        Guard { interrupt: self.clone(), leader }
    }

    /// From now on an interrupt ends this local AWS.
    pub(crate) fn own(&self, server: &Server) {
        self.started().server = Some(server.clone());
    }

    /// From now on an interrupt leaves the local AWS alone.
    pub(crate) fn disown(&self) {
        self.started().server = None;
    }

    fn end_everything(&self) {
        // Held until the process is gone: the main thread can start nothing more.
        let started = self.started();
        for group in &started.groups {
            // Leaving matters more than a group that can't be signalled.
            let _ = process::interrupt_group(*group, PATIENCE);
        }
        let note = match started.server.as_ref().map(Server::end) {
            None => String::new(),
            Some(Ok(())) => " The local AWS was stopped.".to_owned(),
            Some(Err(error)) => format!(" The local AWS could not be stopped: {error:#}"),
        };
        crate::ui::error(&format!("Interrupted.{note}"));
        std::process::exit(INTERRUPTED);
    }

    fn started(&self) -> MutexGuard<'_, Started> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// See [`Interrupt::guard`].
pub(crate) struct Guard {
    interrupt: Interrupt,
    leader: i32,
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.interrupt.started().groups.retain(|leader| *leader != self.leader);
    }
}
