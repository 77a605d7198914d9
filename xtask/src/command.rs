//! Running other programs and reading what they say while they say it.

use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc::{Sender, channel};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::interrupt::Interrupt;
use crate::process;

/// How long a command has to end itself after an interrupt: pytest takes its fixtures down.
const PATIENCE: Duration = Duration::from_secs(8);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stream {
    Out,
    Err,
}

/// Runs to the end and hands over every line of both streams as it comes.
pub(crate) fn run(command: &mut Command, interrupt: &Interrupt, mut on_line: impl FnMut(Stream, &str)) -> Result<ExitStatus> {
    let program = command.get_program().to_string_lossy().into_owned();
    // Its own group, so that an interrupt ends its children with it.
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
    let (mut child, guard) = interrupt.start(|| {
        let child = command.spawn().with_context(|| format!("start {program}"))?;
        let leader = child.id().cast_signed();
        let end = move || {
            // Leaving matters more than a group that can't be signalled.
            let _ = process::interrupt_group(leader, PATIENCE);
            None
        };
        Ok((child, end))
    })?;
    let (sender, lines) = channel();
    let readers = [
        child.stdout.take().map(|out| read(out, Stream::Out, sender.clone())),
        child.stderr.take().map(|err| read(err, Stream::Err, sender)),
    ];
    for (stream, line) in lines {
        on_line(stream, &line);
    }
    for reader in readers.into_iter().flatten() {
        if reader.join().is_err() {
            bail!("reading the output of {program} failed");
        }
    }
    let status = child.wait().with_context(|| format!("wait for {program}"))?;
    drop(guard);
    Ok(status)
}

/// Runs quietly; a failure brings the last lines of its output with it.
pub(crate) fn run_quietly(command: &mut Command, interrupt: &Interrupt, mut on_line: impl FnMut(&str)) -> Result<()> {
    let mut tail = Tail::default();
    let status = run(command, interrupt, |_, line| {
        tail.push(line);
        on_line(line);
    })?;
    if !status.success() {
        bail!("{} failed ({status}):\n{tail}", shown(command));
    }
    Ok(())
}

/// The same command, which leaves the processors to others that want them.
pub(crate) fn nice(command: &Command) -> Command {
    let mut nice = Command::new("nice");
    nice.args(["-n", "10"]).arg(command.get_program()).args(command.get_args());
    if let Some(directory) = command.get_current_dir() {
        nice.current_dir(directory);
    }
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => nice.env(name, value),
            None => nice.env_remove(name),
        };
    }
    nice
}

/// The command as a person would type it.
pub(crate) fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let words = std::iter::once(program.file_name().unwrap_or(program.as_os_str())).chain(command.get_args());
    words.map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
}

fn read(from: impl Read + Send + 'static, stream: Stream, to: Sender<(Stream, String)>) -> thread::JoinHandle<()> {
    thread::spawn(move || {
        let mut reader = BufReader::new(from);
        let mut line = Vec::new();
        // An error ends the stream as its end does: the exit status tells whether that was right.
        while reader.read_until(b'\n', &mut line).is_ok_and(|length| length > 0) {
            let text = String::from_utf8_lossy(&line).trim_end_matches(['\n', '\r']).to_owned();
            if to.send((stream, text)).is_err() {
                return;
            }
            line.clear();
        }
    })
}

/// The last lines of an output, for an error message.
#[derive(Default)]
pub(crate) struct Tail(std::collections::VecDeque<String>);

impl Tail {
    const LINES: usize = 25;

    pub(crate) fn push(&mut self, line: &str) {
        if self.0.len() == Self::LINES {
            self.0.pop_front();
        }
        self.0.push_back(line.to_owned());
    }
}

impl std::fmt::Display for Tail {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let lines: Vec<_> = self.0.iter().map(|line| format!("  {line}")).collect();
        f.write_str(&lines.join("\n"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn both_streams_are_read_to_their_ends() {
        let mut seen = Vec::new();
        let status =
            run(&mut shell("echo one; echo two >&2; exit 3"), &Interrupt::default(), |stream, line| seen.push((stream, line.to_owned())));
        assert_eq!(status.expect("sh is there").code(), Some(3));
        seen.sort_by_key(|(_, line)| line.clone());
        assert_eq!(seen, [(Stream::Out, "one".to_owned()), (Stream::Err, "two".to_owned())]);
    }

    #[test]
    fn a_nice_command_is_the_same_command_with_less_priority() {
        let mut printed = shell("nice; pwd; echo $WORD ${HOME-none}");
        printed.current_dir("/").env("WORD", "word").env_remove("HOME");
        let (own, nice) = (shell("nice").output().expect("sh is there"), nice(&printed).output().expect("nice is there"));
        let own: i32 = String::from_utf8_lossy(&own.stdout).trim().parse().expect("nice prints a number");
        assert_eq!(String::from_utf8_lossy(&nice.stdout), format!("{}\n/\nword none\n", (own + 10).min(19)));
    }

    #[test]
    fn a_failure_brings_the_last_lines_and_no_more() {
        let error = run_quietly(&mut shell("seq 1 100; exit 1"), &Interrupt::default(), |_| {}).expect_err("it failed");
        let text = format!("{error:#}");
        assert!(text.contains("\n  100") && text.contains("\n  76\n") && !text.contains("\n  75\n"), "{text}");
    }
}
