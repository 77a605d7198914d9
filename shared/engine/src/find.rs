//! Finds a VPC that a person named without all of its place, and the connection of two.

use std::collections::BTreeSet;

use futures_util::stream::{self, StreamExt};
use peerwright_core::allowlist::StoredAllowlist;
use peerwright_core::ids::{PcxId, Place, Region, Side, Sides, VpcId, VpcRef};
use peerwright_core::named::NamedVpc;
use peerwright_core::world::{Fact, ObservedConnection};

use crate::failure::{Class, Failure, unless_shut_out};
use crate::peerings::peerings;
use crate::places::places;
use crate::ports::{Allowlist, Backend, Cloud, Ports};

/// In how many places a VPC is looked for: each costs a session and a call of EC2 in an account of its own.
const MOST: usize = 64;
/// How many of them are asked at once.
const AT_ONCE: usize = 16;

/// The VPC that is meant: as it is written, by its alias, or where EC2 shows it in the places that are known and may be meant.
pub async fn find_vpc<B: Backend>(named: &NamedVpc, regions: &BTreeSet<Region>, ports: &Ports<B>) -> Result<VpcRef, Failure> {
    let items = ports.allowlist.everything(None).await?;
    let aliases = StoredAllowlist::read(items.iter()).aliases;
    if let Some(vpc) = named.in_full(&aliases) {
        return Ok(vpc);
    }
    let NamedVpc::Id { vpc, account, region } = named else {
        return Err(unknown(named, "the allowlist has no alias of this name: `peerwright allowlist list` shows them"));
    };
    let mut known = places(&items, regions, ports).await.all();
    known.extend(aliases.values().map(|vpc| vpc.place.clone()));
    known.retain(|place| {
        account.as_ref().is_none_or(|account| *account == place.account) && region.as_ref().is_none_or(|region| *region == place.region)
    });
    if known.len() > MOST {
        return Err(unknown(named, &format!("it may be in any of {} places: write account/Region/{vpc}", known.len())));
    }
    let mut found = search(vpc, &known, ports).await?;
    match (found.pop(), found.is_empty()) {
        (Some(vpc), true) => Ok(vpc),
        (Some(_), false) => Err(unknown(named, &format!("several accounts show it: write account/Region/{vpc}"))),
        (None, _) => {
            Err(unknown(named, &format!("it is in none of the {} places that were asked: write account/Region/{vpc}", known.len())))
        }
    }
}

/// Where a VPC is, and is no guest. A place that can't be read has no answer.
async fn search<B: Backend>(vpc: &VpcId, places: &BTreeSet<Place>, ports: &Ports<B>) -> Result<Vec<VpcRef>, Failure> {
    let look = async |place: &Place| {
        let there = VpcRef { place: place.clone(), vpc: vpc.clone() };
        match ports.cloud.vpc_facts(&there).await {
            Ok(facts) => Ok(facts.filter(|facts| facts.other_owner().is_none()).map(|_| there)),
            Err(failure) if matches!(failure.class, Class::NoRole | Class::Denied) => Ok(None),
            Err(failure) => Err(failure),
        }
    };
    let mut looking = stream::iter(places.iter().map(look)).buffer_unordered(AT_ONCE);
    let mut found = Vec::new();
    while let Some(one) = looking.next().await {
        found.extend(one?);
    }
    Ok(found)
}

/// The connection that joins two VPCs, whichever asked for it, and a place that shows it. Ended ones join nothing.
pub async fn find_connection<B: Backend>(ends: &Sides<VpcRef>, ports: &Ports<B>) -> Result<Option<(PcxId, Place)>, Failure> {
    for side in Side::BOTH {
        let (vpc, other) = (ends.of(side), ends.of(side.peer()));
        if let Fact::Known(shown) = unless_shut_out(peerings(&ports.cloud, vpc).await, &vpc.place)? {
            let joins = |peering: &ObservedConnection| peering.connection.ends.side_of(other).is_some();
            return Ok(shown.into_iter().find(joins).map(|found| (found.connection.id, found.shown_in)));
        }
    }
    Ok(None)
}

fn unknown(named: &NamedVpc, why: &str) -> Failure {
    Failure { what: format!("find {named}"), place: None, class: Class::Refused, source: why.to_owned().into() }
}
