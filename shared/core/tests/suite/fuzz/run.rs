//! Runs a check on one input after the other until the time is over.

use std::hash::{BuildHasher, RandomState};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::time::{Duration, Instant};
use std::{env, fs};

use super::random::Random;

const SECONDS: &str = "PEERWRIGHT_FUZZ_SECONDS";
const SEED: &str = "PEERWRIGHT_FUZZ_SEED";

/// Tries what was found before, then makes inputs until the time is over.
pub(crate) fn run(name: &str, mut make: impl FnMut(&mut Random) -> Vec<u8>, check: impl Fn(&[u8])) {
    for input in found(name) {
        try_one(name, "found before", &input, &check);
    }
    let seed = setting(SEED).unwrap_or_else(|| RandomState::new().hash_one(name));
    let end = Instant::now() + Duration::from_secs(setting(SECONDS).unwrap_or(1));
    let mut random = Random::from(seed);
    let mut count = 0;
    while Instant::now() < end || count == 0 {
        let input = make(&mut random);
        try_one(name, &format!("input {count} of {SEED}={seed}"), &input, &check);
        count += 1;
    }
}

fn setting(name: &str) -> Option<u64> {
    let text = env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} is a whole number, not `{text}`")))
}

/// A bare panic would not say what led to it.
fn try_one(name: &str, which: &str, input: &[u8], check: &impl Fn(&[u8])) {
    let failed = catch_unwind(AssertUnwindSafe(|| check(input))).is_err();
    assert!(!failed, "{name}: {which} fails; save it in tests/suite/fuzz/found/{name}/:\n{}", input.escape_ascii());
}

fn found(name: &str) -> Vec<Vec<u8>> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/suite/fuzz/found").join(name);
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    entries.map(|entry| fs::read(entry.expect("an entry can be read").path()).expect("a file can be read")).collect()
}
