//! `cargo xtask demo`: from a clone to peering requests that answer themselves.

mod acts;
mod messages;
mod next;
mod picture;
mod story;
mod table;

use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use clap::Args;

use crate::local::{self, Instance, Ports, Running};
use crate::session::{Lock, Session};
use crate::ui::duration;
use acts::Verdict;

#[derive(Args)]
pub(crate) struct Options {
    /// Show every expectation that was checked, not only those that were not met.
    #[arg(long, short)]
    verbose: bool,
    /// Leave the local AWS running, to look around; `cargo xtask local down` ends it.
    #[arg(long)]
    keep: bool,
    /// First of two ports in a row for the local AWS [default: any two that are free]
    #[arg(long, value_name = "N", value_parser = local::port())]
    port: Option<u16>,
}

pub(crate) fn run(options: &Options, session: &Session) -> Result<()> {
    let begun = Instant::now();
    let _lock = Lock::take(&local::lock(&session.workspace, Instance::Demo), "the demo")?;
    local::end_if_running(session, Instance::Demo)?;
    session.ui.heading("Getting ready");
    let running = local::start(session, Instance::Demo, options.port.map_or(Ports::Any, Ports::From))?;
    if options.keep {
        running.guard.release();
    }
    let played = acts::play(session, &running, options.verbose).and_then(|verdict| {
        show(session, &running, &verdict)?;
        Ok(verdict)
    });
    let log = running.state.log.display();
    if !options.keep {
        let step = session.ui.step("ending the local AWS");
        running.server.end()?;
        running.guard.release();
        step.done("");
    }
    let verdict = played.with_context(|| format!("the log of the local AWS is {log}"))?;
    conclude(session, &verdict, begun, &running)?;
    let kept = verdict.result.as_ref().map(|result| result.asking.as_str()).filter(|_| options.keep);
    session.ui.line(&next::text(&session.ui, kept, options.verbose));
    Ok(())
}

fn show(session: &Session, running: &Running, verdict: &Verdict) -> Result<()> {
    let Some(result) = &verdict.result else {
        return Ok(());
    };
    session.ui.heading("Every connection at the end, as Describe calls show it");
    session.ui.line(&table::text(&session.ui, &result.connections));
    if let Some(map) = &verdict.map {
        session.ui.line("\nThe network while most connections lived, by `peerwright graph`:");
        picture::draw(map, session, running)?.iter().for_each(|path| session.ui.line(&format!("  {}", near(path).display())));
    }
    Ok(())
}

/// As a person would name it where they are.
fn near(path: &Path) -> &Path {
    std::env::current_dir().ok().and_then(|here| path.strip_prefix(here).ok()).unwrap_or(path)
}

fn conclude(session: &Session, verdict: &Verdict, begun: Instant, running: &Running) -> Result<()> {
    let took = duration(begun.elapsed().as_secs_f64());
    let log = running.state.log.display();
    if let Some(broken) = &verdict.broken {
        bail!("{broken}\nthe log of the local AWS is {log}");
    }
    if verdict.failed > 0 {
        bail!("{} of {} checks failed: each is shown above\nthe log of the local AWS is {log}", verdict.failed, verdict.checks);
    }
    session.ui.line(&format!(
        "{} All {} checks, made by reading AWS back, found what was expected.  {}",
        session.ui.green("✓"),
        verdict.checks,
        session.ui.dim(&took)
    ));
    Ok(())
}
