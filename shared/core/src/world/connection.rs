//! A peering connection and where it is in its life.

use std::fmt;

use crate::cidr::CidrSet;
use crate::ids::{PcxId, Place, Sides, VpcRef};
use crate::tags::Tags;

/// Where a connection is in its life (`VpcPeeringConnectionStateReason.code` in the EC2 API reference).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PeeringState {
    /// Just asked for; becomes pending or fails.
    Initiating,
    /// Waits for its accepter, 7 days at most.
    Pending,
    /// Accepted, not usable yet.
    Provisioning,
    /// Usable.
    Active,
    /// Ended, or about to: rejected, expired, failed, deleting, deleted.
    Ended(String),
    /// No longer shown by AWS, which shows an ended connection for some hours or days ("VPC peering connection lifecycle", VPC peering
    /// guide). Never a word of AWS.
    Vanished,
    /// A state that AWS had not documented when this was written.
    Other(String),
}

impl PeeringState {
    /// True when it carries no traffic and never will again.
    pub const fn has_ended(&self) -> bool {
        matches!(self, Self::Ended(_) | Self::Vanished)
    }
}

impl From<&str> for PeeringState {
    fn from(code: &str) -> Self {
        match code {
            "initiating-request" => Self::Initiating,
            "pending-acceptance" => Self::Pending,
            "provisioning" => Self::Provisioning,
            "active" => Self::Active,
            "rejected" | "expired" | "failed" | "deleting" | "deleted" => Self::Ended(code.to_owned()),
            other => Self::Other(other.to_owned()),
        }
    }
}

impl fmt::Display for PeeringState {
    /// The code as AWS writes it, where it is AWS's.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Initiating => "initiating-request",
            Self::Pending => "pending-acceptance",
            Self::Provisioning => "provisioning",
            Self::Active => "active",
            Self::Vanished => "vanished",
            Self::Ended(code) | Self::Other(code) => code,
        })
    }
}

/// A connection, as one of its owners sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connection {
    /// Its id, the same on both sides.
    pub id: PcxId,
    /// Where it is in its life.
    pub state: PeeringState,
    /// AWS's sentence about the state.
    pub message: String,
    /// The two VPCs.
    pub ends: Sides<VpcRef>,
}

/// A connection with the CIDR blocks it shows. AWS shows the other side's blocks only while the connection is active
/// (`VpcPeeringConnectionVpcInfo` in the EC2 API reference), so a set may be empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObservedConnection {
    /// The connection.
    pub connection: Connection,
    /// The blocks of each end.
    pub cidrs: Sides<CidrSet>,
    /// The connection's tags as the account that was asked has them: the other account's are its own.
    pub tags: Tags,
    /// The place that was asked.
    pub shown_in: Place,
    /// Whether each end lets the other resolve its public DNS names to private addresses; none for an end elsewhere, whose options AWS shows to
    /// its own account and Region only.
    pub dns_resolution: Sides<Option<bool>>,
}
