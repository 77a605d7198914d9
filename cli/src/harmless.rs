//! Texts of others, as a terminal may have them.
//!
//! EC2 takes any character in a tag, and reasons quote tags: a member account could otherwise move the cursor of whoever reads, colour or hide words, or
//! turn the order of letters.

use std::borrow::Cow;

/// What stands for a character that is left out.
const LEFT_OUT: char = '\u{fffd}';

/// The same text without characters that a terminal obeys, but for line ends, tabs and, where the tool itself colours, colours.
pub(crate) fn harmless(text: &str, colours: bool) -> Cow<'_, str> {
    if !text.contains(is_obeyed) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        let kept = if colours { style(rest) } else { 0 };
        if kept > 0 {
            shown.push_str(&rest[..kept]);
            rest = &rest[kept..];
        } else {
            shown.push(if is_obeyed(character) { LEFT_OUT } else { character });
            rest = &rest[character.len_utf8()..];
        }
    }
    Cow::Owned(shown)
}

/// Control characters of C0 and C1, and those that turn the direction of text (Unicode Standard Annex 9).
fn is_obeyed(character: char) -> bool {
    (character.is_control() && !matches!(character, '\n' | '\t')) || matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The length of a style at the beginning of a text: bold, dimmed, a colour, or their end. Nothing that hides.
fn style(text: &str) -> usize {
    let Some(codes) = text.strip_prefix("\u{1b}[").and_then(|rest| rest.split_once('m')).map(|(codes, _)| codes) else { return 0 };
    let is_ours = |code: &str| {
        matches!(code, "0" | "1" | "2") || (code.len() == 2 && code.starts_with('3') && code.ends_with(|c: char| c.is_ascii_digit()))
    };
    if codes.split(';').all(is_ours) { codes.len() + 3 } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_obeys_is_left_out() {
        for text in ["a\u{1b}[2Jb", "a\rb", "a\u{7}b", "a\u{9b}31mb", "a\u{202e}b", "a\u{1b}]0;title\u{7}b", "a\u{1b}[8mb", "a\u{1b}[31mb"]
        {
            let shown = harmless(text, false);
            assert!(!shown.contains(is_obeyed) && shown.starts_with('a') && shown.ends_with('b'), "{shown:?}");
        }
    }

    #[test]
    fn lines_tabs_and_other_writing_stay() {
        let text = "one\ttwo\nзаявка 申请 →";
        assert_eq!(harmless(text, false), text);
    }

    #[test]
    fn colours_stay_where_the_tool_colours_and_nothing_that_hides_does() {
        let ours = format!("{0}kept{0:#}", anstyle::AnsiColor::Green.on_default().bold());
        assert_eq!(harmless(&ours, true), ours);
        for text in ["\u{1b}[8mhidden", "\u{1b}[1;8mhidden", "\u{1b}[2J", "\u{1b}["] {
            assert!(harmless(text, true).starts_with(LEFT_OUT), "{text:?}");
        }
    }
}
