//! The process around a handler: configuration, clients, batches of messages, metrics.

mod backoff;
mod batch;
pub mod config;
mod function;
mod metrics;
mod stream;

pub use function::{Function, Payload, Reply};
pub use stream::is_of_table;
