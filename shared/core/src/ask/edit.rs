//! The asking tag with one target more, or one less. All other words stay as they are.

use std::collections::BTreeSet;
use std::fmt;

use super::{ASK_TAG, Asks, MOST_TARGETS, Target, Wrong, target, words};
use crate::allowlist::Aliases;
use crate::ids::VpcRef;
use crate::named::NamedVpc;
use crate::tag_value::LONGEST;
use crate::world::Tags;

/// What becomes of the tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edited {
    /// It says so already.
    Unchanged,
    /// It gets this value.
    Set(String),
    /// It goes: nothing is left in it.
    Removed,
}

/// Why the tag is not written: what it would ask for is certain to be refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CannotAsk {
    /// The target is wrong.
    Target(String, Wrong),
    /// The tag would be longer than AWS takes.
    TooLong(usize),
    /// It would name more than Peerwright takes.
    TooMany(usize),
}

impl fmt::Display for CannotAsk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Target(text, wrong) => write!(f, "`{text}` {wrong}"),
            Self::TooLong(length) => {
                write!(
                    f,
                    "the tag {ASK_TAG} would have {length} characters, and AWS takes {LONGEST}: use aliases, or ask from the other VPC"
                )
            }
            Self::TooMany(count) => {
                write!(f, "the tag {ASK_TAG} would name {count} targets, and Peerwright takes {MOST_TARGETS}: use a mesh")
            }
        }
    }
}

/// The tag of a VPC with one more target. Where nobody knows the aliases, a word that may be one is taken as it is.
pub fn with_target(vpc: &VpcRef, tags: &Tags, word: &str, aliases: Option<&Aliases>) -> Result<Edited, CannotAsk> {
    let known = aliases.cloned().unwrap_or_default();
    let meant = match target(word, vpc, &known) {
        Err(Wrong::UnknownAlias) if aliases.is_none() => Err(Wrong::UnknownAlias),
        Err(wrong) => return Err(CannotAsk::Target(word.to_owned(), wrong)),
        meant => meant,
    };
    let before = tags.get(ASK_TAG).map(String::as_str).unwrap_or_default();
    if words(before).into_iter().any(|other| is_same(other, word, &target(other, vpc, &known), &meant)) {
        return Ok(Edited::Unchanged);
    }
    let after = format!("{} {word}", before.trim()).trim().to_owned();
    let length = after.chars().count();
    if length > LONGEST {
        return Err(CannotAsk::TooLong(length));
    }
    match Asks::read(vpc, &Tags::from([(ASK_TAG.to_owned(), after.clone())]), &known).wrong {
        Some(Wrong::TooMany(count)) => Err(CannotAsk::TooMany(count)),
        _ => Ok(Edited::Set(after)),
    }
}

/// The tag of a VPC without a target, however that is written there.
pub fn without_target(vpc: &VpcRef, tags: &Tags, word: &str, aliases: Option<&Aliases>) -> Edited {
    let known = aliases.cloned().unwrap_or_default();
    let meant = target(word, vpc, &known);
    let before = tags.get(ASK_TAG).map(String::as_str).unwrap_or_default();
    let (gone, kept): (Vec<&str>, Vec<&str>) =
        words(before).into_iter().partition(|other| is_same(other, word, &target(other, vpc, &known), &meant));
    match (gone.is_empty(), kept.is_empty()) {
        (true, _) => Edited::Unchanged,
        (false, true) => Edited::Removed,
        (false, false) => Edited::Set(kept.join(" ")),
    }
}

/// The VPCs that the tag or the allowlist names, and that a person means who named a VPC without all of its place.
pub fn meant_by(named: &NamedVpc, vpc: &VpcRef, tags: &Tags, aliases: Option<&Aliases>) -> BTreeSet<VpcRef> {
    let known = aliases.cloned().unwrap_or_default();
    let targets = Asks::read(vpc, tags, &known).targets.into_iter().filter_map(|target| target.vpc.ok());
    targets.chain(known.values().cloned()).filter(|other| named.means(other, &known)).collect()
}

/// The VPC that a word of a VPC's tag means.
pub fn meant(vpc: &VpcRef, word: &str, aliases: Option<&Aliases>) -> Option<VpcRef> {
    target(word, vpc, &aliases.cloned().unwrap_or_default()).ok()
}

/// The words of the tag.
pub fn named_in(tags: &Tags) -> Vec<&str> {
    tags.get(ASK_TAG).map(|text| words(text)).unwrap_or_default()
}

fn is_same(text: &str, other: &str, meant: &Result<VpcRef, Wrong>, others: &Result<VpcRef, Wrong>) -> bool {
    text == other || (meant.is_ok() && meant == others)
}

