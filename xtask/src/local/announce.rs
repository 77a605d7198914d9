//! What a shell and a person need to use a running local AWS.

use std::fmt::Write;

use super::profiles::{self, Profiles};
use super::state::State;

/// Lines that a shell can evaluate: the settings, and the rest as comments.
pub(super) fn text(state: &State, profiles: &Profiles) -> String {
    // They would win over the profiles.
    let mut text = "unset AWS_PROFILE AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN\n".to_owned();
    let exports = [
        ("AWS_ENDPOINT_URL", state.aws_endpoint.clone()),
        ("AWS_ENDPOINT_URL_EC2", state.ec2_endpoint.clone()),
        ("AWS_ENDPOINT_URL_STS", state.ec2_endpoint.clone()),
        ("AWS_ENDPOINT_URL_SERVICE_QUOTAS", state.ec2_endpoint.clone()),
        ("AWS_CONFIG_FILE", quoted(&profiles.config.display().to_string())),
        ("AWS_SHARED_CREDENTIALS_FILE", quoted(&profiles.credentials.display().to_string())),
        ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
    ];
    for (name, value) in exports {
        let _ = writeln!(text, "export {name}={value}");
    }
    let _ = writeln!(text, "\n# Accounts in {}, each with a profile:", state.regions.join(" and "));
    for (account, id) in &state.accounts {
        let _ = writeln!(text, "#   {id}  --profile {}", profiles::name(account));
    }
    let _ = writeln!(text, "# For example:\n#   {}", example(state));
    text
}

fn example(state: &State) -> String {
    let profile =
        state.accounts.keys().find(|name| name.starts_with("member")).map_or_else(|| "hub".to_owned(), |name| profiles::name(name));
    format!("aws --profile {profile} --region {} ec2 create-vpc --cidr-block 10.9.0.0/16", state.hub_region)
}

fn quoted(path: &str) -> String {
    format!("'{}'", path.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_can_evaluate_every_line() {
        let state = serde_json::from_str(
            r#"{"pid": 1, "pid_started": "1", "ec2_endpoint": "http://127.0.0.1:1", "aws_endpoint": "http://127.0.0.1:2",
                "accounts": {"hub": "100000000001", "member_a": "111111111111"}, "regions": ["eu-west-1", "eu-central-1"], "hub_region": "eu-west-1", "log": "/x"}"#,
        )
        .expect("as the local AWS writes it");
        let profiles = Profiles { config: "/it's/aws-config".into(), credentials: "/x/aws-credentials".into() };
        let text = text(&state, &profiles);
        assert!(
            text.lines().all(|line| line.is_empty() || line.starts_with('#') || line.starts_with("export ") || line.starts_with("unset ")),
            "{text}"
        );
        assert!(text.contains("export AWS_ENDPOINT_URL_EC2=http://127.0.0.1:1\n"), "{text}");
        assert!(text.contains(r"export AWS_CONFIG_FILE='/it'\''s/aws-config'"), "{text}");
        assert!(text.contains("#   111111111111  --profile member-a\n"), "{text}");
    }
}
