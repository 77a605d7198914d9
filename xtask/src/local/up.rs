//! `cargo xtask local up`.

use std::io::Write;

use anyhow::Result;

use super::server::{self, Server};
use super::{Instance, Ports, announce, profiles, start};
use crate::session::{Lock, Session};

/// Standard output carries only what a shell evaluates; progress goes to the standard error stream.
pub(super) fn up(session: &Session, ports: Ports) -> Result<()> {
    let _lock = Lock::take(&session.workspace.local().join("local.lock"), "the local AWS")?;
    let text = if let Some((_, state)) = Server::running(&session.workspace, Instance::Up)? {
        session.ui.line(
            "The local AWS runs already; `cargo xtask local down` ends it, for instance to start it anew with other ports or changed code.",
        );
        announce::text(&state, &profiles::write(&server::directory(&session.workspace, Instance::Up), &state)?)
    } else {
        let running = start(session, Instance::Up, ports)?;
        running.guard.release();
        running.announcement()
    };
    write!(std::io::stdout(), "{text}")?;
    Ok(())
}
