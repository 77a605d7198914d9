//! What a wish for routes means at an end: which tables, which destinations, and what is wrong with it.

use std::collections::BTreeSet;

use ipnet::IpNet;

use super::Finding;
use super::addresses::{blocks_of, is_private_or_named};
use crate::allowlist::{Destinations, RouteIntent, Tables};
use crate::cidr::CidrSet;
use crate::ids::{PrefixListId, Side, Sides, SubnetId};
use crate::observed::Observed;
use crate::tags::Selection;
use crate::world::{Destination, End, Fact, RouteTable};

/// The routes of one wish.
pub(super) struct WantedRoutes<'a> {
    pub(super) tables: Vec<&'a RouteTable>,
    pub(super) destinations: BTreeSet<Destination>,
    pub(super) findings: Vec<Finding>,
}

impl<'a> WantedRoutes<'a> {
    pub(super) fn of(side: Side, intent: &RouteIntent, end: &'a End, observed: &Observed) -> Self {
        let mut wanted = Self { tables: Vec::new(), destinations: BTreeSet::new(), findings: Vec::new() };
        wanted.choose_tables(side, &intent.tables, end);
        Reader { side, intent, end, peer: observed.cidrs.of(side.peer()) }.read(&mut wanted);
        wanted
    }

    /// True where it does not say clearly what it means.
    pub(super) fn is_doubtful(&self) -> bool {
        self.findings.iter().any(Finding::casts_doubt)
    }

    /// The tables that are meant, without those of gateways, which take no route to a peer.
    fn choose_tables(&mut self, side: Side, wanted: &Tables, end: &'a End) {
        let (gateways, tables): (Vec<_>, Vec<_>) = select(wanted, end).into_iter().partition(|table| table.gateway);
        if let Tables::Selected(Selection::Ids(_)) = wanted {
            self.findings.extend(gateways.iter().map(|table| Finding::GatewayTable { side, table: table.id.clone() }));
        } else if !gateways.is_empty() {
            let mut ids: Vec<&str> = gateways.iter().map(|table| table.id.as_str()).collect();
            ids.sort_unstable();
            self.findings.push(Finding::GatewayTablesLeftOut { side, tables: ids.join(", ") });
        }
        if tables.is_empty() && !self.findings.iter().any(|found| matches!(found, Finding::GatewayTable { .. })) {
            self.findings.push(Finding::NoTables { side, wanted: wanted.to_string() });
        } else {
            self.findings.extend(missing(side, wanted, end));
        }
        self.tables = tables;
    }
}

/// What a choice names and the VPC has not, beside what it has.
fn missing(side: Side, wanted: &Tables, end: &End) -> Vec<Finding> {
    match wanted {
        Tables::Selected(Selection::Ids(ids)) => {
            let there: BTreeSet<_> = end.tables.iter().map(|table| &table.id).collect();
            ids.iter().filter(|id| !there.contains(id)).map(|id| Finding::NoSuchTable { side, table: id.clone() }).collect()
        }
        Tables::OfSubnets(Selection::Ids(ids)) => {
            let there: BTreeSet<_> = end.subnets.iter().map(|subnet| &subnet.id).collect();
            ids.iter().filter(|id| !there.contains(id)).map(|id| Finding::NoSuchSubnet { side, subnet: id.clone() }).collect()
        }
        Tables::All | Tables::Main | Tables::Selected(Selection::Tagged(_)) | Tables::OfSubnets(Selection::Tagged(_)) => Vec::new(),
    }
}

fn select<'a>(wanted: &Tables, end: &'a End) -> Vec<&'a RouteTable> {
    if let Tables::OfSubnets(subnets) = wanted {
        return serving(subnets, end);
    }
    end.tables
        .iter()
        .filter(|table| match wanted {
            Tables::All => true,
            Tables::Main => table.main,
            Tables::Selected(tables) => tables.selects(&table.id, &table.tags),
            Tables::OfSubnets(_) => false,
        })
        .collect()
}

/// The tables that serve the chosen subnets. A subnet without an association of its own is served by the main table and
/// listed nowhere ("Subnet route tables", VPC user guide).
fn serving<'a>(subnets: &Selection<SubnetId>, end: &'a End) -> Vec<&'a RouteTable> {
    let chosen: BTreeSet<&SubnetId> =
        end.subnets.iter().filter(|subnet| subnets.selects(&subnet.id, &subnet.tags)).map(|subnet| &subnet.id).collect();
    let associated = |id: &SubnetId| end.tables.iter().any(|table| table.subnets.contains(id));
    let by_main = chosen.iter().any(|id| !associated(id));
    end.tables.iter().filter(|table| (table.main && by_main) || table.subnets.iter().any(|id| chosen.contains(id))).collect()
}

/// Reads the destinations of a wish.
struct Reader<'a> {
    side: Side,
    intent: &'a RouteIntent,
    end: &'a End,
    peer: &'a CidrSet,
}

