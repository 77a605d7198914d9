//! The traffic that a security group rule lets through.

use std::fmt;
use std::str::FromStr;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

/// An IP protocol with what EC2 tells apart within it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Traffic {
    /// Every protocol.
    All,
    /// TCP to some ports.
    Tcp(Ports),
    /// UDP to some ports.
    Udp(Ports),
    /// ICMP messages, of IPv4.
    Icmp(IcmpMessages),
    /// ICMP messages of IPv6.
    Icmpv6(IcmpMessages),
    /// Another protocol, by its IANA number.
    Other(u8),
}

impl Traffic {
    /// The protocol alone.
    pub const fn protocol(self) -> Protocol {
        match self {
            Self::All => Protocol::All,
            Self::Tcp(_) => Protocol::Tcp,
            Self::Udp(_) => Protocol::Udp,
            Self::Icmp(_) => Protocol::Icmp,
            Self::Icmpv6(_) => Protocol::Icmpv6,
            Self::Other(number) => Protocol::Number(number),
        }
    }

    /// True where addresses of this family can send it: ICMP exists once for each.
    pub const fn suits(self, block: &IpNet) -> bool {
        match self {
            Self::Icmp(_) => matches!(block, IpNet::V4(_)),
            Self::Icmpv6(_) => matches!(block, IpNet::V6(_)),
            Self::All | Self::Tcp(_) | Self::Udp(_) | Self::Other(_) => true,
        }
    }
}

impl fmt::Display for Traffic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("all"),
            Self::Tcp(Ports::ALL) | Self::Udp(Ports::ALL) | Self::Icmp(IcmpMessages::All) | Self::Icmpv6(IcmpMessages::All) => {
                write!(f, "{}", self.protocol())
            }
            Self::Tcp(ports) | Self::Udp(ports) => write!(f, "{}/{ports}", self.protocol()),
            Self::Icmp(messages) | Self::Icmpv6(messages) => write!(f, "{} {messages}", self.protocol()),
            Self::Other(number) => write!(f, "{number}"),
        }
    }
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

/// A range of ports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Ports {
    first: u16,
    last: u16,
}

impl Ports {
    /// Every port.
    pub const ALL: Self = Self { first: 0, last: u16::MAX };

    /// The ports from one to another, both included; none where the first is behind the last.
    pub const fn range(first: u16, last: u16) -> Option<Self> {
        if first <= last { Some(Self { first, last }) } else { None }
    }

    /// The lowest and the highest port.
    pub const fn bounds(self) -> (u16, u16) {
        (self.first, self.last)
    }
}

/// Messages of ICMP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum IcmpMessages {
    /// Every type.
    All,
    /// One type, with one code or any.
    Type(u8, Option<u8>),
}

/// A protocol or port range that can't be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidTraffic {
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
    type Err = InvalidTraffic;

    fn from_str(text: &str) -> Result<Self, InvalidTraffic> {
        Ok(match text {
            "all" | "-1" => Self::All,
            "tcp" => Self::Tcp,
            "udp" => Self::Udp,
            "icmp" => Self::Icmp,
            "icmpv6" => Self::Icmpv6,
            number => match digits(number).ok_or_else(|| InvalidTraffic::Protocol(text.to_owned()))? {
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
    type Err = InvalidTraffic;

    fn from_str(text: &str) -> Result<Self, InvalidTraffic> {
        if text == "all" {
            return Ok(Self::ALL);
        }
        let (first, last) = text.split_once('-').unwrap_or((text, text));
        let port = |part: &str| digits::<u16>(part.trim());
        let range = port(first).zip(port(last)).and_then(|(first, last)| Self::range(first, last));
        range.ok_or_else(|| InvalidTraffic::Ports(text.to_owned()))
    }
}

impl TryFrom<String> for Ports {
    type Error = InvalidTraffic;

    fn try_from(text: String) -> Result<Self, InvalidTraffic> {
        text.parse()
    }
}

impl From<Ports> for String {
    fn from(ports: Ports) -> Self {
        ports.to_string()
    }
}

impl fmt::Display for Ports {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.bounds() {
            _ if *self == Self::ALL => f.write_str("all"),
            (first, last) if first == last => write!(f, "{first}"),
            (first, last) => write!(f, "{first}-{last}"),
        }
    }
}

impl fmt::Display for IcmpMessages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("all"),
            Self::Type(kind, None) => write!(f, "type {kind}"),
            Self::Type(kind, Some(code)) => write!(f, "type {kind} code {code}"),
        }
    }
}
