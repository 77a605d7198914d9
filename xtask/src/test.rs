//! `cargo xtask test`: every check there is, or a selection, with the counts at the end.

mod counts;
mod part;
mod python;
mod report;
mod rust;

use std::process::ExitCode;
use std::thread;

use anyhow::Result;
use clap::Args;

use crate::session::Session;
use part::Part;
use report::Report;

#[derive(Args, Clone, Copy)]
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
}

impl Options {
    /// The parts that were asked for; all where none was.
    fn parts(&self) -> Vec<Part> {
        let asked = [
            (self.format, Part::Format),
            (self.layers, Part::Layers),
            (self.clippy, Part::Clippy),
            (self.unit, Part::Unit),
            (self.templates, Part::Templates),
            (self.local, Part::Local),
            (self.e2e, Part::EndToEnd),
        ];
        let all = !asked.iter().any(|(asked, _)| *asked);
        let wanted = asked.into_iter().filter(|(asked, part)| *asked || (all && !(self.fast && part.is_slow())));
        wanted.map(|(_, part)| part).collect()
    }
}

/// Runs every part even where one fails.
pub(crate) fn run(options: &Options, session: &Session) -> Result<ExitCode> {
    let parts = options.parts();
    let members = session.workspace.members()?;
    let mut report = Report::default();
    thread::scope(|scope| {
        // The environments are downloaded, and the templates checked, while cargo compiles.
        let beside = scope.spawn(|| {
            let environments = python::Environments::make(session, &parts);
            let templates =
                parts.contains(&Part::Templates).then(|| python::run(Part::Templates, *options, environments.as_ref(), session));
            (environments, templates)
        });
        let (rust, python): (Vec<&Part>, Vec<&Part>) = parts.iter().partition(|part| part.is_rust());
        for part in rust {
            report.add(*part, rust::run(*part, *options, session, &members));
        }
        let (environments, templates) = beside.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        if let Some(checks) = templates {
            report.add(Part::Templates, checks);
        }
        for part in python.into_iter().filter(|part| **part != Part::Templates) {
            report.add(*part, python::run(*part, *options, environments.as_ref(), session));
        }
    });
    report.show(&session.ui);
    Ok(if report.failed() == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
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
        assert_eq!(parts(&[]), Part::ALL);
    }

    #[test]
    fn fast_leaves_out_what_needs_the_functions_and_the_tests_of_the_local_aws() {
        assert_eq!(parts(&["--fast"]), [Part::Format, Part::Layers, Part::Clippy, Part::Unit, Part::Templates]);
    }

    #[test]
    fn fuzzing_takes_whole_seconds_and_selects_nothing() {
        let cli = Cli::parse_from(["x", "--fuzz", "60"]);
        assert_eq!((cli.options.fuzz, cli.options.parts()), (Some(60), Part::ALL.to_vec()));
        assert!(Cli::try_parse_from(["x", "--fuzz", "a minute"]).is_err());
    }

    #[test]
    fn selected_parts_run_in_their_usual_order() {
        assert_eq!(parts(&["--e2e", "--unit"]), [Part::Unit, Part::EndToEnd]);
    }
}
