//! `peerwright completions` and `peerwright man`: what a shell and a manual know of the commands.

use std::fs;
use std::io::Write;
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::{Args, CommandFactory};
use clap_complete::Shell;

use crate::Arguments;

/// A shell.
#[derive(Debug, Args)]
pub(crate) struct Completions {
    /// The shell that reads them.
    shell: Shell,
}

/// A directory.
#[derive(Debug, Args)]
pub(crate) struct Man {
    /// Where the pages are written, such as ~/.local/share/man/man1.
    directory: PathBuf,
}

/// Prints the completions.
pub(crate) fn complete(command: &Completions, out: &mut impl Write) {
    clap_complete::generate(command.shell, &mut Arguments::command(), "peerwright", out);
}

/// Writes a page for each command.
pub(crate) fn write_man(command: &Man, out: &mut impl Write) -> Result<()> {
    let directory = &command.directory;
    fs::create_dir_all(directory)
        .and_then(|()| clap_mangen::generate_to(Arguments::command(), directory))
        .with_context(|| format!("can't write {}", directory.display()))?;
    writeln!(out, "the pages are in {}: `man -l {}`", directory.display(), directory.join("peerwright.1").display())?;
    Ok(())
}
