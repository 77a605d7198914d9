//! The connections of a VPC.

use std::collections::BTreeMap;

use peerwright_core::ids::{Place, VpcRef};
use peerwright_core::world::ObservedConnection;

use crate::failure::Failure;
use crate::ports::Cloud;

/// What places showed at one look.
pub(crate) type Listings = BTreeMap<Place, Vec<ObservedConnection>>;

/// The connections of a VPC that have not ended, at whichever end it is. EC2's filters are joined by "and", so all of the place are read.
pub(crate) async fn peerings<C: Cloud>(cloud: &C, vpc: &VpcRef) -> Result<Vec<ObservedConnection>, Failure> {
    Ok(of_vpc(&cloud.connections(&vpc.place).await?, vpc))
}

/// Those of a place's connections that are a VPC's and have not ended.
pub(crate) fn of_vpc(shown: &[ObservedConnection], vpc: &VpcRef) -> Vec<ObservedConnection> {
    let living = |peering: &&ObservedConnection| !peering.connection.state.has_ended() && peering.connection.ends.side_of(vpc).is_some();
    shown.iter().filter(living).cloned().collect()
}
