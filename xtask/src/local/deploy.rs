//! Deploys the templates and the binaries on a running local AWS.

use std::path::Path;

use anyhow::{Result, bail};
use serde::Deserialize;

use super::Instance;
use super::server::directory;
use crate::command::{self, Tail};
use crate::python::Environment;
use crate::session::Session;
use crate::ui::Step;

/// A line of the deployment's progress.
#[derive(Deserialize)]
struct Line {
    step: String,
    done: u64,
    of: u64,
}

pub(super) fn deploy(session: &Session, environment: &Environment, instance: Instance, artifacts: &Path, mut step: Step) -> Result<()> {
    let mut command = environment.python(&session.workspace);
    command.args(["-m", "peerwright_local", "deploy", "--json", "--state"]).arg(directory(&session.workspace, instance));
    command.arg("--artifacts").arg(artifacts);
    let mut tail = Tail::default();
    let status = command::run(&mut command, &session.interrupt, |_, line| match serde_json::from_str::<Line>(line) {
        Ok(Line { step: text, done, of }) => step.now_at(&text, done, of),
        Err(_) => tail.push(line),
    })?;
    if !status.success() {
        bail!("the deployment failed ({status}):\n{tail}");
    }
    step.done("hub and member stacks");
    Ok(())
}
