//! What was seen, in plain words.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use peerwright_core::allowlist::{ALIAS_KEY, MEMBER_KEY, Stored};
use peerwright_core::ask::{ASK_TAG, MESH_TAG, STATUS_TAG};
use peerwright_core::count::counted;
use peerwright_core::ids::{PcxId, Side, VpcRef};
use peerwright_core::inventory::InventoryVpc;
use peerwright_core::owned::Owned;
use peerwright_core::tags::Tags;
use peerwright_core::world::{Direction, RouteTable, RouteTarget, SecurityGroup};
use peerwright_engine::entry::Change;
use peerwright_engine::moment::to_the_second;
use peerwright_engine::network::{Network, Sighting, histories, look};

use super::map::{Account, Connection, End, GroupRule, Happening, NetworkMap, Region, Route, Rule, Table, Unread, Vpc};
use crate::output::{asked, explained};
use crate::progress;
use crate::session::Session;

const NAME_TAG: &str = "Name";

/// Reads the network.
pub(super) async fn gather(history: bool, session: &Session) -> Result<NetworkMap> {
    let ports = session.ports().await?;
    let regions = session.deployed().await?.member_regions.clone();
    let look_done = |done: usize, of: usize| progress::tell(format!("reading places: {done} of {of}"));
    // On the heap: the SDK's futures are deep, and their layout is the compiler's limit.
    let mut network = Box::pin(look(&regions, look_done, &ports)).await.map_err(explained)?;
    if let Some((why, places)) = network.nothing_read() {
        return Err(asked(&format!("nothing is drawn, because no place could be read ({}): {why}", counted(places, "place", "places"))));
    }
    if !history {
        return Ok(map(&network));
    }
    progress::tell("reading what happened to each connection");
    let histories = Box::pin(histories(&mut network, &ports)).await;
    let mut map = map(&network);
    for connection in &mut map.connections {
        let changes = connection.id.parse().ok().and_then(|id: PcxId| histories.get(&id));
        connection.history = changes.into_iter().flatten().rev().map(happening).collect();
    }
    Ok(map)
}

fn happening(change: &Change) -> Happening {
    Happening { at: to_the_second(change.at), what: change.what.clone(), details: change.details.clone() }
}

/// A network as a map.
fn map(network: &Network) -> NetworkMap {
    let map = NetworkMap {
        at: to_the_second(network.at),
        accounts: accounts(network),
        connections: network.connections.iter().map(|(id, found)| connection(id, found, network)).collect(),
        rules: network.items.iter().filter(|item| ![ALIAS_KEY, MEMBER_KEY].contains(&item.accepter.as_str())).map(rule).collect(),
        unread: network.unread.iter().map(|(what, why)| Unread { what: what.clone(), why: why.clone() }).collect(),
    };
    with_shown_blocks(map.completed(), network)
}

/// A place without any VPC is left out, unless it could not be read.
fn accounts(network: &Network) -> Vec<Account> {
    let mut accounts: BTreeMap<String, Account> = BTreeMap::new();
    for (place, seen) in &network.places {
        let (vpcs, unread) = match seen {
            Ok(inventory) if inventory.vpcs.is_empty() => continue,
            Ok(inventory) => {
                let of = |vpc| VpcRef { place: place.clone(), vpc };
                (inventory.vpcs.iter().map(|(id, found)| vpc(&of(id.clone()), found, network)).collect(), None)
            }
            Err(why) => (Vec::new(), Some(why.clone())),
        };
        let name = network.names.get(&place.account).filter(|name| !name.is_empty()).cloned();
        let new = || Account { id: place.account.to_string(), name, regions: Vec::new() };
        accounts.entry(place.account.to_string()).or_insert_with(new).regions.push(Region { name: place.region.to_string(), vpcs, unread });
    }
    accounts.into_values().collect()
}

fn vpc(vpc: &VpcRef, found: &InventoryVpc, network: &Network) -> Vpc {
    let mesh = found.tags.get(MESH_TAG).map(|mesh| format!("mesh {mesh}"));
    Vpc {
        id: vpc.vpc.to_string(),
        aliases: network.aliases.iter().filter(|(_, meant)| *meant == vpc).map(|(name, _)| name.to_string()).collect(),
        name: name(&found.tags),
        cidrs: found.cidrs.iter().map(ToString::to_string).collect(),
        asks: found.tags.get(ASK_TAG).into_iter().flat_map(|asks| asks.split_whitespace()).map(str::to_owned).chain(mesh).collect(),
        status: found.tags.get(STATUS_TAG).cloned(),
        seen: true,
    }
}

fn name(tags: &Tags) -> Option<String> {
    tags.get(NAME_TAG).filter(|name| !name.is_empty()).cloned()
}

