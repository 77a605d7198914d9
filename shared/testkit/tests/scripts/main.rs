//! The scripts that hold the fake of EC2 and the local AWS against each other (`infra/local/tests/test_scripts.py` is the other half).

mod call;
mod cast;
mod player;
mod script;
mod settings;

use std::collections::BTreeSet;

use crate::player::Player;
use crate::script::{Only, Step, scripts};

#[test]
fn the_fake_does_what_each_script_says() {
    let problems: Vec<String> = scripts().iter().flat_map(Player::play).collect();
    assert!(problems.is_empty(), "{} problems:\n{}", problems.len(), problems.join("\n"));
}

#[test]
fn each_script_has_a_name_of_its_own() {
    let scripts = scripts();
    let names: BTreeSet<&str> = scripts.iter().map(|script| script.name.as_str()).collect();
    assert_eq!(names.len(), scripts.len());
}

/// What only one of the two does: a step more here needs a reason there, and a look at whether the other can learn it.
#[test]
fn few_steps_are_for_one_of_the_two_only_and_each_says_why() {
    let scripts = scripts();
    let marked: Vec<&Step> = scripts.iter().flat_map(|script| &script.steps).filter(|step| step.only.is_some()).collect();
    assert!(marked.iter().all(|step| step.reason.is_some()), "{marked:?}");
    let count = |only: Only| marked.iter().filter(|step| step.only == Some(only)).count();
    assert_eq!((count(Only::Local), count(Only::Fake)), (1, 2));
}
