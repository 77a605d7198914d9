//! A file of the allowlist for people to read, edit and apply. Written by hand, since it has short lists on one line, which no writer of YAML that we know
//! makes; what it says is read back by our own parser.

use std::fmt::Write as _;

use super::{Draft, OpenTo, Opening, rule_id};
use crate::ids::{Side, VpcRef};
use crate::observed::Observed;
use crate::traffic::{IcmpMessages, Traffic};
use crate::world::{Destination, Direction};

/// A rule for each set of destinations: the first has everything else as well.
pub(super) fn file(draft: &Draft, observed: &Observed) -> String {
    let mut text = String::from("rules:\n");
    let most = Side::BOTH.into_iter().map(|side| draft.routes.of(side).len()).max().unwrap_or_default();
    for number in 0..most.max(1) {
        write_head(number, observed, &mut text);
        write_routes(number, draft, &mut text);
        if number == 0 {
            write_openings(draft, &mut text);
            write_dns(draft, &mut text);
        }
    }
    text
}

fn write_head(number: usize, observed: &Observed, text: &mut String) {
    push(text, 2, &format!("- id: {}", rule_id(observed, number)));
    push(text, 4, "effect: allow");
    for (side, VpcRef { place, vpc }) in observed.connection.ends.iter() {
        push(text, 4, &format!("{side}: {{ accounts: [\"{}\"], regions: [{}], vpcs: [{vpc}] }}", place.account, place.region));
    }
}

fn write_routes(number: usize, draft: &Draft, text: &mut String) {
    let wanted = wishes(number, draft);
    if wanted.is_empty() {
        return;
    }
    push(text, 4, "routes:");
    for line in &wanted {
        push(text, 6, line);
    }
}

/// Each end's wish of this number.
fn wishes(number: usize, draft: &Draft) -> Vec<String> {
    let of = |side: Side| {
        let (destinations, tables) = draft.routes.of(side).iter().nth(number)?;
        Some(format!("{side}: {{ tables: [{}], destinations: [{}] }}", list(tables), list(destinations.iter().map(quoted))))
    };
    Side::BOTH.into_iter().filter_map(of).collect()
}

/// IPv6 has colons, which mean something to YAML.
fn quoted(destination: &Destination) -> String {
    match destination {
        Destination::Cidr(block) => format!("\"{block}\""),
        Destination::PrefixList(list) => list.to_string(),
    }
}

fn list(items: impl IntoIterator<Item = impl ToString>) -> String {
    items.into_iter().map(|item| item.to_string()).collect::<Vec<_>>().join(", ")
}

fn write_openings(draft: &Draft, text: &mut String) {
    if draft.openings.is_empty() {
        return;
    }
    push(text, 4, "security_groups:");
    for side in Side::BOTH {
        let openings: Vec<&Opening> = draft.openings.iter().filter(|opening| opening.side == side).collect();
        if !openings.is_empty() {
            push(text, 6, &format!("{side}:"));
        }
        for of_group in openings.chunk_by(|a, b| a.group == b.group) {
            push(text, 8, &format!("- groups: [{}]", of_group[0].group));
            for of_direction in of_group.chunk_by(|a, b| a.direction == b.direction) {
                push(text, 10, &format!("{}:", of_direction[0].direction));
                for opening in of_direction {
                    push(text, 12, &permission(opening));
                }
            }
        }
    }
}

fn permission(opening: &Opening) -> String {
    let traffic = match opening.traffic {
        Traffic::All => "protocol: all".to_owned(),
        Traffic::Tcp(ports) => format!("protocol: tcp, ports: \"{ports}\""),
        Traffic::Udp(ports) => format!("protocol: udp, ports: \"{ports}\""),
        Traffic::Icmp(messages) => format!("protocol: icmp{}", icmp(messages)),
        Traffic::Icmpv6(messages) => format!("protocol: icmpv6{}", icmp(messages)),
        Traffic::Other(number) => format!("protocol: \"{number}\""),
    };
    let key = if opening.direction == Direction::Ingress { "from" } else { "to" };
    let peer = match &opening.peer {
        OpenTo::PeerVpc => "peer-vpc".to_owned(),
        OpenTo::Groups(ids) => format!("{{ groups: [{}] }}", list(ids)),
    };
    format!("- {{ {traffic}, {key}: {peer} }}")
}

fn icmp(messages: IcmpMessages) -> String {
    match messages {
        IcmpMessages::All => String::new(),
        IcmpMessages::Type(kind, None) => format!(", icmp_type: {kind}"),
        IcmpMessages::Type(kind, Some(code)) => format!(", icmp_type: {kind}, icmp_code: {code}"),
    }
}

fn write_dns(draft: &Draft, text: &mut String) {
    if !draft.dns.is_empty() {
        let sides: Vec<String> = draft.dns.iter().map(|side| format!("{side}: true")).collect();
        push(text, 4, &format!("dns_resolution: {{ {} }}", sides.join(", ")));
    }
}

fn push(text: &mut String, indent: usize, line: &str) {
    // Writing to a string can't fail.
    let _ = writeln!(text, "{:indent$}{line}", "");
}
