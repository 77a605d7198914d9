//! Allowlist files.

use jiff::Timestamp;
use peerwright_core::allowlist::{Allowlist, StoredAllowlist};

use super::run::run;
use super::{corpus, mutate};

/// What is read goes through the table unchanged; what is refused is told in words.
fn check(input: &[u8]) {
    let now: Timestamp = "2026-01-01T00:00:00Z".parse().expect("a time");
    match Allowlist::from_yaml(&String::from_utf8_lossy(input), now) {
        Ok(allowlist) => {
            let stored = StoredAllowlist::read(&allowlist.items());
            let read: Vec<_> = stored.rules.iter().map(|rule| rule.as_ref().expect("a rule that was read is readable")).collect();
            assert_eq!(read, allowlist.rules.iter().map(|(rule, _)| rule).collect::<Vec<_>>());
        }
        Err(problems) => {
            assert!(!problems.is_empty(), "a refusal names its reason");
            assert_eq!(problems.iter().count(), problems.len());
            assert!(problems.iter().all(|problem| problem.to_string().contains(": ")), "{problems}");
        }
    }
}

#[test]
fn an_allowlist_file_with_other_text_is_read_or_refused_in_words() {
    let corpus: Vec<Vec<u8>> = corpus::allowlists().into_iter().map(String::into_bytes).collect();
    run("allowlist_file", |random| mutate::bytes(random.choose::<Vec<u8>>(&corpus), &corpus, random), check);
}
