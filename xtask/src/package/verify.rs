//! A package that was made before, here or elsewhere.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use super::architecture::Architecture;
use super::{TOOL, archive, checksums, program};

/// The directory of a package whose files are as they were when it was made, and whose programs run on this machine.
pub(crate) fn verified(directory: &Path) -> Result<PathBuf> {
    let host = Architecture::host().context("packages hold programs for Linux on arm64 or x86_64, and this machine is neither")?;
    runs_on(directory, host)?;
    directory.canonicalize().with_context(|| format!("find {}", directory.display()))
}

fn runs_on(directory: &Path, host: Architecture) -> Result<()> {
    if !directory.join(checksums::FILE).is_file() {
        bail!("{} is no package: it has no {}. `cargo xtask package --{host}` makes one", directory.display(), checksums::FILE);
    }
    for file in checksums::verified(directory)? {
        let path = directory.join(&file);
        let bytes = fs::read(&path).with_context(|| format!("read {}", path.display()))?;
        let program = match path.extension() {
            Some(extension) if extension == "zip" => archive::bootstrap(&bytes).with_context(|| path.display().to_string())?,
            _ if file == TOOL => bytes,
            _ => continue,
        };
        let found = program::architecture(&program).with_context(|| path.display().to_string())?;
        if found != host {
            bail!(
                "{} is a package for {found}, and this machine is {host}: its programs can't run here. `cargo xtask package --{host}` makes one \
                 that can",
                directory.display()
            );
        }
    }
    Ok(())
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::super::contents::Contents;
    use super::*;

    /// A package in which the shell, a small one, is every program.
    fn package() -> (tempfile::TempDir, Architecture) {
        let directory = tempfile::tempdir().expect("a directory");
        let host = Architecture::host().expect("a machine that Lambda has too");
        let program = fs::read("/bin/sh").expect("every system has one");
        let licence = Path::new(env!("CARGO_MANIFEST_DIR")).join("../LICENSE");
        let programs = [("accept".to_owned(), program.clone()), (TOOL.to_owned(), program)];
        let contents = Contents { architecture: host, templates: &[], programs: &programs, licence: &licence, sbom: "{}".to_owned() };
        contents.write(directory.path()).expect("written");
        (directory, host)
    }

    #[test]
    fn a_package_for_this_machine_is_taken_and_one_for_the_other_is_refused_in_words() {
        let (package, host) = package();
        verified(package.path()).expect("it runs here");
        let other = if host == Architecture::Arm64 { Architecture::X86_64 } else { Architecture::Arm64 };
        let error = runs_on(package.path(), other).expect_err("it does not run there").to_string();
        assert!(error.contains(&format!("a package for {host}, and this machine is {other}")), "{error}");
        assert!(error.contains(&format!("cargo xtask package --{other}")), "{error}");
    }

    #[test]
    fn a_directory_without_checksums_is_no_package_and_one_with_another_file_neither() {
        let (package, _) = package();
        fs::write(package.path().join("accept.zip"), "something else").expect("written");
        assert!(verified(package.path()).expect_err("changed").to_string().contains("accept.zip is not what was packaged"));
        fs::remove_file(package.path().join(checksums::FILE)).expect("removed");
        assert!(verified(package.path()).expect_err("unfinished").to_string().contains("is no package"));
    }
}
