//! Worlds and wishes, changed a little.

use peerwright_core::desired::Desired;
use peerwright_core::end_query::EndQuery;
use peerwright_core::ids::Side;
use peerwright_core::observed::Observed;
use peerwright_core::world::Fact;
use proptest::sample::Index;

/// The same world, every list in it the other way round.
pub(crate) fn turned(world: &Observed) -> Observed {
    let mut turned = world.clone();
    for side in Side::BOTH {
        if let Fact::Known(end) = turned.ends.of_mut(side) {
            end.tables.reverse();
            end.groups.reverse();
            end.subnets.reverse();
            end.tables.iter_mut().for_each(|table| table.routes.reverse());
            end.groups.iter_mut().for_each(|group| group.rules.reverse());
        }
    }
    turned
}

/// The same world as far as it is read for some wishes.
pub(crate) fn as_last_observed(desired: &Desired, world: &Observed) -> Observed {
    let mut seen = world.clone();
    for side in Side::BOTH {
        let look = EndQuery::at(side, desired, &world.owned);
        let Fact::Known(end) = seen.ends.of_mut(side) else { continue };
        if !look.tables {
            end.tables.clear();
        }
        if !look.subnets {
            end.subnets.clear();
        }
        if !look.groups {
            end.groups.clear();
        }
        for group in &mut end.groups {
            if !look.wants_rules_of(&group.id, &group.tags) {
                group.rules.clear();
            }
        }
        let lists = look.wanted_prefix_lists(&end.tables, &end.groups);
        end.prefix_lists.retain(|list, _| lists.contains(list));
        end.dns_ready = end.dns_ready.filter(|_| look.dns_attributes);
        end.dns_resolution &= desired.ends.of(side).dns_resolution || world.owned.dns_resolution.contains(&side);
    }
    seen
}

/// The wishes of two allowlists together.
pub(crate) fn both(one: &Desired, other: &Desired) -> Desired {
    let mut sum = one.clone();
    for side in Side::BOTH {
        let (mine, theirs) = (sum.ends.of_mut(side), other.ends.of(side).clone());
        mine.routes.extend(theirs.routes);
        mine.groups.extend(theirs.groups);
        mine.dns_resolution |= theirs.dns_resolution;
    }
    sum
}

/// The same wishes, each list of them the other way round.
pub(crate) fn turned_wishes(desired: &Desired) -> Desired {
    let mut turned = desired.clone();
    for side in Side::BOTH {
        let intent = turned.ends.of_mut(side);
        intent.routes.reverse();
        intent.groups.reverse();
        for groups in &mut intent.groups {
            groups.ingress.reverse();
            groups.egress.reverse();
        }
    }
    turned
}

/// The wishes without one of them.
pub(crate) fn without_one(desired: &Desired, which: Index) -> Desired {
    let mut less = desired.clone();
    let Desired { ends, .. } = &mut less;
    let (requester, accepter) = (&mut ends.requester, &mut ends.accepter);
    let counts = [requester.routes.len(), accepter.routes.len(), requester.groups.len(), accepter.groups.len()];
    let mut at = which.index(counts.iter().sum::<usize>() + 1);
    for (list, count) in counts.into_iter().enumerate() {
        if at < count {
            match list {
                0 => drop(requester.routes.remove(at)),
                1 => drop(accepter.routes.remove(at)),
                2 => drop(requester.groups.remove(at)),
                _ => drop(accepter.groups.remove(at)),
            }
            return less;
        }
        at -= count;
    }
    requester.dns_resolution = false;
    less
}
