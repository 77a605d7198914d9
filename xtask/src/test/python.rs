//! The parts that are Python programs.

use std::num::NonZero;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, anyhow};

use super::Run;
use super::check::{Check, check};
use super::output::Output;
use super::part::Part;
use crate::python::{Environment, isolated};
use crate::session::Session;

/// Set where the slow tests are wanted (`tests/e2e/conftest.py`).
const SLOW: &str = "PEERWRIGHT_SLOW";

/// Each with a local AWS of its own. Most of a test's time is spent waiting.
const WORKERS_PER_CORE: usize = 2;

/// Partitions differ in the types and properties that CloudFormation knows there.
const ONE_REGION_OF_EACH_PARTITION: [&str; 3] = ["eu-west-1", "cn-north-1", "us-gov-west-1"];

/// What the selected parts need.
pub(super) struct Environments {
    local: Environment,
    checks: Option<Environment>,
}

impl Environments {
    pub(super) fn make(session: &Session, parts: &[Part]) -> Result<Option<Self>> {
        if parts.iter().all(|part| part.is_rust()) {
            return Ok(None);
        }
        let local = Environment::local(&session.workspace, &session.interrupt, |_| {})?;
        let needed = parts.iter().any(|part| part.needs_checks());
        let checks = needed.then(|| Environment::checks(&session.workspace, &session.interrupt, |_| {})).transpose()?;
        Ok(Some(Self { local, checks }))
    }
}

type Made<'a> = Result<&'a Option<Environments>, &'a anyhow::Error>;

/// Checks of the templates.
pub(super) fn templates(run: &Run<'_>, made: Made<'_>, output: &Output<'_>) -> Result<Vec<Check>> {
    let checks = environments(made)?.checks.as_ref().context("no environment for the template checks was made")?;
    let mut sam = Command::new(checks.program("sam"));
    sam.args(["validate", "--lint", "--template", "infra/hub.yaml"]).env("SAM_CLI_TELEMETRY", "0");
    let mut lint = Command::new(checks.program("cfn-lint"));
    lint.arg("--regions").args(ONE_REGION_OF_EACH_PARTITION).args(["--", "infra/*.yaml"]);
    let linted = |name, command: &mut Command| {
        // Only a place for the linters to stand: nothing is asked of any Region.
        let command = isolated(command).env("AWS_DEFAULT_REGION", "eu-west-1").current_dir(run.session.workspace.root());
        check(name, command, output, &run.session.interrupt)
    };
    Ok(vec![linted("sam validate --lint", &mut sam)?, linted("cfn-lint", &mut lint)?])
}

/// Tests of the local AWS itself.
pub(super) fn local(run: &Run<'_>, made: Made<'_>, output: &Output<'_>) -> Result<Vec<Check>> {
    // By file, because some files start a local AWS for themselves.
    let mut pytest = pytest(run, environments(made)?, &["infra/local/tests", "--dist", "loadfile"]);
    pytest.args(["-n", &cores().to_string()]);
    Ok(vec![check("pytest infra/local/tests", &mut pytest, output, &run.session.interrupt)?])
}

/// The slow tests run alone: their figures are not to depend on what else runs.
pub(super) fn end_to_end(run: &Run<'_>, made: Made<'_>, programs: Result<PathBuf>, output: &Output<'_>) -> Result<Vec<Check>> {
    let (environments, programs) = (environments(made)?, programs?);
    let tested = |name, pytest: &mut Command| check(name, pytest.env("PEERWRIGHT_ARTIFACTS", &programs), output, &run.session.interrupt);
    // One by one: those that take long begin first, and none waits behind another at the end.
    let mut all = pytest(run, environments, &["tests/e2e", "--dist", "load", "--maxschedchunk", "1"]);
    all.args(["-n", &(WORKERS_PER_CORE * cores()).to_string()]);
    let mut checks = vec![tested("pytest tests/e2e", &mut all)?];
    if run.options.slow {
        let mut slow = pytest(run, environments, &["tests/e2e", "-m", "slow"]);
        checks.push(tested("pytest tests/e2e -m slow", slow.env(SLOW, "1"))?);
    }
    Ok(checks)
}

fn environments(made: Made<'_>) -> Result<&Environments> {
    made.map_err(|error| anyhow!("{error:#}"))?.as_ref().context("no environment was made")
}

fn pytest(run: &Run<'_>, environments: &Environments, arguments: &[&str]) -> Command {
    let mut command = environments.local.python(&run.session.workspace);
    command.args(["-m", "pytest", "-p", "no:cacheprovider", "-r", "fE"]).args(arguments);
    command
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, NonZero::get)
}
