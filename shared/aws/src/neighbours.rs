//! The other connections of a VPC.

use peerwright_core::ids::{PcxId, VpcRef};
use peerwright_core::world::ObservedConnection;
use peerwright_engine::failure::Failure;

use crate::cloud::Ec2Cloud;
use crate::convert;
use crate::pages::{self, filter, unreadable};

/// Connections that have not ended, whichever end the VPC is at: EC2's filters are joined by "and", so each end is asked for apart.
pub(crate) async fn peerings(cloud: &Ec2Cloud, vpc: &VpcRef) -> Result<Vec<ObservedConnection>, Failure> {
    let mut found: Vec<ObservedConnection> = Vec::new();
    for end in ["requester-vpc-info.vpc-id", "accepter-vpc-info.vpc-id"] {
        let here = vec![filter(end, [vpc.vpc.to_string()])];
        for connection in pages::connections(cloud, &vpc.place, Some(here)).await? {
            let what = || format!("list the connections of {}", vpc.vpc);
            let peering = convert::peering(&vpc.place, &connection).map_err(|source| unreadable(&what(), &vpc.place, source))?;
            let known = |id: &PcxId| found.iter().any(|peering| peering.connection.id == *id);
            if !peering.connection.state.has_ended() && !known(&peering.connection.id) {
                found.push(peering);
            }
        }
    }
    found.sort_by(|a, b| a.connection.id.cmp(&b.connection.id));
    Ok(found)
}
