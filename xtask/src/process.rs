//! Processes by id, told apart from later ones that were given the same id.

use std::path::Path;
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use nix::errno::Errno;
use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;
use serde::{Deserialize, Serialize};

/// A process id with the moment its process started.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Identity {
    pub(crate) pid: i32,
    pub(crate) started: String,
}

impl Identity {
    pub(crate) fn of(pid: u32) -> Result<Self> {
        let pid = i32::try_from(pid).context("a process id beyond the system's range")?;
        let started = start_time(pid).with_context(|| format!("process {pid} ended at once"))?;
        Ok(Self { pid, started })
    }

    pub(crate) fn is_alive(&self) -> bool {
        start_time(self.pid).is_some_and(|started| started == self.started)
    }

    /// Asks the process to end; past `patience` the whole session that it leads is killed.
    pub(crate) fn end(&self, patience: Duration) -> Result<()> {
        if !self.is_alive() {
            return Ok(());
        }
        send(kill(Pid::from_raw(self.pid), Signal::SIGTERM)).with_context(|| format!("end process {}", self.pid))?;
        if wait_until(patience, || !self.is_alive()) {
            return Ok(());
        }
        kill_group(self.pid)?;
        if !wait_until(patience, || !self.is_alive()) {
            bail!("process {} does not end", self.pid);
        }
        Ok(())
    }
}

/// Interrupts a process group as Ctrl-C would, and kills what is left of it after `patience`.
pub(crate) fn interrupt_group(leader: i32, patience: Duration) -> Result<()> {
    let group = Pid::from_raw(leader);
    send(killpg(group, Signal::SIGINT))?;
    if !wait_until(patience, || killpg(group, None).is_err()) {
        kill_group(leader)?;
    }
    Ok(())
}

fn kill_group(leader: i32) -> Result<()> {
    send(killpg(Pid::from_raw(leader), Signal::SIGKILL)).with_context(|| format!("kill process group {leader}"))
}

/// That nobody is there any more is what was wanted.
fn send(result: nix::Result<()>) -> Result<()> {
    match result {
        Err(Errno::ESRCH) => Ok(()),
        other => Ok(other?),
    }
}

fn wait_until(patience: Duration, done: impl Fn() -> bool) -> bool {
    let deadline = Instant::now() + patience;
    while Instant::now() < deadline {
        if done() {
            return true;
        }
        sleep(Duration::from_millis(20));
    }
    done()
}

/// Nothing for a process that is gone or that only waits to be reaped.
fn start_time(pid: i32) -> Option<String> {
    if Path::new("/proc/self/stat").exists() {
        return start_ticks(&std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?);
    }
    // macOS has no /proc.
    let output = Command::new("ps").args(["-o", "stat=", "-o", "lstart=", "-p", &pid.to_string()]).output().ok()?;
    let shown = String::from_utf8_lossy(&output.stdout).into_owned();
    let (state, started) = shown.trim().split_once(char::is_whitespace)?;
    (!state.starts_with('Z')).then(|| started.trim().to_owned())
}

/// The 3rd field is the state and the 22nd the start time; the 2nd, the name, may hold spaces and brackets.
fn start_ticks(stat: &str) -> Option<String> {
    let fields: Vec<_> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    (*fields.first()? != "Z").then(|| fields.get(19).map(|ticks| (*ticks).to_owned()))?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_is_alive() {
        assert!(Identity::of(std::process::id()).is_ok_and(|me| me.is_alive()));
    }

    #[test]
    fn a_process_that_got_the_id_of_another_is_not_taken_for_it() {
        let me = Identity::of(std::process::id()).expect("this process runs");
        let before = Identity { started: "earlier".to_owned(), ..me };
        assert!(!before.is_alive());
        before.end(Duration::ZERO).expect("nothing to end");
    }

    #[test]
    fn an_ended_child_is_not_alive() {
        let mut child = Command::new("sleep").arg("60").spawn().expect("sleep is there");
        let identity = Identity::of(child.id()).expect("it runs");
        identity.end(Duration::from_secs(5)).expect("it ends");
        assert!(!identity.is_alive());
        child.wait().expect("it is ours");
    }

    #[test]
    fn a_process_name_with_brackets_does_not_shift_the_fields() {
        let stat = "42 (a) b) S 1 42 42 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 987654 0 0";
        assert_eq!(start_ticks(stat).as_deref(), Some("987654"));
        assert_eq!(start_ticks(&stat.replace(" S ", " Z ")), None);
    }
}
