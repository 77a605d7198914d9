//! uv, which installs the pinned packages in seconds where pip takes minutes.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::{create, mirror, own_settings_removed};
use crate::command;
use crate::interrupt::Interrupt;

/// One version with the hashes of all its files.
const REQUIREMENTS: &str = include_str!("uv.txt");

pub(super) struct Uv {
    program: PathBuf,
    pip: PathBuf,
}

/// In an environment of its own: `uv pip sync` removes what isn't pinned, itself included.
pub(super) fn install(python: &Path, directory: &Path, interrupt: &Interrupt, mut now: impl FnMut(&str)) -> Result<Uv> {
    let uv = Uv { program: directory.join("bin/uv"), pip: directory.join("bin/python") };
    let stamp = directory.join("peerwright-stamp");
    let fresh = super::stamp_of(directory, REQUIREMENTS);
    if fs::read_to_string(&stamp).is_ok_and(|stamp| stamp == fresh) && uv.program.exists() {
        return Ok(uv);
    }
    now("installing uv");
    create(python, directory, &[], interrupt)?;
    let requirements = directory.join("requirements.txt");
    fs::write(&requirements, REQUIREMENTS).with_context(|| format!("write {}", requirements.display()))?;
    let mut command = Command::new(&uv.pip);
    own_settings_removed(&mut command)
        .args(["-m", "pip", "install", "--disable-pip-version-check", "--only-binary", ":all:", "--require-hashes", "-r"])
        .arg(&requirements);
    command::run_quietly(&mut command, interrupt, |_| {}).context("install uv")?;
    fs::write(&stamp, fresh).with_context(|| format!("write {}", stamp.display()))?;
    Ok(uv)
}

impl Uv {
    /// Makes the environment of `python` hold exactly what `requirements` pins.
    pub(super) fn sync(&self, python: &Path, requirements: &Path, interrupt: &Interrupt, mut now: impl FnMut(&str)) -> Result<()> {
        let mut command = Command::new(&self.program);
        own_settings_removed(&mut command).args(["pip", "sync", "--require-hashes", "--python"]).arg(python).arg(requirements);
        command.env("UV_PYTHON_DOWNLOADS", "never").env("UV_NO_CONFIG", "1");
        for (name, value) in self.mirror()? {
            // Someone who set uv up knows better than pip's configuration.
            if std::env::var_os(name).is_none() {
                command.env(name, value);
            }
        }
        command::run_quietly(&mut command, interrupt, |line| now(line.trim()))
            .with_context(|| format!("install {}", requirements.display()))
    }

    /// uv doesn't read pip's configuration, where a company's mirror is named.
    fn mirror(&self) -> Result<Vec<(&'static str, String)>> {
        let mut command = Command::new(&self.pip);
        let output =
            own_settings_removed(command.args(["-m", "pip", "config", "list"])).output().context("ask pip for its configuration")?;
        Ok(mirror::for_uv(&String::from_utf8_lossy(&output.stdout)))
    }
}
