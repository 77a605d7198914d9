//! Which VPC an end of a connection must be.

use std::collections::BTreeSet;
use std::str::FromStr;

use serde_json::Value;

use super::names::Names;
use super::problems::Problems;
use super::reader::{Fields, WILDCARDS, WRITE_OUT, boolean, kind, list, scalar};
use crate::cidr::CidrSet;
use crate::ids::{AccountId, AliasName, InvalidId, Place, Region, VpcId, VpcRef};
use crate::organization::UnitChoice;
use crate::tags::{Selection, WantedTags};

/// Conditions on one end. Every condition that is given must hold; within one, any of its values may.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Selector {
    /// The VPC's owner.
    pub accounts: BTreeSet<AccountId>,
    /// The VPC's owner is in one of these, at any depth.
    pub units: BTreeSet<UnitChoice>,
    /// The VPC's owner is in our organization.
    pub organization: bool,
    /// The VPC's Region.
    pub regions: BTreeSet<Region>,
    /// The VPC itself.
    pub vpcs: BTreeSet<VpcId>,
    /// In an allow rule, every CIDR block of the VPC, IPv4 and IPv6, lies inside one of these; in a deny rule, any overlaps one.
    pub cidrs: CidrSet,
    /// The VPC bears each of these tags with one of the values, in which `*` and `?` stand for other characters.
    pub tags: WantedTags,
    /// The VPC is the one of this name.
    pub alias: Option<(AliasName, VpcRef)>,
}

pub(super) const KEYS: &[&str] = &["accounts", "organizational_units", "organization", "regions", "vpcs", "cidrs", "tags", "alias"];
/// The keys of a choice by tags.
pub(super) const TAG_KEYS: &[&str] = &["tag"];
/// The keys of a VPC that has an alias.
pub(super) const VPC_KEYS: &[&str] = &["account", "region", "vpc"];

impl Selector {
    /// Reads the conditions on an end. An end with none is refused: "any VPC of anybody" must be written out.
    pub(super) fn read(rule: &mut Fields<'_>, side: &'static str, names: &Names<'_>, problems: &mut Problems) -> Self {
        let Some((value, place)) = rule.required(side, problems) else {
            return Self::default();
        };
        let before = problems.unread();
        let mut fields = Fields::open(value, &place, KEYS, problems);
        let accounts = fields.condition("accounts", problems);
        let units = fields.condition("organizational_units", problems);
        let organization = fields.optional("organization");
        let regions = fields.condition("regions", problems);
        let vpcs = fields.condition("vpcs", problems);
        let cidrs = fields.condition("cidrs", problems);
        let tags = fields.condition("tags", problems);
        let alias = fields.condition("alias", problems);
        let selector = Self {
            accounts: accounts.map(|(v, at)| list(v, &at, problems).into_iter().collect()).unwrap_or_default(),
            units: units.map(|(v, at)| list(v, &at, problems).into_iter().collect()).unwrap_or_default(),
            organization: organization.is_some_and(|(v, at)| read_organization(v, &at, problems)),
            regions: regions.map(|(v, at)| list(v, &at, problems).into_iter().collect()).unwrap_or_default(),
            vpcs: vpcs.map(|(v, at)| list(v, &at, problems).into_iter().collect()).unwrap_or_default(),
            cidrs: cidrs.map(|(v, at)| read_cidrs(v, &at, problems)).unwrap_or_default(),
            tags: tags.map(|(v, at)| read_tags(v, &at, problems)).unwrap_or_default(),
            alias: alias.and_then(|(v, at)| names.read(v, &at, problems)),
        };
        if problems.unread() == before && selector == Self::default() {
            problems.add(place, "names no condition, so it would match every VPC", "name at least one, such as accounts: [\"…\"]");
        }
        selector
    }

    /// True when the conditions say who owns the VPC, or name it. Tags and blocks are what its owner says of it.
    pub fn names_identity(&self) -> bool {
        self.organization || self.alias.is_some() || !(self.accounts.is_empty() && self.units.is_empty() && self.vpcs.is_empty())
    }

    /// True when it has to be known where the account stands in the organization.
    pub(super) fn asks_for_units(&self) -> bool {
        self.organization || !self.units.is_empty()
    }

