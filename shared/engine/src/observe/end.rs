//! Both ends of a connection, as a plan needs them.

use std::collections::BTreeMap;

use peerwright_core::desired::Desired;
use peerwright_core::end_query::EndQuery;
use peerwright_core::ids::{GroupId, Place, Side, Sides, VpcId, VpcRef};
use peerwright_core::observed::{Borrowers, Observed};
use peerwright_core::owned::Owned;
use peerwright_core::world::{End, Fact, GroupRule, ObservedConnection, SecurityGroup, VpcFacts};

use crate::failure::{Failure, no_role, unless_shut_out};
use crate::ports::Cloud;

/// Reads what the intent and the ledger ask for, and no more: the blocks of VPCs that were read in this run are known, and whether a VPC is ready for an
/// option is asked only where one is to be switched on. CIDR blocks come from the VPC itself where we may read it: the connection's own list can
/// lag behind. `before` is what was seen a moment ago, where nothing but routes and rules was changed since: the groups with their tags are taken from there.
pub(crate) async fn observe<C: Cloud>(
    peering: &ObservedConnection,
    desired: &Desired,
    owned: &Owned,
    vpcs: Option<&Sides<VpcFacts>>,
    before: Option<&Observed>,
    cloud: &C,
) -> Result<Observed, Failure> {
    let connection = &peering.connection;
    let options = dns_options(peering, desired, owned, cloud).await?;
    let is_missing = |side: Side| desired.ends.of(side).dns_resolution && *options.of(side) != Some(true);
    let some_option_is_missing = Side::BOTH.into_iter().any(is_missing);
    // What was read of a VPC in its own account has tags.
    let known =
        |side: Side| vpcs.map(|vpcs| vpcs.of(side)).filter(|facts| facts.tags.known().is_some()).and_then(|facts| facts.cidrs.known());
    let seen = |side: Side| before.and_then(|before| before.ends.of(side).known());
    let query = |side: Side| {
        let mut query = EndQuery::at(side, desired, owned);
        query.cidrs = known(side).is_none();
        query.dns_attributes &= some_option_is_missing;
        match seen(side) {
            Some(seen) => query.again(seen),
            None => query,
        }
    };
    let found = read_ends(&connection.ends, Sides::each(query), cloud).await?;
    let ends = Sides::each(|side| match found.of(side) {
        Fact::Unknown(why) => Fact::Unknown(why.clone()),
        Fact::Known(end) => Fact::Known(End {
            cidrs: known(side).unwrap_or(&end.cidrs).clone(),
            dns_resolution: options.of(side).unwrap_or_default(),
            groups: seen(side).map_or_else(|| end.groups.clone(), |seen| with_rules(&seen.groups, &end.groups)),
            participants_groups: seen(side).map_or(&end.participants_groups, |seen| &seen.participants_groups).clone(),
            ..end.clone()
        }),
    });
    let cidrs = Sides::each(|side| ends.of(side).known().map_or_else(|| peering.cidrs.of(side).clone(), |end| end.cidrs.clone()));
    Ok(Observed { connection: connection.clone(), cidrs, ends, owned: owned.clone(), borrowers: Borrowers::new() })
}

/// Reads both ends: those of a place together.
async fn read_ends<C: Cloud>(ends: &Sides<VpcRef>, queries: Sides<EndQuery>, cloud: &C) -> Result<Sides<Fact<End>>, Failure> {
    let mut places: BTreeMap<&Place, BTreeMap<VpcId, EndQuery>> = BTreeMap::new();
    for (side, vpc) in ends.iter() {
        places.entry(&vpc.place).or_default().insert(vpc.vpc.clone(), queries.of(side).clone());
    }
    let mut found = BTreeMap::new();
    for (place, wanted) in places {
        found.insert(place, unless_shut_out(cloud.ends(place, &wanted).await, place)?);
    }
    Ok(Sides::each(|side| {
        let VpcRef { place, vpc } = ends.of(side);
        match &found[place] {
            Fact::Known(ends) => ends.get(vpc).map_or_else(|| Fact::Unknown(format!("{vpc} is not there")), |end| Fact::Known(end.clone())),
            Fact::Unknown(why) => Fact::Unknown(why.clone()),
        }
    }))
}

/// Groups with the rules that were read of them last.
fn with_rules(groups: &[SecurityGroup], read: &[SecurityGroup]) -> Vec<SecurityGroup> {
    let rules: BTreeMap<&GroupId, &Vec<GroupRule>> = read.iter().map(|group| (&group.id, &group.rules)).collect();
    let with = |group: &SecurityGroup| {
        let rules = rules.get(&group.id).copied().cloned().unwrap_or_default();
        SecurityGroup { id: group.id.clone(), tags: group.tags.clone(), rules }
    };
    groups.iter().map(with).collect()
}

/// The ends that we may enter and may not read, with why. An end without our role is its owner's; this one is somebody's to mend.
pub(crate) fn denied_ends(observed: &Observed) -> Vec<(Side, String)> {
    let ends = observed.ends.iter().filter_map(|(side, end)| match end {
        Fact::Unknown(why) if *why != no_role(&observed.connection.ends.of(side).place) => Some((side, why.clone())),
        _ => None,
    });
    ends.collect()
}

/// The DNS option of each end, as far as somebody asks for it: where the connection was seen elsewhere, the end's own place is asked.
async fn dns_options<C: Cloud>(
    peering: &ObservedConnection,
    desired: &Desired,
    owned: &Owned,
    cloud: &C,
) -> Result<Sides<Option<bool>>, Failure> {
    let connection = &peering.connection;
    let mut options = peering.dns_resolution;
    for side in Side::BOTH {
        let wanted = desired.ends.of(side).dns_resolution || owned.dns_resolution.contains(&side);
        if options.of(side).is_some() || !wanted {
            continue;
        }
        let place = &connection.ends.of(side).place;
        let Fact::Known(Some(found)) = unless_shut_out(cloud.connection(place, &connection.id).await, place)? else {
            continue;
        };
        for side in Side::BOTH.into_iter().filter(|side| connection.ends.of(*side).place == *place) {
            options.of_mut(side).clone_from(found.dns_resolution.of(side));
        }
    }
    Ok(options)
}

/// What is left of a connection on both ends, from the tables and rules themselves: the connection and the VPCs may be gone.
pub(crate) async fn leftovers<C: Cloud>(peering: &ObservedConnection, owned: &Owned, cloud: &C) -> Result<Observed, Failure> {
    let connection = &peering.connection;
    let end = async |side: Side| {
        let vpc = connection.ends.of(side);
        // Whether the option is on is not read: to switch it off twice does no harm.
        let dns_resolution = owned.dns_resolution.contains(&side);
        let found = cloud.leftovers(&connection.id, vpc).await.map(|end| End { dns_resolution, ..end });
        unless_shut_out(found, &vpc.place)
    };
    let ends = Sides::try_each(end).await?;
    let (connection, cidrs) = (connection.clone(), peering.cidrs.clone());
    Ok(Observed { connection, cidrs, ends, owned: owned.clone(), borrowers: Borrowers::new() })
}
