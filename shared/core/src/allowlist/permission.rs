//! Which security group rules an end wants.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use serde_json::Value;

use super::reader::{Fields, Problems, kind, list, scalar};
use super::selector::read_tags;
use crate::ids::GroupId;
use crate::world::{Tags, bears};

/// Rules wanted in some of one end's security groups.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct GroupIntent {
    /// The groups that get them.
    pub groups: GroupSelector,
    /// Traffic to let in from the peer.
    pub ingress: Vec<SecurityGroupPermission>,
    /// Traffic to let out to the peer.
    pub egress: Vec<SecurityGroupPermission>,
}

/// A choice among a VPC's security groups.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum GroupSelector {
    /// These.
    Ids(BTreeSet<GroupId>),
    /// Those that bear each of the tags with one of its values.
    Tagged(BTreeMap<String, BTreeSet<String>>),
}

impl GroupSelector {
    /// True for a group that is meant.
    pub fn selects(&self, id: &GroupId, tags: &Tags) -> bool {
        match self {
            Self::Ids(ids) => ids.contains(id),
            Self::Tagged(wanted) => bears(tags, wanted),
        }
    }
}

/// One kind of traffic from or to the peer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SecurityGroupPermission {
    /// The IP protocol.
    pub protocol: Protocol,
    /// The ports; all of them for a protocol that has none.
    pub ports: Ports,
    /// Who is at the other end.
    pub peer: Source,
}

/// An IP protocol, as EC2 names it (`IpProtocol` of `IpPermission`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Protocol {
    /// Every protocol (`-1`).
    All,
    /// `tcp`, 6.
    Tcp,
    /// `udp`, 17.
    Udp,
    /// `icmp`, 1.
    Icmp,
    /// `icmpv6`, 58.
    Icmpv6,
    /// Another one by its IANA number.
    Number(u8),
}

/// A range of ports, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Ports {
    /// Every port, or every ICMP type. The range 0-65535 is read as this, so that the two are one rule.
    All,
    /// From one to another; never the whole range, which is `All`.
    Range(u16, u16),
    /// One ICMP type, with one code or any.
    Icmp(u8, Option<u8>),
}

/// Who may be at the other end of a permission.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// Every address of the peer VPC.
    PeerVpc,
    /// Members of these groups of the peer VPC; where AWS can't refer to them, every address of the peer VPC.
    PeerGroups(GroupSelector),
}

/// Reads the groups of one end.
pub(super) fn read_groups(value: &Value, place: &str, problems: &mut Problems) -> Vec<GroupIntent> {
    let Value::Array(entries) = value else {
        problems.add(place, format!("is {}, not a list", kind(value)), "write each entry as `- groups: …`");
        return Vec::new();
    };
    entries.iter().enumerate().filter_map(|(index, entry)| read_group(entry, &format!("{place}[{index}]"), problems)).collect()
}

fn read_group(value: &Value, place: &str, problems: &mut Problems) -> Option<GroupIntent> {
    let mut fields = Fields::open(value, place, &["groups", "ingress", "egress"], &[], problems);
    let groups = fields.required("groups", problems).and_then(|(v, at)| read_selector(v, &at, problems));
    let ingress = fields.optional("ingress").map(|(v, at)| read_permissions(v, &at, "from", problems)).unwrap_or_default();
    let egress = fields.optional("egress").map(|(v, at)| read_permissions(v, &at, "to", problems)).unwrap_or_default();
    if fields.optional("ingress").is_none() && fields.optional("egress").is_none() {
        problems.add(place, "names groups but no traffic", "add ingress or egress");
    }
    Some(GroupIntent { groups: groups?, ingress, egress })
}

fn read_selector(value: &Value, place: &str, problems: &mut Problems) -> Option<GroupSelector> {
    match value {
        Value::Array(ids) if !ids.is_empty() => Some(GroupSelector::Ids(list(value, place, problems).into_iter().collect())),
        Value::Object(_) => {
            let mut fields = Fields::open(value, place, &["tag"], &[], problems);
            let (tags, place) = fields.required("tag", problems)?;
            Some(GroupSelector::Tagged(read_tags(tags, &place, problems)))
        }
        other => {
            problems.add(place, format!("is {}", kind(other)), "write [sg-…] or { tag: { key: value } }");
            None
        }
    }
}

/// `end` is the key that names the peer: `from` for ingress, `to` for egress.
fn read_permissions(value: &Value, place: &str, end: &'static str, problems: &mut Problems) -> Vec<SecurityGroupPermission> {
    let Value::Array(entries) = value else {
        problems.add(
            place,
            format!("is {}, not a list", kind(value)),
            format!("write [{{ protocol: tcp, ports: \"443\", {end}: peer-vpc }}]"),
        );
        return Vec::new();
    };
    entries.iter().enumerate().filter_map(|(index, entry)| read_permission(entry, &format!("{place}[{index}]"), end, problems)).collect()
}

