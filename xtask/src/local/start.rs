//! From a clone to a local AWS with everything deployed.

use std::path::PathBuf;

use anyhow::{Context, Result};
use cargo_metadata::Metadata;

use super::server::{self, Server};
use super::state::State;
use super::{Instance, Ports, deploy, profiles, programs, ready};
use crate::interrupt::Guard;
use crate::python::Environment;
use crate::session::Session;
use crate::workspace::{cargo, host};
use crate::{binaries, command};

/// A local AWS that answers and has everything deployed.
pub(crate) struct Running {
    pub(crate) server: Server,
    /// Until it is released, an interrupt ends the server.
    pub(crate) guard: Guard,
    pub(crate) state: State,
    pub(crate) environment: Environment,
    pub(crate) directory: PathBuf,
    /// Where cargo put the binaries.
    pub(crate) artifacts: PathBuf,
}

/// A failure on the way here ends it.
pub(crate) fn start(session: &Session, instance: Instance, ports: Ports) -> Result<Running> {
    ports.require_free()?;
    let mut step = session.ui.step("Python environment");
    let environment = Environment::local(&session.workspace, &session.interrupt, |text| step.now(text))?;
    step.done("");

    let metadata = crates(session)?;
    let artifacts = binaries::build(session, &metadata, session.ui.step("build"))?;

    let step = session.ui.step("local AWS");
    let (server, state, guard) = Server::start(session, &environment, instance, ports)?;
    step.done(&format!("EC2 and STS at {}, the rest at {}", address(&state.ec2_endpoint), address(&state.aws_endpoint)));
    let directory = server::directory(&session.workspace, instance);
    let deployed = deploy::deploy(session, &environment, instance, &artifacts, session.ui.step("deployment"))
        .and_then(|()| profiles::write(&directory, &state))
        .and_then(|()| programs::link(&directory, &artifacts))
        .and_then(|()| ready::note(&directory));
    match deployed {
        Ok(()) => Ok(Running { server, guard, state, environment, directory, artifacts }),
        Err(error) => {
            server.end()?;
            Err(error.context(format!("the log of the local AWS is {}", state.log.display())))
        }
    }
}

/// Without the scheme, so that the line is short.
fn address(endpoint: &str) -> &str {
    endpoint.trim_start_matches("http://")
}

/// Downloads what is missing, visibly; the build that follows needs no network.
fn crates(session: &Session) -> Result<Metadata> {
    let mut step = session.ui.step("crates");
    let mut fetch = cargo(["fetch", "--locked", "--target", &host()?]);
    command::run_quietly(fetch.current_dir(session.workspace.root()), &session.interrupt, |line| step.now(line.trim()))
        .context("download the crates")?;
    let metadata = session.workspace.metadata()?;
    step.done(&format!("{} for this machine", metadata.packages.len()));
    Ok(metadata)
}
