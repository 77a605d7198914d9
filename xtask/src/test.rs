//! `cargo xtask test`: every check there is, or a selection, with the counts at the end.

mod check;
mod counts;
mod dependencies;
mod environments;
mod output;
mod part;
mod python;
mod report;
mod rust;

use std::path::PathBuf;
use std::process::ExitCode;
use std::thread::{self, ScopedJoinHandle};

use anyhow::Result;
use cargo_metadata::Metadata;
use clap::Args;

use crate::session::Session;
use crate::{binaries, package};
use check::Check;
use environments::Environments;
use output::{Output, Turns};
use part::Part;
use report::Report;

#[derive(Args, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(crate) struct Options {
    /// Only what is done in two minutes from a clean clone: nothing that compiles an AWS SDK
    #[arg(long)]
    fast: bool,
    /// Run clippy against the cut SDK instead of the crate as published (saves five minutes and 8 GiB the first time)
    #[arg(long)]
    pruned_clippy: bool,
    /// Also the end-to-end tests that take minutes, with their figures
    #[arg(long)]
    slow: bool,
    /// How long the unit tests feed each parser with random input (default: 1)
    #[arg(long, value_name = "SECONDS")]
    fuzz: Option<u32>,
    /// Format [part]
    #[arg(long)]
    format: bool,
    /// Layering: who depends on whom [part]
    #[arg(long)]
    layers: bool,
    /// Dependencies: licences, banned crates, sources, and what nobody uses [part]
    #[arg(long)]
    dependencies: bool,
    /// Clippy, warnings are errors [part]
    #[arg(long)]
    clippy: bool,
    /// Unit, property and golden tests [part]
    #[arg(long)]
    unit: bool,
    /// Checks and tests of the templates [part]
    #[arg(long)]
    templates: bool,
    /// Tests of the local AWS itself [part]
    #[arg(long)]
    local: bool,
    /// End-to-end tests on the local AWS [part]
    #[arg(long)]
    e2e: bool,
    /// Tests of the page that `peerwright graph` makes, in headless Chromium; not among all unless asked for [part]
    #[arg(long)]
    browser: bool,
    /// Run the end-to-end tests on what `cargo xtask package` made, as it is, instead of building
    #[arg(long, value_name = "DIR", requires = "e2e")]
    artifacts: Option<PathBuf>,
}

impl Options {
    /// The parts that were asked for; all usual ones where none was.
    fn parts(&self) -> Vec<Part> {
        let asked = [
            (self.format, Part::Format),
            (self.layers, Part::Layers),
            (self.dependencies, Part::Dependencies),
            (self.clippy, Part::Clippy),
            (self.unit, Part::Unit),
            (self.templates, Part::Templates),
            (self.local, Part::Local),
            (self.e2e, Part::EndToEnd),
            (self.browser, Part::Browser),
        ];
        let all = !asked.iter().any(|(asked, _)| *asked);
        let usual = |part: Part| !(part.is_on_request() || self.fast && part.is_slow());
        let wanted = asked.into_iter().filter(|(asked, part)| *asked || (all && usual(*part)));
        wanted.map(|(_, part)| part).collect()
    }
}

/// Runs every part even where one fails.
pub(crate) fn run(options: &Options, session: &Session) -> Result<ExitCode> {
    let parts = options.parts();
    let run = Run {
        options: options.clone(),
        package: options.artifacts.as_deref().map(package::verified).transpose()?,
        session,
        members: session.workspace.members()?,
        turns: Turns::new(session.ui.clone(), parts.len()),
        parts,
    };
    let mut results = run.everything();
    results.sort_by_key(|(part, _)| run.place(*part));
    let mut report = Report::default();
    for (part, result) in results {
        report.add(part, result);
    }
    report.show(&session.ui);
    Ok(if report.failed() == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The environments, the programs for the end-to-end tests and those of the page, and what came of compiling the unit tests.
type Prepared<'a> = (Result<Environments>, Option<Result<PathBuf>>, Option<(Result<Option<Check>>, Output<'a>)>);

type Outcome = (Part, Result<Vec<Check>>);

/// What the parts share.
struct Run<'a> {
    options: Options,
    /// Given instead of programs that are built.
    package: Option<PathBuf>,
    session: &'a Session,
    members: Metadata,
    parts: Vec<Part>,
    turns: Turns,
}

