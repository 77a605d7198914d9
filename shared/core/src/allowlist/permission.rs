//! Which security group rules an end wants.

use serde_json::Value;

use super::problems::Problems;
use super::reader::{Fields, kind, scalar, word};
use super::routes::RouteIntent;
use super::selector::read_selection;
use crate::cidr::CidrSet;
use crate::ids::GroupId;
use crate::tags::Selection;
use crate::traffic::{IcmpMessages, Ports, Protocol, Traffic};

/// Rules wanted in some of one end's security groups.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct GroupIntent {
    /// The groups that get them.
    pub groups: Selection<GroupId>,
    /// Traffic to let in from the peer.
    pub ingress: Vec<SecurityGroupPermission>,
    /// Traffic to let out to the peer.
    pub egress: Vec<SecurityGroupPermission>,
    /// The routes that the same rule wishes for on this end: what they do not lead to is not opened either.
    pub routes: Option<RouteIntent>,
    /// What the rule's own condition says of the peer's blocks; empty where it says nothing.
    pub peer_cidrs: CidrSet,
}

/// One kind of traffic from or to the peer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SecurityGroupPermission {
    /// What it is.
    pub traffic: Traffic,
    /// Who is at the other end.
    pub peer: Source,
    /// What a reference to the peer's groups means where AWS can't make it.
    pub across_regions: AcrossRegions,
}

/// What a reference to groups means for a peer in another Region, to which AWS can't refer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum AcrossRegions {
    /// Nothing: no rule is made, and that is told.
    #[default]
    Block,
    /// Every address of the peer VPC.
    PeerVpc,
}

const ACROSS_REGIONS: [(&str, AcrossRegions); 2] = [("block", AcrossRegions::Block), ("peer-vpc", AcrossRegions::PeerVpc)];

/// Who may be at the other end of a permission.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// Every address of the peer VPC.
    PeerVpc,
    /// Members of these groups of the peer VPC.
    PeerGroups(Selection<GroupId>),
}

/// The keys of a choice of groups with its traffic.
pub(super) const KEYS: &[&str] = &["groups", "ingress", "egress"];
/// The keys of traffic that is let in.
pub(super) const INGRESS_KEYS: &[&str] = &["protocol", "ports", "icmp_type", "icmp_code", "from", "across_regions"];
/// The keys of traffic that is let out.
pub(super) const EGRESS_KEYS: &[&str] = &["protocol", "ports", "icmp_type", "icmp_code", "to", "across_regions"];
/// The keys of a choice among the peer's groups.
pub(super) const PEER_KEYS: &[&str] = &["groups"];

/// Reads the groups of one end.
pub(super) fn read_groups(value: &Value, place: &str, problems: &mut Problems) -> Vec<GroupIntent> {
    let Value::Array(entries) = value else {
        problems.add(place, format!("is {}, not a list", kind(value)), "write each entry as `- groups: …`");
        return Vec::new();
    };
    entries.iter().enumerate().filter_map(|(index, entry)| read_group(entry, &format!("{place}[{index}]"), problems)).collect()
}

fn read_group(value: &Value, place: &str, problems: &mut Problems) -> Option<GroupIntent> {
    let mut fields = Fields::open(value, place, KEYS, problems);
    let groups = fields.required("groups", problems).and_then(|(v, at)| read_selection(v, &at, "sg-…", problems));
    let ingress = fields.optional("ingress").map(|(v, at)| read_permissions(v, &at, "from", problems)).unwrap_or_default();
    let egress = fields.optional("egress").map(|(v, at)| read_permissions(v, &at, "to", problems)).unwrap_or_default();
    if fields.optional("ingress").is_none() && fields.optional("egress").is_none() {
        problems.add(place, "names groups but no traffic", "add ingress or egress");
    }
    Some(GroupIntent { groups: groups?, ingress, egress, routes: None, peer_cidrs: CidrSet::default() })
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
    let keys = if end == "from" { INGRESS_KEYS } else { EGRESS_KEYS };
    let mut fields = Fields::open(value, place, keys, problems);
    let protocol: Option<Protocol> = fields.required("protocol", problems).and_then(|(v, at)| scalar(v, &at, problems));
    let traffic = protocol.and_then(|protocol| read_traffic(protocol, place, &mut fields, problems));
    let peer = fields.required(end, problems).and_then(|(v, at)| read_peer(v, &at, problems));
    let across_regions = fields.optional("across_regions").map_or(Some(AcrossRegions::default()), |(v, at)| {
        if peer == Some(Source::PeerVpc) {
            problems.add(&at, "has no meaning beside peer-vpc", "remove the key");
        }
        word(v, &at, &ACROSS_REGIONS, problems)
    });
    Some(SecurityGroupPermission { traffic: traffic?, peer: peer?, across_regions: across_regions? })
}

/// What is let through of a protocol. Keys that have no meaning for it are refused.
fn read_traffic(protocol: Protocol, place: &str, fields: &mut Fields<'_>, problems: &mut Problems) -> Option<Traffic> {
    match protocol {
        Protocol::Tcp | Protocol::Udp => {
            refuse(fields, &["icmp_type", "icmp_code"], "has no meaning for a protocol with ports", problems);
        }
        Protocol::Icmp | Protocol::Icmpv6 => refuse(fields, &["ports"], "has no meaning for ICMP", problems),
        Protocol::All | Protocol::Number(_) => {
            refuse(fields, &["ports", "icmp_type", "icmp_code"], "has no meaning for a protocol without ports", problems);
        }
    }
    match protocol {
        Protocol::All => Some(Traffic::All),
        Protocol::Tcp => read_ports(place, fields, problems).map(Traffic::Tcp),
        Protocol::Udp => read_ports(place, fields, problems).map(Traffic::Udp),
        Protocol::Icmp => read_icmp(fields, problems).map(Traffic::Icmp),
        Protocol::Icmpv6 => read_icmp(fields, problems).map(Traffic::Icmpv6),
        Protocol::Number(number) => Some(Traffic::Other(number)),
    }
}

fn read_ports(place: &str, fields: &mut Fields<'_>, problems: &mut Problems) -> Option<Ports> {
    let Some((value, at)) = fields.optional("ports") else {
        problems.add(place, "lacks the key `ports`", "add it: \"443\", \"8000-8099\" or all");
        return None;
    };
    scalar(value, &at, problems)
}

fn refuse(fields: &mut Fields<'_>, keys: &[&'static str], why: &str, problems: &mut Problems) {
    for key in keys {
        if let Some((_, at)) = fields.optional(key) {
            problems.add(at, why, "remove the key");
        }
    }
}

/// An ICMP type and code; every type where none is named.
fn read_icmp(fields: &mut Fields<'_>, problems: &mut Problems) -> Option<IcmpMessages> {
    let code = match fields.optional("icmp_code") {
        Some((v, at)) => Some((read_byte(v, &at, problems)?, at)),
        None => None,
    };
    match (fields.optional("icmp_type"), code) {
        (Some((v, at)), code) => Some(IcmpMessages::Type(read_byte(v, &at, problems)?, code.map(|(code, _)| code))),
        (None, None) => Some(IcmpMessages::All),
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
            let mut fields = Fields::open(value, place, PEER_KEYS, problems);
            let (groups, place) = fields.required("groups", problems)?;
            read_selection(groups, &place, "sg-…", problems).map(Source::PeerGroups)
        }
        other => {
            problems.add(place, format!("is {}", kind(other)), "write peer-vpc or { groups: [sg-…] }");
            None
        }
    }
}
