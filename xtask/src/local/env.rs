//! `cargo xtask local env`: what a shell and a person need to use a running local AWS.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;

use anyhow::{Result, bail};
use clap::Args;

use super::profiles::{self, Profiles};
use super::server::{self, Found, Server};
use super::shell::Shell;
use super::state::State;
use super::{Instance, programs};
use crate::session::Session;

/// They would win over the profiles, or over the endpoints.
const UNSET: [&str; 5] =
    ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_DEFAULT_PROFILE", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"];
/// Peerwright's own account: what `peerwright` acts as.
const PROFILE: &str = "hub";

#[derive(Args)]
pub(crate) struct Options {
    /// In whose words.
    #[arg(long, value_enum, default_value = "sh")]
    shell: Shell,
    /// Of the demo's local AWS, which `cargo xtask demo --keep` leaves running.
    #[arg(long)]
    demo: bool,
}

pub(super) fn print(session: &Session, options: &Options) -> Result<()> {
    let instance = if options.demo { Instance::Demo } else { Instance::Up };
    let Found::Ready(_, state) = Server::find(&session.workspace, instance)? else {
        let other = instance.other();
        let runs = matches!(Server::find(&session.workspace, other)?, Found::Ready(..));
        bail!("{}", missing(instance, runs.then_some(other)));
    };
    write(&text(options.shell, instance, &state, &server::directory(&session.workspace, instance)))
}

/// That it does not run, and whether the other one does.
fn missing(instance: Instance, running: Option<Instance>) -> String {
    let beside = running.map(|other| format!("; the {} runs: `{}` is for that one", other.title(), command(other)));
    format!("the {} does not run: start it with `{}`{}", instance.title(), instance.starts(), beside.unwrap_or_default())
}

/// On standard output, which carries only what a shell evaluates.
pub(super) fn write(text: &str) -> Result<()> {
    Ok(std::io::stdout().write_all(text.as_bytes())?)
}

/// What a person types for it.
pub(crate) fn command(instance: Instance) -> String {
    let demo = if instance == Instance::Demo { " --demo" } else { "" };
    Shell::Sh.evaluate(&format!("cargo xtask local env{demo}"))
}

/// Lines that a shell can evaluate: the settings, and the rest as comments.
pub(super) fn text(shell: Shell, instance: Instance, state: &State, directory: &Path) -> String {
    let mut text = shell.unset(&UNSET);
    let beside_proxies = beside_proxies(|name| std::env::var(name).ok().filter(|value| !value.is_empty()));
    for (name, value) in variables(state, &Profiles::of(directory)).into_iter().chain(beside_proxies) {
        text += &shell.export(name, &value);
    }
    text += &shell.prepend_path(&programs::directory(directory).display().to_string());
    text + &comments(instance, state)
}

