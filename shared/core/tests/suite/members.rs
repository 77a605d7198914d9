//! Files of the places that sweeps look at.

use std::collections::BTreeSet;

use peerwright_core::allowlist::{MEMBER_KEY, Stored};
use peerwright_core::ids::Place;
use peerwright_core::members::{Difference, difference, read};
use proptest::prelude::*;

fn some_places() -> impl Strategy<Value = BTreeSet<Place>> {
    // Few accounts and Regions, so that two sets have places in common.
    let place = ("1{12}|2{12}|3{12}|4{12}", prop::sample::select(vec!["eu-west-1", "us-gov-west-1", "cn-north-1"]));
    prop::collection::btree_set(place.prop_map(|(account, region)| format!("{account}/{region}").parse().expect("a place")), 0..20)
}

fn items(places: &BTreeSet<Place>) -> Vec<Stored> {
    let item = |place: &Place| Stored { accepter: MEMBER_KEY.to_owned(), id: place.to_string(), body: serde_json::Value::Null };
    places.iter().map(item).collect()
}

proptest! {
    #[test]
    fn what_is_listed_is_read_back_and_changes_nothing(places in some_places()) {
        let listed: Vec<String> = places.iter().map(ToString::to_string).collect();
        let wanted = read(&listed.join("\n")).expect("a list is a file");
        prop_assert_eq!(&wanted, &places);
        prop_assert_eq!(difference(&items(&places), &wanted), Difference::default());
    }

    #[test]
    fn a_difference_leads_from_the_table_to_the_file(stored in some_places(), wanted in some_places()) {
        let Difference { added, removed } = difference(&items(&stored), &wanted);
        prop_assert!(added.is_disjoint(&stored));
        let kept = stored.iter().filter(|place| !removed.contains(&place.to_string()));
        prop_assert_eq!(kept.chain(&added).cloned().collect::<BTreeSet<_>>(), wanted);
    }

    #[test]
    fn any_text_ends_in_places_or_in_problems_of_its_lines(text in "([0-9/a-z# -]{0,30}\r?\n|\\PC{0,30}\n){0,8}") {
        if let Err(problems) = read(&text) {
            let lines = text.lines().count();
            prop_assert!(problems.iter().all(|problem| (1..=lines).contains(&problem.line)));
            prop_assert!(!problems.is_empty() && problems.is_sorted_by_key(|problem| problem.line));
        }
    }
}
