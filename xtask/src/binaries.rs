//! Builds the functions and the command-line tool, with the cut SDK, and shows how far it is.

mod progress;

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};
use cargo_metadata::Metadata;

use crate::command::{self, Stream};
use crate::sdk;
use crate::session::Session;
use crate::ui::Step;
use crate::workspace::cargo;
use progress::Progress;
pub(crate) use progress::{Built, units};

/// The directory with the binaries. The whole workspace is built at once: a part of it would resolve other features and compile the SDK anew.
pub(crate) fn build(session: &Session, metadata: &Metadata, step: Step) -> Result<PathBuf> {
    build_with(&["--workspace"], session, metadata, step)
}

/// The directory with the functions as a user deploys them, but with the cut SDK; what is left out of it the linker would leave out too.
/// The function that does nothing (shared/lambda/examples/empty.rs) is beside them in `examples`.
pub(crate) fn build_release(session: &Session, metadata: &Metadata, functions: &[&str], step: Step) -> Result<PathBuf> {
    let mut selected = vec!["--release", "--bins", "--example", "empty", "--package", "peerwright-lambda"];
    let packages: Vec<String> = functions.iter().map(|function| format!("peerwright-{function}")).collect();
    selected.extend(packages.iter().flat_map(|package| ["--package", package]));
    build_with(&selected, session, metadata, step)
}

fn build_with(selected: &[&str], session: &Session, metadata: &Metadata, step: Step) -> Result<PathBuf> {
    let cut = sdk::cut(metadata)?;
    let mut command = cargo(["build", "--locked"]);
    command.args(selected).args(sdk::cargo_arguments(&cut));
    Ok(run(command, session, units(metadata, &metadata.workspace_members), step)?.programs)
}

/// Runs a command that is, or takes the arguments of, `cargo build`.
pub(crate) fn run(mut command: Command, session: &Session, expected: u64, mut step: Step) -> Result<Built> {
    command.args(["--message-format", "json-render-diagnostics"]).current_dir(session.workspace.root());
    if session.ui.has_colours() {
        command.env("CARGO_TERM_COLOR", "always");
    }
    let mut progress = Progress::expecting(expected);
    let mut said = Vec::new();
    let status = command::run(&mut command, &session.interrupt, |stream, line| {
        match stream {
            Stream::Out => progress.finished(line),
            Stream::Err if progress.started(line) => {}
            Stream::Err => said.push(line.to_owned()),
        }
        step.now_at(&progress.text(), progress.done(), progress.of());
    })?;
    if !status.success() {
        bail!("the build failed:\n{}", said.join("\n"));
    }
    step.done(&format!("{} crates", progress.done()));
    progress.built().context("cargo built no programs")
}
