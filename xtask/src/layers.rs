//! Holds the layering that ARCHITECTURE.md draws: dependencies point down only, no circle within a crate, and one crate alone
//! names an AWS SDK.

mod circles;
mod modules;
mod paths;
mod source;

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use cargo_metadata::{DependencyKind, Metadata, Package, Target, TargetKind};

/// Every member with the members it may depend on. `testkit` may be a dev-dependency of any.
const LAYERS: &[(&str, &[&str])] = &[
    ("peerwright-core", &[]),
    ("peerwright-engine", &["peerwright-core"]),
    ("peerwright-testkit", &["peerwright-engine", "peerwright-core"]),
    ("peerwright-aws", &["peerwright-engine", "peerwright-core"]),
    ("peerwright-lambda", &["peerwright-aws", "peerwright-engine", "peerwright-core"]),
    ("peerwright-accept", &["peerwright-lambda", "peerwright-engine", "peerwright-core"]),
    ("peerwright-cleanup", &["peerwright-lambda", "peerwright-engine", "peerwright-core"]),
    ("peerwright-sweep", &["peerwright-lambda", "peerwright-engine", "peerwright-core"]),
    ("peerwright-request", &["peerwright-lambda", "peerwright-engine", "peerwright-core"]),
    ("peerwright-configure", &["peerwright-lambda", "peerwright-engine", "peerwright-core"]),
    ("peerwright-cli", &["peerwright-aws", "peerwright-engine", "peerwright-core"]),
    ("peerwright-template-tests", &["peerwright-core"]),
    ("xtask", &[]),
];
const TESTKIT: &str = "peerwright-testkit";
/// The only crate that may name an AWS SDK.
const AWS: &str = "peerwright-aws";
/// Nothing in core may do I/O, read a clock or draw a random number.
const IMPURE: [&str; 7] = ["tokio", "rand", "getrandom", "fastrand", "reqwest", "lambda_runtime", "chrono"];

/// What breaks the layering, in words; nothing where all is well.
pub(crate) fn violations(metadata: &Metadata) -> Result<Vec<String>> {
    let members = metadata.workspace_packages();
    let names: Vec<&str> = members.iter().map(|package| package.name.as_str()).collect();
    let mut found = Vec::new();
    for package in &members {
        found.extend(wrong_dependencies(package, &names));
        let manifest = fs::read_to_string(&package.manifest_path).with_context(|| format!("read {}", package.manifest_path))?;
        if !inherits_lints(&manifest) {
            found.push(format!("{}: write `[lints]` with `workspace = true` into {}", package.name, package.manifest_path));
        }
        let directory = package.manifest_path.parent().context("a manifest lies in a directory")?;
        let is_function = directory.parent().is_some_and(|parent| parent.file_name() == Some("functions"));
        found.extend(source::violations(Path::new(directory), is_function, package.name.as_str() == AWS)?);
        for target in package.targets.iter().filter(|target| is_product(target)) {
            found.extend(circles::violations(&package.name, target.src_path.as_std_path(), directory.as_std_path())?);
        }
    }
    Ok(found)
}

/// Tests and benchmarks may be tied together as they like.
fn is_product(target: &Target) -> bool {
    target.kind.contains(&TargetKind::Lib) || target.kind.contains(&TargetKind::Bin)
}

fn wrong_dependencies(package: &Package, members: &[&str]) -> Vec<String> {
    let name = package.name.as_str();
    let Some((_, below)) = LAYERS.iter().find(|(member, _)| *member == name) else {
        return vec![format!("{name}: a new member; say in xtask's layers.rs what it may depend on")];
    };
    let mut found = Vec::new();
    for dependency in &package.dependencies {
        let on = dependency.name.as_str();
        let testing = dependency.kind == DependencyKind::Development;
        if members.contains(&on) && !below.contains(&on) && !(testing && on == TESTKIT) {
            found.push(format!(
                "{name}: must not depend on {on}; below it are: {}",
                if below.is_empty() { "none".to_owned() } else { below.join(", ") }
            ));
        }
        if name != AWS && is_sdk(on) {
            found.push(format!("{name}: must not depend on {on}; only {AWS} names the AWS SDK"));
        }
        if name == "peerwright-core" && !testing && IMPURE.contains(&on) {
            found.push(format!("{name}: must not depend on {on}; core does no I/O, reads no clock and draws no random numbers"));
        }
    }
    found
}

