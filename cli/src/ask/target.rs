//! The word by which a VPC's tag names another one: with all of its place wherever the tag would mean another VPC without.

use std::collections::BTreeSet;

use anyhow::{Result, anyhow, bail};
use peerwright_aws::OwnAccount;
use peerwright_core::allowlist::Aliases;
use peerwright_core::ask::edit::{meant_by, named_in};
use peerwright_core::ids::{Place, VpcId, VpcRef};
use peerwright_core::named::NamedVpc;
use peerwright_core::world::Tags;
use peerwright_engine::find::find_vpc;

use crate::output::explained;
use crate::session::Session;

/// The VPC that asks, and what is known of it.
pub(super) struct Asker<'a> {
    pub(super) own: &'a OwnAccount,
    pub(super) vpc: &'a VpcRef,
    pub(super) tags: &'a Tags,
    /// The names of the allowlist; none where it can't be read.
    pub(super) aliases: Option<&'a Aliases>,
}

impl Asker<'_> {
    /// The word for a VPC that is asked for. What is left out of a word is the asking VPC's own, and a person who leaves it out may mean another account's:
    /// where the VPC is not there, it is looked for.
    pub(super) async fn word_to_ask(&self, named: &NamedVpc, session: &Session) -> Result<String> {
        let Some((id, there)) = left_out(named, &self.vpc.place) else {
            return Ok(word_for(named, &self.vpc.place));
        };
        if let Some(word) = self.known_word(named) {
            return Ok(word);
        }
        let is_own = there.account == self.vpc.place.account;
        if is_own && let Some(found) = self.own.vpc(id).await.map_err(explained)? {
            let place = Place { account: found.owner, region: there.region };
            return Ok(shortest(named, &VpcRef { place, vpc: id.clone() }, &self.vpc.place));
        }
        match Box::pin(elsewhere(named, session)).await {
            Ok(found) => Ok(shortest(named, &found, &self.vpc.place)),
            // Of an account that lets nobody in, its own owner knows best what is there.
            Err(_) if !is_own => Ok(word_for(named, &self.vpc.place)),
            Err(why) => bail!(
                "{id} is not in {there}, and it was not found in another place: write account/Region/{id}. Nothing was changed ({why:#})"
            ),
        }
    }

    /// The word for a VPC that is not to be asked for any more.
    pub(super) fn word_to_remove(&self, named: &NamedVpc) -> Result<String> {
        let word = self.known_word(named).unwrap_or_else(|| word_for(named, &self.vpc.place));
        let words = named_in(self.tags);
        let NamedVpc::Alias(name) = named else { return Ok(word) };
        if words.contains(&name.as_str()) || self.aliases.is_some_and(|aliases| aliases.contains_key(name)) {
            return Ok(word);
        }
        let content = if words.is_empty() { "it names nothing".to_owned() } else { format!("it names {}", words.join(", ")) };
        let unknown =
            if self.aliases.is_some() { "is no alias of the allowlist" } else { "may be an alias of the allowlist, which can't be read" };
        Err(anyhow!("{name} {unknown}, and the tag of {} does not name it ({content}): nothing was changed", self.vpc))
    }

    /// The word for the one VPC that the tag or the allowlist names, and that is meant.
    fn known_word(&self, named: &NamedVpc) -> Option<String> {
        left_out(named, &self.vpc.place)?;
        let known: BTreeSet<VpcRef> = meant_by(named, self.vpc, self.tags, self.aliases);
        let first = known.first().filter(|_| known.len() == 1)?;
        Some(shortest(named, first, &self.vpc.place))
    }
}

/// The id, and where a tag means it to be, of a VPC that is named without all of its place.
fn left_out<'n>(named: &'n NamedVpc, home: &Place) -> Option<(&'n VpcId, Place)> {
    match named {
        NamedVpc::Alias(_) | NamedVpc::Id { account: Some(_), region: Some(_), .. } => None,
        NamedVpc::Id { vpc, account, region } => {
            let account = account.as_ref().unwrap_or(&home.account).clone();
            Some((vpc, Place { account, region: region.as_ref().unwrap_or(&home.region).clone() }))
        }
    }
}

/// What was written, where a tag means that VPC by it; otherwise all of its place.
fn shortest(named: &NamedVpc, found: &VpcRef, home: &Place) -> String {
    let is_there = left_out(named, home).is_some_and(|(_, there)| there == found.place);
    if is_there { word_for(named, home) } else { format!("{}/{}/{}", found.vpc, found.place.account, found.place.region) }
}

/// Where the places that are swept show it, by the role that reads.
async fn elsewhere(named: &NamedVpc, session: &Session) -> Result<VpcRef> {
    let ports = session.ports().await?;
    find_vpc(named, &session.deployed().await?.member_regions, &ports).await.map_err(explained)
}

/// How the tag of a VPC at a place names another one.
fn word_for(named: &NamedVpc, asking: &Place) -> String {
    match named {
        NamedVpc::Alias(name) => name.to_string(),
        NamedVpc::Id { vpc, account: None, region: None } => vpc.to_string(),
        NamedVpc::Id { vpc, account, region: None } => format!("{vpc}/{}", account.as_ref().unwrap_or(&asking.account)),
        NamedVpc::Id { vpc, account, region: Some(region) } => format!("{vpc}/{}/{region}", account.as_ref().unwrap_or(&asking.account)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn home() -> Place {
        "111111111111/eu-west-1".parse().expect("a place")
    }

    fn named(text: &str) -> NamedVpc {
        text.parse().expect("a VPC")
    }

    #[test]
    fn the_tag_names_a_vpc_with_no_more_of_its_place_than_was_written() {
        for (written, word) in [
            ("database", "database"),
            ("vpc-0000000b", "vpc-0000000b"),
            ("222222222222/vpc-0000000b", "vpc-0000000b/222222222222"),
            ("222222222222/eu-west-1/vpc-0000000b", "vpc-0000000b/222222222222/eu-west-1"),
            ("vpc-0000000b/222222222222/eu-west-1", "vpc-0000000b/222222222222/eu-west-1"),
        ] {
            assert_eq!(word_for(&named(written), &home()), word);
        }
    }

    #[test]
    fn a_vpc_that_is_elsewhere_than_the_tag_would_mean_is_named_with_all_of_its_place() {
        let found = |text: &str| text.parse::<VpcRef>().expect("a VPC");
        for (written, is, word) in [
            ("vpc-0000000b", "111111111111/eu-west-1/vpc-0000000b", "vpc-0000000b"),
            ("vpc-0000000b", "222222222222/eu-west-1/vpc-0000000b", "vpc-0000000b/222222222222/eu-west-1"),
            ("222222222222/vpc-0000000b", "222222222222/eu-west-1/vpc-0000000b", "vpc-0000000b/222222222222"),
            ("222222222222/vpc-0000000b", "222222222222/eu-north-1/vpc-0000000b", "vpc-0000000b/222222222222/eu-north-1"),
        ] {
            assert_eq!(shortest(&named(written), &found(is), &home()), word, "{written} in {is}");
        }
    }
}
