//! `cargo xtask package`: what a user deploys, in one directory that SAM and `aws cloudformation package` take as it is.

mod architecture;
mod archive;
mod checksums;
mod contents;
mod program;
mod sbom;
mod source;
mod template;
mod toolchain;
mod verify;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use cargo_metadata::{Metadata, PackageId};
use clap::Args;

use crate::binaries::{self, Built};
use crate::session::{Lock, Session};
use architecture::Architecture;
use contents::Contents;
use source::Source;
use template::Template;
use toolchain::Toolchain;
pub(crate) use verify::verified;

/// The operator's tool.
const TOOL: &str = "peerwright";

#[derive(Args)]
pub(crate) struct Options {
    /// For functions on arm64 (the default, as that of infra/hub.yaml)
    #[arg(long)]
    arm64: bool,
    /// For functions on `x86_64`
    #[arg(long = "x86_64", visible_alias = "x86-64", conflicts_with = "arm64")]
    x86_64: bool,
    /// Where the package is written [default: target/package/ and the processor]
    #[arg(long, value_name = "DIR")]
    output: Option<PathBuf>,
}

impl Options {
    fn architecture(&self) -> Architecture {
        if self.x86_64 { Architecture::X86_64 } else { Architecture::Arm64 }
    }

    fn directory(&self, root: &Path) -> PathBuf {
        let usual = || root.join("target/package").join(self.architecture().name());
        self.output.clone().unwrap_or_else(usual)
    }
}

/// Builds, checks and writes the package.
pub(crate) fn run(options: &Options, session: &Session) -> Result<()> {
    let _lock = Lock::take(&session.workspace.local().join("package.lock"), "a package")?;
    let (architecture, root) = (options.architecture(), session.workspace.root());
    let templates = templates(root)?;
    let source = Source::of(root)?;
    let toolchain = Toolchain::prepare(session, architecture)?;
    let metadata = session.workspace.metadata_for(architecture.target())?;
    let functions: BTreeSet<&str> = templates.iter().flat_map(|(_, template)| template.programs()).collect();
    let names: Vec<&str> = functions.iter().copied().chain([TOOL]).collect();
    let functions: Vec<&str> = functions.into_iter().collect();
    // One after the other: in one call of cargo the functions would be made with what the tool alone asks of the crates that they share.
    let [for_functions, for_tool] = [packages(&metadata, &functions)?, packages(&metadata, &[TOOL])?];
    let built = build(&for_functions, "build the functions", &toolchain, &metadata, session)?;
    let built = built.and(build(&for_tool, "build the tool", &toolchain, &metadata, session)?);
    let packages: BTreeSet<PackageId> = for_functions.into_iter().chain(for_tool).collect();
    let local_paths: Vec<String> = toolchain::remapped(&metadata)?.into_iter().map(|(from, _)| from).collect();
    let programs = programs(&built.programs, &names, |program| program::problems(program, architecture, &local_paths))?;

    let step = session.ui.step("package");
    let subject = sbom::Subject {
        programs: &packages,
        version: &source.version(&version(&metadata, &packages)?),
        time: &source.time,
        target: architecture.target(),
    };
    let contents = Contents {
        architecture,
        templates: &templates,
        programs: &programs,
        licence: &root.join("LICENSE"),
        sbom: sbom::document(&subject, &metadata, &libraries(&built, architecture))?,
    };
    let directory = options.directory(root);
    let lines = contents.write(&directory)?;
    step.done(&format!("peerwright {} for {architecture} in {}", subject.version, directory.display()));
    for line in &lines {
        session.ui.line(line);
    }
    Ok(())
}

/// Makes the programs of some packages.
fn build(packages: &BTreeSet<PackageId>, step: &str, toolchain: &Toolchain, metadata: &Metadata, session: &Session) -> Result<Built> {
    let mut command = toolchain.build(metadata)?;
    command.arg("--bins").args(packages.iter().flat_map(|package| ["--package", &package.repr]));
    binaries::run(command, session, binaries::units(metadata, packages), session.ui.step(step))
}

