//! A world as text, for tests that people read.
//!
//! ```text
//! connection pcx-00000001 active            or any other state of AWS; or `vanished`: AWS no longer shows it
//! requester 111111111111 eu-west-1 vpc-a0000000 10.10.0.0/16 fd00:10::/56
//!   tags env=dev                           of the VPC
//!   dns on                                 the option is on, `ours` if the ledger says that we switched it on; or `not ready`: the VPC lacks DNS support or hostnames; or `unread`
//!   table rtb-a0000001 main tier=private
//!     10.20.0.0/16 tgw-00000001 propagated  or blackhole
//!     10.21.0.0/16 pcx-00000001 ours        the ledger says that we made it
//!   remembers rtb-a0000001 10.22.0.0/16    the ledger says that we made it, and it is gone
//!   subnet subnet-a0000001 in rtb-a0000001 tier=app
//!   subnet subnet-a0000002                 associated with no table
//!   list pl-00000001 max 10 10.20.0.0/24   or `unreadable` and why
//!   group sg-a0000001 role=db
//!     ingress tcp 5432 10.20.0.0/16 ours    or sg-b0000001@222222222222, or pl-…; `of pcx-…` is a rule of another connection
//!     ingress icmp type-8-code-0 10.20.0.0/16
//!     ingress tcp 80 10.20.0.0/16 ours for pcx-00000002   ours, and the other connection borrows it
//!   group sg-a0000001 again                 the same group, seen from the accepter as well: both VPCs are in one place
//!   group sg-a0000003 of 333333333333      a group of an account that the VPC is shared with
//!   remembers group sg-a0000002             the ledger says that we made rules in it
//! accepter 999999999999 eu-west-1 vpc-b0000000 10.20.0.0/16
//!   unreadable no role in account 999999999999
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::str::FromStr;

use peerwright_core::cidr::CidrSet;
use peerwright_core::ids::{PcxId, Place, Side, Sides, VpcRef};
use peerwright_core::observed::{Borrowers, Observed};
use peerwright_core::owned::{Owned, OwnedGroup, OwnedRoute};
use peerwright_core::traffic::{IcmpMessages, Protocol, Traffic};
use peerwright_core::world::{
    Connection, Direction, End, Fact, GroupRule, PeeringState, PrefixList, Route, RouteTable, RouteTarget, RulePeer, RuleSpec,
    SecurityGroup, Subnet, Tags, VpcFacts,
};

/// Reads a world as the plan sees it, and its ends as the decision sees them; panics at a line that says nothing.
pub(crate) fn read_world(text: &str) -> (Observed, Sides<VpcFacts>) {
    let mut lines = text.lines().filter(|line| !line.trim().is_empty()).peekable();
    let head = words(lines.next().expect("a world begins with its connection"));
    let ["connection", id, state] = head[..] else { panic!("`connection <id> <state>`, not {head:?}") };
    let state = if state == "vanished" { PeeringState::Vanished } else { PeeringState::from(state) };
    let mut reader = Reader { connection: read(id), owned: Owned::default(), borrowers: Borrowers::new(), rules: 0, groups: Vec::new() };
    let mut end = |side: Side| {
        let mut block = vec![lines.next().unwrap_or_else(|| panic!("the world lacks its {side}"))];
        while let Some(line) = lines.next_if(|line| line.starts_with(' ')) {
            block.push(line);
        }
        reader.end(side, &block)
    };
    let (requester, accepter) = (end(Side::Requester), end(Side::Accepter));
    let ends = Sides { requester: requester.0.vpc.clone(), accepter: accepter.0.vpc.clone() };
    let observed = Observed {
        connection: Connection { id: read(id), state, message: String::new(), ends },
        cidrs: Sides { requester: known(&requester.0.cidrs), accepter: known(&accepter.0.cidrs) },
        ends: Sides { requester: requester.1, accepter: accepter.1 },
        owned: reader.owned,
        borrowers: reader.borrowers,
    };
    (observed, Sides { requester: requester.0, accepter: accepter.0 })
}

fn known<T: Clone>(fact: &Fact<T>) -> T {
    fact.known().expect("the CIDR blocks of a text are known").clone()
}

/// What has to be remembered from line to line.
struct Reader {
    connection: PcxId,
    owned: Owned,
    borrowers: Borrowers,
    rules: usize,
    /// The groups of the requester, once it has been read.
    groups: Vec<SecurityGroup>,
}

