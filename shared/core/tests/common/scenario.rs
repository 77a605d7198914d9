//! Scenario files: a small world and an allowlist as text, and below them what comes of the two.
//!
//! ```text
//! What the scenario shows, in a sentence or two.
//!
//! == world
//! connection pcx-00000001 active
//! requester 111111111111 eu-west-1 vpc-a0000000 10.10.0.0/16 fd00:10::/56
//!   tags env=dev                        of the VPC
//!   dns on                              the option is on; or `not ready`: the VPC lacks DNS support or hostnames
//!   table rtb-a0000001 main tier=private
//!     10.20.0.0/16 tgw-00000001 blackhole
//!   group sg-a0000001 role=db
//!     ingress tcp 5432 10.20.0.0/16     or sg-b0000001@222222222222
//! accepter 999999999999 eu-west-1 vpc-b0000000 10.20.0.0/16
//!   unreadable no role in account 999999999999
//! == allowlist
//! rules: …
//! == plan
//! allowed: rule a-to-b allows it
//! + requester route rtb-a0000001 …
//! ```

use std::fmt::Debug;
use std::str::FromStr;

use jiff::Timestamp;
use peerwright_core::allowlist::{Allowlist, StoredAllowlist};
use peerwright_core::cidr::CidrSet;
use peerwright_core::desired::Desired;
use peerwright_core::ids::{Place, Sides, VpcRef};
use peerwright_core::plan::plan;
use peerwright_core::policy::{Verdict, decide};
use peerwright_core::world::{
    Connection, Direction, End, Fact, Observed, Party, PeeringState, Route, RouteTable, RouteTarget, RulePeer, RuleSpec, SecurityGroup,
    Tags,
};

use crate::apply::apply;

/// When every scenario plays.
const NOW: &str = "2026-01-01T00:00:00Z";

/// A scenario file in its three parts.
pub(crate) struct Scenario {
    /// All that is written by hand: everything up to and with the line `== plan`.
    pub(crate) given: String,
    /// What the file says comes of it.
    pub(crate) expected: String,
    world: World,
    allowlist: StoredAllowlist,
}

/// What the world part says.
struct World {
    observed: Observed,
    parties: Sides<Party>,
}

impl Scenario {
    /// Reads a scenario; the part after `== plan` may be missing in a new one.
    pub(crate) fn read(text: &str) -> Self {
        let (given, expected) = text.split_once("== plan\n").expect("a scenario has a line `== plan`");
        let (_, rest) = given.split_once("== world\n").expect("a scenario has a line `== world`");
        let (world, allowlist) = rest.split_once("== allowlist\n").expect("a scenario has a line `== allowlist`");
        let allowlist = Allowlist::from_yaml(allowlist, read::<Timestamp>(NOW)).unwrap_or_else(|problems| panic!("{problems}"));
        Self {
            given: format!("{given}== plan\n"),
            expected: expected.to_owned(),
            world: World::read(world),
            allowlist: StoredAllowlist::read(&allowlist.items()),
        }
    }

    /// Decides, plans, carries the plan out and proves that nothing is left to do; returns decision and plan as text.
    pub(crate) fn play(&self) -> String {
        let decision = decide(&self.world.parties, &self.allowlist, read::<Timestamp>(NOW));
        let word = match &decision.verdict {
            Verdict::Allowed(_) => "allowed",
            Verdict::Denied(_) => "denied",
            Verdict::Held => "held",
        };
        let mut lines: Vec<String> = decision.reasons.iter().map(|reason| format!("{word}: {reason}\n")).collect();
        if let Verdict::Allowed(rules) = &decision.verdict {
            let desired = Desired::of(rules);
            let first = plan(&desired, &self.world.observed);
            let again = plan(&desired, &apply(&first.steps, &self.world.observed));
            assert!(again.is_empty(), "the plan was carried out, and yet there is more to do:\n{again}");
            assert_eq!(
                (&again.waiting, &again.blocked),
                (&first.waiting, &first.blocked),
                "carrying out the plan changed what it can't do"
            );
            lines.push(first.to_string());
        }
        lines.concat()
    }
}

