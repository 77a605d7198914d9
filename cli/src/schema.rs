//! `peerwright schema`: the shapes of what the commands print with `--json`.

use std::collections::BTreeMap;
use std::io::Write;

use anyhow::{Result, anyhow};
use clap::Args;
use schemars::{JsonSchema, Schema, schema_for};

/// Which shape.
#[derive(Debug, Args)]
pub(crate) struct Command {
    /// The command, such as `status`; the names of all unless given.
    name: Option<String>,
}

/// The shape of each command's answer, by the command.
pub(crate) fn all() -> BTreeMap<&'static str, Schema> {
    BTreeMap::from([of::<crate::explain::Answer>("explain")])
}

fn of<T: JsonSchema>(name: &'static str) -> (&'static str, Schema) {
    (name, schema_for!(T))
}

/// Prints a shape, or the names of all.
pub(crate) fn run(command: &Command, out: &mut impl Write) -> Result<()> {
    let all = all();
    let Some(name) = &command.name else {
        return Ok(all.keys().try_for_each(|name| writeln!(out, "{name}"))?);
    };
    let schema =
        all.get(name.as_str()).ok_or_else(|| anyhow!("no command {name:?} prints JSON: `peerwright schema` names those that do"))?;
    writeln!(out, "{}", serde_json::to_string_pretty(schema)?)?;
    Ok(())
}
