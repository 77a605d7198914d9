//! The conditions on an end in few words.

use std::fmt::Display;

use peerwright_core::allowlist::Selector;
use peerwright_core::organization::UnitChoice;

/// Such as `shared-services`, or `111111111111, 222222222222 in eu-west-1 with env=dev`.
pub(super) fn words(selector: &Selector) -> String {
    let Selector { accounts, units, organization, regions, vpcs, cidrs, tags, alias } = selector;
    let mut whose: Vec<String> = Vec::new();
    whose.extend(alias.iter().map(|(name, _)| name.to_string()));
    whose.extend(some(vpcs.iter()));
    whose.extend(some(accounts.iter()));
    whose.extend(some(units.iter().map(|unit| match unit {
        UnitChoice::Id(id) => id.to_string(),
        UnitChoice::Path(path) => path.clone(),
    })));
    whose.extend(organization.then(|| "the organization".to_owned()));
    let mut words = vec![if whose.is_empty() { "any VPC".to_owned() } else { whose.join(" and ") }];
    let tags = tags.iter().map(|(key, values)| format!("{key}={}", values.iter().cloned().collect::<Vec<_>>().join("|")));
    for (before, values) in [("in", some(regions.iter())), ("inside", some(cidrs.iter())), ("with", some(tags))] {
        words.extend(values.map(|values| format!("{before} {values}")));
    }
    words.join(" ")
}

/// Values in a row, if there are any.
fn some<T: Display>(values: impl Iterator<Item = T>) -> Option<String> {
    let values: Vec<String> = values.map(|value| value.to_string()).collect();
    (!values.is_empty()).then(|| values.join(", "))
}
