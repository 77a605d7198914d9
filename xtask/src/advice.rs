//! What a person can do about errors of the system, whichever program met them.

use std::path::Path;

use nix::sys::statvfs::statvfs;

use crate::workspace::Workspace;

const FULL: &str = "the disk is full: free some gigabytes, or let cargo build on another disk (CARGO_TARGET_DIR)";
/// With less than this, programs fail in ways that do not name the reason: pip's inner pip says nothing at all.
const ROOM: u64 = 100 << 20;

/// What such an error says, in our words of it and in those of pip, cargo and Python, and what to do.
const KNOWN: [(&[&str], &str); 3] = [
    (&["No space left on device", "Disk quota exceeded"], FULL),
    (&["Read-only file system"], "the local AWS and its Python packages are put below target/ of the checkout, which must be writable"),
    (
        &["Permission denied"],
        "everything is put below target/ of the checkout: if it belongs to somebody else, for instance after `sudo cargo`, \
         give it back with `sudo chown -R \"$(id -u)\" target`",
    ),
];

pub(crate) fn about(error: &str) -> Option<&'static str> {
    KNOWN.iter().find(|(said, _)| said.iter().any(|said| error.contains(said))).map(|(_, advice)| *advice)
}

/// For errors that do not name their reason.
pub(crate) fn about_room() -> Option<&'static str> {
    let places = [Workspace::find().ok()?.local(), std::env::temp_dir()];
    places.iter().any(|place| free(place).is_some_and(|free| free < ROOM)).then_some(FULL)
}

/// The bytes that are left on the disk of a directory, or of what it will lie in.
fn free(directory: &Path) -> Option<u64> {
    let there = directory.ancestors().find(|directory| directory.exists())?;
    let disk = statvfs(there).ok()?;
    // Their types differ from system to system.
    #[allow(clippy::useless_conversion)]
    Some(u64::from(disk.blocks_available()) * u64::from(disk.fragment_size()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_room_of_a_directory_that_is_not_there_yet_is_that_of_its_disk() {
        let directory = tempfile::tempdir().expect("a directory");
        assert!(free(&directory.path().join("not/yet")).is_some_and(|free| free > 0));
    }

    #[test]
    fn a_full_disk_is_known_from_whoever_says_it() {
        let ours = std::io::Error::from_raw_os_error(nix::libc::ENOSPC).to_string();
        for error in [ours.as_str(), "pip failed:\n  OSError: [Errno 28] No space left on device"] {
            assert!(about(error).is_some_and(|advice| advice.contains("disk is full")), "{error}");
        }
    }

    #[test]
    fn a_target_directory_that_can_not_be_written_is_known() {
        for (code, advice) in [(nix::libc::EROFS, "writable"), (nix::libc::EACCES, "chown")] {
            let error = format!("create /x: {}", std::io::Error::from_raw_os_error(code));
            assert!(about(&error).is_some_and(|found| found.contains(advice)), "{error}");
        }
    }

    #[test]
    fn other_errors_speak_for_themselves() {
        assert_eq!(about("port 17337 is taken"), None);
    }
}
