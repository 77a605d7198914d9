//! What compiles a package: the Rust of this checkout, with zig as C compiler and linker.
//!
//! A program that this machine's own linker makes needs this machine's glibc; zig links against any version of it, for both processors. It is
//! what cargo-lambda does too, through the same cargo-zigbuild. We take these two pinned, as Python packages: a cargo-lambda that happens to
//! be installed brings whichever zig it finds and flags of its own, and other bytes with them.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use cargo_metadata::Metadata;

use super::architecture::Architecture;
use super::program::GLIBC;
use crate::python::Environment;
use crate::session::Session;
use crate::workspace::like_cargo;

pub(super) struct Toolchain {
    environment: Environment,
    architecture: Architecture,
}

impl Toolchain {
    /// Refuses first what would fail last.
    pub(super) fn prepare(session: &Session, architecture: Architecture) -> Result<Self> {
        require_library(architecture)?;
        let mut step = session.ui.step("zig");
        let environment = Environment::zig(&session.workspace, &session.interrupt, |text| step.now(text))?;
        step.done("");
        Ok(Self { environment, architecture })
    }

    /// `cargo build --release` for programs that start where Lambda's glibc is.
    pub(super) fn build(&self, metadata: &Metadata) -> Result<Command> {
        let mut command = like_cargo(self.environment.program("cargo-zigbuild"));
        command.args(["zigbuild", "--release", "--locked", "--target", &format!("{}.{GLIBC}", self.architecture.target())]);
        // Its own zig, and not one that is on the path.
        command.env("CARGO_ZIGBUILD_ZIG_PATH", zig(&self.environment)?);
        // Encoded: paths may hold spaces. Whatever flags the person has set are no part of a package.
        let flags = remapped(metadata)?.into_iter().map(|(from, to)| format!("--remap-path-prefix={from}={to}"));
        command.env("CARGO_ENCODED_RUSTFLAGS", flags.collect::<Vec<_>>().join("\u{1f}")).env_remove("RUSTFLAGS");
        Ok(command)
    }
}

/// Directories of this machine that the compiler writes into programs (messages of panics name source files), and what they are called in a
/// package. Of two that fit, rustc takes the later one.
pub(super) fn remapped(metadata: &Metadata) -> Result<Vec<(String, String)>> {
    let mut remapped = vec![
        (metadata.workspace_root.to_string(), "/peerwright".to_owned()),
        (metadata.target_directory.to_string(), "/target".to_owned()),
    ];
    let others = metadata.packages.iter().filter(|package| package.source.is_some());
    let mut registries: Vec<_> = others.filter_map(|package| package.manifest_path.parent()?.parent()).map(ToString::to_string).collect();
    registries.sort();
    registries.dedup();
    remapped.extend(registries.into_iter().map(|registry| (registry, "/registry".to_owned())));
    // As the standard library calls itself where its sources are not installed.
    let commit = rustc(&["-vV"])?.lines().find_map(|line| line.strip_prefix("commit-hash: ").map(str::to_owned));
    let sources = format!("{}/lib/rustlib/src/rust", rustc(&["--print", "sysroot"])?.trim());
    remapped.push((sources, format!("/rustc/{}", commit.context("rustc names no commit")?)));
    Ok(remapped)
}

fn require_library(architecture: Architecture) -> Result<()> {
    let target = architecture.target();
    if !Path::new(rustc(&["--print", "target-libdir", "--target", target])?.trim()).is_dir() {
        bail!(
            "Rust's standard library for {architecture} is not installed. In the checkout:\n  \
             rustup target add {target}\nWhere Rust came without rustup, its standard library for {target} comes as it did."
        );
    }
    Ok(())
}

/// The program itself: hundreds of C files are compiled, and the script beside Python's would start Python for each.
fn zig(environment: &Environment) -> Result<PathBuf> {
    let question = "import ziglang; print(ziglang.__path__[0])";
    let output = Command::new(environment.program("python")).args(["-c", question]).output().context("start Python")?;
    if !output.status.success() {
        bail!("zig is not where it was installed: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(Path::new(String::from_utf8_lossy(&output.stdout).trim()).join("zig"))
}

fn rustc(arguments: &[&str]) -> Result<String> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc).args(arguments).output().context("start rustc")?;
    if !output.status.success() {
        bail!("rustc {}: {}", arguments.join(" "), String::from_utf8_lossy(&output.stderr).trim());
    }
    String::from_utf8(output.stdout).context("a path of rustc is not UTF-8")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::Workspace;

    #[test]
    fn every_directory_that_sources_are_in_has_another_name_in_a_package() {
        let metadata = Workspace::find().and_then(|workspace| workspace.metadata()).expect("cargo is there");
        let remapped = remapped(&metadata).expect("rustc is there");
        for package in &metadata.packages {
            let sources = package.manifest_path.as_str();
            assert!(remapped.iter().any(|(from, _)| sources.starts_with(from.as_str())), "{sources}");
        }
        let names: Vec<_> = remapped.iter().map(|(_, to)| to.split('/').nth(1)).collect();
        assert_eq!(names, ["peerwright", "target", "registry", "rustc"].map(Some));
    }

    #[test]
    fn the_library_of_this_machine_is_there() {
        let host = Architecture::host().expect("a machine that Lambda has too");
        // rustc knows targets that are not installed, so that a missing one is no error of rustc's.
        require_library(host).expect("tests are compiled with it");
    }
}