/// The words by which a VPC's tag may name another one, for whoever looks for the answer about it.
pub fn words_for(vpc: &VpcRef, tags: &Tags, word: &str, aliases: Option<&Aliases>) -> Vec<String> {
    let known = aliases.cloned().unwrap_or_default();
    let meant = target(word, vpc, &known);
    let Asks { targets, .. } = Asks::read(vpc, tags, &known);
    let same = |one: &&Target| is_same(&one.text, word, &one.vpc, &meant);
    targets.iter().filter(same).map(|target| target.text.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vpc() -> VpcRef {
        "111111111111/eu-west-1/vpc-0000000a".parse().expect("a VPC")
    }

    fn aliases() -> Aliases {
        Aliases::from([("database".parse().expect("a name"), "222222222222/eu-west-1/vpc-0000000b".parse().expect("a VPC"))])
    }

    fn tagged(value: &str) -> Tags {
        Tags::from([(ASK_TAG.to_owned(), value.to_owned())])
    }

    fn asked(value: &str, word: &str) -> Result<Edited, CannotAsk> {
        with_target(&vpc(), &tagged(value), word, Some(&aliases()))
    }

    #[test]
    fn a_target_is_added_behind_the_words_that_are_there_as_they_are() {
        assert_eq!(with_target(&vpc(), &Tags::new(), "database", Some(&aliases())), Ok(Edited::Set("database".to_owned())));
        let before = "vpc-0000000c, nonsense  vpc-0000000d/222222222222";
        assert_eq!(asked(before, "database"), Ok(Edited::Set(format!("{before} database"))));
    }

    #[test]
    fn what_is_asked_for_already_is_not_written_twice_however_it_is_written() {
        for before in ["database", "vpc-0000000b/222222222222", "vpc-0000000b/222222222222/eu-west-1"] {
            assert_eq!(asked(before, "database"), Ok(Edited::Unchanged), "{before}");
            assert_eq!(asked(before, "vpc-0000000b/222222222222/eu-west-1"), Ok(Edited::Unchanged), "{before}");
        }
    }

    #[test]
    fn what_is_certain_to_be_refused_is_not_written() {
        let wrong = |word: &str, wrong| Err(CannotAsk::Target(word.to_owned(), wrong));
        assert_eq!(asked("", "databse"), wrong("databse", Wrong::UnknownAlias));
        assert_eq!(asked("", "vpc-0000000a"), wrong("vpc-0000000a", Wrong::Itself));
        assert_eq!(asked("", "a/b"), wrong("a/b", Wrong::Unreadable));
        let far = "vpc-0000000b/222222222222/cn-north-1";
        assert_eq!(asked("", far), wrong(far, Wrong::OtherPartition));
        assert_eq!(asked(&"x".repeat(250), "database"), Err(CannotAsk::TooLong(259)));
        let full: Vec<String> = (1..=25).map(|number| format!("x{number}")).collect();
        assert_eq!(asked(&full.join(" "), "database"), Err(CannotAsk::TooMany(26)));
    }

    #[test]
    fn where_nobody_knows_the_aliases_a_name_is_taken_as_it_is() {
        assert_eq!(with_target(&vpc(), &Tags::new(), "databse", None), Ok(Edited::Set("databse".to_owned())));
        assert_eq!(with_target(&vpc(), &tagged("databse"), "databse", None), Ok(Edited::Unchanged));
        assert!(with_target(&vpc(), &Tags::new(), "a/b", None).is_err());
    }

    #[test]
    fn a_target_goes_however_it_is_written_and_with_the_last_one_the_tag() {
        let without = |value: &str, word: &str| without_target(&vpc(), &tagged(value), word, Some(&aliases()));
        assert_eq!(without("one database vpc-0000000b/222222222222 two", "database"), Edited::Set("one two".to_owned()));
        assert_eq!(without("database", "vpc-0000000b/222222222222/eu-west-1"), Edited::Removed);
        assert_eq!(without("one two", "database"), Edited::Unchanged);
        assert_eq!(without("", "database"), Edited::Unchanged);
    }

    #[test]
    fn an_id_without_its_place_is_the_vpc_that_the_tag_or_the_allowlist_names() {
        let meant = |value: &str, written: &str| -> Vec<String> {
            let named: NamedVpc = written.parse().expect("a VPC");
            meant_by(&named, &vpc(), &tagged(value), Some(&aliases())).iter().map(ToString::to_string).collect()
        };
        let database = ["222222222222/eu-west-1/vpc-0000000b"];
        for written in ["vpc-0000000b", "222222222222/vpc-0000000b"] {
            assert_eq!(meant("", written), database, "an alias names it");
            assert_eq!(meant("database", written), database);
        }
        assert_eq!(meant("vpc-0000000c/333333333333", "vpc-0000000c"), ["333333333333/eu-west-1/vpc-0000000c"]);
        assert!(meant("vpc-0000000c/333333333333", "222222222222/vpc-0000000c").is_empty());
        assert!(meant("", "vpc-0000000c").is_empty());
    }

    #[test]
    fn the_answer_about_a_target_is_found_by_the_word_that_is_in_the_tag() {
        let words = |value: &str| words_for(&vpc(), &tagged(value), "database", Some(&aliases()));
        assert_eq!(words("one vpc-0000000b/222222222222"), ["vpc-0000000b/222222222222"]);
        assert_eq!(words("one"), Vec::<String>::new());
    }
}
