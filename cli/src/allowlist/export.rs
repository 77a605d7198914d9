//! `peerwright allowlist export`: the table as a file.

use std::io::Write;

use anyhow::{Result, bail};
use peerwright_core::allowlist::{Stored, export};

use crate::global::Format;
use crate::output::explained;
use crate::screen::Screen;
use crate::session::Session;

/// Writes the file to `out`.
pub(super) async fn run(session: &Session, out: &mut Screen<'_>) -> Result<()> {
    if out.format() == Format::Json {
        bail!("`allowlist export` writes a file in YAML, and has no form for --json: `allowlist list --json` has the rules for a program");
    }
    let signed = session.allowlist().await?.signed().await.map_err(explained)?;
    let items: Vec<Stored> = signed.into_iter().map(|signed| signed.item).collect();
    match export(&items) {
        Ok(text) => Ok(write!(out, "{text}")?),
        Err(unreadable) => {
            let lines: Vec<String> = unreadable.iter().map(|(id, problems)| format!("  {id}: {problems}")).collect();
            bail!("the table has rules that can't be read, and so have no place in a file: mend or remove them\n{}", lines.join("\n"))
        }
    }
}