fn is_sdk(name: &str) -> bool {
    name.starts_with("aws-sdk-")
        || name.starts_with("aws-smithy-")
        || matches!(name, "aws-config" | "aws-types" | "aws-runtime" | "aws-credential-types")
}

fn inherits_lints(manifest: &str) -> bool {
    let mut lines = manifest.lines().map(str::trim);
    lines.any(|line| line == "[lints]")
        && lines.take_while(|line| !line.starts_with('[')).any(|line| line.replace(' ', "") == "workspace=true")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A made-up member with one dependency, as cargo describes it.
    fn package(name: &str, dependency: &str, kind: Option<&str>) -> Package {
        let described = serde_json::json!({
            "name": name, "version": "0.1.0", "id": format!("path+file:///x/{name}#0.1.0"), "source": null, "manifest_path": format!("/x/{name}/Cargo.toml"),
            "dependencies": [{"name": dependency, "source": null, "req": "*", "kind": kind, "rename": null, "optional": false,
                "uses_default_features": true, "features": [], "target": null, "registry": null}],
            "targets": [], "features": {}, "authors": [], "categories": [], "keywords": [], "edition": "2024", "license": null, "license_file": null,
            "description": null, "readme": null, "repository": null, "homepage": null, "documentation": null, "links": null, "publish": null,
            "metadata": null, "default_run": null, "rust_version": null,
        });
        serde_json::from_value(described).expect("as cargo describes it")
    }

    fn found(name: &str, dependency: &str, kind: Option<&str>) -> Vec<String> {
        let members: Vec<&str> = LAYERS.iter().map(|(name, _)| *name).collect();
        wrong_dependencies(&package(name, dependency, kind), &members)
    }

    #[test]
    fn a_dependency_that_points_up_is_found() {
        assert!(found("peerwright-engine", "peerwright-aws", None)[0].contains("must not depend on peerwright-aws"));
        assert_eq!(found("peerwright-aws", "peerwright-engine", None), Vec::<String>::new());
    }

    #[test]
    fn an_sdk_outside_the_aws_crate_is_found() {
        for sdk in ["aws-sdk-ec2", "aws-config", "aws-smithy-types"] {
            assert!(found("peerwright-lambda", sdk, None)[0].contains("only peerwright-aws"), "{sdk}");
            assert_eq!(found("peerwright-aws", sdk, None), Vec::<String>::new(), "{sdk}");
        }
    }

    #[test]
    fn the_testkit_is_for_tests_only() {
        assert_eq!(found("peerwright-core", "peerwright-testkit", Some("dev")), Vec::<String>::new());
        assert_eq!(found("peerwright-lambda", "peerwright-testkit", None).len(), 1);
    }

    #[test]
    fn core_stays_pure_but_its_tests_need_not() {
        assert_eq!(found("peerwright-core", "tokio", None).len(), 1);
        assert_eq!(found("peerwright-core", "tokio", Some("dev")), Vec::<String>::new());
    }

    #[test]
    fn a_member_that_nobody_placed_is_found() {
        assert!(found("peerwright-new", "anyhow", None)[0].contains("a new member"));
    }

    #[test]
    fn lints_must_be_inherited_in_the_lints_table() {
        assert!(inherits_lints("[package]\nname = \"x\"\n\n[lints]\nworkspace = true\n"));
        assert!(!inherits_lints("[package]\nname = \"x\"\n\n[lints]\n\n[dependencies]\nworkspace = true\n"));
        assert!(!inherits_lints("[package]\nversion.workspace = true\n"));
    }
}
