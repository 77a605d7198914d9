//! The process that serves the local AWS.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};
use process_wrap::std::{ChildWrapper, CommandWrap, ProcessSession};

use super::state::State;
use super::{Instance, Ports};
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

impl Server {
    /// What runs of this checkout's local AWSs, if it does.
    pub(super) fn running(workspace: &Workspace, instance: Instance) -> Result<Option<(Self, State)>> {
        let state = State::read(&directory(workspace, instance))?;
        Ok(state.map(|state| (Self { identity: state.identity() }, state)))
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
        command.args(["--ec2-port", &port(ports.ec2_port), "--aws-port", &port(ports.aws_port)]);
        let ((mut child, server), guard) = session.interrupt.start(|| {
            let child = spawn(command, &output)?;
            let server = Self { identity: Identity::of(child.id())? };
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

fn port(chosen: Option<u16>) -> String {
    chosen.unwrap_or(0).to_string()
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
