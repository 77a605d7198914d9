//! The files of a package.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use anyhow::{Context, Result};

use super::architecture::Architecture;
use super::template::{self, Template};
use super::{TOOL, archive, checksums};

pub(super) struct Contents<'a> {
    pub(super) architecture: Architecture,
    pub(super) templates: &'a [(String, Template)],
    /// The functions and the operator's tool, by their names.
    pub(super) programs: &'a [(String, Vec<u8>)],
    pub(super) licence: &'a Path,
    pub(super) sbom: String,
}

impl Contents<'_> {
    /// Writes everything, and what a person may want to know of it. Without its checksums, which come last, a directory is no package.
    pub(super) fn write(&self, directory: &Path) -> Result<Vec<String>> {
        fs::create_dir_all(directory).with_context(|| format!("create {}", directory.display()))?;
        let sums = directory.join(checksums::FILE);
        if sums.exists() {
            fs::remove_file(&sums).with_context(|| format!("remove {}", sums.display()))?;
        }
        let (mut files, mut lines) = (Vec::new(), Vec::new());
        for (file, bytes) in self.files()? {
            let path = directory.join(&file);
            fs::write(&path, &bytes).with_context(|| format!("write {}", path.display()))?;
            let mode = if file == TOOL { 0o755 } else { 0o644 };
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).with_context(|| format!("make {} executable", path.display()))?;
            lines.push(format!("  {file:20} {:>10} bytes", bytes.len()));
            files.push(file);
        }
        checksums::write(directory, &files)?;
        Ok(lines)
    }

    fn files(&self) -> Result<Vec<(String, Vec<u8>)>> {
        let mut files = Vec::new();
        for (name, program) in self.programs {
            if name == TOOL {
                files.push((name.clone(), program.clone()));
            } else {
                files.push((template::zip(name), archive::zipped(program).with_context(|| format!("pack {name}"))?));
            }
        }
        for (name, template) in self.templates {
            let text = template.packaged(self.architecture).with_context(|| format!("put the zips into {name}"))?;
            files.push((name.clone(), text.into_bytes()));
        }
        let licence = fs::read(self.licence).with_context(|| format!("read {}", self.licence.display()))?;
        files.push(("LICENSE".to_owned(), licence));
        files.push(("sbom.cdx.json".to_owned(), self.sbom.clone().into_bytes()));
        Ok(files)
    }
}
