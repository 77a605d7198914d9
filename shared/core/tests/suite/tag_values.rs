//! Answers as the values of tags.

use peerwright_core::tag_value::{LONGEST, value, value_from};
use proptest::prelude::*;

#[test]
fn words_that_every_service_takes_stay_as_they_are() {
    let plain = "billing: active by rule-1 2026-03-18T12:00:00Z a+b=c_d.e/f@g";
    assert_eq!(value(plain), plain);
    assert_eq!(value(""), "");
}

#[test]
fn a_sentence_stays_one_without_the_characters_that_no_service_takes() {
    for (sentence, plain) in [
        ("billing: held (no rule; `nobody` isn't an alias)", "billing: held: no rule. nobody is not an alias"),
        ("rule r allows nothing: it can't be read (x: is empty)", "rule r allows nothing: it cannot be read: x: is empty"),
        ("10.1.0.0/16 is not inside the peer's CIDR blocks; change it", "10.1.0.0/16 is not inside the peer CIDR blocks. change it"),
    ] {
        assert_eq!(value(sentence), plain);
    }
}

#[test]
fn what_no_service_takes_becomes_a_space_between_words() {
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

const ALL: &str = "peerwright status vpc-0123456789abcdef0";

fn values(answers: &[(String, bool)]) -> String {
    peerwright_core::tag_value::values(answers, ALL)
}

#[test]
fn a_part_of_a_text_ends_with_the_command_that_shows_all_of_it() {
    assert_eq!(value_from("held: no rule", true, ALL), "held: no rule");
    assert_eq!(value_from("held: no rule", false, ALL), format!("held: no rule ... all: {ALL}"));
    let cut = value_from(&"x".repeat(300), true, ALL);
    assert!(cut.ends_with(&format!("x ... all: {ALL}")) && cut.len() == LONGEST, "{cut}");
    assert_eq!(value_from(&"x".repeat(LONGEST), true, ALL), "x".repeat(LONGEST));
}

fn answers(texts: &[&str]) -> Vec<(String, bool)> {
    texts.iter().map(|text| open(text)).collect()
}

/// An answer about a target for which something is left to do.
fn open(text: &str) -> (String, bool) {
    (text.to_owned(), false)
}

/// An answer about a target for which nothing is.
fn settled(text: &str) -> (String, bool) {
    (text.to_owned(), true)
}

#[test]
fn several_answers_stand_beside_each_other() {
    assert_eq!(values(&answers(&["a active", "", "b (held)"])), "a active / b: held");
    assert_eq!(values(&[]), "");
}

#[test]
fn a_long_answer_does_not_hide_its_neighbours() {
    let long = format!("vpc-a not allowed: {}", "reason ".repeat(60));
    let told = values(&answers(&["alias is no alias of the allowlist", &long, "vpc-b held: overlap", &long]));
    let parts: Vec<&str> = told.split(" / ").collect();
    assert_eq!((parts.len(), parts[0], parts[2]), (5, "alias is no alias of the allowlist", "vpc-b held: overlap"));
    assert_eq!(parts[4], format!("all: {ALL}"));
    for part in [parts[1], parts[3]] {
        assert!(part.starts_with("vpc-a not allowed: reason") && part.ends_with(" ..."), "{part}");
    }
    assert!((LONGEST - 10..=LONGEST).contains(&told.len()), "the room is used: {}", told.len());
}

#[test]
fn where_there_is_no_room_for_all_what_is_settled_is_counted() {
    let mut all: Vec<(String, bool)> =
        (0..7).map(|n| settled(&format!("vpc-0123456789abcdef{n} active pcx-0123456789abcdef{n} converged"))).collect();
    assert_eq!(values(&all), "7 converged");
    all.insert(3, open("vpc-00000000000000009 held: overlap"));
    assert_eq!(values(&all), "7 converged / vpc-00000000000000009 held: overlap");
}

#[test]
fn of_more_answers_than_there_is_room_for_the_rest_is_counted() {
    let all: Vec<(String, bool)> = (10..35).map(|n| open(&format!("vpc-000000000000000{n} not allowed: no rule speaks of it"))).collect();
    let told = values(&all);
    assert!(told.starts_with("vpc-00000000000000010 ") && told.ends_with(&format!(" / and 18 more / all: {ALL}")), "{told}");
    assert!((10..17).all(|n| told.contains(&format!("vpc-000000000000000{n}"))), "{told}");
}

#[test]
fn the_settled_ones_take_the_place_of_one() {
    let others = (10..18).map(|n| open(&format!("vpc-000000000000000{n} not allowed: no rule speaks of it")));
    let told = values(&others.chain([settled("vpc-a converged"), settled("vpc-b converged")]).collect::<Vec<_>>());
    let parts: Vec<&str> = told.split(" / ").collect();
    assert_eq!((parts.len(), parts[0], parts[7]), (9, "2 converged", "and 2 more"), "{told}");
}

#[test]
fn an_answer_of_just_its_share_leaves_all_the_rest_to_the_longer_one() {
    let (just, longer) = (open(&"x".repeat(103)), open(&"y".repeat(200)));
    let told = format!("{} / {} ... / all: {ALL}", just.0, "y".repeat(99));
    assert_eq!((told.len(), values(&[just, longer])), (LONGEST, told));
}

proptest! {
    #![proptest_config(crate::common::config())]

    #[test]
    fn any_text_becomes_a_value_that_may_be_set(text in "(.|\n){0,400}") {
        let value = value(&text);
        prop_assert!(value.chars().count() <= LONGEST);
        prop_assert!(value.chars().all(|c| c == ' ' || c.is_alphanumeric() || "+-=._:/@".contains(c)), "{value}");
        prop_assert!(!value.starts_with(' ') && !value.ends_with(' ') && !value.contains("  "), "{value}");
    }

    #[test]
    fn any_answers_together_become_a_value_that_may_be_set(texts in prop::collection::vec(("(.|\n){0,90}", any::<bool>()), 0..40)) {
        let told = values(&texts);
        prop_assert!(told.chars().count() <= LONGEST, "{told}");
        prop_assert_eq!(value(&told), told);
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
