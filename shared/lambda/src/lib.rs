//! The process around a handler: configuration, clients, batches of messages, metrics.

mod backoff;
mod batch;
pub mod config;
mod function;
mod handle;
mod invocation;
mod metrics;
mod stream;
pub mod variables;

pub use function::Function;
pub use handle::{Payload, Reply};
pub use stream::is_of_table;
