//! `peerwright doctor --left`: what is left of a deployment in the hub's account.

use std::io::Write;
use std::process::ExitCode;

use anyhow::{Result, bail};
use peerwright_core::count::counted;
use peerwright_core::doctor::{Found, hub};
use schemars::JsonSchema;
use serde::Serialize;

use super::FINDINGS;
use super::look::{Look, named};
use crate::output::asked;
use crate::screen::{Screen, View};

/// What `peerwright doctor --left` answers.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Left {
    /// What is there of the deployment, by type and name.
    left: Vec<Thing>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Thing {
    /// Its type, as CloudFormation has it.
    kind: String,
    /// Its name.
    name: String,
    /// What takes it away.
    removed_by: String,
}

/// Lists it. Ends with the status of findings where something is left.
pub(super) async fn run(look: &Look<'_>, out: &mut Screen<'_>) -> Result<ExitCode> {
    let mut wanted = hub::expected(named(&look.made, look.prefix())?);
    // One first: where nobody answers, that is known after ten seconds.
    let others = wanted.split_off(wanted.len().min(1));
    let mut found = Box::pin(look.resources(wanted)).await;
    if !found.iter().any(|(.., is)| matches!(is, Found::Unread(why) if why.is_silence())) {
        found.extend(Box::pin(look.resources(others)).await);
    }
    let mut left = Vec::new();
    let mut unread = Vec::new();
    for (file, resource, is) in found {
        let name = resource.name().unwrap_or(&resource.logical).to_owned();
        match is {
            Found::Missing => {}
            Found::Unread(why) if why.is_silence() => return Err(asked(&why.to_string())),
            Found::Unread(why) => unread.push(format!("{name}: {why}")),
            Found::Is(_) => left.push(Thing { removed_by: removed_by(file, &resource.kind, &name), kind: resource.kind, name }),
        }
    }
    if !unread.is_empty() {
        bail!("nobody knows what is left:\n  {}", unread.join("\n  "));
    }
    let status = if left.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(FINDINGS) };
    out.show(&Left { left })?;
    Ok(status)
}

fn removed_by(file: &str, kind: &str, name: &str) -> String {
    if kind == "AWS::DynamoDB::Table" {
        return format!(
            "it stays when its stack goes: when nobody needs what was done and why, aws dynamodb update-table --table-name {name} \
             --no-deletion-protection-enabled, then aws dynamodb delete-table --table-name {name}"
        );
    }
    format!("it goes with the stack of infra/{file}.yaml")
}

impl View for Left {
    fn print(&self, out: &mut Screen<'_>) -> Result<()> {
        for Thing { kind, name, removed_by } in &self.left {
            writeln!(out, "{name} ({kind}): {removed_by}")?;
        }
        let count = self.left.len();
        Ok(writeln!(
            out,
            "{} left of the hub. What is left in member accounts: docs/deploy.md, section \"Remove it\"",
            counted(count, "thing is", "things are")
        )?)
    }
}
