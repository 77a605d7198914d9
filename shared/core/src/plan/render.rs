//! Plans as text, one line each, for people, logs and tests.

use std::fmt;

use super::change::words;
use super::{Finding, Plan, Removal, Step, Waiting};
use crate::count::counted;
use crate::ids::{GroupId, Side};
use crate::world::{Direction, RuleSpec};

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == (Self { borrowed: self.borrowed.clone(), ..Self::default() }) {
            return f.write_str("nothing to do\n");
        }
        self.steps.iter().try_for_each(|step| writeln!(f, "{} {step}", sign(step)))?;
        self.deferred.iter().try_for_each(|step| writeln!(f, "> later {} {step}", sign(step)))?;
        self.waiting.iter().try_for_each(|waiting| writeln!(f, "~ {waiting}"))?;
        self.blocked.iter().try_for_each(|blocked| writeln!(f, "! {blocked}"))?;
        self.notes.iter().try_for_each(|note| writeln!(f, "i {note}"))
    }
}

const fn sign(step: &Step) -> char {
    if step.removes() { '-' } else { '+' }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CreateRoute { side, table, destination, connection } | Self::DeleteRoute { side, table, destination, connection } => {
                write!(f, "{side:<9} route {table} {destination} -> {connection}")
            }
            Self::AuthorizeRules { side, group, direction, rules, .. } => write_rules(f, *side, group, *direction, rules.iter()),
            Self::RevokeRules { side, group, direction, rules, .. } => {
                write_rules(f, *side, group, *direction, rules.iter().map(|(_, rule)| rule))
            }
            Self::HandOverRules { side, group, direction, rules, to, .. } => {
                write_rules(f, *side, group, *direction, rules.iter().map(|(_, rule)| rule))?;
                write!(f, ", handed over to {to}")
            }
            Self::EnableDnsResolution { side, connection } | Self::DisableDnsResolution { side, connection } => {
                write!(f, "{side:<9} dns resolution over {connection}")
            }
        }
    }
}

fn write_rules<'a>(
    f: &mut fmt::Formatter<'_>,
    side: Side,
    group: &GroupId,
    direction: Direction,
    rules: impl Iterator<Item = &'a RuleSpec>,
) -> fmt::Result {
    let rules: Vec<String> = rules.map(|rule| words(direction, rule)).collect();
    write!(f, "{side:<9} {direction} {group} {}", rules.join(", "))
}

impl fmt::Display for Waiting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::State(state) => write!(f, "the connection is {state}, not active"),
            Self::End { side, why } => write!(f, "{side}: {why}"),
            Self::Removal { side, what, count } => {
                let kept = match what {
                    Removal::Routes => counted(*count, "route", "routes"),
                    Removal::Rules => counted(*count, "security group rule", "security group rules"),
                };
                write!(f, "{side}: keeps {kept} of ours that nothing asks for, until what is wrong with the wishes is fixed")
            }
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Overlap(blocks) => {
                write!(f, "the VPCs overlap: {} of the requester and {} of the accepter", blocks.requester, blocks.accepter)
            }
            Self::Duplicate { other, state } => {
                write!(f, "{other} joins the same two VPCs and is {state}; AWS allows one connection between them")
            }
            Self::Quota { side, of, used, more, limit } => {
                write!(
                    f,
                    "{side} quota: {used} {of} and {more} more are above {limit}; ask for a higher quota, or remove what is not needed"
                )
            }
            Self::UnseenPeer { side } => {
                write!(
                    f,
                    "{side}: the peer's CIDR blocks are not shown while the request is pending; name the destinations in the rule's routes"
                )
            }
            Self::DnsNotReady { side } => {
                write!(f, "{side}: the VPC lacks DNS support or DNS hostnames; switch both on")
            }
            Self::NeitherDnsReady => f.write_str("both VPCs lack DNS support or DNS hostnames; switch both on in each"),
            Self::Unchecked { side, what } => write!(f, "{side} not checked: {what}"),
            Self::NoTables { .. }
            | Self::NoSuchTable { .. }
            | Self::NoSuchSubnet { .. }
            | Self::GatewayTable { .. }
            | Self::GatewayTablesLeftOut { .. }
            | Self::NoGroups { .. }
            | Self::NoSuchGroup { .. }
            | Self::ParticipantsGroup { .. }
            | Self::NoPeerGroups { .. }
            | Self::NotPeersGroup { .. }
            | Self::AcrossRegions { .. }
            | Self::AdoptedRule { .. } => write_choice(f, self),
            Self::RouteConflict { .. } | Self::TakenFrom { .. } | Self::TakesOver { .. } | Self::Shadowed { .. } | Self::Adopted { .. } => {
                write_route(f, self)
            }
            _ => write_addresses(f, self),
        }
    }
}

