//! A script's settings, as habits and faults of the fake.

use std::time::Duration;

use peerwright_core::ask::CREATED_TAG;
use peerwright_core::quota::Quotas;
use peerwright_engine::failure::Class;
use peerwright_testkit::{Fault, Operation, World};
use serde_json::{Map, Value};

use crate::cast::{ACCOUNTS, account_and_verb, place_of};

/// The tag that each request bears.
const MADE_FOR: &str = "the tag of a request";

/// A world to which settings apply.
pub(crate) fn applied(world: World, settings: &Map<String, Value>) -> World {
    settings.iter().fold(pace(world, settings), |world, (name, value)| setting(world, name, value))
}

/// Connections have the pace of the world in which they were requested.
fn pace(world: World, settings: &Map<String, Value>) -> World {
    let [initiating, provisioning] = ["initiating", "provisioning"].map(|name| settings.get(name).map(seconds));
    if initiating.or(provisioning).is_none() {
        return world;
    }
    world.pace(initiating.unwrap_or_default(), provisioning.unwrap_or_default())
}

fn setting(world: World, name: &str, value: &Value) -> World {
    match name {
        "initiating" | "provisioning" => world,
        "side lag" => world.side_lag(seconds(value)),
        "reference lag" => world.reference_lag((value != "never").then(|| seconds(value))),
        "throttling" => world.metered(Duration::ZERO),
        "identical route" => world.identical_routes_succeed(value == "success"),
        "route changes conflict" => world.route_changes_conflict(),
        "tag policy" => world.forbidden_tag(Some(if value == MADE_FOR { CREATED_TAG } else { text(value) })),
        "routes per table" => with_quotas(world, Quotas { routes_per_table: number(value), ..Quotas::DOCUMENTED }),
        "rules per group" => with_quotas(world, Quotas { rules_per_group: number(value), ..Quotas::DOCUMENTED }),
        "connections per VPC" => with_quotas(world, Quotas { peerings_per_vpc: number(value), ..Quotas::DOCUMENTED }),
        "outstanding requests" => world.outstanding_requests(number(value)),
        "regions off" => world.regions_off(list(value).map(place_of)),
        "denied" => deny(world, list(value)),
        "lose answer" => {
            let (_, verb) = account_and_verb(text(value));
            world.lose_answer(operation(verb));
            world
        }
        other => panic!("there is no setting {other}"),
    }
}

fn with_quotas(world: World, quotas: Quotas) -> World {
    let places = ACCOUNTS.iter().flat_map(|(account, _)| ["west", "central"].map(|region| place_of(&format!("{account}/{region}"))));
    places.fold(world, |world, place| world.quotas(place, quotas))
}

fn deny<'v>(world: World, verbs: impl Iterator<Item = &'v str>) -> World {
    world.clear_faults();
    for (account, verb) in verbs.map(account_and_verb) {
        world.fail(Fault::next(operation(verb), Class::Denied).for_good().at(account));
    }
    world
}

fn operation(verb: &str) -> Operation {
    match verb {
        "request" => Operation::Create,
        "accept" => Operation::Accept,
        "reject" => Operation::Reject,
        "delete" => Operation::Delete,
        "create route" => Operation::CreateRoute,
        "authorize" => Operation::AuthorizeRules,
        "dns" => Operation::EnableDnsResolution,
        "tag" => Operation::Tag,
        other => panic!("nobody can {other}"),
    }
}

fn list(value: &Value) -> impl Iterator<Item = &str> {
    value.as_array().into_iter().flatten().map(text)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text"))
}

fn number(value: &Value) -> usize {
    value.as_u64().and_then(|number| number.try_into().ok()).unwrap_or_else(|| panic!("{value} is no number"))
}

fn seconds(value: &Value) -> Duration {
    value.as_u64().map_or_else(|| panic!("{value} are no seconds"), Duration::from_secs)
}
