//! Circles between the files of a crate: only a module and its own children may refer to each other.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::Result;

use super::modules::{Modules, Reference};
use super::paths::Module;

/// For each circle of a package's crate with this root one sentence, with a reference for every step of it.
pub(super) fn violations(package: &str, root: &Path, directory: &Path) -> Result<Vec<String>> {
    let references = Modules::read(root)?.references(directory);
    Ok(among_siblings(&references).iter().flat_map(|(parent, arrows)| circles(package, parent, arrows)).collect())
}

/// From one child of a module to another, with the references that lead there, their own children's included.
type Arrows<'a> = BTreeMap<(&'a str, &'a str), Vec<&'a Reference>>;

fn among_siblings(references: &[Reference]) -> BTreeMap<Module, Arrows<'_>> {
    let mut found: BTreeMap<Module, Arrows<'_>> = BTreeMap::new();
    for reference in references {
        let shared = reference.from.iter().zip(&reference.to).take_while(|(from, to)| from == to).count();
        // A module and what lies below it have no two siblings between them.
        if let (Some(from), Some(to)) = (reference.from.get(shared), reference.to.get(shared)) {
            let arrows = found.entry(reference.from[..shared].to_vec()).or_default();
            arrows.entry((from, to)).or_default().push(reference);
        }
    }
    found
}

fn circles(package: &str, parent: &Module, arrows: &Arrows<'_>) -> Vec<String> {
    let files: BTreeSet<&str> = arrows.keys().flat_map(|(from, to)| [*from, *to]).collect();
    let reached: BTreeMap<&str, BTreeSet<&str>> = files.iter().map(|file| (*file, reach(file, arrows))).collect();
    let mut told = BTreeSet::new();
    let mut found = Vec::new();
    for file in files {
        let circle: BTreeSet<&str> = reached[file].iter().copied().filter(|other| reached[other].contains(file)).collect();
        if !circle.is_empty() && told.insert(circle.clone()) {
            found.push(sentence(package, parent, &circle, arrows));
        }
    }
    found
}

/// What can be reached from a file by one arrow or more.
fn reach<'a>(from: &str, arrows: &Arrows<'a>) -> BTreeSet<&'a str> {
    let mut reached = BTreeSet::new();
    let mut waiting = vec![from.to_owned()];
    while let Some(file) = waiting.pop() {
        for (_, to) in arrows.keys().filter(|(from, _)| *from == file) {
            if reached.insert(*to) {
                waiting.push((*to).to_owned());
            }
        }
    }
    reached
}

fn sentence(package: &str, parent: &Module, circle: &BTreeSet<&str>, arrows: &Arrows<'_>) -> String {
    let inside = arrows.iter().filter(|((from, to), _)| circle.contains(from) && circle.contains(to));
    let steps: Vec<String> = inside
        .map(|((from, to), references)| {
            let more = references.len() - 1;
            let others = if more == 0 { String::new() } else { format!(" and {more} more") };
            format!("\n  {from} → {to}: {}{others}", references[0].place)
        })
        .collect();
    let of = [&[package.to_owned()], parent.as_slice()].concat().join("/");
    let names: Vec<&str> = circle.iter().copied().collect();
    format!("{of}: {} refer to each other in a circle; only a module and its own children may:{}", names.join(", "), steps.concat())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// What is found in a crate with these files.
    fn found(files: &[(&str, &str)]) -> Vec<String> {
        let directory = tempfile::tempdir().expect("a directory");
        for (name, text) in files {
            let file = directory.path().join(name);
            fs::create_dir_all(file.parent().expect("a directory")).expect("created");
            fs::write(file, text).expect("written");
        }
        violations("x", &directory.path().join("lib.rs"), directory.path()).expect("readable")
    }

    #[track_caller]
    fn one(files: &[(&str, &str)], words: &[&str]) {
        let found = found(files);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(words.iter().all(|word| found[0].contains(word)), "{found:?}");
    }

    #[test]
    fn two_files_that_import_from_each_other_are_a_circle() {
        one(
            &[("lib.rs", "mod a; mod b;"), ("a.rs", "use crate::b::X;"), ("b.rs", "pub struct X;\nuse super::a::f;")],
            &["a, b refer", "a → b: a.rs:1 crate::b::X", "b → a: b.rs:2 super::a::f"],
        );
    }

    #[test]
    fn a_path_in_the_code_counts_as_an_import_does() {
        one(&[("lib.rs", "mod a; mod b;"), ("a.rs", "fn f() { assert!(crate::b::g()) }"), ("b.rs", "fn g() { crate::a::f() }")], &["a, b"]);
    }

    #[test]
    fn three_in_a_row_are_one_circle_and_who_only_uses_them_is_not_in_it() {
        one(
            &[
                ("lib.rs", "mod a; mod b; mod c; mod d;"),
                ("a.rs", "use crate::b::X;"),
                ("b.rs", "use crate::c::X;"),
                ("c.rs", "use crate::a::X;"),
                ("d.rs", "use crate::a::X;"),
            ],
            &["a, b, c refer"],
        );
    }

    #[test]
    fn a_module_and_its_own_children_may_refer_to_each_other() {
        let files =
            [("lib.rs", "mod a; pub struct X;"), ("a.rs", "mod b; use b::Y; use crate::X;"), ("a/b.rs", "use super::Z; use crate::X;")];
        assert_eq!(found(&files), Vec::<String>::new());
    }

    #[test]
    fn a_child_stands_for_its_parent_where_others_are_concerned() {
        one(
            &[("lib.rs", "mod a; mod c;"), ("a.rs", "mod b;"), ("a/b.rs", "use crate::c::X;"), ("c.rs", "use crate::a::Y;")],
            &["a, c refer", "a/b.rs:1"],
        );
    }

    #[test]
    fn a_name_that_the_parent_passes_on_belongs_to_the_child_that_has_it() {
        one(
            &[
                ("lib.rs", "mod a;"),
                ("a.rs", "mod b; mod c; pub use b::X; use c::g;"),
                ("a/b.rs", "use super::g;"),
                ("a/c.rs", "fn f(x: super::X) {}"),
            ],
            &["x/a: b, c refer"],
        );
    }

    #[test]
    fn other_crates_and_tests_are_no_circle() {
        let files = [
            ("lib.rs", "mod a; mod b;"),
            ("a.rs", "use crate::b::X; use b::Y; use std::fmt;"),
            ("b.rs", "#[cfg(test)] mod tests { use crate::a::f; }"),
        ];
        assert_eq!(found(&files), Vec::<String>::new());
    }
}
