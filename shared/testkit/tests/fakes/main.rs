//! The fakes behave as AWS does: what the engine's tests rest on.

mod common;
mod describe;
mod lifecycle;
mod step;
mod table;
mod trouble;
