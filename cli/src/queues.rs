//! The queues of the functions that carry out what a person decides, as arguments.

use clap::Args;
use peerwright_aws::{Outbox, SdkConfig};
use peerwright_core::event::Hint;
use peerwright_engine::failure::Failure;
use peerwright_engine::outcome::Recipient;
use serde_json::{Value, json};

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
    /// The queue of the function that asks for connections and answers VPCs.
    #[arg(long = "request-queue", env = "PEERWRIGHT_REQUEST_QUEUE", default_value = "peerwright-request")]
    request: String,
    /// The queue of the function that looks at whole places.
    #[arg(long = "sweep-queue", env = "PEERWRIGHT_SWEEP_QUEUE", default_value = "peerwright-sweep")]
    sweep: String,
}

impl Queues {
    /// Wakes a function.
    pub(crate) async fn wake(&self, config: &SdkConfig, function: Recipient, hint: &Hint) -> Result<(), Failure> {
        self.send(config, function, hint.message().unwrap_or_default()).await
    }

    /// Wakes a function that is to try now what AWS refused before.
    pub(crate) async fn wake_to_retry(&self, config: &SdkConfig, function: Recipient, hint: &Hint) -> Result<(), Failure> {
        let mut message = hint.message().unwrap_or_default();
        message["retry"] = json!(true);
        self.send(config, function, message).await
    }

    async fn send(&self, config: &SdkConfig, function: Recipient, message: Value) -> Result<(), Failure> {
        let queue = match function {
            Recipient::Configure => &self.configure,
            Recipient::Cleanup => &self.cleanup,
            Recipient::Sweep => &self.sweep,
            Recipient::Request => &self.request,
            Recipient::Accept => &self.accept,
        };
        Outbox::named(config, queue).await?.send(&[message.to_string()]).await
    }
}
