//! Counts that agree with what is counted.

/// A count with its noun, such as `1 rule` or `2 rules`.
pub fn counted(count: usize, singular: &str, plural: &str) -> String {
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
