//! What a connection is to be brought to.

use peerwright_core::allowlist::{Replace, Rule};
use peerwright_core::desired::Desired;
use peerwright_core::ids::Sides;
use peerwright_core::world::VpcFacts;

/// What the rules wish of a connection, and its VPCs as they were when the rules were asked.
pub(crate) struct Wish {
    /// What is to be there.
    pub(crate) desired: Desired,
    /// The VPCs.
    pub(crate) vpcs: Sides<VpcFacts>,
}

impl Wish {
    /// The wish of these rules.
    pub(crate) fn of(rules: &[Rule], vpcs: Sides<VpcFacts>) -> Box<Self> {
        Box::new(Self { desired: Desired::of(rules), vpcs })
    }
}

/// What a connection is to be brought to. Adding and removing are the privileges of different functions.
pub(crate) enum Goal {
    /// That nothing is missing of what the rules wish.
    Added(Box<Wish>),
    /// That nothing of ours is too much, once nothing is missing.
    Trimmed(Box<Wish>),
    /// That nothing of ours is left.
    Bare,
}

impl Goal {
    /// The rules' wish; none where nothing is to be left.
    pub(crate) const fn wish(&self) -> Option<&Wish> {
        match self {
            Self::Added(wish) | Self::Trimmed(wish) => Some(wish),
            Self::Bare => None,
        }
    }

    /// True where things of ours are taken away for it.
    pub(crate) const fn removes(&self) -> bool {
        !matches!(self, Self::Added(_))
    }

    /// What the rules say of the order of old and new.
    pub(crate) fn replace(&self) -> Replace {
        self.wish().map(|wish| wish.desired.replace).unwrap_or_default()
    }

    /// True where every rule says that the old may go before the new.
    pub(crate) fn replaces_in_place(&self) -> bool {
        self.replace() == Replace::InPlace
    }
}
