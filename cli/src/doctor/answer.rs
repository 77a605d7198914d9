//! What was found, for a person and for a program.

use std::io::Write;

use anstyle::{AnsiColor, Style};
use anyhow::Result;
use peerwright_core::count::counted;
use peerwright_core::doctor::{Finding, hub};
use peerwright_core::ids::Place;
use schemars::JsonSchema;
use serde::Serialize;

use crate::line::paragraph;
use crate::screen::{Screen, View};

/// What `peerwright doctor` answers.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Answer {
    /// What the names of the deployment begin with.
    prefix: String,
    /// The version of this tool.
    version: String,
    /// The places that were looked at beside the hub, as account/Region.
    places: Vec<String>,
    /// How many resources of the hub were looked at.
    resources: usize,
    /// What is wrong; empty if nothing is.
    findings: Vec<Told>,
}

/// Something that is not as it should be, or could not be looked at.
#[derive(Debug, Serialize, JsonSchema)]
struct Told {
    /// Which check found it: docs/reference/doctor.md.
    check: String,
    /// What it is about: a name of the deployment, or a place.
    subject: String,
    /// What is wrong.
    what: String,
    /// What to do.
    fix: String,
    /// True where AWS did not tell: nobody knows whether something is wrong.
    unknown: bool,
}

impl Answer {
    pub(super) fn of(facts: &hub::Facts, places: &[Place], findings: Vec<Finding>) -> Self {
        Self {
            prefix: facts.prefix.clone(),
            version: facts.version.clone(),
            places: places.iter().map(ToString::to_string).collect(),
            resources: facts.resources.len(),
            findings: findings.into_iter().map(Told::from).collect(),
        }
    }

    pub(super) fn is_healthy(&self) -> bool {
        self.findings.is_empty()
    }
}

impl From<Finding> for Told {
    fn from(Finding { check, subject, what, fix, unknown }: Finding) -> Self {
        Self { check: check.name().to_owned(), subject, what, fix, unknown }
    }
}

impl View for Answer {
    fn print(&self, out: &mut Screen<'_>) -> Result<()> {
        let looked = format!(
            "{} of the hub and {} looked at",
            counted(self.resources, "resource", "resources"),
            counted(self.places.len(), "place", "places")
        );
        for told in &self.findings {
            let (mark, colour) = if told.unknown { ("?", AnsiColor::Yellow) } else { ("!", AnsiColor::Red) };
            let head = format!("{mark} {}: {}", told.check, told.subject);
            let head = out.paint(Style::new().bold().fg_color(Some(colour.into())), &head);
            writeln!(out, "{head}")?;
            paragraph(out, "  ", &told.what)?;
            paragraph(out, "  fix: ", &told.fix)?;
            writeln!(out)?;
        }
        if self.is_healthy() {
            writeln!(out, "{looked}: nothing is wrong")?;
        } else {
            writeln!(out, "{looked}: {}", counted(self.findings.len(), "finding", "findings"))?;
        }
        if self.places.is_empty() {
            writeln!(out, "(Places are looked at with --account or --all.)")?;
        }
        Ok(())
    }
}

/// The checks as docs/reference/doctor.md lists them.
#[cfg(test)]
fn reference() -> String {
    use peerwright_core::doctor::Check;

    let of = |group: &str| -> String {
        let checks = Check::ALL.iter().filter(|check| check.group() == group);
        checks.map(|check| ["| `", check.name(), "` | ", check.about(), " |\n"].concat()).collect()
    };
    format!(
        "## The hub\n\n| check | what is looked at |\n|---|---|\n{}\n## Each place\n\n| check | what is looked at |\n|---|---|\n{}",
        of("hub"),
        of("place")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reference_lists_every_check_as_the_code_has_it() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/reference/doctor.md");
        let text = std::fs::read_to_string(path).expect("it is there");
        let (before, _) = text.split_once("## The hub\n").expect("a list of checks");
        let wanted = format!("{before}{}", reference());
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            std::fs::write(path, &wanted).expect("written");
        }
        let text = std::fs::read_to_string(path).expect("it is there");
        assert_eq!(text, wanted, "docs/reference/doctor.md: UPDATE_GOLDEN=1 writes it");
    }
}
