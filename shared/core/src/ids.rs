//! Identifiers as types: an account can't be passed where a Region is meant.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// An identifier that does not have the form AWS gives it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{value}` is not {expected}")]
pub struct InvalidId {
    /// What was given.
    pub value: String,
    /// The form it should have, in words.
    pub expected: &'static str,
}

macro_rules! id_type {
    ($(#[$doc:meta])* $name:ident, $expected:literal, $check:expr) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The identifier as AWS writes it.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(value: &str) -> Result<Self, InvalidId> {
                let check: fn(&str) -> bool = $check;
                if check(value) {
                    Ok(Self(value.to_owned()))
                } else {
                    Err(InvalidId { value: value.to_owned(), expected: $expected })
                }
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidId;

            fn try_from(value: String) -> Result<Self, InvalidId> {
                value.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

/// A resource id of EC2: the prefix, then 8 (until 2016) or 17 hexadecimal digits.
fn resource(value: &str, prefix: &str) -> bool {
    value
        .strip_prefix(prefix)
        .is_some_and(|digits| matches!(digits.len(), 8 | 17) && digits.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')))
}

/// `eu-west-1`, `us-gov-east-1`, `cn-north-1`: lower-case words and a number, joined by `-`.
fn region(value: &str) -> bool {
    let parts: Vec<&str> = value.split('-').collect();
    let Some((number, words)) = parts.split_last() else {
        return false;
    };
    words.len() >= 2
        && words[0].len() >= 2
        && words.iter().all(|word| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase()))
        && !number.is_empty()
        && number.bytes().all(|b| b.is_ascii_digit())
}

/// `r-` and a word, or `ou-`, the root's word, `-` and a longer one (patterns of `Root` and `OrganizationalUnit`, Organizations
/// API reference).
fn unit(value: &str) -> bool {
    let word =
        |text: &str, shortest| (shortest..=32).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    match value.strip_prefix("ou-").map(|rest| rest.split_once('-')) {
        Some(Some((root, own))) => word(root, 4) && word(own, 8),
        Some(None) => false,
        None => value.strip_prefix("r-").is_some_and(|own| word(own, 4)),
    }
}

/// What a rule or an alias may be called; also a DynamoDB sort key and a tag value.
fn name(value: &str) -> bool {
    (1..=128).contains(&value.len()) && value.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
}

id_type!(/** An AWS account: 12 digits. */
    AccountId, "an account id (12 digits)", |v| v.len() == 12 && v.bytes().all(|b| b.is_ascii_digit()));
id_type!(/** An AWS Region's code, in any partition. */
    Region, "a Region (such as eu-west-1)", region);
id_type!(/** A VPC. */
    VpcId, "a VPC id (vpc- and 8 or 17 hexadecimal digits)", |v| resource(v, "vpc-"));
id_type!(/** A VPC peering connection. */
    PcxId, "a peering connection id (pcx- and 8 or 17 hexadecimal digits)", |v| resource(v, "pcx-"));
id_type!(/** A route table. */
    RouteTableId, "a route table id (rtb- and 8 or 17 hexadecimal digits)", |v| resource(v, "rtb-"));
id_type!(/** A security group. */
    GroupId, "a security group id (sg- and 8 or 17 hexadecimal digits)", |v| resource(v, "sg-"));
id_type!(/** A security group rule. */
    GroupRuleId, "a security group rule id (sgr- and 8 or 17 hexadecimal digits)", |v| resource(v, "sgr-"));
id_type!(/** A subnet. */
    SubnetId, "a subnet id (subnet- and 8 or 17 hexadecimal digits)", |v| resource(v, "subnet-"));
id_type!(/** A managed prefix list. */
    PrefixListId, "a prefix list id (pl- and 8 or 17 hexadecimal digits)", |v| resource(v, "pl-"));
id_type!(/** The root or an organizational unit of an organization. */
    UnitId, "the id of a root or an organizational unit (r-… or ou-…-…)", unit);
id_type!(/** The name of an allowlist rule. */
    RuleId, "a rule id (1 to 128 letters, digits, - _ .)", name);
id_type!(/** The name of a VPC in the allowlist. */
    AliasName, "an alias (1 to 128 letters, digits, - _ .)", name);
id_type!(/** The name of a mesh of VPCs. */
    MeshName, "the name of a mesh (1 to 128 letters, digits, - _ .)", name);

/// An account in a Region: where an API call is made.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Place {
    /// The account.
    pub account: AccountId,
    /// The Region.
    pub region: Region,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.account, self.region)
    }
}

impl FromStr for Place {
    type Err = InvalidId;

    /// Reads what `Display` writes.
    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let (account, region) =
            text.split_once('/').ok_or_else(|| InvalidId { value: text.to_owned(), expected: "a place (account/Region)" })?;
        Ok(Self { account: account.parse()?, region: region.parse()? })
    }
}

