//! The decision and the plan: everything Peerwright knows about peering that needs no network.
//!
//! Nothing here does I/O, looks at a clock or fails on what AWS says. Malformed input ends at a parser
//! ([`allowlist`], [`event`], [`ids`], [`members`]) with an error that names the field; past it, every function is total.
//!
//! ```text
//! event bytes ─► event::parse ─► Parsed        (where to look, if it is for us; nothing else in it is believed)
//! tags of a VPC ─► ask::Asks ──► targets       (what it asks for)
//! YAML, items ─► allowlist ────► Rule
//! file, items ─► members ──────► places that sweeps look at
//! Describe…   ─► world ────────► VpcFacts, Observed
//!                                  │
//!                 policy::decide ──┴─► Decision { verdict, findings }
//!                 Desired::of(rules) ─► precheck::precheck ─► what stands in the way of accepting it
//!                                    └► plan::plan(&Desired, &Observed, &Limits) ─► Plan { steps, deferred, waiting, blocked, notes, borrowed }
//!                                                                                    └► plan::lint: what must hold of any plan
//! ```

pub mod adopt;
pub mod allowlist;
pub mod ask;
pub mod cidr;
pub mod count;
pub mod desired;
pub mod digest;
pub mod doctor;
pub mod end_query;
pub mod event;
pub mod ids;
pub mod inventory;
pub mod last_observed;
pub mod members;
pub mod named;
pub mod observed;
pub mod organization;
pub mod owned;
pub mod permissions;
pub mod plan;
pub mod policy;
pub mod precheck;
pub mod quiet;
pub mod quota;
pub mod rule_lint;
pub mod strangers;
pub mod tag_value;
pub mod tags;
pub mod traffic;
pub mod wish;
pub mod world;
