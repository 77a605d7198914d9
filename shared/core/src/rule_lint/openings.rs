//! Openings that are wider than a service needs.

use ipnet::IpNet;

use super::{LintFinding, LintKind, finding};
use crate::allowlist::{Destinations, Effect, Rule, SecurityGroupPermission, Source, Tables};
use crate::ids::Side;
use crate::traffic::{Ports, Traffic};
use crate::world::Direction;

/// Blocks with more addresses than this prefix are no network of anybody's.
const WIDEST_V4: u8 = 8;
/// The same of IPv6: all global unicast addresses are one `/3`, all unique local ones one `/7`.
const WIDEST_V6: u8 = 7;

/// What an allow rule opens more widely than a service needs.
pub(super) fn wide(rule: &Rule) -> Vec<LintFinding> {
    if rule.effect == Effect::Deny {
        return Vec::new();
    }
    let mut found: Vec<LintFinding> =
        Side::BOTH.into_iter().flat_map(|side| [any_traffic(rule, side), any_destination(rule, side)]).flatten().collect();
    found.extend(whole_to_whole(rule));
    found.extend(for_the_organization(rule));
    found
}

/// Each kind of traffic that is let in at one end.
fn ingress(rule: &Rule, side: Side) -> impl Iterator<Item = &SecurityGroupPermission> {
    rule.security_groups.of(side).iter().flat_map(|intent| &intent.ingress)
}

const fn is_any(traffic: Traffic) -> bool {
    matches!(traffic, Traffic::All | Traffic::Tcp(Ports::ALL) | Traffic::Udp(Ports::ALL))
}

fn any_traffic(rule: &Rule, side: Side) -> Option<LintFinding> {
    let wide = ingress(rule, side).find(|permission| is_any(permission.traffic) && permission.peer == Source::PeerVpc)?;
    let what = format!("it lets {} {} from the whole peer VPC into groups of the {side}", Direction::Ingress, wide.traffic);
    let why = "every host of the peer reaches every port of these groups' members";
    Some(finding(rule, LintKind::WideOpening, what, why, "name the ports of the service, or the peer's groups"))
}

fn any_destination(rule: &Rule, side: Side) -> Option<LintFinding> {
    let wide = |block: &&IpNet| match block {
        IpNet::V4(block) => block.prefix_len() < WIDEST_V4,
        IpNet::V6(block) => block.prefix_len() < WIDEST_V6,
    };
    let destinations = rule.routes.of(side).as_ref().and_then(|routes| match &routes.destinations {
        Destinations::Only { cidrs, .. } => cidrs.iter().find(wide),
        Destinations::All => None,
    });
    let condition = || rule.ends.of(side.peer()).cidrs.iter().find(wide);
    let block = destinations.or_else(condition)?;
    let what = format!("{block} is named for the {}, which is more than any network has", side.peer());
    let why = "it bounds nothing: whatever addresses the other VPC has, or gets, are meant, also public ones";
    Some(finding(rule, LintKind::WideOpening, what, why, "name the blocks of the networks that are meant"))
}

/// Every table at both ends leads to all of the other, and at least one end lets in everything.
fn whole_to_whole(rule: &Rule) -> Option<LintFinding> {
    let all_tables = |side: Side| {
        rule.routes.of(side).as_ref().is_some_and(|routes| routes.tables == Tables::All && routes.destinations == Destinations::All)
    };
    let open = |side: Side| ingress(rule, side).any(|permission| is_any(permission.traffic) && permission.peer == Source::PeerVpc);
    let all = Side::BOTH.into_iter().all(all_tables) && Side::BOTH.into_iter().any(open);
    all.then(|| {
        let what = "every route table of both VPCs leads to all of the other, and one lets everything in";
        let why = "the two are one network: what is broken into in one reaches the other";
        finding(rule, LintKind::WideOpening, what, why, "choose tables by tags or subnets, and name ports")
    })
}

fn for_the_organization(rule: &Rule) -> Option<LintFinding> {
    let requester = &rule.ends.requester;
    let narrowed = !(requester.accounts.is_empty() && requester.units.is_empty() && requester.vpcs.is_empty()) || requester.alias.is_some();
    let opens = Side::BOTH.into_iter().any(|side| ingress(rule, side).next().is_some());
    (requester.organization && !narrowed && opens).then(|| {
        let tagged = if requester.tags.is_empty() { "" } else { " that bears the tags" };
        let what = format!("every account of the organization{tagged} may ask, and security groups are opened for it");
        let why = "a new account, or one that was broken into, gets in without anybody's doing";
        finding(rule, LintKind::WideOpening, what, why, "name organizational_units, or leave the opening to a person (approval: manual)")
    })
}
