//! The development build's cut of the EC2 SDK.
//!
//! `aws-sdk-ec2` as published has 736 operations: five minutes and 8 GiB of rustc for each flavour of build. We call 25. The demo and the tests
//! therefore compile a cut: the crate's own generated source, less what those operations cannot reach. Nothing is rewritten, so the wire
//! code is the same. It is used by cargo's path override, which leaves Cargo.lock alone. A plain `cargo build` and a release take the crate as published.

mod closure;
mod items;

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use cargo_metadata::{Metadata, Package};

use crate::session::Session;

const CRATE: &str = "aws-sdk-ec2";
const OPERATIONS: &str = include_str!("sdk/operations.txt");
/// Part of the directory's name: raise it with every change of what the cut keeps.
const FORMAT: u32 = 3;
const NOTICE: &str = "This is a modified copy of aws-sdk-ec2, made by Peerwright's xtask for development builds: operations that Peerwright\n\
    does not call, and the types only they use, were left out. The licence is the original's, see LICENSE.\n";

/// Prints the directory, for use with cargo by hand; the arguments go to the standard error stream.
pub(crate) fn print(session: &Session) -> Result<()> {
    let cut = cut(&session.workspace.metadata()?)?;
    let arguments =
        cargo_arguments(&cut).into_iter().map(|argument| if argument.starts_with('-') { argument } else { format!("'{argument}'") });
    crate::ui::error(&format!("cargo {} …", arguments.collect::<Vec<_>>().join(" ")));
    session.ui.line(&cut.display().to_string());
    Ok(())
}

/// The directory of the cut, made if it isn't there.
pub(crate) fn cut(metadata: &Metadata) -> Result<PathBuf> {
    let published = published(metadata)?;
    let operations: Vec<String> = OPERATIONS.lines().map(snake_case).collect();
    let parent = metadata.target_directory.as_std_path().join("sdk");
    let directory = parent.join(directory_name(published));
    if directory.is_dir() {
        return Ok(directory);
    }
    fs::create_dir_all(&parent).with_context(|| format!("create {}", parent.display()))?;
    let unfinished = parent.join(format!(".unfinished-{}", std::process::id()));
    let written = write(published, &operations, &unfinished).and_then(|()| publish(&unfinished, &directory));
    if written.is_err() {
        // The first error is the one worth telling.
        let _ = fs::remove_dir_all(&unfinished);
    }
    written.with_context(|| format!("cut {CRATE} {} down to {} operations", published.version, operations.len()))?;
    Ok(directory)
}

/// What makes cargo build with the cut instead of the published crate.
pub(crate) fn cargo_arguments(cut: &Path) -> Vec<String> {
    vec![
        "--config".to_owned(),
        format!("paths=[{:?}]", cut.display().to_string()),
        // Cargo thinks a crate at a path is being worked on and would compile it incrementally, which costs time and disk for nothing.
        "--config".to_owned(),
        format!("profile.dev.package.{CRATE}.incremental=false"),
    ]
}

fn published(metadata: &Metadata) -> Result<&Package> {
    let from_registry = |package: &&Package| package.name.as_str() == CRATE && package.source.is_some();
    metadata.packages.iter().find(from_registry).with_context(|| format!("{CRATE} is not among the workspace's dependencies"))
}

fn directory_name(published: &Package) -> String {
    let mut hasher = DefaultHasher::new();
    (FORMAT, OPERATIONS).hash(&mut hasher);
    format!("{CRATE}-{}-{:016x}", published.version, hasher.finish())
}

fn write(published: &Package, operations: &[String], to: &Path) -> Result<()> {
    let from = published.manifest_path.parent().context("a manifest lies in a directory")?.as_std_path();
    for (file, text) in closure::of(&from.join("src"), operations)? {
        write_file(&to.join("src").join(&file), &if file == Path::new("lib.rs") { quiet(&text) } else { text })?;
    }
    let manifest = fs::read_to_string(from.join("Cargo.toml")).context("read the published Cargo.toml")?;
    write_file(&to.join("Cargo.toml"), &without_tests(&manifest))?;
    write_file(&to.join("NOTICE"), NOTICE)?;
    fs::copy(from.join("LICENSE"), to.join("LICENSE")).context("copy the LICENSE")?;
    Ok(())
}

fn write_file(path: &Path, text: &str) -> Result<()> {
    path.parent()
        .map_or(Ok(()), fs::create_dir_all)
        .and_then(|()| fs::write(path, text))
        .with_context(|| format!("write {}", path.display()))
}

/// Another run may have finished the same cut meanwhile; theirs is as good as ours.
fn publish(unfinished: &Path, directory: &Path) -> Result<()> {
    match fs::rename(unfinished, directory) {
        Err(_) if directory.is_dir() => fs::remove_dir_all(unfinished).context("remove the second copy"),
        renamed => renamed.with_context(|| format!("rename {} to {}", unfinished.display(), directory.display())),
    }
}

/// Cargo shows the warnings of a crate at a path; what only unused operations used is of no interest.
fn quiet(library: &str) -> String {
    format!("#![allow(warnings)]\n{library}")
}

/// The tests are not copied, and hints make cargo warn about a crate at a path. The tests' dependencies stay: cargo wants an
/// override to have the same dependencies as what it replaces.
fn without_tests(manifest: &str) -> String {
    let mut keep = true;
    let mut rest = String::new();
    for line in manifest.split_inclusive('\n') {
        if line.starts_with('[') {
            keep = !line.starts_with("[[test]]") && line.trim_end() != "[hints]";
        }
        if keep {
            rest.push_str(line);
        }
    }
    rest
}

fn snake_case(operation: &str) -> String {
    let mut name = String::new();
    for letter in operation.chars() {
        if letter.is_ascii_uppercase() && !name.is_empty() {
            name.push('_');
        }
        name.push(letter.to_ascii_lowercase());
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_are_listed_once_and_in_order() {
        let listed: Vec<_> = OPERATIONS.lines().collect();
        let mut sorted = listed.clone();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(listed, sorted);
    }

    #[test]
    fn an_operation_has_the_name_of_its_file() {
        assert_eq!(snake_case("DescribeVpcPeeringConnections"), "describe_vpc_peering_connections");
    }

    #[test]
    fn a_manifest_loses_its_tests_and_nothing_else() {
        let manifest = "[package]\nname = \"x\"\n\n[[test]]\nname = \"t\"\n\n[dev-dependencies.a]\nversion = \"1\"\n";
        assert_eq!(without_tests(manifest), "[package]\nname = \"x\"\n\n[dev-dependencies.a]\nversion = \"1\"\n");
    }
}
