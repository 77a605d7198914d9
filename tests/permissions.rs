//! The member role grants what the code needs, and nothing else.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use peerwright_core::permissions::{ACCEPT, CLEANUP, CONFIGURE, OBSERVE};

/// Actions of EC2 that a template names; it has one a line.
fn granted(template: &str) -> BTreeSet<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../infra").join(template);
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    text.lines().filter_map(|line| line.trim().strip_prefix("- ")).filter(|action| action.starts_with("ec2:")).map(str::to_owned).collect()
}

#[test]
fn the_member_role_grants_the_union_of_what_the_functions_need() {
    let needed: BTreeSet<String> = [OBSERVE, ACCEPT, CONFIGURE, CLEANUP].concat().into_iter().map(str::to_owned).collect();
    assert_eq!(granted("member.yaml"), needed);
}

#[test]
fn the_hub_grants_nothing_in_ec2() {
    assert_eq!(granted("hub.yaml"), BTreeSet::new());
}