impl Reader {
    fn end(&mut self, side: Side, block: &[&str]) -> (VpcFacts, Fact<End>) {
        let head = words(block[0]);
        let [word, account, region, vpc, cidrs @ ..] = &head[..] else {
            panic!("`{side} <account> <region> <vpc> <cidr>…`, not {head:?}")
        };
        assert_eq!(*word, side.as_str(), "the requester comes first, then the accepter");
        let vpc = VpcRef { place: Place { account: read(account), region: read(region) }, vpc: read(vpc) };
        let cidrs: CidrSet = cidrs.iter().map(|cidr| read(cidr)).collect();
        let mut tags = Fact::Known(Tags::new());
        let mut unreadable = None;
        let mut end = empty(&cidrs);
        for line in &block[1..] {
            match words(line)[..] {
                ["tags", ref found @ ..] => tags = Fact::Known(read_tags(found)),
                ["unreadable", ref why @ ..] => unreadable = Some(why.join(" ")),
                ref line => self.line(side, line, &mut end),
            }
        }
        self.groups.clone_from(&end.groups);
        let cidrs = Fact::Known(cidrs);
        match unreadable {
            Some(why) => (vpc_facts(vpc, cidrs, Fact::Unknown(why.clone())), Fact::Unknown(why)),
            None => (vpc_facts(vpc, cidrs, tags), Fact::Known(end)),
        }
    }

    fn line(&mut self, side: Side, line: &[&str], end: &mut End) {
        match *line {
            ["dns", "on"] => end.dns_resolution = true,
            ["dns", "on", "ours"] => {
                end.dns_resolution = true;
                self.owned.dns_resolution.insert(side);
            }
            ["dns", "not", "ready"] => end.dns_ready = Some(false),
            ["dns", "unread"] => end.dns_ready = None,
            ["table", id, "gateway", ref tags @ ..] => end.tables.push(RouteTable { gateway: true, ..table(id, false, tags) }),
            ["table", id, "main", ref tags @ ..] => end.tables.push(table(id, true, tags)),
            ["table", id, ref tags @ ..] => end.tables.push(table(id, false, tags)),
            ["remembers", "group", group] => {
                self.owned.groups.insert(OwnedGroup { side, group: read(group) });
            }
            ["remembers", table, destination] => self.remember_route(side, table, destination),
            ["subnet", id, "in", table, ref tags @ ..] => {
                let table = end.tables.iter_mut().find(|found| found.id.as_str() == table).expect("a subnet follows its table");
                table.subnets.insert(read(id));
                end.subnets.push(Subnet { id: read(id), tags: read_tags(tags) });
            }
            ["subnet", id, ref tags @ ..] => end.subnets.push(Subnet { id: read(id), tags: read_tags(tags) }),
            ["list", id, "unreadable", ref why @ ..] => {
                end.prefix_lists.insert(read(id), Fact::Unknown(why.join(" ")));
            }
            ["list", id, "max", max, ref blocks @ ..] => {
                let list = PrefixList { cidrs: blocks.iter().map(|block| read(block)).collect(), max_entries: read(max) };
                end.prefix_lists.insert(read(id), Fact::Known(list));
            }
            ["group", id, "again"] => {
                let group = self.groups.iter().find(|group| group.id.as_str() == id);
                end.groups.push(group.expect("the requester shows the group first").clone());
            }
            ["group", id, "of", owner] => {
                end.participants_groups.insert(read(id), read(owner));
            }
            ["group", id, ref tags @ ..] => end.groups.push(SecurityGroup { id: read(id), tags: read_tags(tags), rules: Vec::new() }),
            ["ingress", ref rule @ ..] => self.rule(side, Direction::Ingress, rule, last(&mut end.groups)),
            ["egress", ref rule @ ..] => self.rule(side, Direction::Egress, rule, last(&mut end.groups)),
            [destination, target, ref words @ ..] => self.route(side, destination, target, words, last(&mut end.tables)),
            _ => panic!("a world has no line {line:?}"),
        }
    }

    fn route(&mut self, side: Side, destination: &str, target: &str, words: &[&str], table: &mut RouteTable) {
        let target = target.parse().map_or_else(|_| RouteTarget::Other(target.to_owned()), RouteTarget::Peering);
        let mut route = Route { destination: read(destination), target, blackhole: false, propagated: false };
        for word in words {
            match *word {
                "blackhole" => route.blackhole = true,
                "propagated" => route.propagated = true,
                "ours" => self.remember_route(side, table.id.as_str(), destination),
                _ => panic!("a route is not `{word}`"),
            }
        }
        table.routes.push(route);
    }

