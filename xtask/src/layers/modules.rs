//! The modules of a crate, and which of them refers to which.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path as File, PathBuf};

use anyhow::{Context, Result};

use super::paths::{self, Module, Path};

/// Enough for a name that is passed on from module to module; a name that stands for itself ends there.
const MOST_IMPORTS: usize = 16;

#[derive(Default)]
pub(super) struct Modules {
    files: BTreeMap<Module, PathBuf>,
    inline: BTreeSet<Module>,
    imports: BTreeMap<(Module, String), Path>,
    paths: Vec<Path>,
}

/// A file that names something in another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Reference {
    pub(super) from: Module,
    pub(super) to: Module,
    /// The file, the line and the words there.
    pub(super) place: String,
}

impl Modules {
    /// Reads the crate whose root is this file, and every file that belongs to it.
    pub(super) fn read(root: &File) -> Result<Self> {
        let mut modules = Self::default();
        modules.add(&Vec::new(), root)?;
        Ok(modules)
    }

    fn add(&mut self, module: &Module, file: &File) -> Result<()> {
        let text = fs::read_to_string(file).with_context(|| format!("read {}", file.display()))?;
        let names = paths::read(module, &text).with_context(|| format!("read {}", file.display()))?;
        self.inline.extend(names.inline);
        self.paths.extend(names.paths);
        self.imports.extend(names.imports.into_iter().map(|import| ((import.module, import.name), import.of)));
        let directory = children(module, file);
        self.files.insert(module.clone(), file.to_owned());
        for declared in names.files {
            let below = declared[module.len()..].iter().collect::<PathBuf>();
            let beside = directory.join(&below).with_extension("rs");
            let file = if beside.exists() { beside } else { directory.join(below).join("mod.rs") };
            self.add(&declared, &file)?;
        }
        Ok(())
    }

    /// Every reference from one file to another, names that a module passes on followed to where they come from.
    pub(super) fn references(&self, root: &File) -> Vec<Reference> {
        let mut found: Vec<Reference> = self.paths.iter().filter_map(|path| self.reference(path, root)).collect();
        found.sort();
        found
    }

    fn reference(&self, path: &Path, root: &File) -> Option<Reference> {
        let (from, to) = (self.file_of(&path.module), self.file_of(&self.target(path, MOST_IMPORTS)?));
        let file = self.files[&from].strip_prefix(root).unwrap_or(&self.files[&from]);
        let place = format!("{}:{} {}", file.display(), path.line, path.words.join("::"));
        (from != to).then_some(Reference { from, to, place })
    }

    /// The module in which a path ends; nothing for one that leads to another crate.
    fn target(&self, path: &Path, imports: usize) -> Option<Module> {
        let (mut module, words) = self.start(path)?;
        for (at, word) in words.iter().enumerate() {
            let below = [module.as_slice(), std::slice::from_ref(word)].concat();
            if self.files.contains_key(&below) || self.inline.contains(&below) {
                module = below;
            } else if let Some(of) = self.imports.get(&(module.clone(), word.clone()))
                && imports > 0
            {
                let rest = [&of.words, &words[at + 1..]].concat();
                // A name of another crate is used where it was imported, which is this module.
                return self.target(&Path { words: rest, ..of.clone() }, imports - 1).or(Some(module));
            } else {
                break;
            }
        }
        Some(module)
    }

    /// Where a path begins, and its words from there on.
    fn start<'a>(&self, path: &'a Path) -> Option<(Module, &'a [String])> {
        let mut module = path.module.clone();
        let mut words = path.words.as_slice();
        match words.first()?.as_str() {
            "crate" => module.clear(),
            "self" => {}
            "super" => {
                while let [first, rest @ ..] = words
                    && first == "super"
                {
                    module.pop()?;
                    words = rest;
                }
                return Some((module, words));
            }
            first => {
                let below = [module.as_slice(), &[first.to_owned()]].concat();
                let is_ours = self.files.contains_key(&below) || self.inline.contains(&below);
                return is_ours.then_some((module, words));
            }
        }
        Some((module, &words[1..]))
    }

    fn file_of(&self, module: &[String]) -> Module {
        let mut module = module.to_vec();
        while !self.files.contains_key(&module) {
            module.pop();
        }
        module
    }
}

/// The directory where the files of a module's own modules lie.
fn children(module: &Module, file: &File) -> PathBuf {
    let directory = file.parent().unwrap_or(file);
    match module.last() {
        Some(name) if !file.ends_with("mod.rs") => directory.join(name),
        _ => directory.to_owned(),
    }
}
