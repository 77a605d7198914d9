//! What the commands have in common in what they print.

use peerwright_engine::failure::Failure;

/// A failure as the command's last word: it has ended, and nothing tries again.
#[expect(clippy::needless_pass_by_value, reason = "the shape that `map_err` takes")]
pub(crate) fn explained(failure: Failure) -> anyhow::Error {
    anyhow::anyhow!(failure.explain_final())
}

/// A count with its noun, such as `1 rule`.
pub(crate) fn counted(count: usize, singular: &str, plural: &str) -> String {
    format!("{count} {}", if count == 1 { singular } else { plural })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_agrees_with_its_noun() {
        let aliases = [0, 1, 2].map(|count| counted(count, "alias", "aliases"));
        assert_eq!(aliases, ["0 aliases", "1 alias", "2 aliases"]);
    }
}
