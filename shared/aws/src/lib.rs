//! AWS behind the engine's ports. The only crate that names an SDK.
//!
//! Endpoints come from the SDK's own environment variables and nowhere else: nothing here knows what it talks to.

mod allowlist;
mod apply;
mod attribute;
mod batch_write;
mod bus;
mod classify;
mod clock;
mod cloud;
mod connection;
mod convert;
mod counted_clients;
#[cfg(feature = "operator")]
mod dead_letters;
#[cfg(feature = "operator")]
mod deployment;
mod end;
mod https;
mod identity;
mod inventory;
mod ledger;
mod leftovers;
#[cfg(feature = "operator")]
mod operator;
mod organization;
#[cfg(feature = "operator")]
mod own_account;
mod pages;
mod pool;
mod ports;
mod prefix_lists;
mod queue;
mod quotas;
mod session;
mod tags;
mod transaction;
mod vpc;

pub use allowlist::{AllowlistTable, Committed, Rival, SignedItem};
pub use bus::Bus;
pub use clock::SystemClock;
pub use cloud::Ec2Cloud;
#[cfg(feature = "operator")]
pub use dead_letters::{DeadLetters, Letter, Move};
#[cfg(feature = "operator")]
pub use deployment::{Deployment, Entrance, unread};
pub use identity::caller;
pub use ledger::LedgerTable;
#[cfg(feature = "operator")]
pub use ledger::{PlaceNote, PlaceRefusal};
#[cfg(feature = "operator")]
pub use operator::{Login, PATIENCE, connect_as, function_environment};
#[cfg(feature = "operator")]
pub use own_account::{OwnAccount, OwnVpc};
pub use pool::{ClientPool, MemberRole};
pub use ports::{Aws, AwsPorts};
pub use queue::{Backlog, Outbox, Queue, WAITS};
pub use session::SessionPolicy;

/// The process's own configuration: credentials, Region and endpoints as the environment gives them.
pub use aws_config::SdkConfig;

use std::time::Duration;

use aws_config::BehaviorVersion;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;

/// How long one call may take with all its tries: a quarter of a function's time (`Timeout` in `infra/hub.yaml`), so that an endpoint that is silent leaves
/// a run the time to say so.
pub const CALL: Duration = Duration::from_secs(15);

/// Of one call: to connect, one try, and all of them.
fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(3))
        .operation_attempt_timeout(Duration::from_secs(10))
        .operation_timeout(CALL)
        .build()
}

/// Reads the environment once, at the start of a process.
///
/// The SDK retries throttles and broken connections itself, three times; what is left comes back as a classified failure.
#[expect(clippy::disallowed_methods, reason = "the one place that loads it")]
pub async fn connect() -> SdkConfig {
    aws_config::defaults(BehaviorVersion::latest())
        .retry_config(RetryConfig::standard().with_max_attempts(4))
        .timeout_config(timeouts())
        .http_client(https::client())
        .load()
        .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_ends_in_its_time_whatever_its_tries_take() {
        assert_eq!(timeouts().operation_timeout(), Some(CALL));
        assert!(timeouts().operation_attempt_timeout().is_some_and(|attempt| attempt < CALL));
    }
}
