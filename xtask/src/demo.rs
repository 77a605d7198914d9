//! `cargo xtask demo`: from a clone to peering requests that answer themselves.

mod acts;
mod messages;
mod picture;
mod table;

use std::time::Instant;

use anyhow::{Context, Result, bail};
use clap::Args;

use crate::local::{self, Instance, Ports, Running};
use crate::session::{Lock, Session};
use crate::ui::duration;
use acts::Verdict;

#[derive(Args)]
pub(crate) struct Options {
    /// Leave the local AWS running, to look around; `cargo xtask local down` ends it.
    #[arg(long)]
    keep: bool,
    #[command(flatten)]
    ports: Ports,
}

pub(crate) fn run(options: &Options, session: &Session) -> Result<()> {
    let begun = Instant::now();
    let _lock = Lock::take(&session.workspace.local().join("demo.lock"), "the demo")?;
    local::end_if_running(session, Instance::Demo)?;
    session.ui.heading("Getting ready");
    let running = local::start(session, Instance::Demo, options.ports)?;
    if options.keep {
        running.guard.release();
    }
    let played = acts::play(session, &running).and_then(|verdict| {
        show(session, &running, &verdict)?;
        Ok(verdict)
    });
    let log = running.state.log.display();
    if options.keep {
        session.ui.line(&format!(
            "\nThe local AWS is left running; `cargo xtask local down` ends it. To look around:\n\n{}",
            running.announcement()
        ));
    } else {
        let step = session.ui.step("ending the local AWS");
        running.server.end()?;
        running.guard.release();
        step.done("");
    }
    conclude(session, &played.with_context(|| format!("the log of the local AWS is {log}"))?, begun, &running)
}

fn show(session: &Session, running: &Running, verdict: &Verdict) -> Result<()> {
    let Some(result) = &verdict.result else {
        return Ok(());
    };
    session.ui.heading("Every connection, as Describe calls show it");
    session.ui.line(&table::text(&result.connections, session.ui.width()));
    if let Some(map) = &verdict.map {
        session.ui.line("\nThe network while most connections lived, drawn by `peerwright graph`:");
        picture::draw(map, session, running)?.iter().for_each(|path| session.ui.line(&format!("  {}", path.display())));
    }
    Ok(())
}

fn conclude(session: &Session, verdict: &Verdict, begun: Instant, running: &Running) -> Result<()> {
    let took = duration(begun.elapsed().as_secs_f64());
    let log = running.state.log.display();
    if let Some(broken) = &verdict.broken {
        bail!("{broken}\nthe log of the local AWS is {log}");
    }
    if verdict.failed > 0 {
        bail!("{} of {} expectations were not met; the log of the local AWS is {log}", verdict.failed, verdict.checks);
    }
    session.ui.line(&format!(
        "{} All {} expectations were verified by reading AWS back. The demo took {took}.",
        session.ui.green("✓"),
        verdict.checks
    ));
    Ok(())
}
