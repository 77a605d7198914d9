//! Looks for a Python that can make virtual environments, and tells what is wrong with those that can't.

use std::fmt::Write;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Result, bail};

use super::own_settings_removed;

const NAMES: [&str; 6] = ["python3", "python3.14", "python3.13", "python3.12", "python3.11", "python3.10"];

/// Works in any Python: four lines say where it is, which version it has, whether that is new enough, and what is missing of it.
/// `ensurepip` is what Debian leaves out where python3-venv isn't installed.
const QUESTION: &str = "
import sys
print(sys.executable)
print('.'.join(map(str, sys.version_info[:3])))
print(sys.version_info >= (3, 10))
try:
    import venv, ensurepip
    print('')
except ImportError as missing:
    print(missing)
";

const ADVICE: &str = "Install one, and run this again:\n  \
    Debian, Ubuntu: sudo apt-get install python3 python3-venv\n  \
    macOS:          brew install python\n\
    It may stand beside an old one: python3.10 to python3.14 are looked for, too.";

enum Answer {
    Usable(PathBuf),
    /// Why not.
    Unusable(String),
    NotThere,
}

pub(super) fn find() -> Result<PathBuf> {
    first_usable(&NAMES)
}

fn first_usable(names: &[&str]) -> Result<PathBuf> {
    let mut found = String::new();
    for name in names {
        match ask(name) {
            Answer::Usable(path) => return Ok(path),
            Answer::Unusable(why) => {
                let _ = writeln!(found, "  {name} {why}");
            }
            Answer::NotThere => {}
        }
    }
    let found = if found.is_empty() { "None was found in PATH.\n".to_owned() } else { format!("What was found:\n{found}") };
    bail!("Python 3.10 or later is needed, with its modules venv and ensurepip.\n{found}{ADVICE}")
}

fn ask(name: &str) -> Answer {
    let mut command = Command::new(name);
    let Ok(output) = own_settings_removed(command.args(["-c", QUESTION])).output() else {
        return Answer::NotThere;
    };
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let [path, version, new, missing] = said.lines().collect::<Vec<_>>()[..] else {
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        let last = error.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("it says nothing");
        return Answer::Unusable(format!("does not start ({}): {}", output.status, last.trim()));
    };
    match (new, missing) {
        ("True", "") => Answer::Usable(PathBuf::from(path)),
        ("True", _) => Answer::Unusable(format!("({path}) is Python {version}, which is not complete: {missing}")),
        _ => Answer::Unusable(format!("({path}) is Python {version}, which is too old")),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;
    use std::path::Path;

    use super::*;

    /// A program that answers like a Python, whatever it is asked.
    fn python(directory: &Path, name: &str, answer: &str) -> String {
        let path = directory.join(name);
        fs::write(&path, format!("#!/bin/sh\n{answer}\n")).expect("written");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("executable");
        path.display().to_string()
    }

    fn answering(directory: &Path, name: &str, lines: [&str; 4]) -> String {
        python(directory, name, &format!("printf '%s\\n' '{}'", lines.join("' '")))
    }

    #[test]
    fn a_newer_one_is_found_beside_an_old_one() {
        let directory = tempfile::tempdir().expect("a directory");
        let old = answering(directory.path(), "python3", ["/old", "3.9.2", "False", ""]);
        let new = answering(directory.path(), "python3.12", ["/new", "3.12.1", "True", ""]);
        assert_eq!(first_usable(&[&old, &new]).expect("found"), Path::new("/new"));
    }

    #[test]
    fn every_one_that_was_found_is_named_with_what_is_wrong_with_it() {
        let directory = tempfile::tempdir().expect("a directory");
        let of = directory.path();
        let names = [
            answering(of, "old", ["/usr/bin/old", "3.9.2", "False", ""]),
            answering(of, "bare", ["/usr/bin/bare", "3.11.2", "True", "No module named ensurepip"]),
            python(of, "broken", "echo first >&2; echo 'Fatal Python error: no encodings' >&2; exit 1"),
            of.join("absent").display().to_string(),
        ];
        let error = first_usable(&names.each_ref().map(String::as_str)).expect_err("none").to_string();
        for told in [
            "(/usr/bin/old) is Python 3.9.2, which is too old",
            "(/usr/bin/bare) is Python 3.11.2, which is not complete: No module named ensurepip",
            "does not start (exit status: 1): Fatal Python error: no encodings",
            "python3-venv",
        ] {
            assert!(error.contains(told), "{error}");
        }
        assert!(!error.contains("absent"), "{error}");
    }

    #[test]
    fn where_there_is_none_that_is_said() {
        assert!(first_usable(&[]).expect_err("none").to_string().contains("None was found"));
    }

    #[test]
    fn the_question_is_understood_by_this_machines_python() {
        assert!(!matches!(ask("python3"), Answer::Unusable(why) if why.contains("does not start")));
    }
}
