//! What stands for a text in the ledger.

use sha2::{Digest, Sha256};

/// How many bytes of the SHA-256 stand for a text: enough that nobody finds a second one with the same.
const BYTES: usize = 16;

/// The beginning of the SHA-256 of a text, in hexadecimal digits.
pub fn digest(text: &str) -> String {
    let hash = Sha256::digest(text.as_bytes());
    let first = hash.iter().take(BYTES).fold(0_u128, |sum, byte| (sum << 8) | u128::from(*byte));
    format!("{first:032x}")
}

/// A number that stands for a text, the same in every process and release.
pub fn number(text: &str) -> u64 {
    Sha256::digest(text.as_bytes()).iter().take(8).fold(0, |sum, byte| (sum << 8) | u64::from(*byte))
}
