//! What inputs are made of: the fixtures of events, and the allowlists of the scenarios.

use std::fs;
use std::path::PathBuf;

/// Every event of `tests/fixtures/events` at the top of the repository.
pub(crate) fn events() -> Vec<Vec<u8>> {
    texts("../../tests/fixtures/events", "json").into_iter().map(String::into_bytes).collect()
}

/// The allowlist of every scenario that has one.
pub(crate) fn allowlists() -> Vec<String> {
    let scenarios = texts("tests/suite/plans", "txt");
    let found: Vec<String> = scenarios
        .iter()
        .filter_map(|text| text.split_once("== allowlist\n")?.1.split_once("\n== "))
        .map(|(allowlist, _)| allowlist.to_owned())
        .collect();
    let written = scenarios.iter().filter(|text| text.contains("== allowlist")).count();
    assert_eq!(found.len(), written, "each allowlist is found");
    found
}

fn texts(folder: &str, kind: &str) -> Vec<String> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(folder);
    let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry can be read").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == kind));
    // Folders are listed in any order, and a seed must bring the same input back.
    paths.sort();
    assert!(!paths.is_empty(), "{} has no .{kind}", folder.display());
    paths.iter().map(|path| fs::read_to_string(path).expect("a file can be read")).collect()
}
