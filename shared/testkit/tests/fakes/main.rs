//! The fakes behave as AWS does: what the engine's tests rest on.

mod common;
mod life;
mod sight;
mod step;
mod table;
mod trouble;
