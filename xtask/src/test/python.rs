//! The parts that are Python programs.

use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, anyhow};

use super::Run;
use super::check::{Check, check};
use super::environments::{self, Checkers, Made};
use super::output::Output;
use crate::python::Environment;

/// Set where the slow tests are wanted (`tests/e2e/conftest.py`).
const SLOW: &str = "PEERWRIGHT_SLOW";

/// Where the tests find the programs.
const ARTIFACTS: &str = "PEERWRIGHT_ARTIFACTS";

/// The directory with the programs, or why there is none.
pub(super) type Built<'a> = Result<&'a PathBuf, &'a anyhow::Error>;

/// Each with a local AWS of its own. Most of a test's time is spent waiting.
const WORKERS_PER_CORE: usize = 2;

/// Partitions differ in the types and properties that CloudFormation knows there.
const ONE_REGION_OF_EACH_PARTITION: [&str; 3] = ["eu-west-1", "cn-north-1", "us-gov-west-1"];

/// Checks of the templates.
pub(super) fn templates(run: &Run<'_>, made: Made<'_>, output: &Output<'_>) -> Result<Vec<Check>> {
    let Checkers { lint, checkov } = environments::templates(made)?;
    let workspace = &run.session.workspace;
    let mut sam = lint.command("sam", workspace);
    sam.args(["validate", "--lint", "--template", "infra/hub.yaml"]).env("SAM_CLI_TELEMETRY", "0");
    let mut cfn_lint = lint.command("cfn-lint", workspace);
    cfn_lint.arg("--regions").args(ONE_REGION_OF_EACH_PARTITION).args(["--", "infra/*.yaml"]);
    let mut advice = checkov.command("checkov", workspace);
    advice.args(["--config-file", "infra/checks/checkov.yaml"]);
    let checked = |name, command: &mut Command| {
        // Only a place for the linters to stand: nothing is asked of any Region.
        check(name, command.env("AWS_DEFAULT_REGION", "eu-west-1"), output, &run.session.interrupt)
    };
    Ok(vec![checked("sam validate --lint", &mut sam)?, checked("cfn-lint", &mut cfn_lint)?, checked("checkov", &mut advice)?])
}

/// Tests of the local AWS itself.
pub(super) fn local(run: &Run<'_>, made: Made<'_>, output: &Output<'_>) -> Result<Vec<Check>> {
    // By file, because some files start a local AWS for themselves.
    let mut pytest = pytest(run, environments::local(made)?, &["infra/local/tests", "--dist", "loadfile"]);
    pytest.args(["-n", &cores().to_string()]);
    Ok(vec![check("pytest infra/local/tests", &mut pytest, output, &run.session.interrupt)?])
}

/// The slow tests run alone: their figures are not to depend on what else runs.
pub(super) fn end_to_end(run: &Run<'_>, made: Made<'_>, programs: Built<'_>, output: &Output<'_>) -> Result<Vec<Check>> {
    let (local, programs) = (environments::local(made)?, built(programs)?);
    let tested = |name, pytest: &mut Command| check(name, pytest.env(ARTIFACTS, programs), output, &run.session.interrupt);
    // One by one: those that take long begin first, and none waits behind another at the end.
    let mut all = pytest(run, local, &["tests/e2e", "--dist", "load", "--maxschedchunk", "1"]);
    all.args(["-n", &(WORKERS_PER_CORE * cores()).to_string()]);
    let mut checks = vec![tested("pytest tests/e2e", &mut all)?];
    if run.options.slow {
        let mut slow = pytest(run, local, &["tests/e2e", "-m", "slow"]);
        checks.push(tested("pytest tests/e2e -m slow", slow.env(SLOW, "1"))?);
    }
    Ok(checks)
}

/// Tests of the page that `peerwright graph` makes.
pub(super) fn browser(run: &Run<'_>, made: Made<'_>, programs: Built<'_>, output: &Output<'_>) -> Result<Vec<Check>> {
    let mut pytest = pytest(run, environments::browser(made)?, &["tests/browser"]);
    Ok(vec![check("pytest tests/browser", pytest.env(ARTIFACTS, built(programs)?), output, &run.session.interrupt)?])
}

fn built(programs: Built<'_>) -> Result<&Path> {
    programs.map(PathBuf::as_path).map_err(|error| anyhow!("{error:#}"))
}

fn pytest(run: &Run<'_>, local: &Environment, arguments: &[&str]) -> Command {
    let mut command = local.python(&run.session.workspace);
    command.args(["-m", "pytest", "-p", "no:cacheprovider", "-r", "fE"]).args(arguments);
    command
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, NonZero::get)
}
