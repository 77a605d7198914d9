//! `cargo xtask bench`: what is measured, side by side, and written into `docs/performance.md` with the machine.

mod start;

use std::fs;
use std::process::Command;

use anyhow::{Context, Result, bail};
use clap::{Args, ValueEnum};

use crate::command::{Stream, Tail, run};
use crate::session::Session;
use crate::workspace::cargo;

#[derive(Args)]
pub(crate) struct Options {
    /// The benchmark to run; all of them where none is named
    #[arg(value_enum)]
    only: Option<Bench>,
}

/// One benchmark. Its name is the mark of its place in the document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Bench {
    /// Whole estates on the fake of EC2, in virtual time
    Estate,
    /// Planning and linting an estate in one process
    Planner,
    /// The start of the functions' processes, their memory and size
    Start,
}

/// The document, from the root of the checkout.
const DOCUMENT: &str = "docs/performance.md";

/// Runs the benchmarks one after the other, and shows what they print. What is marked in the document is written anew.
pub(crate) fn bench(options: &Options, session: &Session) -> Result<()> {
    let path = session.workspace.root().join(DOCUMENT);
    for bench in options.selected() {
        let name = bench.name();
        session.ui.heading(&name);
        let measured = bench.measure(session)?;
        let document = fs::read_to_string(&path).with_context(|| format!("read {}", path.display()))?;
        if let Some(document) = replaced(&document, &name, &format!("Measured on {}.\n\n{measured}", machine())) {
            fs::write(&path, document).with_context(|| format!("write {}", path.display()))?;
            session.ui.line(&format!("written into {DOCUMENT}"));
        }
    }
    Ok(())
}

impl Options {
    fn selected(&self) -> Vec<Bench> {
        self.only.map_or_else(|| Bench::value_variants().to_vec(), |bench| vec![bench])
    }
}

impl Bench {
    fn name(self) -> String {
        format!("{self:?}").to_lowercase()
    }

    /// What it prints, which is also what the document shows.
    fn measure(self, session: &Session) -> Result<String> {
        match self {
            Self::Estate => measure(session, "peerwright-engine", &self.name()),
            Self::Planner => measure(session, "peerwright-core", &self.name()),
            Self::Start => start::measure(session),
        }
    }
}

/// Runs a benchmark of a package.
fn measure(session: &Session, package: &str, target: &str) -> Result<String> {
    let mut command = cargo(["bench", "--locked", "--package", package, "--bench", target]);
    let (mut printed, mut tail) = (Vec::new(), Tail::default());
    let status = run(&mut command, &session.interrupt, |stream, line| {
        if stream == Stream::Out {
            session.ui.line(line);
            printed.push(line.to_owned());
        } else {
            tail.push(line);
        }
    })?;
    if !status.success() {
        bail!("the benchmark {target} failed ({status}):\n{tail}");
    }
    Ok(printed.join("\n").trim().to_owned())
}

/// The document with another text between the two marks of a benchmark; none where it has none.
fn replaced(document: &str, name: &str, text: &str) -> Option<String> {
    let (begin, end) = (format!("<!-- bench {name} -->\n"), format!("<!-- end of bench {name} -->"));
    let (before, rest) = document.split_once(&begin)?;
    let (_, after) = rest.split_once(&end)?;
    Some(format!("{before}{begin}\n{text}\n\n{end}{after}"))
}

/// The processor, how many of it, and the compiler.
fn machine() -> String {
    let cpuinfo = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpuinfo.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": ").map(|(_, model)| model.to_owned()));
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let rustc = Command::new("rustc").arg("--version").output().map(|found| String::from_utf8_lossy(&found.stdout).trim().to_owned());
    format!(
        "{cores} cores of {}, {}",
        model.as_deref().unwrap_or("an unknown processor"),
        rustc.as_deref().unwrap_or("an unknown compiler")
    )
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

    #[test]
    fn all_benchmarks_run_unless_one_is_named() {
        let names = |arguments: &[&str]| {
            let selected = Cli::try_parse_from([&["x"], arguments].concat()).map(|cli| cli.options.selected());
            selected.map(|benches| benches.into_iter().map(Bench::name).collect::<Vec<_>>())
        };
        assert_eq!(names(&[]).expect("allowed"), ["estate", "planner", "start"]);
        assert_eq!(names(&["start"]).expect("allowed"), ["start"]);
        assert!(names(&["other"]).is_err());
    }

    #[test]
    fn every_benchmark_has_its_place_in_the_document() {
        let document = include_str!("../../docs/performance.md");
        for bench in Bench::value_variants() {
            assert!(replaced(document, &bench.name(), "").is_some(), "{bench:?}");
        }
    }

    #[test]
    fn what_is_between_the_marks_is_replaced_and_nothing_else() {
        let document = "# A\n<!-- bench a -->\nold\n<!-- end of bench a -->\n# B\n<!-- bench b -->\nkept\n<!-- end of bench b -->\n";
        let expected = "# A\n<!-- bench a -->\n\nnew\n\n<!-- end of bench a -->\n# B\n<!-- bench b -->\nkept\n<!-- end of bench b -->\n";
        assert_eq!(replaced(document, "a", "new").as_deref(), Some(expected));
        assert_eq!(replaced(document, "c", "new"), None);
    }
}
