//! What conditions on VPCs say of each other, as far as that is certain: whichever VPCs there are.
//!
//! A VPC that is only shared with an account is not considered: nothing is decided about it there.

use std::collections::BTreeSet;

use wildmatch::WildMatch;

use crate::allowlist::Selector;
use crate::ids::{AccountId, Region, Side, Sides, VpcId};
use crate::tags::is_one_of;

/// The values that a VPC may have; none where it may have any.
type Allowed<'s, T> = Option<BTreeSet<&'s T>>;

/// Those that are listed and, where an alias names the VPC, its own.
fn allowed<'s, T: Ord>(listed: &'s BTreeSet<T>, of_alias: Option<&'s T>) -> Allowed<'s, T> {
    match (listed.is_empty(), of_alias) {
        (true, None) => None,
        (true, Some(own)) => Some(BTreeSet::from([own])),
        (false, None) => Some(listed.iter().collect()),
        (false, Some(own)) => Some(listed.iter().filter(|value| *value == own).collect()),
    }
}

fn accounts(selector: &Selector) -> Allowed<'_, AccountId> {
    allowed(&selector.accounts, selector.alias.as_ref().map(|(_, vpc)| &vpc.place.account))
}

fn regions(selector: &Selector) -> Allowed<'_, Region> {
    allowed(&selector.regions, selector.alias.as_ref().map(|(_, vpc)| &vpc.place.region))
}

fn vpcs(selector: &Selector) -> Allowed<'_, VpcId> {
    allowed(&selector.vpcs, selector.alias.as_ref().map(|(_, vpc)| &vpc.vpc))
}

/// Why no two VPCs meet the conditions of both ends, if that is so.
pub(super) fn is_impossible(ends: &Sides<Selector>) -> Option<String> {
    for side in Side::BOTH {
        let selector = ends.of(side);
        let none = [
            ("accounts", accounts(selector).is_some_and(|set| set.is_empty())),
            ("regions", regions(selector).is_some_and(|set| set.is_empty())),
            ("vpcs", vpcs(selector).is_some_and(|set| set.is_empty())),
        ];
        if let (Some((key, _)), Some((name, _))) = (none.iter().find(|(_, none)| *none), &selector.alias) {
            return Some(format!("the VPC of {name} is not among the {key} of its {side}"));
        }
    }
    let only = |side| vpcs(ends.of(side)).filter(|set| set.len() == 1);
    let [requester, accepter] = [Side::Requester, Side::Accepter].map(only);
    (requester.is_some() && requester == accepter).then(|| "both ends are the same VPC, which can't be peered with itself".to_owned())
}

/// True where every VPC that meets the first conditions meets the others too.
pub(super) fn lies_within(inner: &Selector, outer: &Selector) -> bool {
    within(&accounts(inner), &outer.accounts)
        && within(&regions(inner), &outer.regions)
        && within(&vpcs(inner), &outer.vpcs)
        && is_in_units(inner, outer)
        && is_in_cidrs(inner, outer)
        && bears_tags(inner, outer)
        && is_alias(inner, outer)
}

fn within<T: Ord>(inner: &Allowed<'_, T>, outer: &BTreeSet<T>) -> bool {
    outer.is_empty() || inner.as_ref().is_some_and(|inner| inner.iter().all(|value| outer.contains(value)))
}

/// Where one unit lies below another is not known here: the name of a unit may contain what separates names.
fn is_in_units(inner: &Selector, outer: &Selector) -> bool {
    let organization = !outer.organization || inner.organization || !inner.units.is_empty();
    let units = outer.units.is_empty() || !inner.units.is_empty() && inner.units.is_subset(&outer.units);
    organization && units
}

/// A block inside another has an address in common with it, so that it does not matter which of the two an end is asked for.
fn is_in_cidrs(inner: &Selector, outer: &Selector) -> bool {
    outer.cidrs.is_empty() || !inner.cidrs.is_empty() && inner.cidrs.outside(&outer.cidrs).next().is_none()
}

fn bears_tags(inner: &Selector, outer: &Selector) -> bool {
    outer.tags.iter().all(|(key, wanted)| {
        let Some(values) = inner.tags.get(key) else {
            return false;
        };
        let is_wanted = |value: &String| {
            let is_literal = !value.contains(['*', '?']);
            wanted.contains(value) || wanted.contains("*") || is_literal && is_one_of(value, wanted)
        };
        values.iter().all(is_wanted)
    })
}

fn is_alias(inner: &Selector, outer: &Selector) -> bool {
    let Some((_, vpc)) = &outer.alias else {
        return true;
    };
    let only = |allowed: Allowed<'_, _>, value| allowed == Some(BTreeSet::from([value]));
    let place = &vpc.place;
    accounts(inner) == Some(BTreeSet::from([&place.account]))
        && regions(inner) == Some(BTreeSet::from([&place.region]))
        && only(vpcs(inner), &vpc.vpc)
}

/// True unless it is certain that no VPC meets both.
pub(super) fn may_meet(one: &Selector, other: &Selector) -> bool {
    share(&accounts(one), &accounts(other))
        && share(&regions(one), &regions(other))
        && share(&vpcs(one), &vpcs(other))
        && (one.cidrs.is_empty() || other.cidrs.is_empty() || one.cidrs.overlaps(&other.cidrs).next().is_some())
        && one.tags.iter().all(|(key, values)| {
            other.tags.get(key).is_none_or(|others| values.iter().any(|value| others.iter().any(|other| may_be_one(value, other))))
        })
}

fn share<T: Ord>(one: &Allowed<'_, T>, other: &Allowed<'_, T>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => !one.is_disjoint(other),
        _ => true,
    }
}

/// True unless no text is meant by both: of two with wildcards nobody says so.
fn may_be_one(one: &str, other: &str) -> bool {
    let is_literal = |text: &str| !text.contains(['*', '?']);
    match (is_literal(one), is_literal(other)) {
        (true, _) => WildMatch::new(other).matches(one),
        (false, true) => WildMatch::new(one).matches(other),
        (false, false) => true,
    }
}
