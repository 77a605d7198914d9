//! Whether the accounts and VPCs are there that rules name: reads only.

use std::collections::{BTreeMap, BTreeSet};

use peerwright_core::allowlist::StoredAllowlist;
use peerwright_core::ids::{AccountId, AliasName, Place, VpcId};
use peerwright_core::rule_lint::{Surroundings, named_accounts};
use peerwright_core::world::Fact;

use crate::failure::{Failure, unless_shut_out};
use crate::ports::{Backend, Cloud, Organization, Ports};

/// Looks up what rules and aliases name. An account in one of `places` is ours.
pub async fn surroundings<B: Backend>(
    allowlist: &StoredAllowlist,
    places: &BTreeSet<Place>,
    ports: &Ports<B>,
) -> Result<Surroundings, Failure> {
    let mut found = Surroundings::default();
    let ours: BTreeSet<&AccountId> = places.iter().map(|place| &place.account).collect();
    let named = allowlist.rules.iter().flatten().flat_map(|rule| rule.ends.iter().flat_map(|(_, end)| named_accounts(end)));
    for account in named.collect::<BTreeSet<AccountId>>().iter().filter(|account| !ours.contains(account)) {
        match ports.cloud.units(account).await? {
            Fact::Known(units) if units.is_empty() => {
                found.foreign.insert(account.clone());
            }
            Fact::Known(_) => {}
            Fact::Unknown(why) => {
                found.unchecked.insert(format!("{account}: {why}"));
            }
        }
    }
    let mut named: BTreeMap<&Place, BTreeMap<&VpcId, &AliasName>> = BTreeMap::new();
    for (name, vpc) in &allowlist.aliases {
        named.entry(&vpc.place).or_default().insert(&vpc.vpc, name);
    }
    for (place, aliases) in named {
        let ids = aliases.keys().map(|id| (*id).clone()).collect();
        match unless_shut_out(ports.cloud.vpcs(place, &ids).await, place)? {
            Fact::Known(shown) => {
                found.gone.extend(aliases.iter().filter(|(id, _)| !shown.contains_key(**id)).map(|(_, name)| (*name).clone()));
            }
            Fact::Unknown(why) => {
                found.unchecked.insert(why);
            }
        }
    }
    Ok(found)
}
