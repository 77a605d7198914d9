//! `peerwright schema`: the shapes of what the commands print with `--json`.

use std::collections::BTreeMap;
use std::io::Write;

use anyhow::{Result, anyhow};
use clap::Args;
use schemars::{JsonSchema, Schema, schema_for};

/// Which shape.
#[derive(Debug, Args)]
pub(crate) struct Command {
    /// The command, such as `status` or `members list`; the names of all unless given.
    name: Vec<String>,
}

/// The shape of each command's answer, by the command.
pub(crate) fn all() -> BTreeMap<&'static str, Schema> {
    let mut all = BTreeMap::from([
        of::<crate::adopt::Answer>("adopt"),
        of::<crate::approve::Answer>("approve"),
        of::<crate::approve::Answer>("reject"),
        of::<crate::doctor::Answer>("doctor"),
        of::<crate::doctor::Left>("doctor --left"),
        of::<crate::explain::Answer>("explain"),
        of::<crate::freeze::Answer>("freeze"),
        of::<crate::freeze::Answer>("thaw"),
        of::<crate::graph::NetworkMap>("graph"),
        of::<crate::history::Answer>("history"),
        of::<crate::list::Answer>("list"),
        of::<crate::members::Answer>("members add"),
        of::<crate::members::Answer>("members apply"),
        of::<crate::members::Answer>("members remove"),
        of::<crate::members::Listed>("members list"),
        of::<crate::plan::Answer>("plan"),
        of::<crate::redrive::Answer>("redrive"),
        of::<crate::ask::Answer>("remove"),
        of::<crate::ask::Answer>("request"),
        of::<crate::retry::Answer>("retry"),
        of::<crate::show::Answer>("show"),
        of::<crate::status::Answer>("status"),
    ]);
    all.extend(crate::allowlist::shapes());
    all
}

/// A shape with the command's name.
fn of<T: JsonSchema>(name: &'static str) -> (&'static str, Schema) {
    (name, schema_for!(T))
}

/// Prints a shape, or the names of all.
pub(crate) fn run(command: &Command, out: &mut impl Write) -> Result<()> {
    let all = all();
    if command.name.is_empty() {
        return Ok(all.keys().try_for_each(|name| writeln!(out, "{name}"))?);
    }
    let name = command.name.join(" ");
    let schema =
        all.get(name.as_str()).ok_or_else(|| anyhow!("no command {name:?} prints JSON: `peerwright schema` names those that do"))?;
    writeln!(out, "{}", serde_json::to_string_pretty(schema)?)?;
    Ok(())
}
