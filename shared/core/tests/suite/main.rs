//! The tests of the decision and the plan, in one program: what they share is compiled once.

mod allowlist;
mod approvals;
mod asks;
mod common;
mod end_query;
mod events;
mod explain;
mod fuzz;
mod golden;
mod last_observed;
mod members;
mod pains;
mod plan_laws;
mod plan_linter;
mod plans;
mod policy;
mod prechecks;
mod reference;
mod rule_lint;
mod strangers;
mod tag_values;
mod verdict_exhaustive;
mod verdict_laws;
mod world;