impl Reader<'_> {
    fn read(&self, wanted: &mut WantedRoutes<'_>) {
        let blocks: Vec<IpNet> = self.blocks(wanted).into_iter().filter(|block| is_usable(block, self.end)).collect();
        let (excluded, chosen): (Vec<IpNet>, Vec<IpNet>) = blocks.into_iter().partition(|block| self.intent.exclude.contains(block));
        for block in &chosen {
            let destination = Destination::Cidr(*block);
            if excludes_part(&self.intent.exclude, block) {
                wanted.findings.push(Finding::ExcludesPart { side: self.side, destination });
            } else {
                self.choose(destination, wanted);
            }
        }
        if let Destinations::Only { prefix_lists, .. } = &self.intent.destinations {
            for list in prefix_lists {
                match self.fault_of(list) {
                    None => self.choose(Destination::PrefixList(list.clone()), wanted),
                    Some(finding) => wanted.findings.push(finding),
                }
            }
            if !prefix_lists.is_empty() {
                return;
            }
        }
        if chosen.is_empty() && !excluded.is_empty() {
            let exclude = self.intent.exclude.to_string();
            wanted.findings.push(Finding::ExcludesEverything { side: self.side, exclude });
        }
    }

    /// The peer's blocks that are meant, or parts of them: of a block that is wider than the peer's, those that it contains.
    fn blocks(&self, wanted: &mut WantedRoutes<'_>) -> BTreeSet<IpNet> {
        let Destinations::Only { cidrs, .. } = &self.intent.destinations else {
            return self.peer.iter().copied().collect();
        };
        let mut blocks = BTreeSet::new();
        for named in cidrs.iter() {
            if self.peer.contains(named) {
                blocks.insert(*named);
                continue;
            }
            let before = blocks.len();
            blocks.extend(self.peer.iter().filter(|block| named.contains(*block)));
            if blocks.len() == before && !self.peer.iter().any(|block| named.contains(block)) {
                wanted.findings.push(Finding::NotPeers { side: self.side, destination: Destination::Cidr(*named) });
            }
        }
        blocks
    }

    /// Chooses a destination, unless one of its blocks may not be routed whatever the tables say.
    fn choose(&self, destination: Destination, wanted: &mut WantedRoutes<'_>) {
        let names = || self.intent.named();
        let found: Vec<Finding> = blocks_of(&destination, self.end)
            .iter()
            .filter_map(|block| overlap(self.side, block, self.end).or_else(|| guard(self.side, block, names(), &self.intent.peer_cidrs)))
            .collect();
        if found.is_empty() {
            wanted.destinations.insert(destination);
        }
        wanted.findings.extend(found);
    }

    /// A prefix list must be readable, hold the peer's addresses only, and none that is excluded.
    fn fault_of(&self, list: &PrefixListId) -> Option<Finding> {
        let side = self.side;
        let unreadable = |why: &str| Finding::UnreadablePrefixList { side, list: list.clone(), why: why.to_owned() };
        let destination = Destination::PrefixList(list.clone());
        match self.end.prefix_lists.get(list) {
            Some(Fact::Known(found)) if found.cidrs.outside(self.peer).next().is_some() => Some(Finding::NotPeers { side, destination }),
            Some(Fact::Known(found)) if found.cidrs.overlaps(&self.intent.exclude).next().is_some() => {
                Some(Finding::ExcludesPart { side, destination })
            }
            Some(Fact::Known(_)) => None,
            Some(Fact::Unknown(why)) => Some(unreadable(why)),
            None => Some(unreadable("it is not there")),
        }
    }
}

/// IPv6 is of use only where this end has an IPv6 block as well: without one there is no instance that could use it (VPC peering guide,
/// "IPv6").
pub(super) fn is_usable(block: &IpNet, end: &End) -> bool {
    matches!(block, IpNet::V4(_)) || end.cidrs.iter().any(|own| matches!(own, IpNet::V6(_)))
}

/// Why a block of the peer may be neither routed nor opened, whatever stands in the tables.
pub(super) fn guard<'n>(side: Side, block: &IpNet, names: impl Iterator<Item = &'n IpNet>, condition: &CidrSet) -> Option<Finding> {
    if !condition.is_empty() && !condition.contains(block) {
        return Some(Finding::OutsideCondition { side, block: *block });
    }
    (!is_private_or_named(block, names)).then_some(Finding::PublicSpace { side, block: *block })
}

fn overlap(side: Side, block: &IpNet, end: &End) -> Option<Finding> {
    let own = end.cidrs.iter().find(|own| own.contains(block) || block.contains(*own))?;
    let mut pair = Sides { requester: *block, accepter: *block };
    *pair.of_mut(side) = *own;
    Some(Finding::Overlap(pair))
}

fn excludes_part(exclude: &CidrSet, block: &IpNet) -> bool {
    exclude.iter().any(|excluded| block.contains(excluded))
}
