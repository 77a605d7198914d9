//! Two marks on the way to a local AWS that can be used: that it was started, and that everything is deployed on it.
//!
//! A command that is killed on the way leaves the first without the second.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use crate::process::Identity;

const STARTED: &str = "started.json";
const READY: &str = "ready";

pub(super) fn note_start(directory: &Path, identity: &Identity) -> Result<()> {
    let path = directory.join(STARTED);
    fs::write(&path, serde_json::to_string(identity)?).with_context(|| format!("write {}", path.display()))
}

/// The process that was started, which may have ended since.
pub(super) fn started(directory: &Path) -> Option<Identity> {
    // What can't be read was not written to its end.
    serde_json::from_str(&fs::read_to_string(directory.join(STARTED)).ok()?).ok()
}

pub(super) fn note(directory: &Path) -> Result<()> {
    let path = directory.join(READY);
    fs::write(&path, "").with_context(|| format!("write {}", path.display()))
}

pub(super) fn is(directory: &Path) -> bool {
    directory.join(READY).exists()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_start_that_was_cut_short_is_known_by_its_process() {
        let directory = tempfile::tempdir().expect("a directory");
        assert_eq!((started(directory.path()), is(directory.path())), (None, false));
        let me = Identity::of(std::process::id()).expect("this process runs");
        note_start(directory.path(), &me).expect("written");
        assert_eq!((started(directory.path()), is(directory.path())), (Some(me), false));
        note(directory.path()).expect("written");
        assert!(is(directory.path()));
    }
}
