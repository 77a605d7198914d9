//! A picture of the network, as SVG: accounts, their Regions and VPCs, and every connection by its state.
//!
//! A pure function of what the Describe calls said; the same network always gives the same bytes.

mod draw;
mod layout;
mod order;
mod path;
mod text;

use serde::Deserialize;

/// What was read back from AWS.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct Network {
    vpcs: Vec<Vpc>,
    connections: Vec<Connection>,
}

#[derive(Clone, Debug, Deserialize)]
struct Vpc {
    account: String,
    account_name: String,
    region: String,
    #[serde(rename = "vpc")]
    id: String,
    name: String,
    cidrs: Vec<String>,
}

#[derive(Clone, Debug, Deserialize)]
struct Connection {
    id: String,
    name: String,
    /// VPC ids.
    requester: String,
    accepter: String,
    state: String,
    /// Why it waits.
    held: Vec<String>,
    /// Why it is over.
    ended: Vec<String>,
    routes: u32,
    rules: u32,
    dns: bool,
}

pub(crate) fn svg(network: &Network) -> String {
    let network = with_unseen(network);
    draw::svg(&network, &layout::layout(&network))
}

/// A connection may lead to a VPC in an account that we can't look into; it gets a box all the same.
fn with_unseen(network: &Network) -> Network {
    let mut network = network.clone();
    let ends: Vec<_> =
        network.connections.iter().flat_map(|connection| [connection.requester.clone(), connection.accepter.clone()]).collect();
    for id in ends {
        if !network.vpcs.iter().any(|known| known.id == id) {
            network.vpcs.push(Vpc {
                account: String::new(),
                account_name: "not ours".to_owned(),
                region: "unknown Region".to_owned(),
                id,
                name: String::new(),
                cidrs: Vec::new(),
            });
        }
    }
    network
}

/// How a connection is drawn and named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Appearance {
    Active,
    Pending,
    Held,
    Failed,
    Ended,
}

impl Connection {
    fn appearance(&self) -> Appearance {
        match self.state.as_str() {
            _ if !self.held.is_empty() => Appearance::Held,
            "active" => Appearance::Active,
            "initiating-request" | "pending-acceptance" | "provisioning" => Appearance::Pending,
            "deleting" | "deleted" => Appearance::Ended,
            _ => Appearance::Failed,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn network() -> Network {
        serde_json::from_str(include_str!("picture/network.json")).expect("as the acts write it")
    }

    #[test]
    fn the_demo_network_looks_as_it_did() {
        let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/picture/network.svg");
        let svg = svg(&network());
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            std::fs::write(&golden, &svg).expect("writable");
        }
        let expected = std::fs::read_to_string(&golden).expect("there");
        assert!(svg == expected, "the picture changed: run the tests with UPDATE_GOLDEN=1, look at {} and commit it", golden.display());
    }

    #[test]
    fn what_a_person_named_is_text_and_never_markup() {
        let mut network = network();
        network.vpcs[0].name = "<script>\"&'".to_owned();
        let svg = svg(&network);
        assert!(svg.contains("&lt;script&gt;&quot;&amp;&apos;") && !svg.contains("<script"));
    }

    #[test]
    fn the_description_tells_every_connection_and_why_it_is_held_or_over() {
        let svg = svg(&network());
        let description = svg.split("</desc>").next().expect("there");
        for connection in network().connections {
            assert!(description.contains(&connection.name), "{}", connection.name);
            for reason in connection.held.into_iter().chain(connection.ended) {
                assert!(description.contains(&text::escape(&reason)), "{reason}");
            }
        }
    }

    #[test]
    fn a_vpc_that_we_cannot_see_gets_a_box() {
        let mut network = network();
        network.vpcs.retain(|vpc| vpc.account_name != "stranger");
        assert!(svg(&network).contains("not ours"));
    }

    #[test]
    fn an_empty_network_is_a_picture_too() {
        assert!(svg(&Network::default()).ends_with("</svg>\n"));
    }
}
