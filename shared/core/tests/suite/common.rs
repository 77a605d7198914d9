//! What several of the tests need.

pub(crate) mod apply;
pub(crate) mod bits;
pub(crate) mod plan_oracle;
pub(crate) mod plan_words;
pub(crate) mod rules;
pub(crate) mod scenario;
pub(crate) mod turned;
pub(crate) mod world_text;
pub(crate) mod worlds;

use proptest::prelude::ProptestConfig;
use proptest::test_runner::FileFailurePersistence;

/// How laws are tried: a failing seed is kept beside the file of the law, to be committed.
pub(crate) fn config() -> ProptestConfig {
    ProptestConfig { failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))), ..ProptestConfig::default() }
}
