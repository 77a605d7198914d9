//! AWS configuration files with one profile for each account of the local AWS.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::state::State;

pub(crate) struct Profiles {
    pub(super) config: PathBuf,
    pub(super) credentials: PathBuf,
}

impl Profiles {
    pub(super) fn of(directory: &Path) -> Self {
        Self { config: directory.join("aws-config"), credentials: directory.join("aws-credentials") }
    }
}

/// Writes both files into the directory of a local AWS.
pub(super) fn write(directory: &Path, state: &State) -> Result<()> {
    let profiles = Profiles::of(directory);
    for (path, text) in [(&profiles.config, config(state)), (&profiles.credentials, credentials(state))] {
        fs::write(path, text).with_context(|| format!("write {}", path.display()))?;
    }
    Ok(())
}

/// `member_a` → `member-a`.
pub(super) fn name(account: &str) -> String {
    account.replace('_', "-")
}

/// The endpoints are in the profiles too, so that they can't reach the real AWS by an oversight.
fn config(state: &State) -> String {
    let mut text = String::new();
    for account in state.accounts.keys() {
        let (name, region, endpoint) = (name(account), &state.hub_region, &state.aws_endpoint);
        let _ = writeln!(text, "[profile {name}]\nregion = {region}\noutput = json\nendpoint_url = {endpoint}\nservices = local\n");
    }
    let endpoint = &state.ec2_endpoint;
    let _ = writeln!(
        text,
        "[services local]\nec2 =\n  endpoint_url = {endpoint}\nsts =\n  endpoint_url = {endpoint}\nservice_quotas =\n  endpoint_url = {endpoint}"
    );
    text
}

/// The emulators take a twelve-digit access key for the account of that number.
fn credentials(state: &State) -> String {
    let mut text = String::new();
    for (account, id) in &state.accounts {
        let _ = writeln!(text, "[{}]\naws_access_key_id = {id}\naws_secret_access_key = local\n", name(account));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state() -> State {
        serde_json::from_str(
            r#"{"pid": 1, "pid_started": "1", "ec2_endpoint": "http://127.0.0.1:1", "aws_endpoint": "http://127.0.0.1:2",
                "accounts": {"hub": "100000000001", "member_a": "111111111111"}, "regions": ["eu-west-1"], "hub_region": "eu-west-1", "external_id": "x", "log": "/x"}"#,
        )
        .expect("as the local AWS writes it")
    }

    #[test]
    fn every_account_has_a_profile_that_reaches_nothing_but_the_local_aws() {
        let directory = tempfile::tempdir().expect("a directory");
        write(directory.path(), &state()).expect("written");
        let config = fs::read_to_string(Profiles::of(directory.path()).config).expect("there");
        assert!(
            config.contains("[profile member-a]\nregion = eu-west-1\noutput = json\nendpoint_url = http://127.0.0.1:2\nservices = local\n"),
            "{config}"
        );
        for service in ["ec2", "sts", "service_quotas"] {
            assert!(config.contains(&format!("\n{service} =\n  endpoint_url = http://127.0.0.1:1\n")), "{config}");
        }
    }

    #[test]
    fn the_access_key_is_the_account() {
        assert!(credentials(&state()).contains("[hub]\naws_access_key_id = 100000000001\naws_secret_access_key = local\n"));
    }
}
