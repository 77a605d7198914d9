//! How EC2 behaves where that differs from one place, or one day, to another, or is not known.

use std::collections::BTreeSet;
use std::time::Duration;

use peerwright_core::ids::Place;

use crate::world::World;

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

/// Habits of EC2.
impl World {
    /// The other side of a connection learns so much later of what was done at one.
    #[must_use]
    pub fn side_lag(self, lag: Duration) -> Self {
        self.network().habits.side_lag = lag;
        self
    }

    /// A group of the peer can be named once the connection has been active so long; never without a time.
    #[must_use]
    pub fn reference_lag(self, lag: Option<Duration>) -> Self {
        self.network().habits.reference_lag = lag;
        self
    }

    /// What EC2 answers to a route that is there already with the same target: an error, or as if it had made it. Sources disagree.
    #[must_use]
    pub fn identical_routes_succeed(self, succeed: bool) -> Self {
        self.network().habits.identical_routes_succeed = succeed;
        self
    }

    /// A change of a route table is refused while another one is under way (terraform-provider-aws tries it again).
    #[must_use]
    pub fn route_changes_conflict(self) -> Self {
        self.network().habits.route_changes_conflict = true;
        self
    }

    /// So many requests of a VPC may wait for their answer.
    #[must_use]
    pub fn outstanding_requests(self, limit: usize) -> Self {
        self.network().habits.outstanding_requests = limit;
        self
    }

    /// The organization's tag policy permits no value of this key; any of any key without one.
    #[must_use]
    pub fn forbidden_tag(self, key: Option<&str>) -> Self {
        self.network().habits.forbidden_tag = key.map(str::to_owned);
        self
    }

    /// These are the Regions that accounts have switched off.
    #[must_use]
    pub fn regions_off(self, places: impl IntoIterator<Item = Place>) -> Self {
        self.network().habits.regions_off = places.into_iter().collect();
        self
    }
}