fn read_permission(value: &Value, place: &str, end: &'static str, problems: &mut Problems) -> Option<SecurityGroupPermission> {
    let mut fields = Fields::open(value, place, &["protocol", "ports", "icmp_type", "icmp_code", end], &[], problems);
    let protocol: Option<Protocol> = fields.required("protocol", problems).and_then(|(v, at)| scalar(v, &at, problems));
    let ports = match protocol? {
        Protocol::Tcp | Protocol::Udp => {
            refuse(&mut fields, &["icmp_type", "icmp_code"], "has no meaning for a protocol with ports", problems);
            if let Some((v, at)) = fields.optional("ports") {
                scalar::<Ports>(v, &at, problems)
            } else {
                problems.add(place, "lacks the key `ports`", "add it: \"443\", \"8000-8099\" or all");
                None
            }
        }
        Protocol::Icmp | Protocol::Icmpv6 => {
            refuse(&mut fields, &["ports"], "has no meaning for ICMP", problems);
            read_icmp(&mut fields, problems)
        }
        Protocol::All | Protocol::Number(_) => {
            refuse(&mut fields, &["ports", "icmp_type", "icmp_code"], "has no meaning for a protocol without ports", problems);
            Some(Ports::All)
        }
    };
    let peer = fields.required(end, problems).and_then(|(v, at)| read_peer(v, &at, problems));
    Some(SecurityGroupPermission { protocol: protocol?, ports: ports?, peer: peer? })
}

fn refuse(fields: &mut Fields<'_>, keys: &[&'static str], why: &str, problems: &mut Problems) {
    for key in keys {
        if let Some((_, at)) = fields.optional(key) {
            problems.add(at, why, "remove the key");
        }
    }
}

/// An ICMP type and code; every type where none is named.
fn read_icmp(fields: &mut Fields<'_>, problems: &mut Problems) -> Option<Ports> {
    let code = match fields.optional("icmp_code") {
        Some((v, at)) => Some((read_byte(v, &at, problems)?, at)),
        None => None,
    };
    match (fields.optional("icmp_type"), code) {
        (Some((v, at)), code) => Some(Ports::Icmp(read_byte(v, &at, problems)?, code.map(|(code, _)| code))),
        (None, None) => Some(Ports::All),
        (None, Some((_, at))) => {
            problems.add(at, "is a code without a type", "add icmp_type, or remove the key");
            None
        }
    }
}

fn read_byte(value: &Value, place: &str, problems: &mut Problems) -> Option<u8> {
    let number = value.as_u64().and_then(|number| u8::try_from(number).ok());
    if number.is_none() {
        problems.add(place, format!("is {}, not a number from 0 to 255", kind(value)), "write the number (IANA's list of ICMP parameters)");
    }
    number
}

fn read_peer(value: &Value, place: &str, problems: &mut Problems) -> Option<Source> {
    match value {
        Value::String(word) if word == "peer-vpc" => Some(Source::PeerVpc),
        Value::Object(_) => {
            let mut fields = Fields::open(value, place, &["groups"], &[], problems);
            let (groups, place) = fields.required("groups", problems)?;
            read_selector(groups, &place, problems).map(Source::PeerGroups)
        }
        other => {
            problems.add(place, format!("is {}", kind(other)), "write peer-vpc or { groups: [sg-…] }");
            None
        }
    }
}

/// A protocol or port range that can't be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPermission {
    /// Not a protocol.
    #[error("`{0}` is not a protocol (tcp, udp, icmp, icmpv6, all, or a number from 0 to 255)")]
    Protocol(String),
    /// Not a port range.
    #[error("`{0}` is not a port range (\"443\", \"8000-8099\" or all)")]
    Ports(String),
}

/// A number written in digits only: Rust's own parsers take a sign as well.
fn digits<T: FromStr>(text: &str) -> Option<T> {
    text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

impl FromStr for Protocol {
    type Err = InvalidPermission;

    fn from_str(text: &str) -> Result<Self, InvalidPermission> {
        Ok(match text {
            "all" | "-1" => Self::All,
            "tcp" => Self::Tcp,
            "udp" => Self::Udp,
            "icmp" => Self::Icmp,
            "icmpv6" => Self::Icmpv6,
            number => match digits(number).ok_or_else(|| InvalidPermission::Protocol(text.to_owned()))? {
                6 => Self::Tcp,
                17 => Self::Udp,
                1 => Self::Icmp,
                58 => Self::Icmpv6,
                other => Self::Number(other),
            },
        })
    }
}

impl fmt::Display for Protocol {
    /// The form EC2 returns: names where it has them, numbers otherwise.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("-1"),
            Self::Tcp => f.write_str("tcp"),
            Self::Udp => f.write_str("udp"),
            Self::Icmp => f.write_str("icmp"),
            Self::Icmpv6 => f.write_str("icmpv6"),
            Self::Number(number) => write!(f, "{number}"),
        }
    }
}

impl FromStr for Ports {
    type Err = InvalidPermission;

    fn from_str(text: &str) -> Result<Self, InvalidPermission> {
        let wrong = || InvalidPermission::Ports(text.to_owned());
        if text == "all" {
            return Ok(Self::All);
        }
        let (from, to) = text.split_once('-').unwrap_or((text, text));
        let port = |part: &str| digits::<u16>(part.trim()).ok_or_else(wrong);
        match (port(from)?, port(to)?) {
            (0, u16::MAX) => Ok(Self::All),
            (from, to) if from > to => Err(wrong()),
            (from, to) => Ok(Self::Range(from, to)),
        }
    }
}

impl fmt::Display for Ports {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("all"),
            Self::Range(from, to) if from == to => write!(f, "{from}"),
            Self::Range(from, to) => write!(f, "{from}-{to}"),
            Self::Icmp(kind, None) => write!(f, "type {kind}"),
            Self::Icmp(kind, Some(code)) => write!(f, "type {kind} code {code}"),
        }
    }
}
