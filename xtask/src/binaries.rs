//! Builds the functions and the command-line tool, with the cut SDK, and shows how far it is.

mod progress;

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use cargo_metadata::Metadata;

use crate::command::{self, Stream};
use crate::sdk;
use crate::session::Session;
use crate::ui::Step;
use crate::workspace::cargo;
use progress::Progress;

/// The directory with the binaries. The whole workspace is built at once: a part of it would resolve other features and compile the SDK anew.
pub(crate) fn build(session: &Session, metadata: &Metadata, mut step: Step) -> Result<PathBuf> {
    let cut = sdk::cut(metadata)?;
    let mut command = cargo(["build", "--workspace", "--locked", "--message-format", "json-render-diagnostics"]);
    command.args(sdk::cargo_arguments(&cut)).current_dir(session.workspace.root());
    if session.ui.has_colours() {
        command.env("CARGO_TERM_COLOR", "always");
    }
    let mut progress = Progress::expecting(progress::units(metadata));
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
    progress.programs().context("cargo built no programs")
}
