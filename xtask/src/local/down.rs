//! `cargo xtask local down`.

use anyhow::{Result, bail};

use super::Instance;
use super::server::{self, Server};
use crate::session::{Lock, Session};

pub(super) fn down(session: &Session) -> Result<()> {
    let mut busy = Vec::new();
    for instance in Instance::ALL {
        let Some(_lock) = Lock::try_take(&server::lock(&session.workspace, instance))? else {
            busy.push(instance.title());
            continue;
        };
        if !end_if_running(session, instance)? {
            session.ui.line(&format!("{}: does not run", instance.title()));
        }
        server::clean(&session.workspace, instance)?;
    }
    if !busy.is_empty() {
        bail!("another `cargo xtask` is at work with the {}: let it finish, or press Ctrl-C there", busy.join(" and the "));
    }
    Ok(())
}

/// Whether there was one to end.
pub(crate) fn end_if_running(session: &Session, instance: Instance) -> Result<bool> {
    let Some(server) = Server::find(&session.workspace, instance)?.server() else {
        return Ok(false);
    };
    let step = session.ui.step(&format!("ending the {}", instance.title()));
    server.end()?;
    step.done("");
    Ok(true)
}
