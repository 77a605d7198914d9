//! The environments that the selected parts need.

use anyhow::{Context, Result, anyhow};

use super::part::Part;
use crate::python::Environment;
use crate::session::Session;

pub(super) struct Environments {
    local: Option<Environment>,
    crates: Option<Environment>,
    templates: Option<Checkers>,
    browser: Option<Environment>,
}

/// What checks the templates.
pub(super) struct Checkers {
    pub(super) lint: Environment,
    pub(super) checkov: Environment,
}

/// The environments, or why there are none.
pub(super) type Made<'a> = Result<&'a Environments, &'a anyhow::Error>;

impl Environments {
    pub(super) fn make(session: &Session, parts: &[Part]) -> Result<Self> {
        let (workspace, interrupt) = (&session.workspace, &session.interrupt);
        let needed = |wanted: &[Part]| wanted.iter().any(|part| parts.contains(part));
        let crates = needed(&[Part::Dependencies]).then(|| Environment::crates(workspace, interrupt, |_| {})).transpose()?;
        let local = needed(&[Part::Local, Part::EndToEnd]).then(|| Environment::local(workspace, interrupt, |_| {})).transpose()?;
        let templates = needed(&[Part::Templates]).then(|| Checkers::make(session)).transpose()?;
        let browser = needed(&[Part::Browser]).then(|| Environment::browser(workspace, interrupt, |_| {})).transpose()?;
        Ok(Self { local, crates, templates, browser })
    }
}

impl Checkers {
    fn make(session: &Session) -> Result<Self> {
        let lint = Environment::checks(&session.workspace, &session.interrupt, |_| {})?;
        let checkov = Environment::checkov(&session.workspace, &session.interrupt, |_| {})?;
        Ok(Self { lint, checkov })
    }
}

/// The local AWS, its clients and the tests.
pub(super) fn local(made: Made<'_>) -> Result<&Environment> {
    among(made)?.local.as_ref().context("no environment for the local AWS was made")
}

/// What drives a Chromium.
pub(super) fn browser(made: Made<'_>) -> Result<&Environment> {
    among(made)?.browser.as_ref().context("no environment for the tests of the page was made")
}

/// The programs that look at the crates we use.
pub(super) fn crates(made: Made<'_>) -> Result<&Environment> {
    among(made)?.crates.as_ref().context("no environment for the checks of dependencies was made")
}

pub(super) fn templates(made: Made<'_>) -> Result<&Checkers> {
    among(made)?.templates.as_ref().context("no environment for the checks of templates was made")
}

fn among(made: Made<'_>) -> Result<&Environments> {
    made.map_err(|error| anyhow!("{error:#}"))
}
