//! What the manifests can't show: who says an SDK's name, and how much a function's own files hold.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// A function parses, calls and maps the outcome; what is longer belongs into a shared crate, where it can be tested.
const FUNCTION_FILES: [(&str, usize); 2] = [("main.rs", 40), ("handler.rs", 80)];
/// In two halves, so that this file doesn't name them.
const SDK_NAMES: [&str; 3] = [concat!("aws_", "sdk_"), concat!("aws_", "config::"), concat!("aws_", "smithy_")];

pub(super) fn violations(package: &Path, is_function: bool, may_name_sdk: bool) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for file in rust_files(package)? {
        let text = fs::read_to_string(&file).with_context(|| format!("read {}", file.display()))?;
        if !may_name_sdk {
            found.extend(sdk_names(&file, &text));
        }
        if is_function && file.starts_with(package.join("src")) {
            found.extend(oversize(&file, &text));
        }
    }
    Ok(found)
}

fn sdk_names(file: &Path, text: &str) -> Vec<String> {
    let naming = text.lines().enumerate().filter(|(_, line)| SDK_NAMES.iter().any(|name| line.contains(name)));
    naming.map(|(at, _)| format!("{}:{}: only shared/aws may name an AWS SDK", file.display(), at + 1)).collect()
}

fn oversize(file: &Path, text: &str) -> Option<String> {
    let name = file.file_name()?.to_str()?;
    let lines = text.lines().count();
    match FUNCTION_FILES.iter().find(|(known, _)| *known == name) {
        None => Some(format!("{}: a function has main.rs and handler.rs only; move this into a shared crate", file.display())),
        Some((_, most)) if lines > *most => {
            Some(format!("{}: {lines} lines, at most {most} are allowed; move logic into a shared crate", file.display()))
        }
        Some(_) => None,
    }
}

fn rust_files(directory: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(directory).with_context(|| format!("read {}", directory.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            files.extend(rust_files(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(files: &[(&str, String)]) -> tempfile::TempDir {
        let directory = tempfile::tempdir().expect("a directory");
        fs::create_dir(directory.path().join("src")).expect("created");
        for (name, text) in files {
            fs::write(directory.path().join("src").join(name), text).expect("written");
        }
        directory
    }

    #[test]
    fn an_sdk_type_is_found_with_its_line() {
        let package = package(&[("lib.rs", format!("//! x\nuse {}ec2::Client;\n", SDK_NAMES[0]))]);
        let found = violations(package.path(), false, false).expect("readable");
        assert!(found.len() == 1 && found[0].contains("lib.rs:2:"), "{found:?}");
        assert_eq!(violations(package.path(), false, true).expect("readable"), Vec::<String>::new());
    }

    #[test]
    fn a_function_that_grows_is_found() {
        let package = package(&[("main.rs", "\n".repeat(41)), ("handler.rs", "\n".repeat(80)), ("logic.rs", String::new())]);
        let found = violations(package.path(), true, false).expect("readable");
        assert!(found.len() == 2 && found[0].contains("logic.rs: a function has") && found[1].contains("main.rs: 41 lines"), "{found:?}");
    }
}
