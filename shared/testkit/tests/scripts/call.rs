//! One call of a script, through the engine's ports.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

use peerwright_core::end_query::EndQuery;
use peerwright_core::ids::{PcxId, Place, Side, Sides, VpcRef};
use peerwright_core::plan::Step;
use peerwright_core::traffic::Traffic;
use peerwright_core::world::{Connection, Direction, End, ObservedConnection, RouteTarget, RuleSpec, Tags};
use peerwright_engine::failure::Failure;
use peerwright_engine::ports::Cloud;
use peerwright_testkit::{FakeCloud, World, parse};

use crate::cast::{Cast, Member, RuleKey, place_of};
use crate::script::{Action, Rules, See};

/// What to note of a call that was not refused; a sentence where it is not what the script says.
pub(crate) type Learn = Box<dyn FnOnce(&mut Cast) -> Result<(), String>>;
pub(crate) type Outcome = Result<Learn, Failure>;

/// Makes a call.
pub(crate) async fn call(world: &World, cast: &Cast, action: &Action) -> Outcome {
    let cloud = world.ports().cloud;
    match action {
        Action::Request { connection, from, to, same_as } => request(&cloud, cast, [connection, from, to], same_as.as_ref()).await,
        Action::Accept { connection, at } => cloud.accept(&answered(cast.connection(connection), &place_of(at))).await.map(nothing),
        Action::Reject { connection, at } => cloud.reject(&answered(cast.connection(connection), &place_of(at))).await.map(nothing),
        Action::Delete { connection, at } => {
            let connection = cast.connection(connection);
            cloud.delete(connection, side_at(connection, &place_of(at))).await.map(nothing)
        }
        Action::CreateRoute { r#in, to, over } => {
            let (vpc, connection) = (cast.vpc(r#in), cast.connection(over).id.clone());
            let step = Step::CreateRoute { side: Side::Requester, table: vpc.table.clone(), destination: parse(to), connection };
            cloud.apply(&vpc.at.place, &step).await.map(nothing)
        }
        Action::DeleteRoute { r#in, to } => {
            let vpc = cast.vpc(r#in);
            let (table, connection) = (vpc.table.clone(), parse("pcx-00000001"));
            let step = Step::DeleteRoute { side: Side::Requester, table, destination: parse(to), connection };
            cloud.apply(&vpc.at.place, &step).await.map(nothing)
        }
        Action::Authorize(rules) => authorize(&cloud, cast, rules).await,
        Action::Revoke(rules) => revoke(&cloud, cast, rules).await,
        Action::Dns { connection, side, at, on } => {
            let connection = cast.connection(connection).id.clone();
            let side = if side == "requester" { Side::Requester } else { Side::Accepter };
            let step = if *on { Step::EnableDnsResolution { side, connection } } else { Step::DisableDnsResolution { side, connection } };
            cloud.apply(&place_of(at), &step).await.map(nothing)
        }
        Action::Tag { what, at, tags, count } => {
            let many = (0..count.unwrap_or_default()).map(|number| (format!("key-{number}"), "x".to_owned()));
            let tags: Tags = tags.clone().into_iter().flatten().chain(many).collect();
            cloud.tag(&place_of(at), &resource(cast, what), &tags).await.map(nothing)
        }
        Action::Untag { what, at, keys } => {
            let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
            let vpc = VpcRef { place: place_of(at), vpc: cast.vpc(what).at.vpc.clone() };
            cloud.untag(&vpc, &keys).await.map(nothing)
        }
        Action::Advance { .. } | Action::Set { .. } | Action::Together { .. } => panic!("{action:?} is no call"),
        action => look(&cloud, cast, action).await,
    }
}

/// Sees whether things are as the script says.
async fn look(cloud: &FakeCloud, cast: &Cast, action: &Action) -> Outcome {
    match action {
        Action::See(see) => {
            let found = cloud.connection(&place_of(&see.at), &cast.connection(&see.connection).id).await?;
            Ok(told(seen(found.as_ref(), see)))
        }
        Action::SeeConnections { of, connections } => {
            let at = &cast.vpc(of).at;
            let mut found = cloud.connections(&at.place).await?;
            found.retain(|peering| !peering.connection.state.has_ended() && peering.connection.ends.side_of(at).is_some());
            Ok(told(same(&cast.names(ids(found)), connections)))
        }
        Action::SeePending { at, connections } => {
            let found = cloud.pending(&place_of(at)).await?;
            Ok(told(same(&cast.names(ids(found)), connections)))
        }
        Action::SeeRoutes { of, routes } => Ok(told(same(&routes_of(&end(cloud, cast.vpc(of)).await?), routes))),
        Action::SeeRules { of, rules } => {
            Ok(told(same(&rules_of(cast, &end(cloud, cast.vpc(of)).await?), &rules.iter().cloned().collect())))
        }
        Action::SeeTags { of, count } => {
            let found = cloud.vpc_facts(&cast.vpc(of).at).await?.expect("the VPC is there");
            Ok(told(same(&found.tags.known().map(BTreeMap::len), &Some(*count))))
        }
        other => panic!("{other:?} is no look"),
    }
}

fn nothing((): ()) -> Learn {
    told(Ok(()))
}

fn told(verdict: Result<(), String>) -> Learn {
    Box::new(|_| verdict)
}

fn same<T: PartialEq + Debug>(found: &T, expected: &T) -> Result<(), String> {
    if found == expected { Ok(()) } else { Err(format!("found {found:?}")) }
}

fn ids(found: Vec<ObservedConnection>) -> impl Iterator<Item = PcxId> {
    found.into_iter().map(|found| found.connection.id)
}

async fn request(cloud: &FakeCloud, cast: &Cast, [name, from, to]: [&String; 3], same_as: Option<&String>) -> Outcome {
    let ends = Sides { requester: cast.vpc(from).at.clone(), accepter: cast.vpc(to).at.clone() };
    let id = cloud.create(&ends, &ends.requester).await?.id;
    let verdict = match same_as {
        Some(other) => same(&id, &cast.connection(other).id),
        None if cast.connections.values().any(|known| known.id == id) => Err("it is not new".to_owned()),
        None => Ok(()),
    };
    let name = name.clone();
    Ok(Box::new(move |cast| {
        cast.made(&name, id, ends);
        verdict
    }))
}

/// Whoever answers a request says that it is theirs to answer.
fn answered(connection: &Connection, at: &Place) -> Connection {
    let mut answered = connection.clone();
    if answered.ends.accepter.place != *at {
        std::mem::swap(&mut answered.ends.requester, &mut answered.ends.accepter);
    }
    assert_eq!(answered.ends.accepter.place, *at, "the place of an end answers");
    answered
}

fn side_at(connection: &Connection, at: &Place) -> Side {
    if connection.ends.requester.place == *at { Side::Requester } else { Side::Accepter }
}

fn direction(rules: &Rules) -> Direction {
    if rules.direction.as_deref() == Some("egress") { Direction::Egress } else { Direction::Ingress }
}

fn spec(cast: &Cast, rules: &Rules, from: &str) -> RuleSpec {
    RuleSpec { traffic: Traffic::Tcp(parse(&rules.port.to_string())), peer: cast.peer(from) }
}

fn key(rules: &Rules, from: &str) -> RuleKey {
    (rules.r#in.clone(), direction(rules), rules.port, from.to_owned())
}

async fn authorize(cloud: &FakeCloud, cast: &Cast, rules: &Rules) -> Outcome {
    let vpc = cast.vpc(&rules.r#in);
    let step = Step::AuthorizeRules {
        side: Side::Requester,
        group: vpc.group.clone(),
        direction: direction(rules),
        rules: rules.from.iter().map(|from| spec(cast, rules, from)).collect(),
        connection: cast.connection(&rules.over).id.clone(),
    };
    cloud.apply(&vpc.at.place, &step).await?;
    let there = end(cloud, vpc).await?;
    let made = rules.from.iter().filter_map(|from| {
        let spec = spec(cast, rules, from);
        let found = there.groups[0].rules.iter().find(|rule| rule.spec == spec && rule.direction == direction(rules))?;
        Some((key(rules, from), found.id.clone()))
    });
    let made: BTreeMap<_, _> = made.collect();
    Ok(Box::new(|cast| {
        cast.rules.extend(made);
        Ok(())
    }))
}

/// By id, also of a rule that was there once.
async fn revoke(cloud: &FakeCloud, cast: &Cast, rules: &Rules) -> Outcome {
    let vpc = cast.vpc(&rules.r#in);
    let known = |from: &String| {
        let id = cast.rules.get(&key(rules, from)).unwrap_or_else(|| panic!("nobody made the rule from {from}"));
        (id.clone(), spec(cast, rules, from))
    };
    let step = Step::RevokeRules {
        side: Side::Requester,
        group: vpc.group.clone(),
        direction: direction(rules),
        rules: rules.from.iter().map(known).collect(),
        connection: cast.connection(&rules.over).id.clone(),
    };
    cloud.apply(&vpc.at.place, &step).await.map(nothing)
}

fn resource(cast: &Cast, name: &str) -> String {
    if cast.is_vpc(name) { cast.vpc(name).at.vpc.to_string() } else { cast.connection(name).id.to_string() }
}

/// What is in a VPC, as if it were one end of a connection.
async fn end(cloud: &FakeCloud, vpc: &Member) -> Result<End, Failure> {
    let query = EndQuery { tables: true, groups: true, rules_in: [vpc.group.clone()].into(), ..EndQuery::default() };
    let VpcRef { place, vpc } = &vpc.at;
    let mut found = cloud.ends(place, &BTreeMap::from([(vpc.clone(), query)])).await?;
    Ok(found.remove(vpc).expect("the VPC is there"))
}

fn routes_of(end: &End) -> BTreeMap<String, String> {
    let made = end.tables[0].routes.iter().filter(|route| matches!(route.target, RouteTarget::Peering(_)));
    let state = |blackhole: bool| if blackhole { "blackhole" } else { "active" };
    made.map(|route| (route.destination.to_string(), state(route.blackhole).to_owned())).collect()
}

/// Those into the group.
fn rules_of(cast: &Cast, end: &End) -> BTreeSet<String> {
    let rules = end.groups[0].rules.iter().filter(|rule| rule.direction == Direction::Ingress);
    rules
        .map(|rule| {
            let port = rule.spec.traffic.to_string();
            format!("{} {}", port.trim_start_matches("tcp/"), cast.name_of_peer(&rule.spec.peer))
        })
        .collect()
}

fn seen(found: Option<&ObservedConnection>, see: &See) -> Result<(), String> {
    let state = found.map_or_else(|| "absent".to_owned(), |found| found.connection.state.to_string());
    same(&Some(&state), &see.state.as_ref())?;
    let Some(found) = found else { return Ok(()) };
    for (side, blocks) in [(Side::Requester, &see.requester_blocks), (Side::Accepter, &see.accepter_blocks)] {
        if let Some(blocks) = blocks {
            let shown: BTreeSet<String> = found.cidrs.of(side).iter().map(ToString::to_string).collect();
            same(&shown, &blocks.iter().cloned().collect())?;
        }
    }
    if let Some(tagged) = see.tagged {
        same(&found.tags.len(), &usize::from(tagged))?;
    }
    if let Some(dns) = see.dns {
        let side = side_at(&found.connection, &found.shown_in);
        same(found.dns_resolution.of(side), &Some(dns))?;
    }
    Ok(())
}
