//! What is started, and with which environment.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::python::Environment;

/// The functions of the product.
pub(super) const FUNCTIONS: [&str; 5] = ["request", "accept", "configure", "cleanup", "sweep"];

const CONNECTION: &str = r#"{"connection":"pcx-0123456789abcdef0","account":"111111111111","region":"eu-west-1"}"#;
const VPC: &str = r#"{"vpc":"vpc-0123456789abcdef0","account":"111111111111","region":"eu-west-1"}"#;
const SWEEP: &str = r#"{"sweep":{"account":"111111111111","region":"eu-west-1"}}"#;

/// A Lambda function as a program.
pub(super) struct Program {
    /// As the table calls it.
    pub(super) name: &'static str,
    executable: PathBuf,
    arguments: Vec<String>,
    directory: PathBuf,
    /// Where Python keeps what it compiles: the sources stay clean.
    cache: PathBuf,
    /// What it is invoked with; none for one that asks EC2 nothing.
    pub(super) payload: Option<&'static str>,
    is_package: bool,
}

/// Everything that is compared: the function that does nothing, ours, and the one in Python.
pub(super) fn all(built: &Path, python: &Environment, root: &Path) -> Vec<Program> {
    let cache = root.join("target/local/pycache");
    let binary = |name, path: &str, payload| Program {
        name,
        executable: built.join(path),
        arguments: Vec::new(),
        directory: root.to_owned(),
        cache: cache.clone(),
        payload,
        is_package: true,
    };
    let mut programs = vec![binary("empty", "examples/empty", None)];
    programs.extend(FUNCTIONS.map(|name| binary(name, name, Some(payload(name)))));
    programs.push(Program {
        name: "Python, boto3",
        executable: python.program("python"),
        arguments: ["-m", "awslambdaric", "handler.handle"].map(str::to_owned).into(),
        directory: root.join("xtask/src/bench/start"),
        cache: cache.clone(),
        payload: Some(CONNECTION),
        is_package: false,
    });
    programs
}

/// What makes each of them ask EC2 something.
fn payload(function: &str) -> &'static str {
    match function {
        "request" => VPC,
        "sweep" => SWEEP,
        _ => CONNECTION,
    }
}

impl Program {
    /// The file that is deployed, where it is a single one.
    pub(super) fn binary(&self) -> Option<&Path> {
        self.is_package.then_some(&self.executable)
    }

    /// The command, with the environment that Lambda gives it and nothing of this process's; Lambda and AWS are at `address`.
    pub(super) fn command(&self, address: &str) -> Command {
        let mut command = Command::new(&self.executable);
        command.args(&self.arguments).current_dir(&self.directory).env_clear();
        for (name, value) in LAMBDA.into_iter().chain(CONFIGURATION) {
            command.env(name, value.replace("{address}", address));
        }
        command.env("PYTHONPYCACHEPREFIX", &self.cache);
        command
    }
}

const LAMBDA: [(&str, &str); 15] = [
    ("AWS_ACCESS_KEY_ID", "100000000001"),
    ("AWS_CONFIG_FILE", "/dev/null"),
    ("AWS_DEFAULT_REGION", "eu-west-1"),
    ("AWS_EC2_METADATA_DISABLED", "true"),
    ("AWS_ENDPOINT_URL", "http://{address}"),
    ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
    ("AWS_LAMBDA_FUNCTION_NAME", "peerwright-bench"),
    ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
    ("AWS_LAMBDA_LOG_GROUP_NAME", "bench"),
    ("AWS_LAMBDA_LOG_STREAM_NAME", "bench"),
    ("AWS_LAMBDA_RUNTIME_API", "{address}"),
    ("AWS_REGION", "eu-west-1"),
    ("AWS_SECRET_ACCESS_KEY", "local"),
    ("AWS_SESSION_TOKEN", "local"),
    ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null"),
];

/// What `infra/hub.yaml` sets, with as many queues as a function has at most.
const CONFIGURATION: [(&str, &str); 18] = [
    ("PEERWRIGHT_ACCEPT_QUEUE_URL", "http://{address}/100000000001/accept"),
    ("PEERWRIGHT_ALLOWLIST_TABLE", "peerwright-allowlist"),
    ("PEERWRIGHT_BUS", "peerwright"),
    ("PEERWRIGHT_CLEANUP_QUEUE_URL", "http://{address}/100000000001/cleanup"),
    ("PEERWRIGHT_CONFIGURE_QUEUE_URL", "http://{address}/100000000001/configure"),
    ("PEERWRIGHT_CONNECTIONS_TABLE", "peerwright-connections"),
    ("PEERWRIGHT_DEAD_LETTER_QUEUE_URL", "http://{address}/100000000001/dead"),
    ("PEERWRIGHT_EXTERNAL_ID", "an-external-id"),
    ("PEERWRIGHT_FREEZE", "false"),
    ("PEERWRIGHT_HISTORY_DAYS", "90"),
    ("PEERWRIGHT_MAX_CHANGES", "100"),
    ("PEERWRIGHT_MAX_RECEIVES", "8"),
    ("PEERWRIGHT_MEMBER_ROLE", "/peerwright/peerwright-member-accept"),
    ("PEERWRIGHT_ON_DENY", "hold"),
    ("PEERWRIGHT_PARTITION", "aws"),
    ("PEERWRIGHT_QUEUE_URL", "http://{address}/100000000001/own"),
    ("PEERWRIGHT_REQUEST_QUEUE_URL", "http://{address}/100000000001/request"),
    ("PEERWRIGHT_SWEEP_QUEUE_URL", "http://{address}/100000000001/sweep"),
];
