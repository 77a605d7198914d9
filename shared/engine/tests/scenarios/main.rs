//! The engine against a world in memory: what it does with a hint, and what it leaves alone.

mod accept;
mod claim;
mod concurrency;
mod configure;
mod conflict;
mod crash;
mod demo;
mod ended;
mod explain;
mod failure;
mod hold;
mod hub;
mod lag;
mod laws;
mod mesh;
mod one_sided;
mod precheck;
mod random;
mod report;
mod request;
mod revoke;
mod shrink;
mod units;
