//! Who and what a script's names stand for.

use std::collections::BTreeMap;

use peerwright_core::ids::{GroupId, GroupRuleId, PcxId, Place, RouteTableId, Sides, VpcRef};
use peerwright_core::world::{Connection, Direction, PeeringState, RulePeer};
use peerwright_testkit::{FakeGroup, FakeTable, FakeVpc, World, parse, place};

use crate::script::Vpc;

pub(crate) const ACCOUNTS: [(&str, &str); 2] = [("A", "111111111111"), ("B", "222222222222")];
const REGIONS: [(&str, &str); 2] = [("west", "eu-west-1"), ("central", "eu-central-1")];

/// A VPC with its route table and its security group.
#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) at: VpcRef,
    pub(crate) table: RouteTableId,
    pub(crate) group: GroupId,
}

/// A rule, of which the id is remembered when it is gone: VPC, direction, port, and the other end.
pub(crate) type RuleKey = (String, Direction, u16, String);

/// The names of one script.
#[derive(Debug, Default)]
pub(crate) struct Cast {
    vpcs: BTreeMap<String, Member>,
    pub(crate) connections: BTreeMap<String, Connection>,
    pub(crate) rules: BTreeMap<RuleKey, GroupRuleId>,
}

impl Cast {
    /// Puts VPCs into a world.
    pub(crate) fn enter(world: World, vpcs: &BTreeMap<String, Vpc>) -> (World, Self) {
        let mut cast = Self::default();
        let world = vpcs.iter().zip(1..).fold(world, |world, ((name, vpc), number)| {
            let at = place_of(&vpc.at);
            let digits = format!("{number:08x}");
            let (id, table, group) = (format!("vpc-{digits}"), format!("rtb-{digits}"), format!("sg-{digits}"));
            let member = Member { at: VpcRef { place: at.clone(), vpc: parse(&id) }, table: parse(&table), group: parse(&group) };
            cast.vpcs.insert(name.clone(), member);
            if vpc.missing {
                return world;
            }
            let fake = FakeVpc::new(at.account.as_str(), at.region.as_str(), &id);
            let fake = vpc.blocks.iter().fold(fake, |fake, block| fake.cidr(block));
            let fake = fake.table(FakeTable::new(&table)).group(FakeGroup::new(&group));
            world.vpc(if vpc.dns { fake } else { fake.without_dns() })
        });
        (world, cast)
    }

    pub(crate) fn vpc(&self, name: &str) -> &Member {
        self.vpcs.get(name).unwrap_or_else(|| panic!("the script has no VPC {name}"))
    }

    pub(crate) fn is_vpc(&self, name: &str) -> bool {
        self.vpcs.contains_key(name)
    }

    pub(crate) fn connection(&self, name: &str) -> &Connection {
        self.connections.get(name).unwrap_or_else(|| panic!("the script has no connection {name}"))
    }

    /// Remembers what a request made.
    pub(crate) fn made(&mut self, name: &str, id: PcxId, ends: Sides<VpcRef>) {
        let connection = Connection { id, state: PeeringState::Pending, message: String::new(), ends };
        self.connections.insert(name.to_owned(), connection);
    }

    /// The other end of a rule: a VPC stands for its group.
    pub(crate) fn peer(&self, name: &str) -> RulePeer {
        match self.vpcs.get(name) {
            Some(vpc) => RulePeer::Group(vpc.group.clone(), vpc.at.place.account.clone()),
            None => RulePeer::Cidr(parse(name)),
        }
    }

    /// The same backwards.
    pub(crate) fn name_of_peer(&self, peer: &RulePeer) -> String {
        match peer {
            RulePeer::Group(group, _) => {
                let found = self.vpcs.iter().find(|(_, vpc)| vpc.group == *group);
                found.map_or_else(|| group.to_string(), |(name, _)| name.clone())
            }
            other => other.to_string(),
        }
    }

    /// The names of connections, in order; the first one that a connection got.
    pub(crate) fn names(&self, ids: impl IntoIterator<Item = PcxId>) -> Vec<String> {
        let name = |id: PcxId| {
            let found = self.connections.iter().filter(|(_, connection)| connection.id == id).map(|(name, _)| name);
            found.min_by_key(|name| *name == "again").cloned().unwrap_or_else(|| id.to_string())
        };
        let mut names: Vec<String> = ids.into_iter().map(name).collect();
        names.sort();
        names
    }
}

/// A place such as `A/west`.
pub(crate) fn place_of(text: &str) -> Place {
    let (account, region) = text.split_once('/').unwrap_or_else(|| panic!("{text} is no place"));
    place(meant(&ACCOUNTS, account), meant(&REGIONS, region))
}

/// The account and the verb of a text such as `A/accept`.
pub(crate) fn account_and_verb(text: &str) -> (&'static str, &str) {
    let (account, verb) = text.split_once('/').unwrap_or_else(|| panic!("{text} is no account's verb"));
    (meant(&ACCOUNTS, account), verb)
}

fn meant(known: &[(&str, &'static str)], name: &str) -> &'static str {
    known.iter().find(|(short, _)| *short == name).map_or_else(|| panic!("nobody knows {name}"), |(_, value)| value)
}
