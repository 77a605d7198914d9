//! What every command takes: which deployment, whose credentials, and how the answer is shown.

use clap::{Args, ValueEnum};
use peerwright_core::ids::Region;

/// How an answer is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For a person.
    #[default]
    Table,
    /// For a program; `peerwright schema` has the shapes.
    Json,
    /// The same as YAML.
    Yaml,
}

/// Whether colours are used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Colour {
    /// On a terminal, unless `NO_COLOR` is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// Options of every command.
#[derive(Debug, Args)]
#[command(next_help_heading = "Options of every command")]
pub(crate) struct Global {
    /// What the names of the deployment begin with: the stack's parameter Prefix.
    #[arg(long, global = true, env = "PEERWRIGHT_PREFIX", default_value = "peerwright", value_parser = prefix)]
    pub(crate) prefix: String,
    /// The profile of the AWS configuration files with credentials for the hub account; that of the environment unless given.
    #[arg(long, global = true, value_name = "NAME")]
    pub(crate) profile: Option<String>,
    /// The Region of the hub's stack; that of the profile or the environment unless given.
    #[arg(long, global = true, value_name = "REGION", value_parser = region)]
    pub(crate) region: Option<String>,
    /// How the answer is written.
    #[arg(short, long, global = true, value_enum, default_value_t, hide_possible_values = true, value_name = "table|json|yaml")]
    pub(crate) output: Format,
    /// The same as `--output json`.
    #[arg(long, global = true, conflicts_with = "output")]
    json: bool,
    /// When colours are used. `NO_COLOR` is honoured.
    #[arg(long, global = true, value_enum, default_value_t, hide_possible_values = true, value_name = "auto|always|never")]
    pub(crate) color: Colour,

    /// The allowlist table, where it has another name than the prefix says.
    #[arg(long, global = true, env = "PEERWRIGHT_ALLOWLIST_TABLE", hide = true)]
    pub(crate) allowlist_table: Option<String>,
    /// The table of connections.
    #[arg(long, global = true, env = "PEERWRIGHT_CONNECTIONS_TABLE", hide = true)]
    pub(crate) connections_table: Option<String>,
    /// The role that is assumed in member accounts, with its path; found in the functions' configuration unless given.
    #[arg(long, global = true, env = "PEERWRIGHT_MEMBER_ROLE", hide = true)]
    pub(crate) member_role: Option<String>,
    /// The external id that the role asks for; found in the functions' configuration unless given.
    #[arg(long, global = true, env = "PEERWRIGHT_EXTERNAL_ID", hide = true)]
    pub(crate) external_id: Option<String>,
}

impl Global {
    /// How the answer is written.
    pub(crate) fn format(&self) -> Format {
        if self.json { Format::Json } else { self.output }
    }
}

/// A Region's code by its form: which Regions there are, AWS knows.
fn region(text: &str) -> Result<String, String> {
    text.parse::<Region>().map(|region| region.to_string()).map_err(|wrong| wrong.to_string())
}

/// A prefix as `infra/hub.yaml` takes it.
fn prefix(text: &str) -> Result<String, String> {
    let valid = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-';
    let begins = text.starts_with(|letter: char| letter.is_ascii_lowercase());
    if begins && text.len() <= 24 && text.chars().all(valid) {
        Ok(text.to_owned())
    } else {
        Err("a prefix has 1 to 24 lower-case letters, digits and hyphens, a letter first".to_owned())
    }
}
