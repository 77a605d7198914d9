//! What a running local AWS tells about itself.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use crate::process::Identity;

/// The file that the local AWS writes when it answers.
const FILE: &str = "state.json";

#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct State {
    #[serde(skip_serializing)]
    pid: i32,
    #[serde(skip_serializing)]
    pid_started: String,
    pub(crate) ec2_endpoint: String,
    pub(crate) aws_endpoint: String,
    /// `member_a` → account id.
    pub(crate) accounts: BTreeMap<String, String>,
    pub(crate) regions: Vec<String>,
    pub(crate) hub_region: String,
    /// What the members' roles ask the hub for.
    pub(crate) external_id: String,
    pub(crate) log: PathBuf,
}

impl State {
    /// The state of a local AWS that runs; nothing where it ended, however it ended.
    pub(super) fn read(directory: &Path) -> Result<Option<Self>> {
        let path = directory.join(FILE);
        let text = match fs::read_to_string(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            text => text.with_context(|| format!("read {}", path.display()))?,
        };
        let state: Self =
            serde_json::from_str(&text).with_context(|| format!("{} is damaged: remove {}", path.display(), directory.display()))?;
        Ok(state.identity().is_alive().then_some(state))
    }

    pub(super) fn identity(&self) -> Identity {
        Identity { pid: self.pid, started: self.pid_started.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(identity: &Identity) -> tempfile::TempDir {
        let directory = tempfile::tempdir().expect("a directory");
        let state = serde_json::json!({
            "pid": identity.pid, "pid_started": identity.started, "ec2_endpoint": "http://127.0.0.1:1", "aws_endpoint": "http://127.0.0.1:2",
            "accounts": {"hub": "100000000001"}, "regions": ["eu-west-1"], "hub_region": "eu-west-1", "external_id": "x", "log": "/x/local.log",
        });
        fs::write(directory.path().join(FILE), state.to_string()).expect("written");
        directory
    }

    #[test]
    fn the_state_of_a_running_process_is_read() {
        let me = Identity::of(std::process::id()).expect("this process runs");
        let state = State::read(written(&me).path()).expect("readable").expect("it runs");
        assert_eq!((state.identity(), state.ec2_endpoint.as_str()), (me, "http://127.0.0.1:1"));
    }

    #[test]
    fn a_state_whose_process_id_another_process_has_now_is_stale() {
        let me = Identity::of(std::process::id()).expect("this process runs");
        let before = Identity { started: "1".to_owned(), ..me };
        assert!(State::read(written(&before).path()).expect("readable").is_none());
    }

    #[test]
    fn no_state_is_nothing_that_runs() {
        let directory = tempfile::tempdir().expect("a directory");
        assert!(State::read(directory.path()).expect("readable").is_none());
    }

    #[test]
    fn a_damaged_state_tells_what_to_remove() {
        let directory = tempfile::tempdir().expect("a directory");
        fs::write(directory.path().join(FILE), "{").expect("written");
        let error = State::read(directory.path()).expect_err("damaged");
        assert!(format!("{error:#}").contains("damaged: remove"));
    }
}
