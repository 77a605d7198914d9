//! Which sources a package was made from.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

pub(super) struct Source {
    /// The commit, `-changed` where the checkout differs from it.
    pub(super) commit: String,
    pub(super) time: String,
}

impl Source {
    pub(super) fn of(root: &Path) -> Result<Self> {
        let commit = git(root, &["rev-parse", "--short=12", "HEAD"])?;
        let changed = !git(root, &["status", "--porcelain"])?.is_empty();
        let time = git(root, &["show", "--no-patch", "--format=%cI", "HEAD"])?;
        Ok(Self { commit: if changed { format!("{commit}-changed") } else { commit }, time })
    }

    /// `0.1.0+0123456789ab`
    pub(super) fn version(&self, version: &str) -> String {
        format!("{version}+{}", self.commit)
    }
}

fn git(root: &Path, arguments: &[&str]) -> Result<String> {
    let output = Command::new("git").arg("-C").arg(root).args(arguments).output().context("start git, which names the sources")?;
    if !output.status.success() {
        bail!("git {}: {}", arguments.join(" "), String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_checkout_that_differs_from_its_commit_says_so() {
        let directory = tempfile::tempdir().expect("a directory");
        let root = directory.path();
        git(root, &["init", "--quiet"]).expect("a repository");
        let who = ["-c", "user.name=x", "-c", "user.email=x@example.com", "-c", "commit.gpgsign=false"];
        git(root, &[&who[..], &["commit", "--quiet", "--allow-empty", "--message", "x"]].concat()).expect("a commit");
        let clean = Source::of(root).expect("a commit");
        assert_eq!((clean.commit.len(), clean.time.as_bytes()[10]), (12, b'T'), "{} {}", clean.commit, clean.time);
        fs::write(root.join("new"), "").expect("written");
        assert_eq!(Source::of(root).expect("a commit").version("0.1.0"), format!("0.1.0+{}-changed", clean.commit));
    }
}
