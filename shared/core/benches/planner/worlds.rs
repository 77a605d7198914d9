//! Large worlds: connections between VPCs with many route tables and CIDR blocks.

use std::collections::{BTreeMap, BTreeSet};

use ipnet::{IpNet, Ipv4Net};
use peerwright_core::allowlist::{AcrossRegions, Destinations, GroupIntent, RouteIntent, SecurityGroupPermission, Source, Tables};
use peerwright_core::cidr::CidrSet;
use peerwright_core::desired::{Desired, EndIntent};
use peerwright_core::ids::{Place, Side, Sides, VpcRef};
use peerwright_core::observed::{Borrowers, Observed};
use peerwright_core::owned::{Owned, OwnedGroup, OwnedRoute};
use peerwright_core::tags::Selection;
use peerwright_core::traffic::Traffic;
use peerwright_core::world::{
    Connection, Destination, Direction, End, Fact, GroupRule, PeeringState, Route, RouteTable, RouteTarget, RulePeer, RuleSpec,
    SecurityGroup, Tags,
};

/// Routes of other connections that each table has besides.
const OTHER_ROUTES: u32 = 40;

/// How far a connection is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// Nothing was made.
    New,
    /// Everything was made.
    Converged,
}

/// What the rule of the estate wants: routes in every table to every block, a port of one group, DNS resolution.
pub(crate) fn desired() -> Desired {
    let postgres = SecurityGroupPermission {
        traffic: Traffic::Tcp("5432".parse().expect("a port")),
        peer: Source::PeerVpc,
        across_regions: AcrossRegions::Block,
    };
    let none = CidrSet::default();
    let routes = RouteIntent { tables: Tables::All, destinations: Destinations::All, exclude: none.clone(), peer_cidrs: none };
    let groups = GroupIntent {
        groups: Selection::Ids(BTreeSet::from(["sg-00000001".parse().expect("a group")])),
        ingress: vec![postgres],
        egress: Vec::new(),
        routes: Some(routes.clone()),
        peer_cidrs: CidrSet::default(),
    };
    let end = EndIntent { routes: vec![routes], groups: vec![groups], dns_resolution: true };
    Desired { ends: Sides { requester: end.clone(), accepter: end }, ..Desired::default() }
}

/// A connection by its number, with so many route tables and CIDR blocks on each end.
pub(crate) fn world(state: State, number: usize, tables: usize, blocks: usize) -> Observed {
    let cidrs = Sides { requester: peer_blocks(0, blocks), accepter: peer_blocks(128, blocks) };
    let connection = format!("pcx-{:08x}", number + 1);
    let mut world = Observed {
        connection: Connection {
            id: connection.parse().expect("a connection"),
            state: PeeringState::Active,
            message: String::new(),
            ends: Sides { requester: vpc("111111111111", "vpc-a0000000"), accepter: vpc("222222222222", "vpc-b0000000") },
        },
        cidrs: cidrs.clone(),
        ends: Sides { requester: Fact::Known(end(&cidrs.requester, tables)), accepter: Fact::Known(end(&cidrs.accepter, tables)) },
        owned: Owned::default(),
        borrowers: Borrowers::new(),
    };
    if state == State::Converged {
        make_everything(&mut world);
    }
    world
}

fn vpc(account: &str, vpc: &str) -> VpcRef {
    let place = Place { account: account.parse().expect("an account"), region: "eu-west-1".parse().expect("a Region") };
    VpcRef { place, vpc: vpc.parse().expect("a VPC") }
}

/// Private blocks from 10.`second`.0.0 on: others are not routed unless a rule names them.
fn peer_blocks(second: u8, count: usize) -> CidrSet {
    (0..count).map(|number| IpNet::V4(block(10 << 24 | u32::from(second) << 16, number))).collect()
}

/// The `number`th /24 from an address on.
fn block(from: u32, number: usize) -> Ipv4Net {
    let offset = u32::try_from(number).expect("fewer blocks than addresses") << 8;
    Ipv4Net::new((from + offset).into(), 24).expect("a length up to 32")
}

fn end(cidrs: &CidrSet, tables: usize) -> End {
    let other = |number: u32| Route {
        destination: Destination::Cidr(IpNet::V4(block(172 << 24 | 16 << 16, number as usize))),
        target: RouteTarget::Peering(format!("pcx-f{number:07x}").parse().expect("a connection")),
        blackhole: false,
        propagated: false,
    };
    let table = |number: usize| RouteTable {
        id: format!("rtb-{number:08x}").parse().expect("a table"),
        main: number == 0,
        tags: Tags::new(),
        subnets: BTreeSet::new(),
        gateway: false,
        routes: (0..OTHER_ROUTES).map(other).collect(),
    };
    End {
        cidrs: cidrs.clone(),
        dns_ready: Some(true),
        dns_resolution: false,
        tables: (0..tables).map(table).collect(),
        groups: vec![SecurityGroup { id: "sg-00000001".parse().expect("a group"), tags: Tags::new(), rules: Vec::new() }],
        participants_groups: BTreeMap::new(),
        subnets: Vec::new(),
        prefix_lists: BTreeMap::new(),
    }
}

fn make_everything(world: &mut Observed) {
    let connection = world.connection.id.clone();
    for side in Side::BOTH {
        let peer: Vec<IpNet> = world.cidrs.of(side.peer()).iter().copied().collect();
        let Fact::Known(end) = world.ends.of_mut(side) else { continue };
        end.dns_resolution = true;
        for table in &mut end.tables {
            for block in &peer {
                let destination = Destination::Cidr(*block);
                let target = RouteTarget::Peering(connection.clone());
                table.routes.push(Route { destination: destination.clone(), target, blackhole: false, propagated: false });
                world.owned.routes.insert(OwnedRoute { side, table: table.id.clone(), destination });
            }
        }
        for group in &mut end.groups {
            world.owned.groups.insert(OwnedGroup { side, group: group.id.clone() });
            for (number, block) in peer.iter().enumerate() {
                group.rules.push(GroupRule {
                    id: format!("sgr-{number:08x}").parse().expect("a rule id"),
                    direction: Direction::Ingress,
                    spec: RuleSpec { traffic: Traffic::Tcp("5432".parse().expect("a port")), peer: RulePeer::Cidr(*block) },
                    owner: Some(connection.clone()),
                });
            }
        }
    }
}
