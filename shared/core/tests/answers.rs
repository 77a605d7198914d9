//! Answers as the values of tags.

use peerwright_core::answer::{LONGEST, value};
use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;

#[test]
fn words_that_every_service_takes_stay_as_they_are() {
    let plain = "billing: active by rule-1 2026-03-18T12:00:00Z a+b=c_d.e/f@g";
    assert_eq!(value(plain), plain);
    assert_eq!(value(""), "");
}

#[test]
fn what_no_service_takes_becomes_a_space_between_words() {
    assert_eq!(value("billing: held (no rule; `nobody` isn't an alias)"), "billing: held no rule nobody isn t an alias");
    assert_eq!(value("a\tb\nc\u{0}d"), "a b c d");
    assert_eq!(value("  **  "), "");
    assert_eq!(value("a,b|c*d?e&f#g<h>i\"j'k\\l[m]n{o}p%q$r!s~t^u"), "a b c d e f g h i j k l m n o p q r s t u");
}

#[test]
fn letters_of_any_script_are_letters_and_signs_are_not() {
    assert_eq!(value("Zürich – 東京 №1 ✓ 🎉 ok"), "Zürich 東京 1 ok");
}

#[test]
fn the_longest_value_stays_whole_and_a_longer_one_ends_in_dots() {
    let longest = "x".repeat(LONGEST);
    assert_eq!((LONGEST, value(&longest)), (256, longest.clone()));
    let cut = value(&format!("{longest}x"));
    assert_eq!(cut, format!("{} ...", "x".repeat(252)));
    assert_eq!(cut.chars().count(), LONGEST);
}

#[test]
fn characters_are_counted_and_not_bytes() {
    let wide = "ü".repeat(LONGEST);
    assert_eq!(value(&wide), wide);
    assert_eq!(value(&format!("{wide}ü")), format!("{} ...", "ü".repeat(252)));
}

#[test]
fn a_cut_between_words_leaves_one_space_before_the_dots() {
    let text = format!("{} {}", "x".repeat(251), "y".repeat(100));
    assert_eq!(value(&text), format!("{} ...", "x".repeat(251)));
}

#[test]
fn what_falls_away_is_not_counted() {
    let text = format!("{}{}", "(".repeat(300), "x ".repeat(128));
    assert_eq!(value(&text), "x ".repeat(128).trim_end());
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        ..ProptestConfig::default()
    })]

    #[test]
    fn any_text_becomes_a_value_that_may_be_set(text in "(.|\n){0,400}") {
        let value = value(&text);
        prop_assert!(value.chars().count() <= LONGEST);
        prop_assert!(value.chars().all(|c| c == ' ' || c.is_alphanumeric() || "+-=._:/@".contains(c)), "{value}");
        prop_assert!(!value.starts_with(' ') && !value.ends_with(' ') && !value.contains("  "), "{value}");
    }

    #[test]
    fn a_value_is_its_own_value(text in "(.|\n){0,400}") {
        let once = value(&text);
        prop_assert_eq!(value(&once), once);
    }

    #[test]
    fn plain_words_are_kept_whole(words in prop::collection::vec("[a-zA-Z0-9+=._:/@-]{1,12}", 0..15)) {
        prop_assert_eq!(value(&words.join(" ")), words.join(" "));
    }
}
