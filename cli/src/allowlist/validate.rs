//! `peerwright allowlist validate`: a file is checked, and AWS is asked nothing.

use std::io::Write;

use anyhow::Result;
use clap::Args;
use peerwright_core::count::counted;

use super::file::{File, notes};
use crate::screen::Screen;

/// Which file.
#[derive(Debug, Args)]
pub(crate) struct Command {
    #[command(flatten)]
    file: File,
}

/// Says that it is valid, or all that is wrong with it.
pub(super) fn run(command: &Command, out: &mut Screen<'_>) -> Result<()> {
    let allowlist = command.file.read()?;
    let rules = counted(allowlist.rules.len(), "rule", "rules");
    let aliases = counted(allowlist.aliases.len(), "alias", "aliases");
    writeln!(out, "{}: {rules} and {aliases}, all valid", command.file.name())?;
    notes(&allowlist).iter().try_for_each(|note| writeln!(out, "  {note}"))?;
    Ok(())
}
