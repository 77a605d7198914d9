//! A function's deployment package: a zip with one program, `bootstrap`.

use std::io::{Cursor, Read, Write};

use anyhow::{Context, Result};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipArchive, ZipWriter};

/// What Lambda starts.
const BOOTSTRAP: &str = "bootstrap";

/// The same bytes for the same program: nothing of the time, the person or the file system goes into them.
pub(super) fn zipped(program: &[u8]) -> Result<Vec<u8>> {
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .compression_level(Some(9))
        // The first moment that a zip can name.
        .last_modified_time(DateTime::DEFAULT)
        .unix_permissions(0o755);
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    archive.start_file(BOOTSTRAP, options).context("begin the zip")?;
    archive.write_all(program).context("fill the zip")?;
    Ok(archive.finish().context("end the zip")?.into_inner())
}

/// The program in a package.
pub(super) fn bootstrap(package: &[u8]) -> Result<Vec<u8>> {
    let mut archive = ZipArchive::new(Cursor::new(package)).context("it is no zip")?;
    let mut file = archive.by_name(BOOTSTRAP).with_context(|| format!("it has no {BOOTSTRAP}"))?;
    let mut program = Vec::new();
    file.read_to_end(&mut program).with_context(|| format!("unpack its {BOOTSTRAP}"))?;
    Ok(program)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_program_makes_the_same_bytes_whenever_it_is_packed() {
        let program = b"\x7fELF and so on".repeat(1000);
        let first = zipped(&program).expect("packed");
        // Zips count in steps of two seconds.
        std::thread::sleep(std::time::Duration::from_millis(2100));
        assert_eq!(first, zipped(&program).expect("packed again"));
        assert!(first.len() < program.len() / 10);
    }

    #[test]
    fn a_package_has_one_file_that_lambda_can_start() {
        let package = zipped(b"program").expect("packed");
        let mut archive = ZipArchive::new(Cursor::new(&package)).expect("a zip");
        assert_eq!(archive.len(), 1);
        let file = archive.by_index(0).expect("the file");
        assert_eq!(file.name().expect("a name"), BOOTSTRAP);
        assert_eq!((file.unix_mode(), file.last_modified()), (Some(0o100_755), Some(DateTime::DEFAULT)));
        drop(file);
        assert_eq!(bootstrap(&package).expect("unpacked"), b"program");
    }

    #[test]
    fn something_else_is_no_package() {
        assert!(bootstrap(b"program").expect_err("no zip").to_string().contains("no zip"));
    }
}
