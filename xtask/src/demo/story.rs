//! How the story looks: what happened, line by line under a word that says what kind of thing it is.

use crate::ui::{Ui, wrap};

/// The longest labels have six letters.
const LABEL: usize = 8;
const INDENT: &str = "          ";
/// A wrapped line's rest stands a little further in.
const HANGING: &str = "            ";
const WIDEST: u16 = 100;

/// What happened, under a label such as `asks`, `made` or `why`.
pub(super) fn told(ui: &Ui, label: &str, texts: &[String]) -> String {
    let label = format!("  {}", ui.bold(&format!("{label:LABEL$}")));
    let lines = texts.iter().enumerate().map(|(at, text)| wrap(text, if at == 0 { &label } else { INDENT }, HANGING, width(ui)));
    lines.collect::<Vec<_>>().join("\n")
}

/// An expectation that was met.
pub(super) fn met(ui: &Ui, expectation: &str) -> String {
    wrap(expectation, &format!("  {} ", ui.green("✓")), "    ", width(ui))
}

/// An expectation that was not met, and what there was instead.
pub(super) fn failed(ui: &Ui, expectation: &str, found: &str) -> String {
    let expected = wrap(expectation, &format!("  {} expected: ", ui.red("✗")), "              ", width(ui));
    format!("{expected}\n{}", wrap(found, "    found:    ", "              ", width(ui)))
}

/// A remark below the story.
pub(super) fn remark(ui: &Ui, text: &str) -> String {
    wrap(text, "", "  ", width(ui))
}

/// Long lines are hard to read, however wide the terminal is.
fn width(ui: &Ui) -> u16 {
    ui.width().min(WIDEST)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::Target;

    fn ui() -> Ui {
        Ui::plain(Target::Stdout)
    }

    fn texts(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn what_is_told_stands_below_its_label() {
        let text = told(&ui(), "answer", &texts(&["on web itself:", "peerwright:status = held"]));
        assert_eq!(text, "  answer  on web itself:\n          peerwright:status = held");
    }

    #[test]
    fn eighty_columns_hold_every_line() {
        let long = "group broker lets in tcp 9092-9094 from 10.1.0.0/16, 10.11.0.0/16, 2400:6500:1820:3700::/56, 2400:6500:1820:3800::/56";
        for text in [told(&ui(), "made", &texts(&[long, long])), met(&ui(), long), failed(&ui(), long, long), remark(&ui(), long)] {
            assert!(text.lines().count() > 1 && text.lines().all(|line| line.chars().count() <= 80), "{text}");
            let words: Vec<_> = text.split_whitespace().collect();
            assert!(long.split_whitespace().all(|word| words.contains(&word)), "{text}");
        }
    }

    #[test]
    fn what_failed_shows_what_was_expected_and_what_was_found() {
        assert_eq!(failed(&ui(), "9 routes", "8 of 9"), "  ✗ expected: 9 routes\n    found:    8 of 9");
    }
}