/// A VPC with the place it lives in: a VPC id alone says nothing across accounts.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct VpcRef {
    /// The account and Region of the VPC.
    #[serde(flatten)]
    pub place: Place,
    /// The VPC's id.
    pub vpc: VpcId,
}

impl fmt::Display for VpcRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.place, self.vpc)
    }
}

impl FromStr for VpcRef {
    type Err = InvalidId;

    /// Reads what `Display` writes.
    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let parts: Vec<&str> = text.split('/').collect();
        let [account, region, vpc] = parts[..] else {
            return Err(InvalidId { value: text.to_owned(), expected: "a VPC with its place (account/Region/vpc-…)" });
        };
        Ok(Self { place: Place { account: account.parse()?, region: region.parse()? }, vpc: vpc.parse()? })
    }
}

impl Region {
    /// The partition of its ARNs (the `regionRegex` of each partition in the SDKs' `partitions.json`).
    pub fn partition(&self) -> &'static str {
        const PREFIXES: [(&str, &str); 6] = [
            ("cn-", "aws-cn"),
            ("us-gov-", "aws-us-gov"),
            ("us-iso-", "aws-iso"),
            ("us-isob-", "aws-iso-b"),
            ("us-isof-", "aws-iso-f"),
            ("eusc-", "aws-eusc"),
        ];
        PREFIXES.iter().find(|(prefix, _)| self.0.starts_with(prefix)).map_or("aws", |(_, partition)| partition)
    }
}

/// One end of a connection.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// The owner of the VPC that asked.
    Requester,
    /// The owner of the VPC that was asked.
    Accepter,
}

impl Side {
    /// Both ends, requester first.
    pub const BOTH: [Side; 2] = [Side::Requester, Side::Accepter];

    /// The other end.
    #[must_use]
    pub const fn peer(self) -> Side {
        match self {
            Side::Requester => Side::Accepter,
            Side::Accepter => Side::Requester,
        }
    }

    /// `requester` or `accepter`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Side::Requester => "requester",
            Side::Accepter => "accepter",
        }
    }
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A value for each end; never a positional pair.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
pub struct Sides<T> {
    /// The requester's.
    pub requester: T,
    /// The accepter's.
    pub accepter: T,
}

impl<T> Sides<T> {
    /// A value made for each end.
    pub fn each(mut make: impl FnMut(Side) -> T) -> Self {
        Self { requester: make(Side::Requester), accepter: make(Side::Accepter) }
    }

    /// The same where making one waits, and may fail.
    ///
    /// # Errors
    ///
    /// The first end's that could not be made.
    pub async fn try_each<E>(make: impl AsyncFn(Side) -> Result<T, E>) -> Result<Self, E> {
        Ok(Self { requester: make(Side::Requester).await?, accepter: make(Side::Accepter).await? })
    }

    /// The value of one end.
    pub const fn of(&self, side: Side) -> &T {
        match side {
            Side::Requester => &self.requester,
            Side::Accepter => &self.accepter,
        }
    }

    /// The value of one end, to change.
    pub const fn of_mut(&mut self, side: Side) -> &mut T {
        match side {
            Side::Requester => &mut self.requester,
            Side::Accepter => &mut self.accepter,
        }
    }

    /// The end that has this value.
    pub fn side_of(&self, value: &T) -> Option<Side>
    where
        T: PartialEq,
    {
        Side::BOTH.into_iter().find(|side| self.of(*side) == value)
    }

