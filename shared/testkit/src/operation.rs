//! What the ports are asked to do.

use peerwright_core::plan::Step;

use crate::metering::Action;

/// One kind of call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Operation {
    /// Describe one connection.
    DescribeConnection,
    /// List what is pending in a place.
    DescribePending,
    /// Describe a VPC: what rules may ask about it.
    DescribeVpc,
    /// Describe one end: route tables, groups, options.
    DescribeEnd,
    /// List the connections of a VPC.
    DescribePeerings,
    /// Read the quotas of a place.
    ReadQuotas,
    /// Read the units of an account.
    ReadUnits,
    /// Accept a request.
    Accept,
    /// Reject a request.
    Reject,
    /// Add a route.
    CreateRoute,
    /// Add security group rules.
    AuthorizeRules,
    /// Switch on DNS resolution.
    EnableDnsResolution,
    /// Remove a route.
    DeleteRoute,
    /// Hand security group rules over to another connection.
    HandOverRules,
    /// Remove security group rules.
    RevokeRules,
    /// Switch off DNS resolution.
    DisableDnsResolution,
    /// Read the allowlist.
    ReadAllowlist,
    /// Read the ledger.
    LoadEntry,
    /// Write the ledger.
    SaveEntry,
    /// Ask for a connection.
    Create,
    /// Delete a connection.
    Delete,
    /// Set or remove tags.
    Tag,
    /// Describe what is left of a connection.
    DescribeLeftovers,
    /// Read the connections and VPCs of a place.
    Inventory,
    /// Read what is in VPCs of a place.
    LookInto,
    /// List the accounts of the organization.
    ReadAccounts,
    /// Take the lease of a connection.
    Lease,
    /// Give a lease back.
    Release,
    /// Read the claims on a VPC.
    ReadClaims,
    /// Make, settle or drop a claim.
    WriteClaim,
    /// Read the routes that are spoken for.
    ReadReservations,
    /// Note routes as spoken for.
    Reserve,
    /// Read a mesh.
    ReadMesh,
    /// Join or leave a mesh.
    WriteMesh,
    /// Write down whether a member lets us in.
    NoteMember,
    /// Read whether a VPC could not be told its answer.
    ReadAnswer,
    /// Write down that a VPC could not be told its answer.
    WriteAnswer,
    /// Read what persons have frozen.
    ReadStop,
    /// Freeze or thaw.
    WriteStop,
    /// Read what persons decided about a connection.
    ReadDecisions,
    /// Write down what a person decided.
    WriteDecision,
    /// Read when a sweep began.
    ReadSweep,
    /// Write down when a sweep begins: it passes, as a lease does.
    NoteSweep,
    /// Read which places are quiet.
    ReadQuiet,
    /// Write down that a place is quiet, or no longer: it passes, too.
    NoteQuiet,
    /// Tell and write down a change of the allowlist.
    NoteAllowlistChange,
}

impl Operation {
    /// Every kind.
    pub const ALL: [Self; 46] = [
        Self::DescribeConnection,
        Self::DescribePending,
        Self::DescribeVpc,
        Self::DescribeEnd,
        Self::DescribePeerings,
        Self::ReadQuotas,
        Self::ReadUnits,
        Self::Accept,
        Self::Reject,
        Self::CreateRoute,
        Self::AuthorizeRules,
        Self::EnableDnsResolution,
        Self::DeleteRoute,
        Self::HandOverRules,
        Self::RevokeRules,
        Self::DisableDnsResolution,
        Self::ReadAllowlist,
        Self::LoadEntry,
        Self::SaveEntry,
        Self::Create,
        Self::Delete,
        Self::Tag,
        Self::DescribeLeftovers,
        Self::Inventory,
        Self::LookInto,
        Self::ReadAccounts,
        Self::Lease,
        Self::Release,
        Self::ReadClaims,
        Self::WriteClaim,
        Self::ReadReservations,
        Self::Reserve,
        Self::ReadMesh,
        Self::WriteMesh,
        Self::NoteMember,
        Self::ReadAnswer,
        Self::WriteAnswer,
        Self::ReadStop,
        Self::WriteStop,
        Self::ReadDecisions,
        Self::WriteDecision,
        Self::ReadSweep,
        Self::NoteSweep,
        Self::ReadQuiet,
        Self::NoteQuiet,
        Self::NoteAllowlistChange,
    ];

    /// The calls of EC2 that it is as a rule; none where it is no call of EC2, or depends on what is asked.
    pub(crate) const fn actions(self) -> &'static [Action] {
        match self {
            Self::DescribeConnection | Self::DescribePending | Self::DescribePeerings => &["DescribeVpcPeeringConnections"],
            Self::DescribeVpc => &["DescribeVpcs"],
            Self::DescribeLeftovers => &["DescribeRouteTables", "DescribeSecurityGroupRules"],
            Self::Accept => &["AcceptVpcPeeringConnection"],
            Self::Reject => &["RejectVpcPeeringConnection"],
            Self::Create => &["CreateVpcPeeringConnection"],
            Self::Delete => &["DeleteVpcPeeringConnection"],
            Self::Tag => &["CreateTags"],
            _ => &[],
        }
    }

    pub(crate) const fn of(step: &Step) -> Self {
        match step {
            Step::CreateRoute { .. } => Self::CreateRoute,
            Step::AuthorizeRules { .. } => Self::AuthorizeRules,
            Step::EnableDnsResolution { .. } => Self::EnableDnsResolution,
            Step::DeleteRoute { .. } => Self::DeleteRoute,
            Step::HandOverRules { .. } => Self::HandOverRules,
            Step::RevokeRules { .. } => Self::RevokeRules,
            Step::DisableDnsResolution { .. } => Self::DisableDnsResolution,
        }
    }
}
