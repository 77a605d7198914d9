//! How far cargo is: what it says it starts, what it says it has finished, against what the dependency graph promises.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;

use cargo_metadata::camino::Utf8Path;
use cargo_metadata::{DependencyKind, Message, Metadata, Package, PackageId, TargetKind};

/// What came of a build.
pub(crate) struct Built {
    /// The directory of the programs, which a configured build target moves.
    pub(crate) programs: PathBuf,
    pub(crate) libraries: Vec<Library>,
}

impl Built {
    /// What came of two builds whose programs are beside each other.
    pub(crate) fn and(mut self, other: Self) -> Self {
        self.libraries.extend(other.libraries);
        self
    }
}

/// A library, of ours or of others, that was compiled or was there already.
pub(crate) struct Library {
    pub(crate) package: PackageId,
    pub(crate) file: PathBuf,
}

pub(super) struct Progress {
    expected: u64,
    done: u64,
    compiling: Vec<String>,
    other: Option<String>,
    programs: Option<PathBuf>,
    libraries: Vec<Library>,
}

impl Progress {
    pub(super) fn expecting(expected: u64) -> Self {
        Self { expected, done: 0, compiling: Vec::new(), other: None, programs: None, libraries: Vec::new() }
    }

    /// A line of cargo's standard error; false if it isn't one of its status lines.
    pub(super) fn started(&mut self, line: &str) -> bool {
        let plain = console::strip_ansi_codes(line);
        // Cargo right-aligns the verb in twelve columns.
        let Some((verb, rest)) = plain.trim_start().split_once(' ').filter(|(verb, _)| plain.find(' ') == Some(0) && is_status(verb))
        else {
            return false;
        };
        self.other = None;
        match verb {
            "Compiling" | "Checking" => self.compiling.push(rest.split(' ').next().unwrap_or(rest).to_owned()),
            _ => self.other = Some(format!("{} {rest}", verb.to_lowercase())),
        }
        true
    }

    /// A line of cargo's standard output.
    pub(super) fn finished(&mut self, line: &str) {
        let Ok(Message::CompilerArtifact(artifact)) = serde_json::from_str(line) else {
            return;
        };
        self.done += 1;
        if let Some(directory) = artifact.executable.as_deref().and_then(Utf8Path::parent).filter(|_| artifact.target.is_bin()) {
            self.programs = Some(directory.into());
        }
        if artifact.target.kind.iter().any(|kind| matches!(kind, TargetKind::Lib | TargetKind::RLib)) {
            let file = artifact.filenames.first().map(Into::into).unwrap_or_default();
            self.libraries.push(Library { package: artifact.package_id.clone(), file });
        }
        if !artifact.target.kind.contains(&TargetKind::CustomBuild) {
            let name = package_name(&artifact.package_id.repr);
            self.compiling.retain(|compiling| compiling != name);
        }
    }

    /// Nothing where no program was built.
    pub(super) fn built(self) -> Option<Built> {
        Some(Built { programs: self.programs?, libraries: self.libraries })
    }

    pub(super) fn done(&self) -> u64 {
        self.done
    }

    /// The estimate, corrected where cargo builds more than it.
    pub(super) fn of(&self) -> u64 {
        self.expected.max(self.done)
    }

    pub(super) fn text(&self) -> String {
        if let Some(other) = &self.other {
            return other.clone();
        }
        // The one that takes longest and the latest.
        match self.compiling.as_slice() {
            [] => "looking what is to be done".to_owned(),
            [one] => format!("compiling {one}"),
            [oldest, .., newest] => format!("compiling {oldest}, {newest}"),
        }
    }
}

/// `x` for `registry+https://…#x@1.0.0` and for `path+file:///…/x#1.0.0`.
fn package_name(id: &str) -> &str {
    let (place, rest) = id.rsplit_once('#').unwrap_or(("", id));
    rest.split_once('@').map_or_else(|| place.rsplit('/').next().unwrap_or(rest), |(name, _)| name)
}

fn is_status(verb: &str) -> bool {
    matches!(
        verb,
        "Blocking"
            | "Checking"
            | "Compiling"
            | "Dirty"
            | "Downloaded"
            | "Downloading"
            | "Finished"
            | "Fresh"
            | "Locking"
            | "Running"
            | "Updating"
    )
}