/// A choice of tables or groups that is not what it seems.
fn write_choice(f: &mut fmt::Formatter<'_>, finding: &Finding) -> fmt::Result {
    match finding {
        Finding::NoTables { side, wanted } => {
            write!(f, "{side}: no route table of the VPC is meant by `{wanted}`; tag one, or change the rule")
        }
        Finding::NoSuchTable { side, table } => write!(f, "{side}: {table} is no route table of the VPC; change the rule"),
        Finding::NoSuchSubnet { side, subnet } => write!(f, "{side}: {subnet} is no subnet of the VPC; change the rule"),
        Finding::GatewayTable { side, table } => {
            write!(f, "{side}: {table} is the route table of a gateway, which takes no route to a peer; change the rule")
        }
        Finding::GatewayTablesLeftOut { side, tables } => {
            write!(f, "{side}: without {tables}, since the route table of a gateway takes no route to a peer")
        }
        Finding::NoPeerGroups { side, wanted } => {
            write!(f, "{side}: no security group of the peer is meant by `{wanted}`; tag one there, or change the rule")
        }
        Finding::NotPeersGroup { side, group } => {
            write!(f, "{side}: {group} is no security group of the peer; change the rule")
        }
        Finding::AcrossRegions { side, wanted } => {
            write!(
                f,
                "{side}: AWS can't refer to `{wanted}` in another Region; write `across_regions: peer-vpc` to mean all of the peer's addresses"
            )
        }
        Finding::NoGroups { side, wanted } => {
            write!(f, "{side}: no security group of the VPC is meant by `{wanted}`; tag one, or change the rule")
        }
        Finding::AdoptedRule { side, group, direction, rule } => {
            write!(
                f,
                "{side}: {group} {direction} {} {}: somebody else made the wanted rule; it is not removed by us",
                rule.traffic, rule.peer
            )
        }
        Finding::NoSuchGroup { side, group } => write!(f, "{side}: {group} is no security group of the VPC; change the rule"),
        Finding::ParticipantsGroup { side, group, owner } => {
            write!(
                f,
                "{side}: {group} belongs to {owner}, which the VPC is shared with, and only that account can write it; open it there, or change \
                 the rule"
            )
        }
        _ => Ok(()),
    }
}

/// A route of a table that a wanted one meets.
fn write_route(f: &mut fmt::Formatter<'_>, finding: &Finding) -> fmt::Result {
    match finding {
        Finding::RouteConflict { side, table, destination, target } => {
            write!(f, "{side}: {table} already sends {destination} to {target}; remove that route, or exclude the destination in the rule")
        }
        Finding::TakenFrom { side, table, destination: _, block, from, target } => {
            write!(
                f,
                "{side}: {table} sends {from} to {target}, and a route over the connection would take {block} from it; name {block} in the rule's \
                 destinations, or as the peer's `cidrs`, if that is meant, or exclude it"
            )
        }
        Finding::TakesOver { side, table, destination, from, target } => {
            write!(f, "{side}: in {table} {destination} takes over a part of {from}, which leads to {target}")
        }
        Finding::Shadowed { side, table, destination, part, target } => {
            write!(f, "{side}: {table} sends {part} of {destination} to {target}; remove that route, or exclude the addresses")
        }
        Finding::Adopted { side, table, destination } => {
            write!(f, "{side}: {table} {destination}: somebody else made the wanted route; it is not removed by us")
        }
        _ => Ok(()),
    }
}

/// Addresses that are not routed, or are routed twice.
fn write_addresses(f: &mut fmt::Formatter<'_>, finding: &Finding) -> fmt::Result {
    match finding {
        Finding::SharedWithPeer { side, destination, other, block } => {
            write!(f, "{side} destination {destination} shares addresses with {block}, which is reached over {other}; exclude them")
        }
        Finding::SharedElsewhere { side, destination, other, block } => {
            write!(f, "{side} destination {destination} shares addresses with {block}, which is reached over {other} in other route tables")
        }
        Finding::PublicSpace { side, block } => {
            write!(
                f,
                "{side}: {block} of the peer is public address space; name it in the rule's `cidrs` or destinations if it is meant, or exclude it"
            )
        }
        Finding::OutsideCondition { side, block } => {
            write!(f, "{side}: {block} of the peer is outside the `cidrs` of the rule, and gets nothing")
        }
        Finding::NotPeers { side, destination } => {
            write!(f, "{side}: {destination} is not inside the peer's CIDR blocks; change the rule's destinations")
        }
        Finding::ExcludesPart { side, destination } => {
            write!(f, "{side}: a part of {destination} is excluded, and a route is for all of it; name the destinations instead")
        }
        Finding::ExcludesEverything { side, exclude } => {
            write!(f, "{side}: nothing of the peer is left by `exclude: {exclude}`; write `none` if no route is meant")
        }
        Finding::UnreadablePrefixList { side, list, why } => {
            write!(f, "{side}: {list} can't be read: {why}; share the prefix list with this account, or change the rule")
        }
        _ => Ok(()),
    }
}
