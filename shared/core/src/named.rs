//! A VPC as people name it: by an alias of the allowlist, or by its id with as much of its place as they know.

use std::fmt;
use std::str::FromStr;

use crate::allowlist::Aliases;
use crate::ids::{AccountId, AliasName, InvalidId, Region, VpcId, VpcRef};

/// What a person wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NamedVpc {
    /// An alias.
    Alias(AliasName),
    /// An id, with what is known of its place.
    Id {
        /// The id.
        vpc: VpcId,
        /// Its account.
        account: Option<AccountId>,
        /// Its Region.
        region: Option<Region>,
    },
}

impl NamedVpc {
    /// True where it means this VPC.
    pub fn means(&self, vpc: &VpcRef, aliases: &Aliases) -> bool {
        match self {
            Self::Alias(name) => aliases.get(name) == Some(vpc),
            Self::Id { vpc: id, account, region } => {
                *id == vpc.vpc
                    && account.as_ref().is_none_or(|account| *account == vpc.place.account)
                    && region.as_ref().is_none_or(|region| *region == vpc.place.region)
            }
        }
    }

    /// The VPC with its place, where what was written says all of it.
    pub fn in_full(&self, aliases: &Aliases) -> Option<VpcRef> {
        match self {
            Self::Alias(name) => aliases.get(name).cloned(),
            Self::Id { vpc, account: Some(account), region: Some(region) } => {
                let place = crate::ids::Place { account: account.clone(), region: region.clone() };
                Some(VpcRef { place, vpc: vpc.clone() })
            }
            Self::Id { .. } => None,
        }
    }
}

impl FromStr for NamedVpc {
    type Err = InvalidId;

    /// `alias`, `vpc-…`, `account/vpc-…` or `account/Region/vpc-…`; also the way in which tags name a VPC, its id first.
    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let mut parts: Vec<&str> = text.split('/').collect();
        if parts.len() > 1 && parts[0].starts_with("vpc-") {
            parts.rotate_left(1);
        }
        let id = |vpc: &str, account: Option<&str>, region: Option<&str>| {
            Ok(Self::Id { vpc: vpc.parse()?, account: account.map(str::parse).transpose()?, region: region.map(str::parse).transpose()? })
        };
        match parts[..] {
            [name] => name.parse().map_or_else(|_| name.parse().map(Self::Alias), |vpc| Ok(Self::Id { vpc, account: None, region: None })),
            [account, vpc] => id(vpc, Some(account), None),
            [account, region, vpc] => id(vpc, Some(account), Some(region)),
            _ => Err(InvalidId { value: text.to_owned(), expected: "a VPC (alias, vpc-…, account/vpc-… or account/Region/vpc-…)" }),
        }
    }
}

impl fmt::Display for NamedVpc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Alias(name) => write!(f, "{name}"),
            Self::Id { vpc, account, region } => {
                account.iter().try_for_each(|account| write!(f, "{account}/"))?;
                region.iter().try_for_each(|region| write!(f, "{region}/"))?;
                write!(f, "{vpc}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(text: &str) -> NamedVpc {
        text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn a_vpc_is_named_by_an_alias_or_by_as_much_of_its_place_as_is_known() {
        let vpc: VpcRef = "111111111111/eu-west-1/vpc-1a2b3c4d".parse().expect("a VPC");
        let other: VpcRef = "222222222222/eu-west-1/vpc-1a2b3c4d".parse().expect("a VPC");
        let aliases = Aliases::from([("database".parse().expect("a name"), vpc.clone())]);
        for text in ["database", "vpc-1a2b3c4d", "111111111111/vpc-1a2b3c4d", "111111111111/eu-west-1/vpc-1a2b3c4d"] {
            assert!(named(text).means(&vpc, &aliases), "{text}");
            assert_eq!(named(text).to_string(), text);
        }
        assert!(named("vpc-1a2b3c4d").means(&other, &aliases));
        for text in ["database", "111111111111/vpc-1a2b3c4d", "222222222222/eu-west-2/vpc-1a2b3c4d", "shared"] {
            assert!(!named(text).means(&other, &aliases), "{text}");
        }
    }

    #[test]
    fn the_way_of_tags_is_read_as_well() {
        assert_eq!(named("vpc-1a2b3c4d/111111111111"), named("111111111111/vpc-1a2b3c4d"));
        assert_eq!(named("vpc-1a2b3c4d/111111111111/eu-west-1"), named("111111111111/eu-west-1/vpc-1a2b3c4d"));
    }

    #[test]
    fn only_an_alias_or_all_three_parts_say_where_it_is() {
        let vpc: VpcRef = "111111111111/eu-west-1/vpc-1a2b3c4d".parse().expect("a VPC");
        let aliases = Aliases::from([("vpc-of-web".parse().expect("a name"), vpc.clone())]);
        assert_eq!(named("vpc-of-web").in_full(&aliases), Some(vpc.clone()));
        assert_eq!(named("111111111111/eu-west-1/vpc-1a2b3c4d").in_full(&aliases), Some(vpc));
        assert_eq!([named("111111111111/vpc-1a2b3c4d").in_full(&aliases), named("unknown").in_full(&aliases)], [None, None]);
    }

    #[test]
    fn what_is_no_name_is_refused_with_the_part_that_is_wrong() {
        let said = |text: &str| text.parse::<NamedVpc>().expect_err("no VPC").to_string();
        assert!(said("1/vpc-1a2b3c4d").starts_with("`1` is not an account id"));
        assert!(said("111111111111/eu-west/vpc-1a2b3c4d").starts_with("`eu-west` is not a Region"));
        assert!(said("a/b/c/d").contains("account/Region/vpc-…"));
    }
}
