//! `SHA256SUMS`, as `sha256sum` writes and checks it.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};

pub(super) const FILE: &str = "SHA256SUMS";

/// Lists the files of a directory, which makes a package of it.
pub(super) fn write(directory: &Path, files: &[String]) -> Result<()> {
    let mut files = files.to_vec();
    files.sort();
    let lines: String = files.iter().map(|file| Ok(format!("{}  {file}\n", sum(&directory.join(file))?))).collect::<Result<_>>()?;
    let path = directory.join(FILE);
    fs::write(&path, lines).with_context(|| format!("write {}", path.display()))
}

/// The files of a package, once every one of them is as it was when the package was made.
pub(super) fn verified(directory: &Path) -> Result<Vec<String>> {
    let path = directory.join(FILE);
    let text = fs::read_to_string(&path).with_context(|| format!("read {}", path.display()))?;
    let (mut files, mut problems) = (Vec::new(), Vec::new());
    for line in text.lines() {
        let Some((expected, file)) = line.split_once("  ") else {
            bail!("{}: {line:?} is not a checksum and a file", path.display());
        };
        match sum(&directory.join(file)) {
            Ok(found) if found == expected => {}
            Ok(_) => problems.push(format!("  {file} is not what was packaged")),
            Err(error) => problems.push(format!("  {error:#}")),
        }
        files.push(file.to_owned());
    }
    if !problems.is_empty() {
        bail!("{} does not agree with its {FILE}: make the package anew\n{}", directory.display(), problems.join("\n"));
    }
    Ok(files)
}

fn sum(file: &Path) -> Result<String> {
    let bytes = fs::read(file).with_context(|| format!("read {}", file.display()))?;
    let mut text = String::new();
    for byte in Sha256::digest(bytes) {
        write!(text, "{byte:02x}")?;
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package() -> tempfile::TempDir {
        let directory = tempfile::tempdir().expect("a directory");
        for (file, text) in [("b.zip", "b"), ("a.zip", "a")] {
            fs::write(directory.path().join(file), text).expect("written");
        }
        write(directory.path(), &["b.zip".to_owned(), "a.zip".to_owned()]).expect("written");
        directory
    }

    #[test]
    fn the_list_is_in_order_and_as_sha256sum_writes_it() {
        let package = package();
        let expected = "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb  a.zip\n\
            3e23e8160039594a33894f6564e1b1348bbd7a0088d42c4acb73eeaed59c009d  b.zip\n";
        assert_eq!(fs::read_to_string(package.path().join(FILE)).expect("a list"), expected);
        assert_eq!(verified(package.path()).expect("untouched"), ["a.zip", "b.zip"]);
    }

    #[test]
    fn every_file_that_changed_or_went_is_named() {
        let package = package();
        fs::write(package.path().join("a.zip"), "x").expect("written");
        fs::remove_file(package.path().join("b.zip")).expect("removed");
        let error = format!("{:#}", verified(package.path()).expect_err("changed"));
        assert!(error.contains("a.zip is not what was packaged") && error.contains("b.zip"), "{error}");
    }
}
