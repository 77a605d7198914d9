//! How a person writes a VPC.

use std::str::FromStr;

use anyhow::{Result, anyhow};
use peerwright_core::allowlist::Aliases;
use peerwright_core::ids::{AliasName, Place, VpcId, VpcRef};

/// A VPC as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum End {
    /// Its id alone: account and Region are those of who asks.
    Id(VpcId),
    /// In full.
    Vpc(VpcRef),
    /// By its name in the allowlist.
    Alias(AliasName),
}

impl FromStr for End {
    type Err = String;

    /// Takes both orders that are in use: that of the tag, and that of everything else.
    fn from_str(text: &str) -> Result<Self, String> {
        let parts: Vec<&str> = text.split('/').collect();
        match parts[..] {
            [one] => match one.parse() {
                Ok(id) => Ok(Self::Id(id)),
                Err(_) => one.parse().map(Self::Alias).map_err(|_| wrong(text)),
            },
            [id, account, region] if id.starts_with("vpc-") => {
                format!("{account}/{region}/{id}").parse().map(Self::Vpc).map_err(|_| wrong(text))
            }
            _ => text.parse().map(Self::Vpc).map_err(|_| wrong(text)),
        }
    }
}

fn wrong(text: &str) -> String {
    format!("`{text}` is none of vpc-id, vpc-id/account/region, account/region/vpc-id and the name of an alias")
}

impl End {
    /// As the tag has it.
    pub(super) fn word(&self) -> String {
        match self {
            Self::Id(id) => id.to_string(),
            Self::Vpc(VpcRef { place, vpc }) => format!("{vpc}/{}/{}", place.account, place.region),
            Self::Alias(name) => name.to_string(),
        }
    }

    pub(super) const fn is_alias(&self) -> bool {
        matches!(self, Self::Alias(_))
    }

    /// The VPC that is meant by somebody at a place.
    pub(super) fn vpc(&self, home: &Place, aliases: Option<&Aliases>) -> Result<VpcRef> {
        match self {
            Self::Id(id) => Ok(VpcRef { place: home.clone(), vpc: id.clone() }),
            Self::Vpc(vpc) => Ok(vpc.clone()),
            Self::Alias(name) => {
                let aliases = aliases.ok_or_else(|| {
                    anyhow!("the allowlist can't be read, so nobody knows which VPC is {name}: write it as account/region/vpc-id. Nothing was changed")
                })?;
                aliases.get(name).cloned().ok_or_else(|| anyhow!("{name} is no alias of the allowlist: nothing was changed"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vpc_is_read_in_both_orders_and_written_as_the_tag_has_it() {
        for text in ["vpc-0000000b/222222222222/eu-west-1", "222222222222/eu-west-1/vpc-0000000b"] {
            assert_eq!(text.parse::<End>().expect("a VPC").word(), "vpc-0000000b/222222222222/eu-west-1");
        }
        for word in ["vpc-0000000b", "database", "vpc-of-finance"] {
            assert_eq!(word.parse::<End>().expect("an end").word(), word);
        }
        for wrong in ["", "a b", "vpc-0000000b/222222222222", "222222222222/vpc-0000000b", "a/b/c/d"] {
            assert!(wrong.parse::<End>().expect_err("no end").contains("account/region/vpc-id"), "{wrong}");
        }
    }

    #[test]
    fn an_alias_needs_the_allowlist_and_an_id_the_place_of_who_asks() {
        let home: Place = "111111111111/eu-west-1".parse().expect("a place");
        let end = |text: &str| text.parse::<End>().expect("an end");
        assert_eq!(end("vpc-0000000a").vpc(&home, None).expect("a VPC").to_string(), "111111111111/eu-west-1/vpc-0000000a");
        assert!(end("database").vpc(&home, None).expect_err("unknown").to_string().contains("write it as account/region/vpc-id"));
        assert!(end("database").vpc(&home, Some(&Aliases::new())).expect_err("unknown").to_string().contains("no alias"));
    }
}
