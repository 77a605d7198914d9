//! What the commands have in common in what they print.

use peerwright_engine::failure::Failure;

/// A failure as the command's last word: it has ended, and nothing tries again.
#[expect(clippy::needless_pass_by_value, reason = "the shape that `map_err` takes")]
pub(crate) fn explained(failure: Failure) -> anyhow::Error {
    anyhow::anyhow!(failure.explain_final())
}
