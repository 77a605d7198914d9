//! Who waits to be told how it stands with a connection.

use std::collections::BTreeSet;

use peerwright_core::ask::{ASK_TAG, MESH_TAG};
use peerwright_core::event::Hint;
use peerwright_core::ids::{Sides, VpcRef};
use peerwright_core::world::{Tags, VpcFacts};

use crate::entry::Entry;
use crate::outcome::Recipient;

/// A hint for each VPC that may ask for the connection: the one that it was created for, and each that bears an asking tag. One that can't be
/// read can't be told either.
pub(crate) fn requesters(entry: Option<&Entry>, vpcs: &Sides<VpcFacts>) -> BTreeSet<(Recipient, Hint)> {
    let created_for = entry.and_then(|entry| entry.created_for.as_ref());
    let waits = |facts: &&VpcFacts| facts.tags.known().is_some_and(|tags| created_for == Some(&facts.vpc) || asks(tags));
    vpcs.iter().map(|(_, facts)| facts).filter(waits).map(|facts| hint(&facts.vpc)).collect()
}

/// The same, by what was seen of the ends when the connection was settled last.
pub(crate) fn last_known_requesters(entry: &Entry) -> BTreeSet<(Recipient, Hint)> {
    let asked = entry.seen.iter().filter(|(_, seen)| seen.as_ref().is_some_and(|seen| asks(&seen.tags)));
    asked.map(|(side, _)| entry.ends.of(side)).chain(&entry.created_for).map(hint).collect()
}

fn asks(tags: &Tags) -> bool {
    tags.contains_key(ASK_TAG) || tags.contains_key(MESH_TAG)
}

fn hint(vpc: &VpcRef) -> (Recipient, Hint) {
    (Recipient::Request, Hint::Vpc(vpc.clone()))
}