    fn remember_route(&mut self, side: Side, table: &str, destination: &str) {
        self.owned.routes.insert(OwnedRoute { side, table: read(table), destination: read(destination) });
    }

    fn rule(&mut self, side: Side, direction: Direction, words: &[&str], group: &mut SecurityGroup) {
        let [protocol, ports, peer, owner @ ..] = words else {
            panic!("`<protocol> <ports> <cidr or group@account or list>`, not {words:?}")
        };
        let spec = RuleSpec { traffic: read_traffic(protocol, ports), peer: read_peer(peer) };
        let owner = match *owner {
            [] => None,
            ["ours", "for", borrower] => {
                self.owned.groups.insert(OwnedGroup { side, group: group.id.clone() });
                self.borrowers.insert((group.id.clone(), direction, spec.clone()), read(borrower));
                Some(self.connection.clone())
            }
            ["ours"] => {
                self.owned.groups.insert(OwnedGroup { side, group: group.id.clone() });
                Some(self.connection.clone())
            }
            ["of", connection] => Some(read(connection)),
            _ => panic!("a rule is not {owner:?}"),
        };
        self.rules += 1;
        let id = read(&format!("sgr-{:08x}", self.rules));
        group.rules.push(GroupRule { id, direction, spec, owner });
    }
}

fn empty(cidrs: &CidrSet) -> End {
    End {
        cidrs: cidrs.clone(),
        dns_ready: Some(true),
        dns_resolution: false,
        tables: Vec::new(),
        groups: Vec::new(),
        participants_groups: BTreeMap::new(),
        subnets: Vec::new(),
        prefix_lists: BTreeMap::new(),
    }
}

fn vpc_facts(vpc: VpcRef, cidrs: Fact<CidrSet>, tags: Fact<Tags>) -> VpcFacts {
    VpcFacts { owner: vpc.place.account.clone(), vpc, cidrs, tags, units: Fact::Unknown("nobody asked".to_owned()) }
}

fn table(id: &str, main: bool, tags: &[&str]) -> RouteTable {
    RouteTable { id: read(id), main, tags: read_tags(tags), subnets: BTreeSet::new(), gateway: false, routes: Vec::new() }
}

/// `tcp 443`, `udp 8000-8099`, `icmp all`, `icmp type-8`, `icmpv6 type-3-code-4`, `all all`, `50 all`.
fn read_traffic(protocol: &str, ports: &str) -> Traffic {
    match read(protocol) {
        Protocol::All => Traffic::All,
        Protocol::Tcp => Traffic::Tcp(read(ports)),
        Protocol::Udp => Traffic::Udp(read(ports)),
        Protocol::Icmp => Traffic::Icmp(read_icmp(ports)),
        Protocol::Icmpv6 => Traffic::Icmpv6(read_icmp(ports)),
        Protocol::Number(number) => Traffic::Other(number),
    }
}

fn read_icmp(text: &str) -> IcmpMessages {
    let Some(icmp) = text.strip_prefix("type-") else {
        assert_eq!(text, "all", "neither all nor a type of ICMP");
        return IcmpMessages::All;
    };
    match icmp.split_once("-code-") {
        Some((kind, code)) => IcmpMessages::Type(read(kind), Some(read(code))),
        None => IcmpMessages::Type(read(icmp), None),
    }
}

fn read_peer(text: &str) -> RulePeer {
    match text.split_once('@') {
        Some((group, owner)) => RulePeer::Group(read(group), read(owner)),
        None if text.starts_with("pl-") => RulePeer::PrefixList(read(text)),
        None => RulePeer::Cidr(read(text)),
    }
}

fn read_tags(words: &[&str]) -> Tags {
    let tag = |word: &&str| word.split_once('=').map(|(key, value)| (key.to_owned(), value.to_owned()));
    words.iter().map(|word| tag(word).unwrap_or_else(|| panic!("`{word}` is not a tag"))).collect()
}

fn last<T>(things: &mut [T]) -> &mut T {
    things.last_mut().expect("a route follows its table, a rule its group")
}

fn words(line: &str) -> Vec<&str> {
    line.split_whitespace().collect()
}

/// Anything that is written as text.
pub(crate) fn read<T: FromStr<Err: Debug>>(text: &str) -> T {
    text.parse().unwrap_or_else(|error| panic!("`{text}`: {error:?}"))
}