/// Of a VPC whose place was not read, its connections may show the blocks.
fn with_shown_blocks(mut map: NetworkMap, network: &Network) -> NetworkMap {
    let mut blocks: BTreeMap<VpcRef, Vec<String>> = BTreeMap::new();
    for found in network.connections.values() {
        for (side, end) in found.connection.ends.iter() {
            let known = blocks.entry(end.clone()).or_default();
            if known.is_empty() {
                *known = found.blocks(side);
            }
        }
    }
    for (end, blocks) in blocks {
        let account = map.accounts.iter_mut().find(|account| account.id == end.place.account.as_str());
        let region = account.and_then(|account| account.regions.iter_mut().find(|region| region.name == end.place.region.as_str()));
        let vpc = region.and_then(|region| region.vpcs.iter_mut().find(|vpc| vpc.id == end.vpc.as_str()));
        if let Some(vpc) = vpc.filter(|vpc| !vpc.seen) {
            vpc.cidrs = blocks;
        }
    }
    map
}

fn connection(id: &PcxId, found: &Sighting, network: &Network) -> Connection {
    let entry = found.entry.as_ref();
    let ends = &found.connection.ends;
    let [requester, accepter] = Side::BOTH.map(|side| end(id, side, found, network));
    Connection {
        id: id.to_string(),
        openings: openings(&[(&requester, &called(&ends.requester, network)), (&accepter, &called(&ends.accepter, network))]),
        requester,
        accepter,
        state: found.connection.state.to_string(),
        status: entry.map(|entry| entry.status.to_string()).filter(|status| !status.is_empty()),
        standing: found.standing(),
        rules: entry.map(|entry| entry.rules.clone()).unwrap_or_default(),
        reason: found.reason(),
        asked_by: entry.and_then(|entry| entry.asked_by.clone()),
        since: entry.map(|entry| to_the_second(entry.updated_at)),
        history: Vec::new(),
    }
}

/// What people call a VPC.
fn called(end: &VpcRef, network: &Network) -> String {
    let alias = network.aliases.iter().find(|(_, meant)| *meant == end).map(|(name, _)| name.to_string());
    let tagged = || network.vpc(end).and_then(|found| name(&found.tags));
    alias.or_else(tagged).unwrap_or_else(|| end.vpc.to_string())
}

fn end(id: &PcxId, side: Side, found: &Sighting, network: &Network) -> End {
    let vpc = found.connection.ends.of(side);
    let owned = found.entry.as_ref().map(|entry| entry.owned.clone()).unwrap_or_default();
    let seen = network.vpc(vpc);
    End {
        account: vpc.place.account.to_string(),
        region: vpc.place.region.to_string(),
        vpc: vpc.vpc.to_string(),
        unread: network.places.get(&vpc.place).is_some_and(Result::is_err),
        tables: seen.into_iter().flat_map(|vpc| &vpc.tables).filter_map(|found| table(id, side, found, &owned)).collect(),
        group_rules: seen.into_iter().flat_map(|vpc| &vpc.groups).flat_map(|group| group_rules(id, group)).collect(),
        dns: found.dns_resolution(side),
    }
}

/// A route table with its routes over a connection; none without any.
fn table(id: &PcxId, side: Side, table: &RouteTable, owned: &Owned) -> Option<Table> {
    let over = table.routes.iter().filter(|route| route.target == RouteTarget::Peering(id.clone()));
    let routes: Vec<Route> = over
        .map(|route| Route {
            destination: route.destination.to_string(),
            blackhole: route.blackhole,
            ours: owned.has_route(side, &table.id, &route.destination),
        })
        .collect();
    let named = || Table { id: table.id.to_string(), name: name(&table.tags), main: table.main, routes: routes.clone() };
    (!routes.is_empty()).then(named)
}

fn group_rules(id: &PcxId, group: &SecurityGroup) -> Vec<GroupRule> {
    let ours = group.rules.iter().filter(|rule| rule.owner.as_ref() == Some(id));
    ours.map(|rule| GroupRule {
        group: group.id.to_string(),
        name: name(&group.tags),
        direction: rule.direction.to_string(),
        traffic: rule.spec.traffic.to_string(),
        peer: rule.spec.peer.to_string(),
    })
    .collect()
}

/// Each kind of traffic once, by the VPC that lets it in; by the one that lets it out where nobody of ours lets it in.
fn openings(ends: &[(&End, &String); 2]) -> Vec<String> {
    let traffic = |end: &End, direction: Direction| -> BTreeSet<String> {
        let way = direction.to_string();
        end.group_rules.iter().filter(|rule| rule.direction == way).map(|rule| rule.traffic.clone()).collect()
    };
    let mut openings = Vec::new();
    for (at, (end, label)) in ends.iter().enumerate() {
        openings.extend(traffic(end, Direction::Ingress).into_iter().map(|what| format!("{what} to {label}")));
        let let_in = traffic(ends[1 - at].0, Direction::Ingress);
        let only_out = traffic(end, Direction::Egress).into_iter().filter(|what| !let_in.contains(what));
        openings.extend(only_out.map(|what| format!("{what} out of {label}")));
    }
    openings
}

/// As a person would write it.
fn rule(item: &Stored) -> Rule {
    let text = serde_saphyr::to_string(&item.body).unwrap_or_else(|_| item.body.to_string());
    Rule { id: item.id.clone(), text }
}
