//! A world whose EC2 has habits of its own.

use std::time::Duration;

use peerwright_core::ids::Place;

use crate::world::World;

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
