//! The process's EC2 clients for the length of one message, with a count of the calls.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use aws_sdk_ec2::Client;
use peerwright_core::ids::Place;

use crate::pool::ClientPool;

/// Clients whose calls are counted together. The clients themselves belong to the process.
#[derive(Debug)]
pub(crate) struct CountedClients {
    pub(crate) pool: Arc<ClientPool>,
    calls: AtomicU64,
}

impl CountedClients {
    /// Starts counting at zero.
    pub(crate) const fn new(pool: Arc<ClientPool>) -> Self {
        Self { pool, calls: AtomicU64::new(0) }
    }

    /// The EC2 client of a place. Counts one call: every caller makes one request with it, and counts further pages itself.
    pub(crate) async fn ec2(&self, place: &Place) -> Arc<Client> {
        self.count(1);
        self.pool.client(place).await
    }

    /// Counts further calls.
    pub(crate) fn count(&self, calls: u64) {
        self.calls.fetch_add(calls, Ordering::Relaxed);
    }

    /// The calls so far.
    pub(crate) fn calls(&self) -> u64 {
        self.calls.load(Ordering::Relaxed)
    }
}
