//! The template sets every variable that the functions read, and no other.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use peerwright_lambda::variables;

#[test]
fn the_hub_sets_just_the_variables_that_are_read() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../infra/hub.yaml");
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let set: BTreeSet<&str> = text
        .lines()
        .filter_map(|line| line.trim().split_once(':'))
        .map(|(key, _)| key)
        .filter(|key| key.starts_with("PEERWRIGHT_"))
        .collect();
    assert_eq!(set, variables::ALL.iter().map(|variable| variable.name).collect());
}
