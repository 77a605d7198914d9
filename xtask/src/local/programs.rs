//! The directory for PATH: it has `peerwright` and nothing else, where cargo's own has functions with names such as `request`.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

const PROGRAM: &str = "peerwright";

/// Below the directory of a local AWS.
pub(super) fn directory(of: &Path) -> PathBuf {
    of.join("bin")
}

/// A link, so that what is built later is what runs.
pub(super) fn link(of: &Path, artifacts: &Path) -> Result<()> {
    let (directory, program) = (directory(of), directory(of).join(PROGRAM));
    fs::create_dir_all(&directory).with_context(|| format!("create {}", directory.display()))?;
    if program.is_symlink() {
        fs::remove_file(&program).with_context(|| format!("replace {}", program.display()))?;
    }
    symlink(artifacts.join(PROGRAM), &program).with_context(|| format!("create {}", program.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_program_and_nothing_else_is_there_and_follows_what_is_built() {
        let (of, artifacts) = (tempfile::tempdir().expect("a directory"), tempfile::tempdir().expect("another"));
        for built in ["old", "new"] {
            fs::write(artifacts.path().join(PROGRAM), built).expect("written");
            link(of.path(), artifacts.path()).expect("linked");
            assert_eq!(fs::read_to_string(directory(of.path()).join(PROGRAM)).expect("there"), built);
        }
        assert_eq!(fs::read_dir(directory(of.path())).expect("there").count(), 1);
    }
}