impl World {
    fn read(text: &str) -> Self {
        let mut lines = text.lines().filter(|line| !line.trim().is_empty()).peekable();
        let connection = words(lines.next().expect("a world begins with its connection"));
        let ["connection", id, state] = connection[..] else { panic!("`connection <id> <state>`, not {connection:?}") };
        let mut end = |side: &str| {
            let mut block = vec![lines.next().unwrap_or_else(|| panic!("the world lacks its {side}"))];
            while let Some(line) = lines.next_if(|line| line.starts_with(' ')) {
                block.push(line);
            }
            read_end(side, &block)
        };
        let (requester, accepter) = (end("requester"), end("accepter"));
        Self {
            observed: Observed {
                connection: Connection {
                    id: read(id),
                    state: PeeringState::from(state),
                    message: String::new(),
                    ends: Sides { requester: requester.0.vpc.clone(), accepter: accepter.0.vpc.clone() },
                },
                cidrs: Sides { requester: known(&requester.0.cidrs), accepter: known(&accepter.0.cidrs) },
                ends: Sides { requester: requester.1, accepter: accepter.1 },
            },
            parties: Sides { requester: requester.0, accepter: accepter.0 },
        }
    }
}

fn known<T: Clone>(fact: &Fact<T>) -> T {
    fact.known().expect("a scenario's CIDR blocks are known").clone()
}

fn read_end(side: &str, block: &[&str]) -> (Party, Fact<End>) {
    let head = words(block[0]);
    let [word, account, region, vpc, cidrs @ ..] = &head[..] else { panic!("`{side} <account> <region> <vpc> <cidr>…`, not {head:?}") };
    assert_eq!(*word, side, "the requester comes first, then the accepter");
    let vpc = VpcRef { place: Place { account: read(account), region: read(region) }, vpc: read(vpc) };
    let cidrs: CidrSet = cidrs.iter().map(|cidr| read(cidr)).collect();
    let mut tags = Fact::Known(Tags::new());
    let mut unreadable = None;
    let mut end = End { cidrs: cidrs.clone(), dns_ready: true, dns_resolution: false, tables: Vec::new(), groups: Vec::new() };
    for line in &block[1..] {
        match words(line)[..] {
            ["tags", ref found @ ..] => tags = Fact::Known(read_tags(found)),
            ["unreadable", ref why @ ..] => unreadable = Some(why.join(" ")),
            ["dns", "on"] => end.dns_resolution = true,
            ["dns", "not", "ready"] => end.dns_ready = false,
            ["table", id, "main", ref found @ ..] => end.tables.push(table(id, true, found)),
            ["table", id, ref found @ ..] => end.tables.push(table(id, false, found)),
            ["group", id, ref found @ ..] => end.groups.push(SecurityGroup { id: read(id), tags: read_tags(found), rules: Vec::new() }),
            ["ingress", ref rule @ ..] => last(&mut end.groups).rules.push((Direction::Ingress, read_rule(rule))),
            ["egress", ref rule @ ..] => last(&mut end.groups).rules.push((Direction::Egress, read_rule(rule))),
            [destination, target] => last(&mut end.tables).routes.push(route(destination, target, false)),
            [destination, target, "blackhole"] => last(&mut end.tables).routes.push(route(destination, target, true)),
            _ => panic!("a world has no line `{line}`"),
        }
    }
    match unreadable {
        Some(why) => (Party { vpc, cidrs: Fact::Known(cidrs), tags: Fact::Unknown(why.clone()) }, Fact::Unknown(why)),
        None => (Party { vpc, cidrs: Fact::Known(cidrs), tags }, Fact::Known(end)),
    }
}

fn table(id: &str, main: bool, tags: &[&str]) -> RouteTable {
    RouteTable { id: read(id), main, tags: read_tags(tags), routes: Vec::new() }
}

fn route(destination: &str, target: &str, blackhole: bool) -> Route {
    let target = target.parse().map_or_else(|_| RouteTarget::Other(target.to_owned()), RouteTarget::Peering);
    Route { destination: read(destination), target, blackhole }
}

fn read_rule(words: &[&str]) -> RuleSpec {
    let [protocol, ports, peer] = words else { panic!("`<protocol> <ports> <cidr or group@account>`, not {words:?}") };
    let peer = match peer.split_once('@') {
        Some((group, owner)) => RulePeer::Group(read(group), read(owner)),
        None => RulePeer::Cidr(read(peer)),
    };
    RuleSpec { protocol: read(protocol), ports: read(ports), peer }
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

fn read<T: FromStr<Err: Debug>>(text: &str) -> T {
    text.parse().unwrap_or_else(|error| panic!("`{text}`: {error:?}"))
}
