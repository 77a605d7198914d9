//! Golden files: a test per file of a folder, of the same name, so that a failure names what is broken and a filter finds it.
//!
//! A file is what is given as text, a line `== …` that says what comes of it, and what is expected.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::{env, fs};

/// Rewrites what is expected with what came out. Read the difference before you commit it.
const UPDATE: &str = "UPDATE_GOLDEN";

/// `golden! { "plans", play, NAME, … }`: a test for each file of `tests/suite/plans`. `play` splits the text of a file into what is given and
/// what is expected, and says what comes of the first.
macro_rules! golden {
    ($folder:literal, $play:path, $($name:ident,)+) => {
        $(#[test] fn $name() { $crate::golden::check($folder, stringify!($name), $play); })+

        #[test]
        fn every_file_has_its_test() {
            $crate::golden::all_are_named($folder, &[$(stringify!($name)),+]);
        }
    };
}
pub(crate) use golden;

/// A golden file that was played.
pub(crate) struct Played {
    /// All that is written by hand: up to and with the line above what is expected.
    pub(crate) given: String,
    /// What the file says comes of it.
    pub(crate) expected: String,
    /// What does.
    pub(crate) found: String,
}

impl Played {
    /// Plays a file whose last part begins with `line`.
    pub(crate) fn of(text: &str, line: &str, play: impl FnOnce(&str) -> String) -> Self {
        let (given, expected) = text.split_once(line).unwrap_or_else(|| panic!("a file has a line `{}`", line.trim_end()));
        Self { given: format!("{given}{line}"), expected: expected.to_owned(), found: play(given) }
    }
}

pub(crate) fn check(folder: &str, name: &str, play: impl Fn(&str) -> Played) {
    let Played { given, expected, found } = play(&read(folder, name));
    let path = path(folder).join(format!("{name}.txt"));
    if env::var_os(UPDATE).is_some() {
        fs::write(&path, format!("{given}{found}")).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        return;
    }
    assert!(
        found == expected,
        "{} expects\n{expected}\nbut what comes of it is\n{found}\nIf that is right, run the test again with {UPDATE}=1 and read the difference.",
        path.display(),
    );
}

/// The text of a golden file.
pub(crate) fn read(folder: &str, name: &str) -> String {
    let path = path(folder).join(format!("{name}.txt"));
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

pub(crate) fn all_are_named(folder: &str, names: &[&str]) {
    let files: BTreeSet<String> = fs::read_dir(path(folder))
        .unwrap_or_else(|error| panic!("{folder}: {error}"))
        .map(|entry| entry.expect("an entry can be read").path())
        .map(|path| path.file_stem().expect("a file has a name").to_string_lossy().into_owned())
        .collect();
    let tests: BTreeSet<String> = names.iter().map(ToString::to_string).collect();
    assert_eq!(files, tests, "name each file of {folder} in its `golden!`, and the reverse");
}

fn path(folder: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/suite").join(folder)
}
