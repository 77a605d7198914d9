//! Who waits to be told how it stands with a connection.

use std::collections::BTreeSet;

use peerwright_core::ask::{ASK_TAG, MESH_TAG};
use peerwright_core::event::Hint;
use peerwright_core::ids::{Sides, VpcRef};
use peerwright_core::world::{Party, Tags};

use crate::ledger::Entry;
use crate::outcome::To;

/// A hint for each VPC that may ask for the connection: the one that it was created for, and each that is known to bear an asking tag.
pub(crate) fn askers(entry: Option<&Entry>, parties: &Sides<Party>) -> BTreeSet<(To, Hint)> {
    let asking = parties.iter().filter(|(_, party)| party.tags.known().is_some_and(asks)).map(|(_, party)| party.vpc.clone());
    hints(entry, asking)
}

/// The same, by what was seen of the ends when the connection was settled last.
pub(crate) fn askers_seen(entry: &Entry) -> BTreeSet<(To, Hint)> {
    let seen = entry.seen.iter().filter(|(_, seen)| seen.as_ref().is_some_and(|seen| asks(&seen.tags)));
    hints(Some(entry), seen.map(|(side, _)| entry.ends.of(side).clone()))
}

fn asks(tags: &Tags) -> bool {
    tags.contains_key(ASK_TAG) || tags.contains_key(MESH_TAG)
}

fn hints(entry: Option<&Entry>, asking: impl Iterator<Item = VpcRef>) -> BTreeSet<(To, Hint)> {
    let created_for = entry.and_then(|entry| entry.created_for.clone());
    created_for.into_iter().chain(asking).map(|vpc| (To::Request, Hint::Vpc(vpc))).collect()
}
