//! What every command works with.

use std::fs::{self, File};
use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::interrupt::Interrupt;
use crate::ui::{Target, Ui};
use crate::workspace::Workspace;

/// The checkout, the person and the way out.
pub(crate) struct Session {
    pub(crate) workspace: Workspace,
    pub(crate) ui: Ui,
    pub(crate) interrupt: Interrupt,
}

impl Session {
    pub(crate) fn open(target: Target) -> Result<Self> {
        Ok(Self { workspace: Workspace::find()?, ui: Ui::new(target), interrupt: Interrupt::install()? })
    }
}

/// Keeps a second command off the same things. The system lets go of it when the process ends, however it ends.
pub(crate) struct Lock {
    _file: File,
}

impl Lock {
    /// Refuses where another command is at it.
    pub(crate) fn take(path: &Path, what: &str) -> Result<Self> {
        let Some(lock) = Self::try_take(path)? else {
            bail!("another `cargo xtask` works on {what} of this checkout: let it finish first");
        };
        Ok(lock)
    }

    /// Nothing where another command is at it.
    pub(crate) fn try_take(path: &Path) -> Result<Option<Self>> {
        let file = open(path)?;
        Ok(file.try_lock().is_ok().then_some(Self { _file: file }))
    }

    /// Whether another command is at it. Writes nothing.
    pub(crate) fn is_held(path: &Path) -> bool {
        File::open(path).is_ok_and(|file| file.try_lock_shared().is_err())
    }

    /// Waits for another command to finish.
    pub(crate) fn wait(path: &Path) -> Result<Self> {
        let file = open(path)?;
        file.lock().with_context(|| format!("lock {}", path.display()))?;
        Ok(Self { _file: file })
    }
}

fn open(path: &Path) -> Result<File> {
    path.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| File::create(path)).with_context(|| format!("create {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_is_refused_while_it_is_held_and_free_afterwards() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("deep/demo.lock");
        let held = Lock::take(&path, "the demo").expect("free");
        let refused = Lock::take(&path, "the demo").err().expect("held");
        assert!(refused.to_string().contains("the demo"));
        assert!(Lock::is_held(&path));
        drop(held);
        assert!(!Lock::is_held(&path) && !Lock::is_held(&directory.path().join("never")));
        Lock::take(&path, "the demo").expect("free again");
    }
}
