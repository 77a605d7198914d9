//! A picture of the network, as SVG: accounts, their Regions and VPCs, and every connection by how it stands.
//!
//! The layout is ours. layout-rs, the crate that lays graphs out without another program, knows no boxes in boxes, which accounts and Regions are;
//! graphviz-rust calls Graphviz, which would have to be installed; others only write SVG. It is made for some dozens of connections, each with its card: the
//! page is for more.

mod draw;
mod layout;
mod order;
mod path;
mod text;

use peerwright_engine::network::Standing;

use super::map::{self, NetworkMap};

/// The map, flat: what stands in boxes, and what leads from one to another.
#[derive(Clone, Debug, Default)]
struct Network {
    vpcs: Vec<Vpc>,
    connections: Vec<Connection>,
    /// What could not be read, and why.
    unread: Vec<String>,
}

#[derive(Clone, Debug)]
struct Vpc {
    account: String,
    account_name: String,
    region: String,
    id: String,
    name: String,
    cidrs: Vec<String>,
}

#[derive(Clone, Debug)]
struct Connection {
    id: String,
    name: String,
    /// Indices of VPCs.
    requester: usize,
    accepter: usize,
    standing: Standing,
    /// How it stands, in words.
    state: String,
    /// Rules, openings, and what was made.
    details: Vec<String>,
    /// Why it does not simply work.
    reason: Option<String>,
}

/// Draws a map.
pub(crate) fn svg(map: &NetworkMap) -> String {
    let network = Network::of(map);
    draw::svg(&network, &layout::layout(&network))
}

impl Network {
    fn of(map: &NetworkMap) -> Self {
        let vpcs = map.vpcs().map(|(account, region, vpc)| Vpc {
            account: account.id.clone(),
            account_name: account.name.clone().unwrap_or_default(),
            region: region.name.clone(),
            id: vpc.id.clone(),
            name: if vpc.label() == vpc.id { String::new() } else { vpc.label().to_owned() },
            cidrs: vpc.cidrs.clone(),
        });
        let unread = map.unread.iter().map(|unread| format!("Not read: {}: {}", unread.what, unread.why)).collect();
        let mut network = Self { vpcs: vpcs.collect(), connections: Vec::new(), unread };
        for connection in &map.connections {
            let [requester, accepter] = connection.ends().map(|end| network.place_of(end));
            network.connections.push(Connection::of(connection, map, requester, accepter));
        }
        network
    }

    /// The VPC at an end.
    fn place_of(&self, end: &map::End) -> usize {
        let is_it = |vpc: &Vpc| vpc.account == end.account && vpc.region == end.region && vpc.id == end.vpc;
        self.vpcs.iter().position(is_it).unwrap_or_else(|| unreachable!("a map is completed with every end"))
    }
}

impl Connection {
    fn of(connection: &map::Connection, map: &NetworkMap, requester: usize, accepter: usize) -> Self {
        Self {
            id: connection.id.clone(),
            name: connection.title(map),
            requester,
            accepter,
            standing: connection.standing,
            state: connection.state_words(),
            details: details(connection),
            reason: connection.reason.clone(),
        }
    }
}

/// What its card says of it. Of what is over there is nothing to count, unless something is left.
fn details(connection: &map::Connection) -> Vec<String> {
    let rules = (!connection.rules.is_empty()).then(|| format!("by {}", connection.rules.join(", ")));
    let made = if connection.routes() + connection.group_rules() == 0 {
        (connection.standing == Standing::Ended).then(|| "nothing of it is left".to_owned())
    } else {
        Some(connection.made())
    };
    let unread = connection.unread().map(str::to_owned);
    rules.into_iter().chain(connection.openings.iter().cloned()).chain(made).chain(unread).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::example;

    #[test]
    fn the_description_tells_every_connection_and_why_it_does_not_work() {
        let map = example::map();
        let svg = svg(&map);
        let description = svg.split("</desc>").next().expect("there");
        for connection in &map.connections {
            assert!(description.contains(&text::escape(&connection.id)), "{}", connection.id);
            if let Some(reason) = &connection.reason {
                assert!(description.contains(&text::escape(reason)), "{reason}");
            }
        }
    }

    #[test]
    fn a_card_tells_rule_ports_and_what_was_made() {
        let svg = svg(&example::map());
        for told in ["by dev-to-shared", "tcp/443 to shared-services", "2 routes in 2 tables, 1 group", "rule, DNS both ways"] {
            assert!(svg.contains(told), "{told}");
        }
    }

    #[test]
    fn what_could_not_be_read_is_told_below() {
        assert!(svg(&example::map()).contains("Not read: 222222222222/us-east-1: can&apos;t describe VPCs in"));
    }

    #[test]
    fn an_empty_network_is_a_picture_too() {
        assert!(svg(&NetworkMap::default()).ends_with("</svg>\n"));
    }
}
