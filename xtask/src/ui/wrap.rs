//! Lines that fit the terminal.

use textwrap::{Options, WordSplitter};

/// Wraps between words alone: ids, addresses and paths stay in one piece, even one that is wider than the line.
pub(crate) fn wrap(text: &str, first: &str, rest: &str, width: u16) -> String {
    let options = Options::new(width.into()).initial_indent(first).subsequent_indent(rest);
    textwrap::fill(text, options.break_words(false).word_splitter(WordSplitter::NoHyphenation))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_stays_in_one_piece_even_where_the_line_is_too_short_for_it() {
        let text = wrap("route in rtb-0123456789abcdef0 to 2400:6500:1393:ec00::/56", "- ", "  ", 24);
        assert_eq!(text, "- route in\n  rtb-0123456789abcdef0\n  to\n  2400:6500:1393:ec00::/56");
    }

    #[test]
    fn colours_take_no_room() {
        assert_eq!(wrap("four four", "\u{1b}[2m- \u{1b}[0m", "  ", 11), "\u{1b}[2m- \u{1b}[0mfour four");
    }
}
