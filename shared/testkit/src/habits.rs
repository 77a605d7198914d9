//! How EC2 behaves where that differs from one place, or one day, to another, or is not known.

use std::collections::BTreeSet;
use std::time::Duration;

use peerwright_core::ids::Place;

/// Those of a world. Unless a test says otherwise everything is known everywhere at once.
#[derive(Debug)]
pub(crate) struct Habits {
    /// How long what was done at one side of a connection is not known at the other.
    pub(crate) side_lag: Duration,
    /// How long a connection must have been active before a group of the peer can be named; none where it never can.
    pub(crate) reference_lag: Option<Duration>,
    /// True where a route that is there already is answered as if it had been made.
    pub(crate) identical_routes_succeed: bool,
    /// True where a change of a route table is refused while another one is under way.
    pub(crate) route_changes_conflict: bool,
    /// How many requests of a VPC may wait for their answer.
    pub(crate) outstanding_requests: usize,
    /// The key of a tag none of whose values the organization's tag policy permits.
    pub(crate) forbidden_tag: Option<String>,
    /// The Regions that accounts have switched off.
    pub(crate) regions_off: BTreeSet<Place>,
}

impl Default for Habits {
    fn default() -> Self {
        Self {
            side_lag: Duration::ZERO,
            reference_lag: Some(Duration::ZERO),
            identical_routes_succeed: false,
            route_changes_conflict: false,
            outstanding_requests: 25,
            forbidden_tag: None,
            regions_off: BTreeSet::new(),
        }
    }
}
