//! The parts that are about Rust.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use anyhow::Result;
use cargo_metadata::{Metadata, TargetKind};

use super::Run;
use super::check::{Check, check};
use super::counts::Counts;
use super::output::Output;
use super::part::Part;
use crate::command::nice;
use crate::workspace::cargo;
use crate::{layers, sdk};

/// What compiles without an AWS SDK.
const FAST: [&str; 5] = ["peerwright-core", "peerwright-engine", "peerwright-testkit", "peerwright-template-tests", "xtask"];

/// Read by `shared/core/tests/suite/fuzz`.
const FUZZ_SECONDS: &str = "PEERWRIGHT_FUZZ_SECONDS";

pub(super) fn check_sources(part: Part, run: &Run<'_>, output: &Output<'_>) -> Result<Vec<Check>> {
    let suite = Suite { run, output };
    Ok(vec![match part {
        Part::Format => suite.check("cargo fmt", &mut cargo(["fmt", "--all", "--check"]))?,
        Part::Layers => suite.layers()?,
        _ => suite.clippy()?,
    }])
}

/// Compiles the unit tests; what failed, if anything did.
pub(super) fn compile_tests(run: &Run<'_>, output: &Output<'_>) -> Result<Option<Check>> {
    let suite = Suite { run, output };
    let (name, mut command) = suite.tests()?;
    let check = suite.check(name, command.arg("--no-run"))?;
    Ok((check.counts.failed > 0).then_some(check))
}

/// Runs the unit tests, unless they failed to compile.
pub(super) fn tests(run: &Run<'_>, compiled: Result<Option<Check>>, output: &Output<'_>) -> Result<Vec<Check>> {
    if let Some(failed) = compiled? {
        return Ok(vec![failed]);
    }
    let suite = Suite { run, output };
    let (name, command) = suite.tests()?;
    let mut checks = vec![suite.check(name, &mut nice(&command))?];
    if has_doc_tests(&run.members) {
        let mut command = cargo(["test", "--locked", "--no-fail-fast", "--doc"]);
        command.args(suite.packages()).args(suite.cut_if_needed()?);
        checks.push(suite.check("doc tests", &mut nice(crate::python::isolated(&mut command)))?);
    }
    Ok(checks)
}

struct Suite<'a> {
    run: &'a Run<'a>,
    output: &'a Output<'a>,
}

impl Suite<'_> {
    fn check(&self, name: &str, command: &mut Command) -> Result<Check> {
        let session = self.run.session;
        check(name, command.current_dir(session.workspace.root()), self.output, &session.interrupt)
    }

    fn layers(&self) -> Result<Check> {
        let begun = Instant::now();
        let violations = layers::violations(&self.run.members)?;
        for violation in &violations {
            self.output.line(violation);
        }
        Ok(Check {
            name: "dependencies, circles, sources".to_owned(),
            counts: Counts::one(violations.is_empty()),
            seconds: begun.elapsed().as_secs_f64(),
        })
    }

    /// Against the SDK as published: this is where a cut that hides something comes to light.
    fn clippy(&self) -> Result<Check> {
        let mut command = cargo(["clippy", "--all-targets", "--locked"]);
        command.args(self.packages());
        if self.run.options.pruned_clippy && !self.run.options.fast {
            command.args(self.with_cut()?);
        }
        command.args(["--", "-D", "warnings"]);
        self.check("cargo clippy", &mut command)
    }

    /// The command that runs the tests, with its name.
    fn tests(&self) -> Result<(&'static str, Command)> {
        let nextest = cargo(["nextest", "--version"]).output().is_ok_and(|output| output.status.success());
        let (name, mut command) = if nextest {
            ("cargo nextest", cargo(["nextest", "run", "--locked"]))
        } else {
            ("cargo test", cargo(["test", "--locked", "--no-fail-fast", "--lib", "--bins", "--tests"]))
        };
        command.args(self.packages()).args(self.cut_if_needed()?);
        if let Some(seconds) = self.run.options.fuzz {
            command.env(FUZZ_SECONDS, seconds.to_string());
        }
        crate::python::isolated(&mut command);
        Ok((name, command))
    }

    /// The whole workspace, not its members one by one: a part of it would resolve other features and compile the SDK anew.
    fn packages(&self) -> Vec<&'static str> {
        if self.run.options.fast { FAST.iter().flat_map(|name| ["--package", name]).collect() } else { vec!["--workspace"] }
    }

    fn cut_if_needed(&self) -> Result<Vec<String>> {
        if self.run.options.fast { Ok(Vec::new()) } else { self.with_cut() }
    }

    fn with_cut(&self) -> Result<Vec<String>> {
        Ok(sdk::cargo_arguments(&sdk::cut(&self.run.session.workspace.metadata()?)?))
    }
}

/// Looked for, because rustdoc links every library even where there is nothing to run.
fn has_doc_tests(members: &Metadata) -> bool {
    let packages = members.workspace_packages();
    let libraries = packages.iter().flat_map(|package| &package.targets).filter(|target| target.kind.contains(&TargetKind::Lib));
    libraries.filter_map(|library| library.src_path.parent()).any(|source| any_file(source.as_std_path(), &shows_code))
}

fn any_file(directory: &Path, holds: &impl Fn(&str) -> bool) -> bool {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    entries
        .map(|entry| entry.path())
        .any(|path| if path.is_dir() { any_file(&path, holds) } else { fs::read_to_string(&path).is_ok_and(|text| holds(&text)) })
}

fn shows_code(text: &str) -> bool {
    let comments = text.lines().map(str::trim).filter_map(|line| line.strip_prefix("///").or_else(|| line.strip_prefix("//!")));
    // Every second fence closes one.
    comments
        .filter(|line| line.trim_start().starts_with("```"))
        .step_by(2)
        .any(|fence| !["text", "ignore", "toml", "json", "yaml", "sh"].iter().any(|kind| fence.trim() == format!("```{kind}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rust_example_in_a_comment_is_a_doc_test() {
        assert!(shows_code("/// Adds.\n///\n/// ```\n/// assert!(true);\n/// ```\nfn x() {}\n"));
        assert!(!shows_code("//! ```text\n//! a -> b\n//! ```\n"));
        assert!(!shows_code("let fence = \"```\";\n"));
    }
}
