//! A Lambda function's process: everything that outlives an invocation.

use std::collections::BTreeMap;
use std::process::exit;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use jiff::Timestamp;
use peerwright_aws::{
    AllowlistTable, AwsPorts, Bus, ClientPool, Ec2Cloud, LedgerTable, MemberRole, Outbox, Queue, SessionPolicy, SystemClock, connect,
};
use peerwright_core::event::Cause;
use peerwright_engine::freeze::Freeze;
use peerwright_engine::outcome::Recipient;

use crate::config::Config;
use crate::log;

/// A function: its configuration and its clients.
#[derive(Debug)]
pub struct Function {
    /// Its name: `accept`, `configure`.
    pub(crate) name: &'static str,
    /// Its name in AWS, which begins with the hub's prefix.
    pub(crate) name_in_aws: String,
    /// Its configuration.
    pub config: Config,
    /// Clients for the member accounts.
    pub(crate) pool: Arc<ClientPool>,
    allowlist: AllowlistTable,
    ledger: LedgerTable,
    /// Its own queue.
    pub(crate) queue: Queue,
    /// Queues of the functions that this one leaves work to.
    pub(crate) outboxes: BTreeMap<Recipient, Outbox>,
    /// Counts the runs of this process: each has a name of its own.
    runs: AtomicU64,
}

impl Function {
    /// Reads the configuration and prepares the clients; a configuration that isn't usable ends the process with status 2.
    ///
    /// `writes` are the EC2 actions that this function may take besides reading.
    pub async fn start(name: &'static str, writes: &[&str]) -> Self {
        log::init();
        let config = Config::read(|key| std::env::var(key).ok()).unwrap_or_else(|errors| {
            tracing::error!(function = name, "{errors}");
            exit(2)
        });
        let base = connect().await;
        let role = MemberRole {
            partition: config.partition.clone(),
            name: config.member_role.clone(),
            external_id: config.external_id.clone(),
            session: format!("peerwright-{name}"),
            policy: SessionPolicy::new(writes),
        };
        let bus = Bus::new(&base, &config.bus);
        let queue = Queue::new(&base, &config.queue_url, &config.dead_letter_queue_url);
        Self {
            name,
            name_in_aws: std::env::var("AWS_LAMBDA_FUNCTION_NAME").unwrap_or_else(|_| name.to_owned()),
            allowlist: AllowlistTable::new(&base, &config.allowlist_table),
            ledger: LedgerTable::new(&base, &config.connections_table).publishing_on(bus).keeping_history(config.history),
            outboxes: config.outboxes.iter().map(|(to, url)| (*to, queue.outbox(url))).collect(),
            queue,
            runs: AtomicU64::new(0),
            pool: Arc::new(ClientPool::new(base, role)),
            config,
        }
    }

    /// The ports for one run, which counts its own calls and holds leases under a name of its own.
    pub(crate) fn ports(&self, request: &str, cause: Cause, waits: Option<u32>, deadline: Timestamp) -> AwsPorts {
        let run = self.runs.fetch_add(1, Ordering::Relaxed);
        AwsPorts {
            cloud: Ec2Cloud::new(Arc::clone(&self.pool)),
            allowlist: self.allowlist.clone(),
            ledger: self.ledger.clone(),
            clock: SystemClock,
            holder: format!("{} {request} {run}", self.name),
            cause,
            waits,
            freeze: Freeze::of_stack(self.config.limits.frozen),
            deadline,
        }
    }
}