    /// Each end's value with its name.
    pub fn iter(&self) -> impl Iterator<Item = (Side, &T)> {
        Side::BOTH.into_iter().map(|side| (side, self.of(side)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_both_lengths_are_read_and_anything_else_is_refused() {
        assert!("vpc-1a2b3c4d".parse::<VpcId>().is_ok());
        assert!("vpc-0123456789abcdef0".parse::<VpcId>().is_ok());
        for wrong in [
            "vpc-",
            "vpc-1a2b3c4",
            "vpc-1a2b3c4d5",
            "vpc-0123456789abcdef",
            "vpc-0123456789abcdef01",
            "vpc-1A2B3C4D",
            "pcx-1a2b3c4d",
            "vpc-1a2b3c4d ",
            "",
        ] {
            assert!(wrong.parse::<VpcId>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn regions_of_every_partition_are_read() {
        for right in ["eu-west-1", "us-gov-east-1", "cn-northwest-1", "ap-southeast-7", "us-iso-east-1", "eusc-de-east-1"] {
            assert!(right.parse::<Region>().is_ok(), "{right}");
        }
        for wrong in ["eu-west", "EU-west-1", "eu west 1", "eu-west-1a", "west-1", "e-west-1", "-1", "eu--1"] {
            assert!(wrong.parse::<Region>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_error_names_the_value_and_the_form_it_should_have() {
        let error = "12345".parse::<AccountId>().expect_err("too short");
        assert_eq!(error.to_string(), "`12345` is not an account id (12 digits)");
    }

    #[test]
    fn a_rules_name_has_up_to_128_plain_characters() {
        for right in ["a", "dev-to_shared.2", &"x".repeat(128)] {
            assert!(right.parse::<RuleId>().is_ok() && right.parse::<AliasName>().is_ok() && right.parse::<MeshName>().is_ok(), "{right}");
        }
        for wrong in ["", "a b", "a/b", "a:b", "ä", &"x".repeat(129)] {
            assert!(wrong.parse::<RuleId>().is_err() && wrong.parse::<AliasName>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_value_for_each_end_keeps_them_apart() {
        let mut sides = Sides { requester: 1, accepter: 2 };
        *sides.of_mut(Side::Accepter) += 1;
        assert_eq!(sides.iter().map(|(side, value)| format!("{side} {value}")).collect::<Vec<_>>(), ["requester 1", "accepter 3"]);
        assert_eq!((Side::Requester.peer(), Side::Accepter.peer()), (Side::Accepter, Side::Requester));
    }

    #[test]
    fn units_are_roots_and_what_lies_below_them() {
        for right in ["r-ab12", "ou-ab12-abcdef12", "ou-ab12-0123456789abcdef0123456789abcdef"] {
            assert!(right.parse::<UnitId>().is_ok(), "{right}");
        }
        assert!(format!("r-{}", "a".repeat(32)).parse::<UnitId>().is_ok() && format!("r-{}", "a".repeat(33)).parse::<UnitId>().is_err());
        for wrong in
            ["", "r-", "r-abc", "r-AB12", "r-ab12-abcdef12", "ou-ab12", "ou-ab12-abc", "ou-abc-abcdef12", "ou-ab12-abcdef12-x", "Root"]
        {
            assert!(wrong.parse::<UnitId>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_vpc_with_its_place_is_read_as_it_is_written() {
        let text = "111111111111/eu-west-1/vpc-1a2b3c4d";
        assert_eq!(text.parse::<VpcRef>().expect("a VPC").to_string(), text);
        for wrong in ["vpc-1a2b3c4d", "111111111111/vpc-1a2b3c4d", "1/eu-west-1/vpc-1a2b3c4d", "111111111111/eu-west-1/vpc-1a2b3c4d/x"] {
            assert!(wrong.parse::<VpcRef>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_place_is_read_as_it_is_written() {
        let text = "111111111111/us-gov-east-1";
        assert_eq!(text.parse::<Place>().expect("a place").to_string(), text);
        let said = |text: &str| text.parse::<Place>().expect_err("no place").to_string();
        for wrong in ["", "111111111111", "eu-west-1"] {
            assert_eq!(said(wrong), format!("`{wrong}` is not a place (account/Region)"));
        }
        assert_eq!(said("1/eu-west-1"), "`1` is not an account id (12 digits)");
        for (wrong, region) in
            [("111111111111/", ""), ("111111111111/eu-west-1/vpc-1a2b3c4d", "eu-west-1/vpc-1a2b3c4d"), ("111111111111//", "/")]
        {
            assert_eq!(said(wrong), format!("`{region}` is not a Region (such as eu-west-1)"));
        }
    }

    #[test]
    fn the_end_of_a_value_is_the_first_that_has_it() {
        let sides = Sides { requester: "a", accepter: "b" };
        assert_eq!(["a", "b", "c"].map(|value| sides.side_of(&value)), [Some(Side::Requester), Some(Side::Accepter), None]);
        assert_eq!(Sides { requester: "a", accepter: "a" }.side_of(&"a"), Some(Side::Requester));
    }

    #[test]
    fn each_region_has_its_partition() {
        let partition = |region: &str| region.parse::<Region>().expect("a Region").partition();
        let found = ["eu-west-1", "cn-north-1", "us-gov-west-1", "us-iso-east-1", "us-isob-east-1", "us-isof-south-1", "eusc-de-east-1"];
        assert_eq!(found.map(partition), ["aws", "aws-cn", "aws-us-gov", "aws-iso", "aws-iso-b", "aws-iso-f", "aws-eusc"]);
        assert_eq!(partition("us-east-1"), "aws");
    }

    #[test]
    fn a_leading_zero_belongs_to_an_account_id() {
        assert_eq!("012345678901".parse::<AccountId>().expect("an id").as_str(), "012345678901");
    }
}
