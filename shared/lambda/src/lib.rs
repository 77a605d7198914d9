//! The process around a handler: configuration, clients, batches of messages, metrics.

mod allowlist_changes;
mod batch;
pub mod config;
mod function;
mod handle;
mod invocation;
mod log;
mod metrics;
mod origin;
mod sweeps;
pub mod variables;

pub use allowlist_changes::allowlist_changes;
pub use function::Function;
pub use handle::{Payload, Reply};
pub use origin::{added_members, is_of_table, is_scheduled_sweep, is_tried_again};
