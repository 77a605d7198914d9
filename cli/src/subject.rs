//! What a command is about that names one connection and nothing else.

use clap::Args;
use peerwright_core::ids::PcxId;

use crate::queues::Queues;
use crate::tables::Connections;

/// A connection, the table that remembers it, and the queues of the functions that serve it.
#[derive(Debug, Args)]
pub(crate) struct Command {
    /// The connection, such as pcx-0123456789abcdef0.
    pub(crate) connection: PcxId,
    #[command(flatten)]
    pub(crate) table: Connections,
    #[command(flatten)]
    pub(crate) queues: Queues,
}