/// Those in `infra`, with their names.
fn templates(root: &Path) -> Result<Vec<(String, Template)>> {
    let directory = root.join("infra");
    let mut templates = Vec::new();
    for entry in fs::read_dir(&directory).with_context(|| format!("read {}", directory.display()))? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "yaml") {
            let text = fs::read_to_string(&path).with_context(|| format!("read {}", path.display()))?;
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            templates.push((name, Template::read(&text).with_context(|| path.display().to_string())?));
        }
    }
    templates.sort_by(|(one, _), (other, _)| one.cmp(other));
    Ok(templates)
}

/// The members of the workspace that the programs are made from.
fn packages(metadata: &Metadata, programs: &[&str]) -> Result<BTreeSet<PackageId>> {
    let members = metadata.workspace_packages();
    let package = |program: &&str| {
        let made = members.iter().find(|member| member.targets.iter().any(|target| target.is_bin() && target.name == *program));
        made.map(|package| package.id.clone()).with_context(|| format!("no member of the workspace makes the program {program}"))
    };
    programs.iter().map(package).collect()
}

/// The one version that all programs have.
fn version(metadata: &Metadata, packages: &BTreeSet<PackageId>) -> Result<String> {
    let first = packages.first().context("nothing to package")?;
    Ok(metadata[first].version.to_string())
}

/// Reads the programs that were built; all that is wrong with any of them.
fn programs(directory: &Path, names: &[&str], problems: impl Fn(&[u8]) -> Result<Vec<String>>) -> Result<Vec<(String, Vec<u8>)>> {
    let (mut programs, mut wrong) = (Vec::new(), Vec::new());
    for name in names {
        let path = directory.join(name);
        let program = fs::read(&path).with_context(|| format!("read {}", path.display()))?;
        let found = problems(&program).with_context(|| format!("check {}", path.display()))?;
        wrong.extend(found.into_iter().map(|problem| format!("  {name} {problem}")));
        programs.push(((*name).to_owned(), program));
    }
    if !wrong.is_empty() {
        bail!("what was built can't be packaged:\n{}", wrong.join("\n"));
    }
    Ok(programs)
}

/// The crates that were compiled for the target, and not for build scripts and macros on this machine.
fn libraries(built: &Built, architecture: Architecture) -> BTreeSet<PackageId> {
    let for_target = built.libraries.iter().filter(|library| library.file.iter().any(|part| part == architecture.target()));
    for_target.map(|library| library.package.clone()).collect()
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

    fn directory(arguments: &[&str]) -> Result<PathBuf, clap::Error> {
        Cli::try_parse_from([&["x"], arguments].concat()).map(|cli| cli.options.directory(Path::new("/root")))
    }

    #[test]
    fn a_package_is_for_arm64_unless_the_other_processor_is_asked_for() {
        assert_eq!(directory(&[]).expect("allowed"), Path::new("/root/target/package/arm64"));
        assert_eq!(directory(&["--arm64"]).expect("allowed"), Path::new("/root/target/package/arm64"));
        for spelled in ["--x86_64", "--x86-64"] {
            assert_eq!(directory(&[spelled]).expect("allowed"), Path::new("/root/target/package/x86_64"));
        }
        assert_eq!(directory(&["--output", "here"]).expect("allowed"), Path::new("here"));
        assert!(directory(&["--arm64", "--x86_64"]).is_err());
    }

    #[test]
    fn what_is_wrong_with_any_program_is_told_at_once() {
        let built = tempfile::tempdir().expect("a directory");
        for name in ["accept", "sweep"] {
            fs::write(built.path().join(name), name).expect("written");
        }
        let error = programs(built.path(), &["accept", "sweep"], |program| Ok(vec![format!("has {} bytes", program.len())]));
        let error = error.expect_err("two problems").to_string();
        assert!(error.contains("accept has 6 bytes") && error.contains("sweep has 5 bytes"), "{error}");
    }

    #[test]
    fn every_function_of_the_templates_is_made_by_a_member_of_the_workspace() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let templates = templates(&root).expect("they are there");
        assert!(["hub.yaml", "member.yaml"].iter().all(|name| templates.iter().any(|(found, _)| found == name)));
        let metadata = cargo_metadata::MetadataCommand::new().no_deps().exec().expect("cargo is there");
        let names: Vec<&str> = templates.iter().flat_map(|(_, template)| template.programs()).chain([TOOL]).collect();
        assert_eq!(packages(&metadata, &names).expect("all of them").len(), 6);
        assert!(packages(&metadata, &["nothing"]).expect_err("unknown").to_string().contains("program nothing"));
    }
}