/// How many artifacts a build of some members of the workspace makes: every library, macro, build script and program that no test alone needs.
/// A crate built twice, for the build and for the target, counts once: it is an estimate.
pub(crate) fn units<'a>(metadata: &'a Metadata, members: impl IntoIterator<Item = &'a PackageId>) -> u64 {
    let packages: HashMap<&PackageId, &Package> = metadata.packages.iter().map(|package| (&package.id, package)).collect();
    let nodes: HashMap<_, _> = metadata.resolve.iter().flat_map(|resolve| &resolve.nodes).map(|node| (&node.id, node)).collect();
    let mut waiting: Vec<&PackageId> = members.into_iter().collect();
    let mut seen = HashSet::new();
    let mut units = 0;
    while let Some(id) = waiting.pop() {
        if !seen.insert(id) {
            continue;
        }
        let member = metadata.workspace_members.contains(id);
        units += packages.get(id).map_or(0, |package| artifacts(package, member));
        let needed = nodes.get(id).into_iter().flat_map(|node| &node.deps);
        waiting.extend(needed.filter(|dep| dep.dep_kinds.iter().any(|kind| kind.kind != DependencyKind::Development)).map(|dep| &dep.pkg));
    }
    units
}

fn artifacts(package: &Package, member: bool) -> u64 {
    let built = package.targets.iter().filter(|target| {
        target.kind.iter().any(|kind| match kind {
            TargetKind::Lib
            | TargetKind::RLib
            | TargetKind::DyLib
            | TargetKind::CDyLib
            | TargetKind::ProcMacro
            | TargetKind::CustomBuild => true,
            TargetKind::Bin => member,
            _ => false,
        })
    });
    built.count() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    const ARTIFACT: &str = r#"{"reason":"compiler-artifact","package_id":"registry+x#aws-lc-rs@1.0.0","manifest_path":"/x/Cargo.toml","target":{"kind":["lib"],"crate_types":["lib"],"name":"aws_lc_rs","src_path":"/x/src/lib.rs","edition":"2021","doc":true,"doctest":true,"test":true},"profile":{"opt_level":"0","debuginfo":0,"debug_assertions":true,"overflow_checks":true,"test":false},"features":[],"filenames":["/t/libx.rlib"],"executable":null,"fresh":false}"#;

    #[test]
    fn a_crate_is_named_while_it_compiles() {
        let mut progress = Progress::expecting(3);
        assert!(progress.started("   Compiling aws-lc-rs v1.0.0 (/somewhere)"));
        assert!(progress.started("\u{1b}[1m\u{1b}[92m   Compiling\u{1b}[0m tokio v1.54.1"));
        assert_eq!(progress.text(), "compiling aws-lc-rs, tokio");
        progress.finished(ARTIFACT);
        assert_eq!((progress.text().as_str(), progress.done(), progress.of()), ("compiling tokio", 1, 3));
    }

    #[test]
    fn a_package_is_known_by_its_name_whatever_its_programs_are_called() {
        assert_eq!(package_name("registry+https://index.invalid#aws-lc-rs@1.0.0"), "aws-lc-rs");
        assert_eq!(package_name("path+file:///x/functions/accept#peerwright-accept@0.1.0"), "peerwright-accept");
        assert_eq!(package_name("path+file:///x/xtask#0.1.0"), "xtask");
    }

    #[test]
    fn a_diagnostic_is_not_taken_for_a_status() {
        let mut progress = Progress::expecting(1);
        assert!(!progress.started("error[E0425]: cannot find value `x`"));
        assert!(!progress.started(" --> src/main.rs:1:1"));
        assert!(!progress.started("Compiling in column one is somebody's own output"));
    }

    #[test]
    fn waiting_for_another_cargo_is_told() {
        let mut progress = Progress::expecting(1);
        assert!(progress.started("    Blocking waiting for file lock on build directory"));
        assert_eq!(progress.text(), "blocking waiting for file lock on build directory");
    }

    #[test]
    fn an_estimate_that_was_too_low_is_corrected() {
        let mut progress = Progress::expecting(0);
        progress.finished(ARTIFACT);
        assert_eq!((progress.done(), progress.of()), (1, 1));
    }
}
