//! The parts that are Python programs.

use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, anyhow};

use super::Options;
use super::counts::Counts;
use super::part::Part;
use super::report::Check;
use crate::python::{Environment, isolated};
use crate::session::Session;
use crate::{binaries, command};

/// Set where the slow tests are wanted (`tests/e2e/conftest.py`).
const SLOW: &str = "PEERWRIGHT_SLOW";

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

pub(super) fn run(
    part: Part,
    options: Options,
    environments: Result<&Option<Environments>, &anyhow::Error>,
    session: &Session,
) -> Result<Vec<Check>> {
    session.ui.heading(part.name());
    let environments = environments.map_err(|error| anyhow!("{error:#}"))?.as_ref().context("no environment was made")?;
    let suite = Suite { environments, session };
    match part {
        Part::Templates => suite.templates(),
        Part::Local => Ok(vec![suite.pytest("infra/local/tests", |_| {})?]),
        _ => {
            let artifacts = binaries::build(session, &session.workspace.metadata()?, session.ui.step("build"))?;
            let set_up = |command: &mut Command| {
                command.env("PEERWRIGHT_ARTIFACTS", &artifacts);
                if options.slow {
                    command.env(SLOW, "1");
                }
            };
            Ok(vec![suite.pytest("tests/e2e", set_up)?])
        }
    }
}

struct Suite<'a> {
    environments: &'a Environments,
    session: &'a Session,
}

impl Suite<'_> {
    fn templates(&self) -> Result<Vec<Check>> {
        let checks = self.environments.checks.as_ref().context("no environment for the template checks was made")?;
        let mut sam = Command::new(checks.program("sam"));
        sam.args(["validate", "--lint", "--template", "infra/hub.yaml"]).env("SAM_CLI_TELEMETRY", "0");
        let mut lint = Command::new(checks.program("cfn-lint"));
        lint.args(["infra/hub.yaml", "infra/member.yaml"]);
        Ok(vec![self.check("sam validate --lint", &mut sam)?, self.check("cfn-lint", &mut lint)?])
    }

    fn check(&self, name: &str, command: &mut Command) -> Result<Check> {
        // Only a place for the linters to stand: nothing is asked of any Region.
        let command = isolated(command).env("AWS_DEFAULT_REGION", "eu-west-1").current_dir(self.session.workspace.root());
        check(name, command, self.session)
    }

    fn pytest(&self, path: &str, set_up: impl Fn(&mut Command)) -> Result<Check> {
        let mut command = self.environments.local.python(&self.session.workspace);
        command.args(["-m", "pytest", "-p", "no:cacheprovider", "-r", "fE", path]);
        set_up(&mut command);
        check(&format!("pytest {path}"), &mut command, self.session)
    }
}

/// Runs a command and shows its output; what it counted, or else the command itself as one test.
pub(super) fn check(name: &str, command: &mut Command, session: &Session) -> Result<Check> {
    session.ui.line(&session.ui.dim(&format!("$ {}", command::shown(command))));
    let begun = Instant::now();
    let mut counted: Option<Counts> = None;
    let status = command::run(command, &session.interrupt, |_, line| {
        if let Some(counts) = Counts::read(line) {
            *counted.get_or_insert_default() += counts;
        }
        session.ui.line(line);
    })?;
    let mut counts = counted.unwrap_or_else(|| Counts::one(status.success()));
    if !status.success() && counts.failed == 0 {
        // It broke after or beside its tests: a build error, no tests found.
        counts += Counts::one(false);
    }
    Ok(Check { name: name.to_owned(), counts, seconds: begun.elapsed().as_secs_f64() })
}
