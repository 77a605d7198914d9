//! Managed prefix lists and their entries.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ec2::types::ManagedPrefixList;
use ipnet::IpNet;
use peerwright_core::ids::{Place, PrefixListId};
use peerwright_core::world::{Fact, PrefixList};
use peerwright_engine::failure::{Class, Failure};

use crate::classify::failure;
use crate::counted_clients::CountedClients;

/// The prefix lists that rules name; one that can't be read is unknown, and stops nothing else.
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
    let max_entries = described.prefix_lists().first().and_then(ManagedPrefixList::max_entries).unwrap_or_default();
    let mut pages = client.get_managed_prefix_list_entries().prefix_list_id(id.as_str()).into_paginator().send();
    let mut cidrs = Vec::new();
    while let Some(page) = pages.next().await {
        clients.count(1);
        let page = page.map_err(|error| failure(format!("read the entries of {id}"), Some(place), error))?;
        cidrs.extend(page.entries().iter().filter_map(|entry| entry.cidr()?.parse::<IpNet>().ok()));
    }
    Ok(PrefixList { cidrs: cidrs.into_iter().collect(), max_entries: usize::try_from(max_entries).unwrap_or_default() })
}
