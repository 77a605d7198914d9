//! The part of the crate that a set of operations reaches.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use super::items;

/// Source files to keep, relative to `src/`, with what is left of each.
pub(super) type Kept = BTreeMap<PathBuf, String>;

/// Walks from the operations' own files through every path they name, then cuts the rest out of the shared files.
pub(super) fn of(source: &Path, operations: &[String]) -> Result<Kept> {
    let tree = Tree::read(source)?;
    let unknown: Vec<_> = operations.iter().filter(|name| !tree.has_operation(name)).map(String::as_str).collect();
    if !unknown.is_empty() {
        bail!("{} has no operation {}: correct the list of operations", source.display(), unknown.join(", "));
    }
    let reached = tree.reach(operations)?;
    let mut kept = Kept::new();
    for file in &reached {
        kept.insert(file.clone(), tree.text(file)?);
    }
    for file in &tree.shared {
        let text = tree.text(file)?;
        let rest = items::split(&text).into_iter().filter(|item| tree.holds(item, file, &reached)).collect();
        kept.insert(file.clone(), rest);
    }
    Ok(kept)
}

struct Tree {
    root: PathBuf,
    /// Files that belong to one operation, type or wire shape.
    single: BTreeSet<PathBuf>,
    /// Files that serve all of them: the client's frame and the indexes.
    shared: BTreeSet<PathBuf>,
    /// `Vpc` and `builders::VpcBuilder` → `types/_vpc.rs`.
    exports: HashMap<String, PathBuf>,
}

impl Tree {
    fn read(root: &Path) -> Result<Self> {
        let mut files = Vec::new();
        list(root, Path::new(""), &mut files)?;
        let operations: BTreeSet<_> = files.iter().filter_map(|file| child_of(file, "operation")).collect();
        let waiter = |file: &Path| file.starts_with("waiters") || file == Path::new("waiters.rs");
        let belongs = |file: &Path| {
            file.starts_with("operation")
                || child_of(file, "client").is_some_and(|name| operations.contains(&name))
                || child_of(file, "types").is_some_and(|name| name.starts_with('_'))
                || child_of(file, "protocol_serde").is_some()
        };
        let (single, shared) = files.into_iter().filter(|file| !waiter(file)).partition(|file| belongs(file));
        let mut tree = Self { root: root.to_owned(), single, shared, exports: HashMap::new() };
        tree.read_exports("types.rs", "")?;
        tree.read_exports("types/builders.rs", "builders::")?;
        Ok(tree)
    }

    fn read_exports(&mut self, index: &str, prefix: &str) -> Result<()> {
        let text = self.text(Path::new(index))?;
        for path in items::crate_paths(&text) {
            if let Some((module, name)) = path.strip_prefix("types::").and_then(|rest| rest.split_once("::")) {
                self.exports.insert(format!("{prefix}{name}"), type_file(module));
            }
        }
        Ok(())
    }

    fn text(&self, file: &Path) -> Result<String> {
        let path = self.root.join(file);
        fs::read_to_string(&path).with_context(|| format!("read {}", path.display()))
    }

    fn has_operation(&self, name: &str) -> bool {
        self.single.contains(Path::new(&format!("operation/{name}.rs")))
    }

    fn reach(&self, operations: &[String]) -> Result<BTreeSet<PathBuf>> {
        let own = |file: &&PathBuf| {
            child_of(file, "client").is_some_and(|name| operations.contains(&name))
                || file
                    .strip_prefix("operation")
                    .is_ok_and(|rest| operations.iter().any(|name| rest.starts_with(name) || rest == Path::new(&format!("{name}.rs"))))
        };
        let mut waiting: Vec<PathBuf> = self.single.iter().filter(own).cloned().collect();
        let mut reached = BTreeSet::new();
        while let Some(file) = waiting.pop() {
            if !reached.insert(file.clone()) {
                continue;
            }
            for path in items::crate_paths(&self.text(&file)?) {
                if let Some(next) = self.file_of(path) {
                    if !self.single.contains(&next) {
                        bail!(
                            "{} names crate::{path}, which is not where the generator puts it: the cut needs an update for this version of the SDK",
                            file.display()
                        );
                    }
                    waiting.push(next);
                }
            }
        }
        Ok(reached)
    }

    /// The single file behind a path, or nothing where a shared file has it.
    fn file_of(&self, path: &str) -> Option<PathBuf> {
        let (module, rest) = path.split_once("::")?;
        let first = rest.split("::").next()?;
        match module {
            "types" if first.starts_with('_') => Some(type_file(first)),
            "types" => {
                let name = rest.strip_prefix("builders::").unwrap_or(rest).split("::").next()?;
                let prefix = if first == "builders" { "builders::" } else { "" };
                self.exports.get(&format!("{prefix}{name}")).cloned()
            }
            "protocol_serde" if first.starts_with("shape_") => Some(PathBuf::from(format!("protocol_serde/{first}.rs"))),
            "operation" if first.starts_with(|c: char| c.is_ascii_lowercase()) => Some(PathBuf::from(format!("operation/{first}.rs"))),
            "waiters" => Some(PathBuf::from(format!("waiters/{first}.rs"))),
            _ => None,
        }
    }

    /// Whether everything that an item of a shared file names is still there.
    fn holds(&self, item: &str, file: &Path, reached: &BTreeSet<PathBuf>) -> bool {
        let module_is_there = items::declared_module(item).is_none_or(|name| {
            let directory = if file == Path::new("lib.rs") { PathBuf::new() } else { file.with_extension("") };
            let declared = directory.join(name).with_extension("rs");
            self.shared.contains(&declared) || reached.contains(&declared)
        });
        module_is_there && items::crate_paths(item).filter_map(|path| self.file_of(path)).all(|file| reached.contains(&file))
    }
}

fn type_file(module: &str) -> PathBuf {
    PathBuf::from(format!("types/{module}.rs"))
}

/// `describe_vpcs` for `client/describe_vpcs.rs` in the directory `client`.
fn child_of(file: &Path, directory: &str) -> Option<String> {
    (file.parent() == Some(Path::new(directory))).then(|| file.file_stem().map(|stem| stem.to_string_lossy().into_owned()))?
}

fn list(root: &Path, directory: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    let path = root.join(directory);
    for entry in fs::read_dir(&path).with_context(|| format!("read {}", path.display()))? {
        let entry = entry?;
        let inner = directory.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            list(root, &inner, files)?;
        } else if inner.extension().is_some_and(|extension| extension == "rs") {
            files.push(inner);
        }
    }
    Ok(())
}
