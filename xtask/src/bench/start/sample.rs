//! One start of a program, measured from outside.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow};

use super::program::Program;
use super::runtime::Runtime;
use crate::command::Tail;
use crate::interrupt::Interrupt;
use crate::process::Identity;

/// How long a program may take for anything.
const PATIENCE: Duration = Duration::from_secs(30);

/// What one start took.
pub(super) struct Sample {
    /// From the start of the process until it asked for an event.
    pub(super) start: Duration,
    /// What it had in memory then, in KiB: `VmRSS`.
    pub(super) resident: u64,
    /// The same, with its part only of what it shares with other processes, in KiB: `Pss`.
    pub(super) proportional: u64,
    /// From the event until the first answer of EC2.
    pub(super) answer: Option<Duration>,
}

impl Sample {
    /// Starts the program, hands it one event, and ends it. What it prints goes to `log`.
    pub(super) fn take(program: &Program, interrupt: &Interrupt, log: &Path) -> Result<Self> {
        let runtime = Runtime::listen()?;
        let output = File::create(log).with_context(|| format!("create {}", log.display()))?;
        let mut command = program.command(&runtime.address());
        command.stdin(Stdio::null()).stdout(output.try_clone().context("share the log file")?).stderr(output);
        let ((mut child, begun), guard) = interrupt.start(|| {
            let begun = Instant::now();
            let child = command.spawn().with_context(|| format!("start {}", command.get_program().display()))?;
            let identity = Identity::of(child.id())?;
            let end = move || {
                // Leaving matters more than a process that can't be ended.
                let _ = identity.end(Duration::ZERO);
                None
            };
            Ok(((child, begun), end))
        })?;
        let sample = Self::of(&child, begun, program.payload, &runtime);
        end(&mut child)?;
        drop(guard);
        sample.map_err(|error| anyhow!("{error:#}; the last lines of {}:\n{}", log.display(), tail(log)))
    }

    fn of(child: &Child, begun: Instant, payload: Option<&'static str>, runtime: &Runtime) -> Result<Self> {
        let start = runtime.wait_for_next(PATIENCE)?.duration_since(begun);
        let resident = memory(child.id(), "status", "VmRSS")?;
        let proportional = memory(child.id(), "smaps_rollup", "Pss")?;
        let answer = payload.map(|payload| runtime.invoke(payload, PATIENCE)).transpose()?;
        Ok(Self { start, resident, proportional, answer })
    }
}

fn end(child: &mut Child) -> Result<()> {
    child.kill().context("end the program")?;
    child.wait().context("wait for the program").map(drop)
}

/// A figure in KiB of a file in `/proc`.
fn memory(process: u32, file: &str, field: &str) -> Result<u64> {
    let path = format!("/proc/{process}/{file}");
    let text = fs::read_to_string(&path).with_context(|| format!("read {path}"))?;
    kibibytes(&text, field).with_context(|| format!("{path} has no {field}"))
}

fn kibibytes(text: &str, field: &str) -> Option<u64> {
    let value = text.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':'))?;
    value.trim().strip_suffix("kB")?.trim().parse().ok()
}

fn tail(path: &Path) -> Tail {
    let mut tail = Tail::default();
    fs::read_to_string(path).unwrap_or_default().lines().for_each(|line| tail.push(line));
    tail
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_not_taken_for_one_whose_name_begins_like_it() {
        let rollup = "5500-7fff ---p 00000000 00:00 0   [rollup]\nRss:    10072 kB\nPss_Dirty:  1 kB\nPss:       8324 kB\n";
        assert_eq!((kibibytes(rollup, "Pss"), kibibytes(rollup, "VmRSS")), (Some(8324), None));
    }

    #[test]
    fn this_process_has_memory() {
        assert!(memory(std::process::id(), "status", "VmRSS").is_ok_and(|kibibytes| kibibytes > 0));
    }
}
