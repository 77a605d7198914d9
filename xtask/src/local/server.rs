//! The process that serves the local AWS.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};
use process_wrap::std::{ChildWrapper, CommandWrap, ProcessSession};

use super::state::State;
use super::{Instance, Ports, ready};
use crate::command::Tail;
use crate::interrupt::Guard;
use crate::process::Identity;
use crate::python::Environment;
use crate::session::Session;
use crate::workspace::Workspace;

const READY: Duration = Duration::from_mins(1);
const PATIENCE: Duration = Duration::from_secs(10);

#[derive(Clone)]
pub(crate) struct Server {
    identity: Identity,
}

/// What there is of a local AWS of this checkout.
pub(super) enum Found {
    Nothing,
    /// It is being started, or what started it was killed meanwhile.
    Unfinished(Server),
    /// It has everything deployed.
    Ready(Server, State),
}

impl Found {
    pub(super) fn server(self) -> Option<Server> {
        match self {
            Self::Nothing => None,
            Self::Unfinished(server) | Self::Ready(server, _) => Some(server),
        }
    }

    /// Ends what a killed command left. The caller holds the lock, so nobody is starting it.
    pub(super) fn end_unfinished(self, session: &Session) -> Result<()> {
        if let Self::Unfinished(server) = self {
            session.ui.line("An earlier start was cut short; what it left running is ended first.");
            server.end()?;
        }
        Ok(())
    }
}

impl Server {
    pub(super) fn find(workspace: &Workspace, instance: Instance) -> Result<Found> {
        Self::find_in(&directory(workspace, instance))
    }

    fn find_in(directory: &Path) -> Result<Found> {
        if let Some(state) = State::read(directory)? {
            let server = Self { identity: state.identity() };
            return Ok(if ready::is(directory) { Found::Ready(server, state) } else { Found::Unfinished(server) });
        }
        // Before it answers it has written nothing of itself.
        let started = ready::started(directory).filter(Identity::is_alive);
        Ok(started.map_or(Found::Nothing, |identity| Found::Unfinished(Self { identity })))
    }

    /// Starts it in a session of its own, where no Ctrl-C of this terminal reaches it, and waits until it answers.
    ///
    /// Until the guard is released, an interrupt ends it.
    pub(super) fn start(session: &Session, environment: &Environment, instance: Instance, ports: Ports) -> Result<(Self, State, Guard)> {
        let directory = directory(&session.workspace, instance);
        clean(&session.workspace, instance)?;
        fs::create_dir_all(&directory).with_context(|| format!("create {}", directory.display()))?;
        let output = directory.join("output.log");
        let mut command = environment.python(&session.workspace);
        command.args(["-m", "peerwright_local", "serve", "--state"]).arg(&directory);
        let [ec2, aws] = ports.numbers().map(|port| port.to_string());
        command.args(["--ec2-port", &ec2, "--aws-port", &aws]);
        let ((mut child, server), guard) = session.interrupt.start(|| {
            let child = spawn(command, &output)?;
            let server = Self { identity: Identity::of(child.id())? };
            ready::note_start(&directory, &server.identity)?;
            let interrupted = server.clone();
            Ok(((child, server), move || Some(interrupted.end_and_tell())))
        })?;
        let answers = wait(child.as_mut(), &directory);
        if answers.is_err() {
            server.end()?;
        }
        let state = answers.map_err(|error| anyhow!("{error:#}; the last lines of {}:\n{}", output.display(), tail(&output)))?;
        Ok((server, state, guard))
    }

    /// The local AWS takes its own children down.
    pub(crate) fn end(&self) -> Result<()> {
        self.identity.end(PATIENCE).context("end the local AWS")
    }

    fn end_and_tell(&self) -> String {
        match self.end() {
            Ok(()) => "The local AWS was stopped.".to_owned(),
            Err(error) => format!("The local AWS could not be stopped: {error:#}"),
        }
    }
}

/// Held by whoever starts, plays with or ends it.
pub(crate) fn lock(workspace: &Workspace, instance: Instance) -> PathBuf {
    workspace.local().join(format!("{}.lock", instance.name()))
}

pub(super) fn directory(workspace: &Workspace, instance: Instance) -> PathBuf {
    workspace.local().join(instance.name())
}

/// Removes what an ended local AWS left.
pub(super) fn clean(workspace: &Workspace, instance: Instance) -> Result<()> {
    let directory = directory(workspace, instance);
    if directory.exists() {
        fs::remove_dir_all(&directory).with_context(|| format!("remove {}", directory.display()))?;
    }
    Ok(())
}

fn spawn(mut command: Command, output: &Path) -> Result<Box<dyn ChildWrapper>> {
    let file = File::create(output).with_context(|| format!("create {}", output.display()))?;
    let same = file.try_clone().context("share the log file")?;
    command.stdin(Stdio::null()).stdout(file).stderr(same);
    let mut wrapped = CommandWrap::from(command);
    wrapped.wrap(ProcessSession);
    wrapped.spawn().context("start the local AWS")
}

fn wait(child: &mut dyn ChildWrapper, directory: &Path) -> Result<State> {
    let deadline = Instant::now() + READY;
    while Instant::now() < deadline {
        if let Some(state) = State::read(directory)? {
            return Ok(state);
        }
        if let Some(status) = child.try_wait().context("look after the local AWS")? {
            bail!("the local AWS ended before it answered ({status})");
        }
        sleep(Duration::from_millis(50));
    }
    bail!("the local AWS did not answer within {} s", READY.as_secs());
}

fn tail(output: &Path) -> Tail {
    let mut tail = Tail::default();
    fs::read_to_string(output).unwrap_or_default().lines().for_each(|line| tail.push(line));
    tail
}

#[cfg(test)]
mod tests {
    use super::*;

    fn me() -> Identity {
        Identity::of(std::process::id()).expect("this process runs")
    }

    fn answers(directory: &Path, identity: &Identity) {
        let state = serde_json::json!({
            "pid": identity.pid, "pid_started": identity.started, "ec2_endpoint": "http://127.0.0.1:1", "aws_endpoint": "http://127.0.0.1:2",
            "accounts": {}, "regions": [], "hub_region": "eu-west-1", "external_id": "x", "log": "/x/local.log",
        });
        fs::write(directory.join("state.json"), state.to_string()).expect("written");
    }

    #[test]
    fn a_start_that_was_cut_short_is_not_taken_for_a_local_aws_that_can_be_used() {
        let directory = tempfile::tempdir().expect("a directory");
        let found = || Server::find_in(directory.path()).expect("readable");
        assert!(matches!(found(), Found::Nothing));
        ready::note_start(directory.path(), &me()).expect("written");
        assert!(matches!(found(), Found::Unfinished(_)));
        answers(directory.path(), &me());
        assert!(matches!(found(), Found::Unfinished(_)));
        ready::note(directory.path()).expect("written");
        assert!(matches!(found(), Found::Ready(..)));
    }

    #[test]
    fn what_a_reboot_or_a_kill_left_is_nothing_that_runs() {
        let directory = tempfile::tempdir().expect("a directory");
        let before = Identity { started: "1".to_owned(), ..me() };
        ready::note_start(directory.path(), &before).expect("written");
        answers(directory.path(), &before);
        ready::note(directory.path()).expect("written");
        assert!(matches!(Server::find_in(directory.path()).expect("readable"), Found::Nothing));
    }
}
