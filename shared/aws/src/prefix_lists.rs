//! Managed prefix lists and their entries.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ec2::types::ManagedPrefixList;
use ipnet::IpNet;
use peerwright_core::ids::{Place, PrefixListId};
use peerwright_core::world::{Fact, PrefixList};
use peerwright_engine::failure::{Class, Failure};

use crate::classify::failure;
use crate::counted_clients::CountedClients;

/// Prefix lists with their entries; one that can't be read is unknown, and stops nothing else.
pub(crate) async fn prefix_lists(
    clients: &CountedClients,
    place: &Place,
    ids: &BTreeSet<PrefixListId>,
) -> Result<BTreeMap<PrefixListId, Fact<PrefixList>>, Failure> {
    let mut lists = BTreeMap::new();
    for id in ids {
        let list = match prefix_list(clients, place, id).await {
            Ok(list) => Fact::Known(list),
            Err(failure) if matches!(failure.class, Class::Refused | Class::Denied) => Fact::Unknown(failure.explain()),
            Err(failure) => return Err(failure),
        };
        lists.insert(id.clone(), list);
    }
    Ok(lists)
}

async fn prefix_list(clients: &CountedClients, place: &Place, id: &PrefixListId) -> Result<PrefixList, Failure> {
    let fail = |error| failure(format!("describe {id}"), Some(place), error);
    let client = clients.ec2(place).await;
    let described = client.describe_managed_prefix_lists().prefix_list_ids(id.as_str()).send().await.map_err(fail)?;
    let max_entries = described.prefix_lists().first().map(weight);
    let mut pages = client.get_managed_prefix_list_entries().prefix_list_id(id.as_str()).into_paginator().send();
    let mut cidrs = Vec::new();
    while let Some(page) = pages.next().await {
        clients.count(1);
        let page = page.map_err(|error| failure(format!("read the entries of {id}"), Some(place), error))?;
        cidrs.extend(page.entries().iter().filter_map(|entry| entry.cidr()?.parse::<IpNet>().ok()));
    }
    let max_entries = max_entries.flatten().unwrap_or(cidrs.len().max(1));
    Ok(PrefixList { cidrs: cidrs.into_iter().collect(), max_entries })
}

/// What AWS's own lists count, by the last part of their names ("Available AWS-managed prefix lists", VPC user guide): they tell no largest size.
const AWS_MANAGED: [(&str, usize); 8] = [
    ("cloudfront.origin-facing", 55),
    ("dynamodb", 1),
    ("ec2-instance-connect", 2),
    ("groundstation", 5),
    ("route53-healthchecks", 25),
    ("s3", 1),
    ("s3express", 6),
    ("vpc-lattice", 10),
];

/// How much a list counts against the quotas of what refers to it: the most entries that it may have, however few there are.
fn weight(list: &ManagedPrefixList) -> Option<usize> {
    if let Some(max) = list.max_entries() {
        return usize::try_from(max).ok();
    }
    let name = list.prefix_list_name()?;
    AWS_MANAGED.iter().find(|(known, _)| name.ends_with(&format!(".{known}"))).map(|(_, weight)| *weight)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_aws_counts_as_documented_and_others_with_their_largest_size() {
        let list = |name: &str, max: Option<i32>| ManagedPrefixList::builder().prefix_list_name(name).set_max_entries(max).build();
        assert_eq!(weight(&list("com.amazonaws.global.cloudfront.origin-facing", None)), Some(55));
        assert_eq!(weight(&list("com.amazonaws.eu-west-1.s3", None)), Some(1));
        assert_eq!(weight(&list("com.amazonaws.eu-west-1.ipv6.vpc-lattice", None)), Some(10));
        assert_eq!(weight(&list("com.amazonaws.eu-west-1.something-new", None)), None);
        assert_eq!(weight(&list("offices", Some(20))), Some(20));
    }
}
