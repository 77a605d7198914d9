//! Changes of a route table that overlap in time.

use std::sync::Mutex;

use peerwright_core::ids::RouteTableId;
use peerwright_core::plan::Step;

use crate::network::Network;

/// A change that is under way: while it lasts it holds its table.
#[derive(Debug)]
pub(crate) struct RouteChange<'n> {
    network: &'n Mutex<Network>,
    holds: Option<RouteTableId>,
    /// False where another change holds the table.
    pub(crate) is_alone: bool,
}

impl<'n> RouteChange<'n> {
    /// Begins with a step, of whatever kind.
    pub(crate) fn begin(network: &'n Mutex<Network>, step: &Step) -> Self {
        let (Step::CreateRoute { table, .. } | Step::DeleteRoute { table, .. }) = step else {
            return Self { network, holds: None, is_alone: true };
        };
        let is_alone = network.lock().expect("no test panics while it holds the network").changing.insert(table.clone());
        Self { network, holds: is_alone.then(|| table.clone()), is_alone }
    }
}

impl Drop for RouteChange<'_> {
    fn drop(&mut self) {
        if let (Some(table), Ok(mut network)) = (&self.holds, self.network.lock()) {
            network.changing.remove(table);
        }
    }
}
