//! `cargo xtask local status`.

use std::net::{SocketAddr, TcpStream};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;
use clap::Args;
use serde::Serialize;

use super::server::{self, Found, Server};
use super::state::State;
use super::{Instance, env};
use crate::session::{Lock, Session};
use crate::ui::{Target, Ui};

#[derive(Args)]
pub(crate) struct Options {
    /// As one JSON object: `local` and `demo`, each with its `state` (running, silent, starting, unfinished or stopped).
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Serialize)]
struct Status {
    state: Condition,
    #[serde(flatten)]
    runs: Option<Runs>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Condition {
    Running,
    /// It runs, and a port does not answer.
    Silent,
    /// Another command is starting it.
    Starting,
    /// The command that started it was killed before it was ready.
    Unfinished,
    Stopped,
}

#[derive(Debug, Serialize)]
struct Runs {
    pid: i32,
    #[serde(flatten)]
    state: State,
}

/// Ends with 0 only if the one of `local up` is there to be used.
pub(super) fn status(session: &Session, options: &Options) -> Result<ExitCode> {
    let [local, demo] = [look(session, Instance::Up)?, look(session, Instance::Demo)?];
    let ui = Ui::new(Target::Stdout);
    if options.json {
        ui.line(&serde_json::to_string_pretty(&serde_json::json!({ "local": local, "demo": demo }))?);
    } else {
        ui.line(&described(Instance::Up, &local));
        ui.line(&described(Instance::Demo, &demo));
    }
    Ok(if local.state == Condition::Running { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn look(session: &Session, instance: Instance) -> Result<Status> {
    let busy = || Lock::is_held(&server::lock(&session.workspace, instance));
    Ok(match Server::find(&session.workspace, instance)? {
        Found::Ready(_, state) => {
            let answers = [&state.ec2_endpoint, &state.aws_endpoint].into_iter().all(|url| answers(url));
            let condition = if answers { Condition::Running } else { Condition::Silent };
            Status { state: condition, runs: Some(Runs { pid: state.identity().pid, state }) }
        }
        Found::Unfinished(_) if !busy() => Status { state: Condition::Unfinished, runs: None },
        Found::Nothing if !busy() => Status { state: Condition::Stopped, runs: None },
        Found::Unfinished(_) | Found::Nothing => Status { state: Condition::Starting, runs: None },
    })
}

fn described(instance: Instance, status: &Status) -> String {
    let said = match status.state {
        Condition::Running => format!("runs; a shell uses it after: {}", env::command(instance)),
        Condition::Silent => "runs, but DOES NOT ANSWER".to_owned(),
        Condition::Starting => "is being started".to_owned(),
        Condition::Unfinished => format!("was never ready: its start was cut short (`{}` starts it anew)", instance.starts()),
        Condition::Stopped => format!("does not run (`{}` starts it)", instance.starts()),
    };
    let details = status.runs.as_ref().map(|Runs { pid, state }| {
        let State { ec2_endpoint, aws_endpoint, log, .. } = state;
        format!(
            "\n  EC2, STS, Service Quotas  {ec2_endpoint}\n  all other services        {aws_endpoint}\n  \
             process                   {pid}\n  log                       {}",
            log.display()
        )
    });
    format!("{}: {said}{}", instance.title(), details.unwrap_or_default())
}

fn answers(url: &str) -> bool {
    let address = url.strip_prefix("http://").and_then(|rest| rest.trim_end_matches('/').parse::<SocketAddr>().ok());
    address.is_some_and(|address| TcpStream::connect_timeout(&address, Duration::from_secs(1)).is_ok())
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn an_open_port_answers_and_a_closed_one_does_not() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("bound"));
        assert!(answers(&url));
        drop(listener);
        assert!(!answers(&url));
    }

    #[test]
    fn what_runs_is_told_with_what_a_shell_needs_for_it() {
        let running = Status { state: Condition::Running, runs: None };
        assert!(described(Instance::Up, &running).ends_with("eval \"$(cargo xtask local env)\""));
        assert!(described(Instance::Demo, &running).ends_with("eval \"$(cargo xtask local env --demo)\""));
    }

    #[test]
    fn what_does_not_run_is_told_with_what_starts_it() {
        let stopped = Status { state: Condition::Stopped, runs: None };
        assert_eq!(described(Instance::Up, &stopped), "local AWS: does not run (`cargo xtask local up` starts it)");
        assert_eq!(serde_json::to_string(&stopped).expect("serializable"), r#"{"state":"stopped"}"#);
    }
}
