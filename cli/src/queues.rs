//! The queues of the functions that carry out what a person decides, as arguments.

use clap::Args;
use peerwright_aws::{Outbox, SdkConfig};
use peerwright_core::event::Hint;
use peerwright_engine::failure::Failure;
use peerwright_engine::outcome::Recipient;

/// Where functions are woken.
#[derive(Debug, Args)]
pub(crate) struct Queues {
    /// The queue of the function that decides about requests.
    #[arg(id = "accept_queue", long = "queue", env = "PEERWRIGHT_ACCEPT_QUEUE", default_value = "peerwright-accept")]
    accept: String,
    /// The queue of the function that configures connections.
    #[arg(long = "configure-queue", env = "PEERWRIGHT_CONFIGURE_QUEUE", default_value = "peerwright-configure")]
    configure: String,
    /// The queue of the function that takes away what is no longer wanted.
    #[arg(long = "cleanup-queue", env = "PEERWRIGHT_CLEANUP_QUEUE", default_value = "peerwright-cleanup")]
    cleanup: String,
    /// The queue of the function that looks at whole places.
    #[arg(long = "sweep-queue", env = "PEERWRIGHT_SWEEP_QUEUE", default_value = "peerwright-sweep")]
    sweep: String,
}

impl Queues {
    /// Wakes a function.
    pub(crate) async fn wake(&self, config: &SdkConfig, function: Recipient, hint: &Hint) -> Result<(), Failure> {
        let queue = match function {
            Recipient::Configure => &self.configure,
            Recipient::Cleanup => &self.cleanup,
            Recipient::Sweep => &self.sweep,
            Recipient::Accept | Recipient::Request => &self.accept,
        };
        let message = hint.message().map(|message| message.to_string()).unwrap_or_default();
        Outbox::named(config, queue).await?.send(&[message]).await
    }
}
