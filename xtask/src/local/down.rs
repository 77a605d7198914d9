//! `cargo xtask local down`.

use anyhow::Result;

use super::Instance;
use super::server::{self, Server};
use crate::session::{Lock, Session};

pub(super) fn down(session: &Session) -> Result<()> {
    for instance in Instance::ALL {
        let Some(_lock) = Lock::try_take(&server::lock(&session.workspace, instance))? else {
            session.ui.line(&format!("{}: another `cargo xtask` works with it and ends it, or press Ctrl-C there", instance.title()));
            continue;
        };
        if !end_if_running(session, instance)? {
            session.ui.line(&format!("{}: does not run", instance.title()));
        }
        server::clean(&session.workspace, instance)?;
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
