//! What a package consists of, as a CycloneDX document.
//!
//! It lists what cargo says that it compiled for these programs, not what a lock file might ask for. cargo-cyclonedx writes one document for
//! each member of the workspace, beside its manifest; and CycloneDX's own library would bring twenty crates into what every clone compiles
//! first, so it only checks the document in the tests.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result};
use cargo_metadata::{DependencyKind, Metadata, Package, PackageId};
use serde::Serialize;
use serde_json::json;

const SUBJECT: &str = "peerwright";

/// Whose document it is.
pub(super) struct Subject<'a> {
    /// The packages of its programs.
    pub(super) programs: &'a BTreeSet<PackageId>,
    pub(super) version: &'a str,
    /// When the sources were committed: the time of the build would make two equal packages differ.
    pub(super) time: &'a str,
    pub(super) target: &'a str,
}

/// A crate. How the format wants its fields to be called.
#[derive(Serialize)]
struct Component {
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(rename = "bom-ref")]
    reference: String,
    name: String,
    version: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    licenses: Option<[serde_json::Value; 1]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    purl: Option<String>,
}

/// The document for the programs and the crates that were compiled for them.
pub(super) fn document(subject: &Subject<'_>, metadata: &Metadata, libraries: &BTreeSet<PackageId>) -> Result<String> {
    let packages = metadata.packages.iter().filter(|package| libraries.contains(&package.id) || subject.programs.contains(&package.id));
    let references: BTreeMap<&PackageId, String> = packages.clone().map(|package| (&package.id, reference(package))).collect();
    let mut components: Vec<Component> = packages.map(component).collect();
    components.sort_by(|one, other| one.reference.cmp(&other.reference));
    let document = json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {
            "timestamp": subject.time,
            "component": {
                "type": "application",
                "bom-ref": SUBJECT,
                "name": SUBJECT,
                "version": subject.version,
                "properties": [{ "name": "peerwright:target", "value": subject.target }],
            },
        },
        "components": components,
        "dependencies": dependencies(metadata, &references, subject.programs)?,
    });
    Ok(serde_json::to_string_pretty(&document)? + "\n")
}

fn component(package: &Package) -> Component {
    // Older manifests have a slash between alternatives.
    let license = package.license.as_ref().map(|license| [json!({ "expression": license.replace('/', " OR ") })]);
    Component {
        kind: "library",
        reference: reference(package),
        name: package.name.to_string(),
        version: package.version.to_string(),
        licenses: license,
        purl: package.source.is_some().then(|| reference(package)),
    }
}

/// The package URL of a crate; those of the workspace are in no registry and have none.
fn reference(package: &Package) -> String {
    let place = if package.source.is_some() { "pkg:cargo/" } else { "" };
    format!("{place}{}@{}", package.name, package.version.to_string().replace('+', "%2B"))
}

/// Which crate uses which. What a build script uses is in none of the programs.
fn dependencies(
    metadata: &Metadata,
    references: &BTreeMap<&PackageId, String>,
    programs: &BTreeSet<PackageId>,
) -> Result<Vec<serde_json::Value>> {
    let resolved = metadata.resolve.as_ref().context("cargo resolved no dependencies")?;
    let mut all: Vec<(&String, BTreeSet<&String>)> = Vec::new();
    for node in &resolved.nodes {
        if let Some(reference) = references.get(&node.id) {
            let linked = node.deps.iter().filter(|dep| dep.dep_kinds.iter().any(|kind| kind.kind == DependencyKind::Normal));
            all.push((reference, linked.filter_map(|dep| references.get(&dep.pkg)).collect()));
        }
    }
    all.sort();
    let root = String::from(SUBJECT);
    all.insert(0, (&root, programs.iter().filter_map(|program| references.get(program)).collect()));
    Ok(all.into_iter().map(|(reference, on)| json!({ "ref": reference, "dependsOn": on })).collect())
}

#[cfg(test)]
mod tests {
    use cyclonedx_bom::prelude::{Bom, SpecVersion, Validate};

    use super::*;
    use crate::workspace::Workspace;

    /// Ours, with everything that xtask itself is made of.
    fn documented() -> String {
        let metadata = Workspace::find().and_then(|workspace| workspace.metadata()).expect("cargo is there");
        let named = |name: &str| metadata.packages.iter().find(|package| package.name == name).expect("a package").id.clone();
        let subject = Subject {
            programs: &BTreeSet::from([named("xtask")]),
            version: "0.1.0+0123456",
            time: "2026-01-02T03:04:05+00:00",
            target: "x86_64-unknown-linux-gnu",
        };
        document(&subject, &metadata, &["anyhow", "serde_json", "zip"].map(named).into()).expect("a document")
    }

    #[test]
    fn the_document_is_cyclonedx() {
        let bom = Bom::parse_from_json(documented().as_bytes()).expect("CycloneDX");
        let validated = bom.validate_version(SpecVersion::V1_5);
        assert!(validated.passed(), "{validated:?}");
    }

    #[test]
    fn what_was_compiled_is_listed_with_its_place_and_licence_and_nothing_else() {
        let document: serde_json::Value = serde_json::from_str(&documented()).expect("JSON");
        let listed: Vec<_> = document["components"].as_array().expect("a list").iter().map(|one| one["name"].as_str()).collect();
        assert_eq!(listed, [Some("anyhow"), Some("serde_json"), Some("zip"), Some("xtask")]);
        let (first, last) = (&document["components"][0], &document["components"][3]);
        assert!(first["purl"].as_str().is_some_and(|purl| purl.starts_with("pkg:cargo/anyhow@1.")), "{first}");
        assert_eq!(first["licenses"][0]["expression"], "MIT OR Apache-2.0");
        assert!(last["purl"].is_null() && last["licenses"][0]["expression"] == "Apache-2.0", "{last}");
    }

    #[test]
    fn the_programs_are_what_the_package_depends_on_and_they_on_their_libraries() {
        let document: serde_json::Value = serde_json::from_str(&documented()).expect("JSON");
        let of = |reference: &str| {
            let all = document["dependencies"].as_array().expect("a list");
            let found = all.iter().find(|one| one["ref"].as_str().is_some_and(|found| found.starts_with(reference))).expect("listed");
            found["dependsOn"].as_array().expect("a list").len()
        };
        assert_eq!((of("peerwright"), of("xtask@"), of("pkg:cargo/anyhow@")), (1, 3, 0));
    }
}
