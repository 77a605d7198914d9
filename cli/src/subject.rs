//! What a command is about that names one connection and nothing else.

use clap::Args;
use peerwright_core::ids::PcxId;

/// A connection.
#[derive(Debug, Args)]
pub(crate) struct Command {
    /// The connection, such as pcx-0123456789abcdef0.
    pub(crate) connection: PcxId,
}