fn variables(state: &State, profiles: &Profiles) -> [(&'static str, String); 11] {
    [
        ("AWS_PROFILE", PROFILE.to_owned()),
        ("AWS_REGION", state.hub_region.clone()),
        // boto3 and the AWS CLI in its first version know no other.
        ("AWS_DEFAULT_REGION", state.hub_region.clone()),
        ("AWS_ENDPOINT_URL", state.aws_endpoint.clone()),
        ("AWS_ENDPOINT_URL_EC2", state.ec2_endpoint.clone()),
        ("AWS_ENDPOINT_URL_STS", state.ec2_endpoint.clone()),
        ("AWS_ENDPOINT_URL_SERVICE_QUOTAS", state.ec2_endpoint.clone()),
        ("AWS_CONFIG_FILE", profiles.config.display().to_string()),
        ("AWS_SHARED_CREDENTIALS_FILE", profiles.credentials.display().to_string()),
        ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
        ("PEERWRIGHT_EXTERNAL_ID", state.external_id.clone()),
    ]
}

/// Where a proxy is set, requests to this machine must not go through it; what else goes past it still does.
fn beside_proxies(set: impl Fn(&str) -> Option<String>) -> Vec<(&'static str, String)> {
    const HERE: &str = "127.0.0.1";
    let proxies = ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"];
    if !proxies.into_iter().any(|name| set(name).is_some()) {
        return Vec::new();
    }
    let beside = ["no_proxy", "NO_PROXY"].into_iter().find_map(&set).unwrap_or_default();
    let known = beside.split(',').any(|one| one.trim() == HERE);
    let beside = match (known, beside.is_empty()) {
        (true, _) => beside,
        (false, true) => HERE.to_owned(),
        (false, false) => format!("{beside},{HERE}"),
    };
    ["no_proxy", "NO_PROXY"].map(|name| (name, beside.clone())).into()
}

fn comments(instance: Instance, state: &State) -> String {
    let mut text = format!("\n# Any shell uses it after: {}\n", command(instance));
    let _ = writeln!(text, "# Accounts in {}, by profile ({PROFILE} is set):", state.regions.join(" and "));
    for (account, id) in &state.accounts {
        let _ = writeln!(text, "#   {id}  --profile {}", profiles::name(account));
    }
    text + "# For example:\n\
        #   peerwright allowlist list\n\
        #   aws --profile member-a ec2 create-vpc --cidr-block 10.9.0.0/16\n\
        # The AWS CLI reads these endpoints from 2.13.0 on, and in its first version\n\
        # from 1.29.0 on (aws --version). An older one asks the real AWS, which refuses\n\
        # these keys: update it, or say where with each command,\n\
        #   --endpoint-url \"$AWS_ENDPOINT_URL_EC2\"  (ec2, sts, service-quotas)\n\
        #   --endpoint-url \"$AWS_ENDPOINT_URL\"      (all others)\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printed(shell: Shell) -> String {
        let state = serde_json::from_str(
            r#"{"pid": 1, "pid_started": "1", "ec2_endpoint": "http://127.0.0.1:1", "aws_endpoint": "http://127.0.0.1:2", "external_id": "ours",
                "accounts": {"hub": "100000000001", "member_a": "111111111111"}, "regions": ["eu-west-1", "eu-central-1"], "hub_region": "eu-west-1", "log": "/x"}"#,
        )
        .expect("as the local AWS writes it");
        text(shell, Instance::Up, &state, Path::new("/it's"))
    }

    #[test]
    fn a_shell_can_evaluate_every_line() {
        let commands = |shell, known: &[&str]| {
            let text = printed(shell);
            let strange: Vec<_> =
                text.lines().filter(|line| !line.is_empty() && !known.iter().any(|known| line.starts_with(known))).collect();
            assert!(strange.is_empty(), "{strange:?}");
        };
        commands(Shell::Sh, &["# ", "#   ", "export ", "unset ", "case "]);
        commands(Shell::Fish, &["# ", "#   ", "set -gx ", "set -e ", "contains "]);
    }

    #[test]
    fn where_only_the_other_local_aws_runs_it_is_named_with_its_command() {
        let text = missing(Instance::Up, Some(Instance::Demo));
        assert!(text.contains("`cargo xtask local up`") && text.contains("`eval \"$(cargo xtask local env --demo)\"`"), "{text}");
        let text = missing(Instance::Demo, Some(Instance::Up));
        assert!(text.contains("`cargo xtask demo --keep`") && text.contains("`eval \"$(cargo xtask local env)\"`"), "{text}");
        assert!(!missing(Instance::Up, None).contains("--demo"));
    }

    #[test]
    fn everything_that_a_shell_needs_is_exported() {
        let text = printed(Shell::Sh);
        for line in [
            "export AWS_PROFILE=hub",
            "export AWS_REGION=eu-west-1",
            "export AWS_DEFAULT_REGION=eu-west-1",
            "export AWS_ENDPOINT_URL=http://127.0.0.1:2",
            "export AWS_ENDPOINT_URL_EC2=http://127.0.0.1:1",
            r"export AWS_CONFIG_FILE='/it'\''s/aws-config'",
            "export PEERWRIGHT_EXTERNAL_ID=ours",
            r#"case ":$PATH:" in *:'/it'\''s/bin':*) ;; *) export PATH='/it'\''s/bin':"$PATH" ;; esac"#,
            "#   111111111111  --profile member-a",
        ] {
            assert!(text.lines().any(|one| one == line), "{line} is not in\n{text}");
        }
    }

    #[test]
    fn a_proxy_is_not_asked_for_this_machine() {
        let with = |settings: &'static [(&str, &str)]| {
            let found = |name: &str| settings.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
            beside_proxies(found).into_iter().find(|(name, _)| *name == "NO_PROXY").map(|(_, value)| value)
        };
        assert_eq!(with(&[("no_proxy", "corp")]), None);
        assert_eq!(with(&[("HTTP_PROXY", "http://proxy")]).as_deref(), Some("127.0.0.1"));
        assert_eq!(with(&[("http_proxy", "x"), ("no_proxy", "corp")]).as_deref(), Some("corp,127.0.0.1"));
        assert_eq!(with(&[("http_proxy", "x"), ("NO_PROXY", "127.0.0.1,corp")]).as_deref(), Some("127.0.0.1,corp"));
    }

    #[test]
    fn an_old_aws_cli_is_told_the_way_around() {
        let text = printed(Shell::Sh);
        assert!(text.contains("1.29.0") && text.contains("2.13.0") && text.contains("--endpoint-url"), "{text}");
        assert!(text.lines().filter(|line| line.starts_with('#')).all(|line| line.chars().count() <= 80), "{text}");
    }
}
