//! Where the checkout is and where its things go.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use cargo_metadata::{Metadata, MetadataCommand};

/// The checkout that the command was called in.
pub(crate) struct Workspace {
    root: PathBuf,
}

impl Workspace {
    /// Asks cargo, so that the command works in every directory of the checkout. Reads no dependencies and needs no network.
    pub(crate) fn find() -> Result<Self> {
        let output = cargo(["locate-project", "--workspace", "--message-format", "plain"]).output().context("start cargo")?;
        if !output.status.success() {
            bail!("cargo locate-project: {}", String::from_utf8_lossy(&output.stderr).trim());
        }
        let manifest = PathBuf::from(String::from_utf8(output.stdout).context("the path of the checkout is not UTF-8")?.trim());
        let root = manifest.parent().context("a manifest lies in a directory")?.to_owned();
        Ok(Self { root })
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// Always inside the checkout, wherever cargo's own output goes: two checkouts must not share a state.
    pub(crate) fn local(&self) -> PathBuf {
        self.root.join("target/local")
    }

    /// The members alone, without what they depend on. Needs no network.
    pub(crate) fn members(&self) -> Result<Metadata> {
        MetadataCommand::new().current_dir(&self.root).no_deps().exec().context("read the workspace's members")
    }

    /// The whole dependency graph for this machine. The first call on a machine downloads the crates.
    pub(crate) fn metadata(&self) -> Result<Metadata> {
        self.metadata_for(&host()?)
    }

    /// The whole dependency graph for a target, as rustc calls it.
    pub(crate) fn metadata_for(&self, target: &str) -> Result<Metadata> {
        MetadataCommand::new()
            .current_dir(&self.root)
            .other_options(["--locked", "--filter-platform", target].map(str::to_owned))
            .exec()
            .context("read the workspace's dependencies")
    }
}

/// Cargo, as it would run if a person had called it.
pub(crate) fn cargo<'a>(arguments: impl IntoIterator<Item = &'a str>) -> Command {
    let mut command = like_cargo(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments);
    command
}

/// A program without the variables that `cargo run` set for us: build scripts that watch them would run again for nothing.
pub(crate) fn like_cargo(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    for (name, _) in std::env::vars_os() {
        let own = ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_"];
        if name.to_str().is_some_and(|name| own.iter().any(|prefix| name.starts_with(prefix))) {
            command.env_remove(name);
        }
    }
    command
}

/// What we build for and on, as rustc calls it.
pub(crate) fn host() -> Result<String> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc).args(["--print", "host-tuple"]).output().context("start rustc")?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
