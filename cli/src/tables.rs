//! The tables that the commands read and write, as arguments.

use clap::Args;
use peerwright_aws::{AllowlistTable, LedgerTable, SdkConfig};

/// Where the allowlist is.
#[derive(Debug, Args)]
pub(crate) struct Allowlist {
    /// The allowlist table, in the account and Region of the credentials in the environment.
    #[arg(id = "allowlist_table", long = "table", env = "PEERWRIGHT_ALLOWLIST_TABLE", default_value = "peerwright-allowlist")]
    pub(crate) name: String,
}

impl Allowlist {
    pub(crate) fn open(&self, config: &SdkConfig) -> AllowlistTable {
        AllowlistTable::new(config, &self.name)
    }
}

/// Where the connections are.
#[derive(Debug, Args)]
pub(crate) struct Connections {
    /// The table of connections, in the account and Region of the credentials in the environment.
    #[arg(id = "connections_table", long = "table", env = "PEERWRIGHT_CONNECTIONS_TABLE", default_value = "peerwright-connections")]
    name: String,
}

impl Connections {
    pub(crate) fn open(&self, config: &SdkConfig) -> LedgerTable {
        LedgerTable::new(config, &self.name)
    }
}
