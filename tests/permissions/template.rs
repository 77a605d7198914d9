//! The templates, as they are deployed.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

/// The templates whose policies are held.
pub(crate) const TEMPLATES: [&str; 5] = ["archive", "hub", "member", "people", "watch"];

/// A template of `infra`. What its tags say is left out: `!Ref X` is `X`, `!If [A, x, y]` a list of three.
pub(crate) fn template(name: &str) -> Value {
    let path = beside(&format!("../infra/{name}.yaml"));
    serde_saphyr::from_str(&read(&path)).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// What a template's policies are to grant, a line each.
pub(crate) fn written_down(name: &str) -> BTreeSet<String> {
    read(&golden(name)).lines().map(str::to_owned).collect()
}

/// Writes down what they grant now.
pub(crate) fn write_down(name: &str, lines: &BTreeSet<String>) {
    let text: Vec<&str> = lines.iter().map(String::as_str).collect();
    let path = golden(name);
    fs::write(&path, text.join("\n") + "\n").unwrap_or_else(|error| panic!("{}: {error}", path.display()));
}

fn golden(name: &str) -> PathBuf {
    beside(&format!("permissions/{name}.txt"))
}

fn beside(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
