//! The claim on two VPCs: whoever creates their connection holds it.
//!
//! EC2 takes no client token with `CreateVpcPeeringConnection`, so two events, two VPCs that name each other, or a crash after the call would
//! make two connections. The claim comes first and stays beside the connection that came of it.

use std::time::Duration;

use jiff::Timestamp;
use peerwright_core::ids::{PcxId, Sides, VpcRef};
use serde::{Deserialize, Serialize};

/// How long a claim is somebody's who has not said yet what came of it: longer than a function runs, and than EC2 takes to show a connection
/// that it made.
pub const CLAIM: Duration = Duration::from_secs(90);

/// A claim.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// The VPCs, as they are or will be joined.
    pub ends: Sides<VpcRef>,
    /// Who claimed them.
    pub holder: String,
    /// Until when it is theirs if no connection came of it.
    pub until: Timestamp,
    /// The connection that came of it.
    #[serde(default)]
    pub created: Option<PcxId>,
}

impl Claim {
    /// True where it joins these two, in whichever direction.
    pub fn joins(&self, a: &VpcRef, b: &VpcRef) -> bool {
        self.ends.side_of(a).is_some_and(|side| self.ends.of(side.peer()) == b)
    }

    /// The other VPC.
    pub fn peer_of(&self, vpc: &VpcRef) -> Option<&VpcRef> {
        self.ends.side_of(vpc).map(|side| self.ends.of(side.peer()))
    }
}