    /// The one account that this end can be in, where the conditions leave only one.
    pub fn only_account(&self) -> Option<&AccountId> {
        if let Some((_, vpc)) = &self.alias {
            return Some(&vpc.place.account);
        }
        let mut accounts = self.accounts.iter();
        accounts.next().filter(|_| accounts.next().is_none())
    }
}

/// `true`. To ask for accounts outside the organization, name them.
fn read_organization(value: &Value, place: &str, problems: &mut Problems) -> bool {
    let wanted = boolean(value, place, problems);
    if wanted == Some(false) {
        problems.add(place, "is false, which asks for nothing", "write true, or remove the key and name the accounts");
    }
    wanted == Some(true)
}

/// A CIDR block; its host bits must be zero, or the author meant something else than what would match.
pub(super) fn read_cidrs(value: &Value, place: &str, problems: &mut Problems) -> CidrSet {
    let texts: Vec<String> = list(value, place, problems);
    texts.iter().enumerate().filter_map(|(index, text)| read_cidr(text, &format!("{place}[{index}]"), problems)).collect()
}

pub(super) fn read_cidr(text: &str, place: &str, problems: &mut Problems) -> Option<ipnet::IpNet> {
    match text.parse::<ipnet::IpNet>() {
        Ok(block) if block == block.trunc() => Some(block),
        Ok(block) => {
            problems.add(place, format!("`{text}` has bits set after its prefix"), format!("write {}", block.trunc()));
            None
        }
        Err(_) if text.contains(WILDCARDS) => {
            problems.add(place, format!("`{text}` is not a CIDR block"), WRITE_OUT);
            None
        }
        Err(_) => {
            problems.add(place, format!("`{text}` is not a CIDR block"), "write it as 10.0.0.0/8 or 2001:db8::/32");
            None
        }
    }
}

/// Tags: each key with one value or a list of values.
pub(super) fn read_tags(value: &Value, place: &str, problems: &mut Problems) -> WantedTags {
    let Value::Object(entries) = value else {
        problems.add(place, format!("is {}, not a map of tags", kind(value)), "write { key: value }");
        return WantedTags::new();
    };
    if entries.is_empty() {
        problems.add(place, "names no tag", "write { key: value }, or remove the key");
    }
    entries
        .iter()
        .map(|(key, value)| {
            let place = format!("{place}.{key}");
            if key.contains(WILDCARDS) {
                problems.add(&place, "has `*` or `?` in the key of a tag", WRITE_OUT);
            }
            let values = match value {
                Value::Array(values) if values.is_empty() => {
                    problems.add(&place, "names no value, so no resource could bear it", "name one, or remove the tag");
                    Vec::new()
                }
                Value::Array(_) => list::<String>(value, &place, problems),
                one => scalar::<String>(one, &place, problems).into_iter().collect(),
            };
            (key.clone(), values.into_iter().collect())
        })
        .collect()
}

/// Resources by their ids or their tags; `example` is the form of an id.
pub(super) fn read_selection<Id>(value: &Value, place: &str, example: &str, problems: &mut Problems) -> Option<Selection<Id>>
where
    Id: FromStr<Err = InvalidId> + Ord,
{
    match value {
        Value::Array(ids) if !ids.is_empty() => Some(Selection::Ids(list(value, place, problems).into_iter().collect())),
        Value::Object(_) => {
            let mut fields = Fields::open(value, place, TAG_KEYS, problems);
            let (tags, place) = fields.required("tag", problems)?;
            Some(Selection::Tagged(read_tags(tags, &place, problems)))
        }
        other => {
            problems.add(place, format!("is {}", kind(other)), format!("write [{example}] or {{ tag: {{ key: value }} }}"));
            None
        }
    }
}

/// A VPC with its account and Region.
pub(super) fn read_vpc(value: &Value, place: &str, problems: &mut Problems) -> Option<VpcRef> {
    let mut fields = Fields::open(value, place, VPC_KEYS, problems);
    let account: Option<AccountId> = fields.required("account", problems).and_then(|(v, at)| scalar(v, &at, problems));
    let region: Option<Region> = fields.required("region", problems).and_then(|(v, at)| scalar(v, &at, problems));
    let vpc: Option<VpcId> = fields.required("vpc", problems).and_then(|(v, at)| scalar(v, &at, problems));
    Some(VpcRef { place: Place { account: account?, region: region? }, vpc: vpc? })
}
