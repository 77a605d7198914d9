//! `cargo xtask local up`.

use std::io::IsTerminal;

use anyhow::Result;
use clap::Args;

use super::ports::{self, Ports};
use super::server::{self, Found, Server};
use super::shell::Shell;
use super::{Instance, env, start};
use crate::session::{Lock, Session};

#[derive(Args)]
pub(crate) struct Options {
    /// First of two ports in a row: it is for EC2, STS and Service Quotas, the next one for all other services. Always the same ones
    /// unless you choose, so that a shell which uses the local AWS finds it again after `down` and `up`.
    #[arg(long, value_name = "N", value_parser = ports::parser(), default_value_t = ports::FIRST)]
    port: u16,
}

/// Standard output carries only what a shell evaluates; progress goes to the standard error stream.
pub(super) fn up(session: &Session, options: &Options) -> Result<()> {
    let _lock = Lock::take(&server::lock(&session.workspace, Instance::Up), "the local AWS")?;
    let state = match Server::find(&session.workspace, Instance::Up)? {
        Found::Ready(_, state) => {
            session.ui.line("The local AWS runs already. To start it anew, with other ports or changed code:");
            session.ui.line("  cargo xtask local down && cargo xtask local up");
            state
        }
        found => {
            found.end_unfinished(session)?;
            let running = start(session, Instance::Up, Ports::From(options.port))?;
            running.guard.release();
            running.state
        }
    };
    env::write(&env::text(Shell::Sh, Instance::Up, &state, &server::directory(&session.workspace, Instance::Up)))?;
    if std::io::stdout().is_terminal() {
        session.ui.line(&format!("\nNow, in any shell:  {}", env::command(Instance::Up)));
    }
    Ok(())
}
