//! The member role grants what the code needs, and nothing else.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use peerwright_core::permissions::{ACCEPT, ACCOUNTS, CLEANUP, CONFIGURE, OBSERVE, ORGANIZATION, REQUEST};

/// How often a template names each action of some services; it has one a line.
fn granted(template: &str, services: &[&str]) -> BTreeMap<String, usize> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../infra").join(template);
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut granted = BTreeMap::new();
    for entry in text.lines().filter_map(|line| line.trim().strip_prefix("- ")) {
        if services.iter().any(|service| entry.strip_prefix(service).is_some_and(|rest| rest.starts_with(':'))) {
            *granted.entry(entry.to_owned()).or_default() += 1;
        }
    }
    granted
}

fn actions(lists: &[&[&str]]) -> BTreeSet<String> {
    lists.concat().into_iter().map(str::to_owned).collect()
}

#[test]
fn the_member_role_grants_the_union_of_what_the_functions_need() {
    let services = ["ec2", "organizations", "servicequotas"];
    let found: BTreeSet<String> = granted("member.yaml", &services).into_keys().collect();
    assert_eq!(found, actions(&[OBSERVE, ACCEPT, CONFIGURE, CLEANUP, REQUEST]));
}

#[test]
fn the_hub_grants_nothing_in_ec2() {
    assert_eq!(granted("hub.yaml", &["ec2", "servicequotas"]), BTreeMap::new());
}

#[test]
fn each_function_and_the_operator_may_read_where_accounts_stand_in_the_organization() {
    let roles = 6;
    let everybody = actions(&[ORGANIZATION]).into_iter().map(|action| (action, roles));
    let needed = everybody.chain(actions(&[ACCOUNTS]).into_iter().map(|action| (action, 1))).collect();
    assert_eq!(granted("hub.yaml", &["organizations"]), needed);
}
