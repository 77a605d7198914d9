//! `PAINS.md` names the tests that hold off what users of neighbouring tools suffered from: each of them exists.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// Test functions, and scenario files, which are a test each.
fn tests_below(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
        let path = entry.expect("an entry can be read").path();
        if path.is_dir() {
            tests_below(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "txt") {
            found.extend(path.file_stem().map(|name| name.to_string_lossy().into_owned()));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).expect("a source can be read");
            let functions = text.lines().filter_map(|line| line.trim_start().strip_prefix("fn ")?.split_once('('));
            found.extend(functions.map(|(name, _)| name.to_owned()));
        }
    }
}

#[test]
fn every_pain_has_a_test_that_exists() {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut known = BTreeSet::new();
    tests_below(&package.join("tests"), &mut known);
    tests_below(&package.join("src"), &mut known);
    let text = fs::read_to_string(package.join("tests/suite/PAINS.md")).expect("the table of pains");
    let rows: Vec<&str> = text.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| complaint")).collect();
    assert!(rows.len() >= 30, "{} rows", rows.len());
    for row in rows {
        let tests = row.trim_end_matches(" |").rsplit_once(" | ").map(|(_, tests)| tests).unwrap_or_default();
        let names: Vec<&str> = tests.split(", ").map(|name| name.trim_matches('`')).collect();
        for name in names {
            assert!(known.contains(name), "`{name}` is no test; the row is\n{row}");
        }
    }
}
