//! Virtual environments with exactly the packages that a requirements file pins.

mod find;
mod mirror;
mod uv;

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::command;
use crate::interrupt::Interrupt;
use crate::session::Lock;
use crate::workspace::Workspace;

/// Settings that would lead a Python, or its pip, out of its virtual environment.
const ELSEWHERE: [&str; 6] = ["VIRTUAL_ENV", "__PYVENV_LAUNCHER__", "PIP_PREFIX", "PIP_ROOT", "PIP_TARGET", "PIP_USER"];

/// A virtual environment under `target/local`.
pub(crate) struct Environment {
    directory: PathBuf,
}

impl Environment {
    /// The local AWS, its clients and the tests.
    pub(crate) fn local(workspace: &Workspace, interrupt: &Interrupt, now: impl FnMut(&str)) -> Result<Self> {
        Self::make(workspace, "infra/local/requirements.txt", "python-local", interrupt, now)
    }

    /// The checks of the templates.
    pub(crate) fn checks(workspace: &Workspace, interrupt: &Interrupt, now: impl FnMut(&str)) -> Result<Self> {
        Self::make(workspace, "infra/checks/requirements.txt", "python-checks", interrupt, now)
    }

    /// checkov, whose packages are older than those of the other checks.
    pub(crate) fn checkov(workspace: &Workspace, interrupt: &Interrupt, now: impl FnMut(&str)) -> Result<Self> {
        Self::make(workspace, "infra/checks/checkov.txt", "python-checkov", interrupt, now)
    }

    /// Programs that look at the crates we use; none of them is written in Python.
    pub(crate) fn crates(workspace: &Workspace, interrupt: &Interrupt, now: impl FnMut(&str)) -> Result<Self> {
        Self::make(workspace, "xtask/src/test/requirements.txt", "python-crates", interrupt, now)
    }

    /// A Python function with boto3, to compare ours with.
    pub(crate) fn bench(workspace: &Workspace, interrupt: &Interrupt, now: impl FnMut(&str)) -> Result<Self> {
        Self::make(workspace, "xtask/src/bench/start/requirements.txt", "python-bench", interrupt, now)
    }

    /// Playwright and axe, for the tests of the page that `peerwright graph` makes.
    pub(crate) fn browser(workspace: &Workspace, interrupt: &Interrupt, now: impl FnMut(&str)) -> Result<Self> {
        Self::make(workspace, "tests/browser/requirements.txt", "python-browser", interrupt, now)
    }

    /// zig, with which packages are compiled and linked.
    pub(crate) fn zig(workspace: &Workspace, interrupt: &Interrupt, now: impl FnMut(&str)) -> Result<Self> {
        Self::make(workspace, "xtask/src/package/requirements.txt", "python-zig", interrupt, now)
    }

    fn make(workspace: &Workspace, requirements: &str, name: &str, interrupt: &Interrupt, mut now: impl FnMut(&str)) -> Result<Self> {
        let directory = workspace.local().join(name);
        let _lock = Lock::wait(&workspace.local().join("python.lock"))?;
        let requirements = workspace.root().join(requirements);
        let packages = fs::read_to_string(&requirements).with_context(|| format!("read {}", requirements.display()))?;
        let stamp = directory.join("peerwright-stamp");
        let fresh = stamp_of(&directory, &packages);
        if fs::read_to_string(&stamp).is_ok_and(|stamp| stamp == fresh) && directory.join("bin/python").exists() {
            return Ok(Self { directory });
        }
        now("looking for Python");
        let python = find::find()?;
        let uv = uv::install(&python, &workspace.local().join("python-uv"), interrupt, &mut now)?;
        now("creating the virtual environment");
        create(&python, &directory, &["--without-pip"], interrupt)?;
        now("installing packages");
        let environment = Self { directory };
        uv.sync(&environment.program("python"), &requirements, interrupt, now)?;
        fs::write(&stamp, fresh).with_context(|| format!("write {}", stamp.display()))?;
        Ok(environment)
    }

    /// A program of the environment.
    pub(crate) fn program(&self, name: &str) -> PathBuf {
        self.directory.join("bin").join(name)
    }

    /// `python …` with the local AWS's package on its path.
    pub(crate) fn python(&self, workspace: &Workspace) -> Command {
        let mut command = self.command("python", workspace);
        command.env("PYTHONPATH", workspace.root().join("infra/local"));
        command
    }

    /// A program of the environment that is written in Python, in the checkout, knowing nothing of the person's own AWS accounts.
    pub(crate) fn command(&self, name: &str, workspace: &Workspace) -> Command {
        let mut command = Command::new(self.program(name));
        command.current_dir(workspace.root());
        own_settings_removed(&mut command);
        // Output is read line by line while it runs; the source directories stay clean. Byte code is kept, whatever a container's
        // image says: without it every start compiles the emulators anew, which takes three times as long as the start itself.
        command.env("PYTHONUNBUFFERED", "1").env("PYTHONPYCACHEPREFIX", workspace.local().join("pycache"));
        isolated(&mut command);
        command
    }
}

/// Takes away every setting that could lead to a real AWS account, and any proxy on the way to this machine's own ports.
pub(crate) fn isolated(command: &mut Command) -> &mut Command {
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(|name| name.starts_with("AWS_")) {
            command.env_remove(name);
        }
    }
    command.env("AWS_CONFIG_FILE", "/dev/null").env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null").env("AWS_EC2_METADATA_DISABLED", "true");
    command.env("NO_PROXY", "127.0.0.1,localhost").env("no_proxy", "127.0.0.1,localhost")
}

/// The path is part of it because the scripts of a virtual environment break when it is moved.
fn stamp_of(directory: &Path, packages: &str) -> String {
    let mut hasher = DefaultHasher::new();
    (directory, packages).hash(&mut hasher);
    format!("{:016x}\n", hasher.finish())
}

/// Takes away what a person set up for other Pythons: PYTHONHOME and PYTHONPATH, an active virtual environment, and where pip puts things.
fn own_settings_removed(command: &mut Command) -> &mut Command {
    for (name, _) in std::env::vars_os() {
        let theirs = name.to_str().is_some_and(|name| name.starts_with("PYTHON") || ELSEWHERE.contains(&name));
        if theirs {
            command.env_remove(name);
        }
    }
    command
}

fn create(python: &Path, directory: &Path, options: &[&str], interrupt: &Interrupt) -> Result<()> {
    let mut command = Command::new(python);
    own_settings_removed(&mut command).args(["-m", "venv", "--clear"]).args(options).arg(directory);
    command::run_quietly(&mut command, interrupt, |_| {}).context("create the virtual environment")?;
    if !directory.join("bin/python").exists() {
        bail!("{} was created without a bin/python", directory.display());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_packages_or_another_place_ask_for_a_new_environment() {
        let stamp = stamp_of(Path::new("/a"), "moto==1");
        assert_eq!(stamp, stamp_of(Path::new("/a"), "moto==1"));
        assert_ne!(stamp, stamp_of(Path::new("/a"), "moto==2"));
        assert_ne!(stamp, stamp_of(Path::new("/b"), "moto==1"));
    }
}