impl Run<'_> {
    /// First what keeps both cores busy, then together what mostly waits: tests with deadlines must not compete with a compiler, and
    /// the unit tests take what the others leave.
    fn everything(&self) -> Vec<Outcome> {
        let mut results = Vec::new();
        let (environments, programs, unit) = self.prepare(&mut results);
        let (environments, programs) = (&environments, programs.as_ref().map(Result::as_ref));
        thread::scope(|scope| {
            let mut together = Vec::new();
            together.extend(unit.map(|(compiled, output)| scope.spawn(move || (Part::Unit, rust::tests(self, compiled, &output)))));
            together.extend(
                self.output(Part::Local)
                    .map(|output| scope.spawn(move || (Part::Local, python::local(self, environments.as_ref(), &output)))),
            );
            together.extend(self.output(Part::EndToEnd).zip(programs).map(|(output, programs)| {
                scope.spawn(move || (Part::EndToEnd, python::end_to_end(self, environments.as_ref(), programs, &output)))
            }));
            results.extend(together.into_iter().map(join));
            // Alone: its figures are not to depend on what else runs.
            results.extend(
                self.output(Part::Browser)
                    .zip(programs)
                    .map(|(output, programs)| (Part::Browser, python::browser(self, environments.as_ref(), programs, &output))),
            );
        });
        results
    }

    /// Checks the sources and compiles; the environments are downloaded, and the dependencies and the templates checked, meanwhile.
    fn prepare(&self, results: &mut Vec<Outcome>) -> Prepared<'_> {
        thread::scope(|scope| {
            let beside = scope.spawn(|| {
                let environments = Environments::make(self.session, &self.parts);
                let made = environments.as_ref();
                let mut checked: Vec<Outcome> = Vec::new();
                let output = self.output(Part::Dependencies);
                checked.extend(output.map(|output| (Part::Dependencies, dependencies::checks(self, made, &output))));
                checked.extend(self.output(Part::Templates).map(|output| (Part::Templates, python::templates(self, made, &output))));
                (environments, checked)
            });
            for part in [Part::Format, Part::Layers, Part::Clippy] {
                results.extend(self.output(part).map(|output| (part, rust::check_sources(part, self, &output))));
            }
            let programs = self.place(Part::EndToEnd).or(self.place(Part::Browser)).map(|_| self.programs());
            let unit = self.output(Part::Unit).map(|output| (rust::compile_tests(self, &output), output));
            let (environments, checked) = join(beside);
            results.extend(checked);
            (environments, programs, unit)
        })
    }

    /// Where a part writes, under its heading; nothing if it was not asked for.
    fn output(&self, part: Part) -> Option<Output<'_>> {
        let output = self.turns.output(self.place(part)?);
        output.heading(part.name());
        Some(output)
    }

    fn place(&self, part: Part) -> Option<usize> {
        self.parts.iter().position(|one| *one == part)
    }

    /// The directory with what the end-to-end tests run.
    fn programs(&self) -> Result<PathBuf> {
        if let Some(package) = &self.package {
            return Ok(package.clone());
        }
        binaries::build(self.session, &self.session.workspace.metadata()?, self.session.ui.step("build"))
    }
}

fn join<T>(thread: ScopedJoinHandle<'_, T>) -> T {
    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Cli {
        #[command(flatten)]
        options: Options,
    }

    fn parts(arguments: &[&str]) -> Vec<Part> {
        Cli::parse_from([&["x"], arguments].concat()).options.parts()
    }

    #[test]
    fn without_a_selection_everything_runs() {
        assert_eq!(parts(&[]), Part::USUAL);
    }

    #[test]
    fn fast_leaves_out_what_needs_the_functions_and_the_tests_of_the_local_aws() {
        assert_eq!(parts(&["--fast"]), [Part::Format, Part::Layers, Part::Dependencies, Part::Clippy, Part::Unit, Part::Templates]);
    }

    #[test]
    fn fuzzing_takes_whole_seconds_and_selects_nothing() {
        let cli = Cli::parse_from(["x", "--fuzz", "60"]);
        assert_eq!((cli.options.fuzz, cli.options.parts()), (Some(60), Part::USUAL.to_vec()));
        assert!(Cli::try_parse_from(["x", "--fuzz", "a minute"]).is_err());
    }

    #[test]
    fn a_package_is_for_the_end_to_end_tests() {
        let cli = Cli::parse_from(["x", "--e2e", "--artifacts", "target/package/x86_64"]);
        assert_eq!(cli.options.artifacts.as_deref(), Some(std::path::Path::new("target/package/x86_64")));
        assert!(Cli::try_parse_from(["x", "--artifacts", "target/package/x86_64"]).is_err());
        assert!(Cli::try_parse_from(["x", "--unit", "--artifacts", "target/package/x86_64"]).is_err());
    }

    #[test]
    fn a_browser_is_started_only_where_somebody_asks_for_it() {
        assert!(!parts(&[]).contains(&Part::Browser));
        assert_eq!(parts(&["--browser"]), [Part::Browser]);
    }

    #[test]
    fn selected_parts_run_in_their_usual_order() {
        assert_eq!(parts(&["--e2e", "--unit"]), [Part::Unit, Part::EndToEnd]);
    }
}
