//! What VPCs ask for by their tags, and whether a connection between two of them is asked for.

use std::collections::{BTreeMap, BTreeSet};

use peerwright_core::allowlist::Aliases;
use peerwright_core::ask::{ASK_TAG, Asks, CREATED_TAG, MESH_TAG, MOST_TARGETS, RULE_TAG, STATUS_TAG, Wanted, Wrong, wanted};
use peerwright_core::ids::VpcRef;
use peerwright_core::world::Tags;
use proptest::prelude::*;
use proptest::sample::select;

/// The VPC that asks.
const HOME: &str = "111111111111/eu-west-1/vpc-a0000000";

fn vpc(text: &str) -> VpcRef {
    text.parse().expect("a VPC with its place")
}

fn aliases() -> Aliases {
    let alias = |(name, there): (&str, &str)| (name.parse().expect("a name"), vpc(there));
    [
        ("billing", "222222222222/eu-central-1/vpc-b0000000"),
        ("vpc-of-billing", "222222222222/eu-central-1/vpc-b0000000"),
        ("home", HOME),
        ("china", "333333333333/cn-north-1/vpc-c0000000"),
        ("222222222222", "222222222222/eu-west-1/vpc-d0000000"),
    ]
    .map(alias)
    .into()
}

fn tags(pairs: &[(&str, &str)]) -> Tags {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

fn asks_of(here: &str, pairs: &[(&str, &str)]) -> Asks {
    Asks::read(&vpc(here), &tags(pairs), &aliases())
}

fn asks(text: &str) -> Asks {
    asks_of(HOME, &[(ASK_TAG, text)])
}

/// The targets as they are written, each with the VPC or what is wrong with it.
fn said(asks: &Asks) -> Vec<(&str, String)> {
    let meaning = |vpc: &Result<VpcRef, Wrong>| vpc.as_ref().map_or_else(ToString::to_string, ToString::to_string);
    asks.targets.iter().map(|target| (target.text.as_str(), meaning(&target.vpc))).collect()
}

#[track_caller]
fn means(text: &str, expected: &str) {
    assert_eq!(said(&asks(text)), [(text, expected.to_owned())]);
}

const UNREADABLE: &str = "is neither an alias nor vpc-id/account/region";

#[test]
fn a_vpc_without_our_tags_asks_for_nothing() {
    for pairs in [&[][..], &[("Name", "orders"), ("peer-with", "billing"), (STATUS_TAG, "billing: active")], &[(ASK_TAG, "")]] {
        let asks = asks_of(HOME, pairs);
        assert_eq!(asks, Asks::default());
        assert!(asks.is_empty() && !asks.is_doubtful());
    }
}

#[test]
fn the_keys_of_the_tags_are_told_apart() {
    assert_eq!(BTreeSet::from([ASK_TAG, MESH_TAG, STATUS_TAG, RULE_TAG, CREATED_TAG]).len(), 5);
    assert!([ASK_TAG, MESH_TAG, STATUS_TAG, RULE_TAG, CREATED_TAG].iter().all(|key| key.starts_with("peerwright:")));
}

#[test]
fn an_alias_means_its_vpc() {
    means("billing", "222222222222/eu-central-1/vpc-b0000000");
}

#[test]
fn an_alias_may_look_like_another_word() {
    means("vpc-of-billing", "222222222222/eu-central-1/vpc-b0000000");
    means("222222222222", "222222222222/eu-west-1/vpc-d0000000");
}

#[test]
fn an_alias_that_is_a_whole_id_is_the_vpc_of_that_id() {
    let aliases = Aliases::from([("vpc-b0000000".parse().expect("a name"), vpc("222222222222/eu-central-1/vpc-b0000000"))]);
    let asks = Asks::read(&vpc(HOME), &tags(&[(ASK_TAG, "vpc-b0000000")]), &aliases);
    assert_eq!(said(&asks), [("vpc-b0000000", "111111111111/eu-west-1/vpc-b0000000".to_owned())]);
}

#[test]
fn what_is_left_out_of_a_vpc_is_the_asking_vpcs_own() {
    means("vpc-b0000000", "111111111111/eu-west-1/vpc-b0000000");
    means("vpc-b0000000/222222222222", "222222222222/eu-west-1/vpc-b0000000");
    means("vpc-b0000000/222222222222/us-east-2", "222222222222/us-east-2/vpc-b0000000");
    means("vpc-0123456789abcdef0/111111111111/us-east-2", "111111111111/us-east-2/vpc-0123456789abcdef0");
}

#[test]
fn a_name_that_nobody_gave_is_told_from_what_is_no_name() {
    means("billng", "is no alias of the allowlist");
    means("Billing", "is no alias of the allowlist");
    for text in ["bil/ling", "bill:ing", "*", "ä", &"x".repeat(129)] {
        means(text, UNREADABLE);
    }
}

#[test]
fn a_vpc_that_is_mistyped_is_unreadable_and_not_an_unknown_name() {
    for text in [
        "vpc-1",
        "vpc-",
        "vpc-B0000000",
        "vpc-b0000000/",
        "vpc-b0000000/22222222222",
        "vpc-b0000000/222222222222/",
        "vpc-b0000000/222222222222/Frankfurt",
        "vpc-b0000000/eu-central-1/222222222222",
        "vpc-b0000000//eu-central-1",
        "vpc-b0000000/222222222222/eu-central-1/more",
        "vpc-b0000000/222222222222/eu-central-1/",
        "222222222222/eu-central-1/vpc-b0000000",
    ] {
        means(text, UNREADABLE);
    }
}

#[test]
fn a_vpc_does_not_ask_for_itself_however_it_is_written() {
    for text in ["home", "vpc-a0000000", "vpc-a0000000/111111111111", "vpc-a0000000/111111111111/eu-west-1"] {
        means(text, "is this VPC itself");
    }
    means("vpc-a0000000/111111111111/eu-central-1", "111111111111/eu-central-1/vpc-a0000000");
    means("vpc-a0000000/222222222222", "222222222222/eu-west-1/vpc-a0000000");
}

#[test]
fn no_connection_leads_to_another_partition() {
    let other = "is in another partition of AWS";
    for text in ["china", "vpc-b0000000/222222222222/us-gov-west-1", "vpc-b0000000/222222222222/eusc-de-east-1"] {
        means(text, other);
    }
    let from_china = |text| asks_of("333333333333/cn-northwest-1/vpc-e0000000", &[(ASK_TAG, text)]);
    assert_eq!(said(&from_china("billing")), [("billing", other.to_owned())]);
    assert_eq!(said(&from_china("china")), [("china", "333333333333/cn-north-1/vpc-c0000000".to_owned())]);
}

#[test]
fn spaces_commas_and_line_ends_separate_targets() {
    let expected = asks("billing vpc-c0000000 vpc-d0000000");
    assert_eq!(expected.targets.len(), 3);
    for text in ["billing,vpc-c0000000,vpc-d0000000", "  billing , vpc-c0000000\tvpc-d0000000 ", "billing\nvpc-c0000000,,\n vpc-d0000000,"]
    {
        assert_eq!(asks(text), expected, "{text:?}");
    }
    for text in [" ", ",", "\t\n , "] {
        assert!(asks(text).is_empty(), "{text:?}");
    }
}

#[test]
fn a_vpc_that_is_named_twice_is_asked_for_once_under_its_first_name() {
    let twice = asks("vpc-of-billing vpc-c0000000 billing vpc-b0000000/222222222222/eu-central-1 vpc-c0000000/111111111111");
    let expected = [
        ("vpc-of-billing", "222222222222/eu-central-1/vpc-b0000000".to_owned()),
        ("vpc-c0000000", "111111111111/eu-west-1/vpc-c0000000".to_owned()),
    ];
    assert_eq!(said(&twice), expected);
}

#[test]
fn a_mistake_that_is_made_twice_is_told_once() {
    let asks = asks("nobody home nobody vpc-a0000000 home ? ?");
    let words: Vec<&str> = asks.targets.iter().map(|target| target.text.as_str()).collect();
    assert_eq!(words, ["nobody", "home", "vpc-a0000000", "?"]);
}

#[test]
fn a_mistake_leaves_the_other_targets_as_they_are() {
    let asks = asks("nobody billing vpc-1 vpc-c0000000");
    let fine: Vec<String> = asks.targets.iter().filter_map(|target| Some(target.vpc.as_ref().ok()?.to_string())).collect();
    assert_eq!(fine, ["222222222222/eu-central-1/vpc-b0000000", "111111111111/eu-west-1/vpc-c0000000"]);
    assert!(asks.names(&vpc(&fine[0])) && asks.names(&vpc(&fine[1])) && !asks.names(&vpc(HOME)));
    assert_eq!(asks.wrong, None);
}

fn many(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("vpc-{number:08x}")).collect()
}

#[test]
fn as_many_targets_as_requests_may_be_outstanding_are_asked_for_and_one_more_is_none() {
    let most = asks(&many(25).join(" "));
    assert_eq!((MOST_TARGETS, most.targets.len(), &most.wrong), (25, 25, &None));
    let more = asks_of(HOME, &[(ASK_TAG, &many(26).join(" ")), (MESH_TAG, "payments")]);
    assert_eq!((more.targets.len(), &more.wrong), (0, &Some(Wrong::TooMany(26))));
    assert_eq!(more.mesh_name().map(ToString::to_string).as_deref(), Some("payments"), "the mesh has no part in it");
    assert_eq!(more.wrong.map(|wrong| wrong.to_string()).as_deref(), Some("26 targets are more than 25"));
}

#[test]
fn targets_are_counted_once_each() {
    let twice = [many(25), many(25)].concat().join(" ");
    assert_eq!((asks(&twice).targets.len(), asks(&twice).wrong), (25, None));
}

#[test]
fn a_mesh_has_a_plain_name() {
    let mesh = |name: &str| asks_of(HOME, &[(MESH_TAG, name)]);
    for (written, name) in [("payments", "payments"), (" payments ", "payments"), ("team_2.pay-ments", "team_2.pay-ments")] {
        assert_eq!(mesh(written).mesh_name().map(ToString::to_string).as_deref(), Some(name));
        assert!(!mesh(written).is_empty() && !mesh(written).is_doubtful());
    }
    for wrong in ["", " ", "two words", "a/b", "zahlungsverkehr-für-alle", &"x".repeat(129)] {
        assert_eq!(mesh(wrong).mesh, Some(Err(Wrong::MeshName)), "{wrong:?}");
        assert_eq!(mesh(wrong).mesh_name(), None);
        assert!(!mesh(wrong).is_empty() && mesh(wrong).is_doubtful(), "{wrong:?}");
    }
    assert_eq!(Wrong::MeshName.to_string(), "is no name: 1 to 128 letters or digits or - _ .");
}

#[test]
fn what_nobody_can_tell_is_doubtful_and_what_can_never_be_is_not() {
    for (text, doubtful) in [
        ("billing vpc-c0000000", false),
        ("home", false),
        ("china", false),
        ("home china billing", false),
        ("billing nobody", true),
        ("billing vpc-1", true),
        (&many(26).join(" "), true),
    ] {
        assert_eq!(asks(text).is_doubtful(), doubtful, "{text}");
        assert!(!asks(text).is_empty(), "{text}");
    }
}

/// Tags, where they can be read.
type Read = Option<&'static [(&'static str, &'static str)]>;

/// What one VPC may say of another.
const CASES: [(&str, Read); 9] = [
    ("nothing", Some(&[])),
    ("the other", Some(&[(ASK_TAG, "OTHER")])),
    ("a third", Some(&[(ASK_TAG, "vpc-f0000000")])),
    ("itself", Some(&[(ASK_TAG, "SELF")])),
    ("a typo", Some(&[(ASK_TAG, "vpc-1")])),
    ("mesh one", Some(&[(MESH_TAG, "one")])),
    ("mesh two", Some(&[(MESH_TAG, "two")])),
    ("bad mesh", Some(&[(MESH_TAG, "?")])),
    ("unread", None),
];

fn case(here: &str, there: &str, name: &str) -> Option<Asks> {
    let in_words = |full: &str| {
        let [account, region, vpc] = full.split('/').collect::<Vec<_>>()[..] else { panic!("a VPC with its place") };
        format!("{vpc}/{account}/{region}")
    };
    let (_, pairs) = CASES.iter().find(|(known, _)| *known == name).expect("a case");
    let pairs: Option<BTreeMap<String, String>> = pairs.map(|pairs| {
        let fill = |text: &str| text.replace("OTHER", &in_words(there)).replace("SELF", &in_words(here));
        pairs.iter().map(|(key, value)| ((*key).to_owned(), fill(value))).collect()
    });
    pairs.map(|pairs| Asks::read(&vpc(here), &pairs, &aliases()))
}

const THERE: &str = "222222222222/eu-central-1/vpc-b0000000";

fn between(one: &str, other: &str) -> Wanted {
    let (mine, theirs) = (case(HOME, THERE, one), case(THERE, HOME, other));
    wanted((&vpc(HOME), mine.as_ref()), (&vpc(THERE), theirs.as_ref()))
}

#[test]
fn a_connection_is_wanted_if_either_asks_for_the_other_whatever_is_unclear_beside() {
    for (name, _) in CASES {
        assert_eq!(between("the other", name), Wanted::Yes, "{name}");
        assert_eq!(between(name, "the other"), Wanted::Yes, "{name}");
    }
}

#[test]
fn a_connection_is_wanted_if_both_belong_to_one_mesh() {
    assert_eq!(between("mesh one", "mesh one"), Wanted::Yes);
    assert_eq!(between("mesh one", "mesh two"), Wanted::No);
    assert_eq!(between("mesh one", "nothing"), Wanted::No);
    assert_eq!(between("nothing", "nothing"), Wanted::No);
    assert_eq!(between("bad mesh", "bad mesh"), Wanted::Unknown, "names that are none are not the same name");
}

#[test]
fn a_connection_is_not_wanted_only_where_both_are_plain_about_it() {
    let clear = ["nothing", "a third", "itself", "mesh one"];
    let unclear = ["a typo", "bad mesh", "unread"];
    for one in clear {
        for other in ["nothing", "a third", "itself", "mesh two"] {
            assert_eq!(between(one, other), Wanted::No, "{one} and {other}");
        }
        for other in unclear {
            assert_eq!(between(one, other), Wanted::Unknown, "{one} and {other}");
            assert_eq!(between(other, one), Wanted::Unknown, "{other} and {one}");
        }
    }
    for one in unclear {
        for other in unclear {
            assert_eq!(between(one, other), Wanted::Unknown, "{one} and {other}");
        }
    }
}

const VPCS: [&str; 4] = [HOME, THERE, "111111111111/eu-west-1/vpc-c0000000", "222222222222/eu-west-1/vpc-d0000000"];

fn words() -> impl Strategy<Value = String> {
    let word = select(
        &[
            "billing",
            "home",
            "nobody",
            "china",
            "vpc-a0000000",
            "vpc-b0000000/222222222222/eu-central-1",
            "vpc-c0000000/111111111111/eu-west-1",
            "vpc-d0000000/222222222222",
            "vpc-1",
            "a/b",
        ][..],
    );
    prop::collection::vec(word, 0..5).prop_map(|words| words.join(" "))
}

fn some_tags() -> impl Strategy<Value = Option<Tags>> {
    let mesh = select(&["one", "two", "", "not a name"][..]);
    let tags = (prop::option::of(words()), prop::option::of(mesh)).prop_map(|(ask, mesh)| {
        let pairs = [(ASK_TAG, ask), (MESH_TAG, mesh.map(str::to_owned))];
        pairs.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))).collect()
    });
    prop_oneof![5 => tags.prop_map(Some), 1 => Just(None)]
}

fn read_at(here: &VpcRef, tags: Option<&Tags>) -> Option<Asks> {
    tags.map(|tags| Asks::read(here, tags, &aliases()))
}

proptest! {
    #![proptest_config(crate::common::config())]

    #[test]
    fn it_makes_no_difference_which_of_two_vpcs_comes_first(
        one in select(&VPCS[..]), other in select(&VPCS[..]), mine in some_tags(), theirs in some_tags(),
    ) {
        let (one, other) = (vpc(one), vpc(other));
        let (mine, theirs) = (read_at(&one, mine.as_ref()), read_at(&other, theirs.as_ref()));
        let (a, b) = ((&one, mine.as_ref()), (&other, theirs.as_ref()));
        prop_assert_eq!(wanted(a, b), wanted(b, a));
    }

    #[test]
    fn what_can_not_be_read_is_never_taken_for_a_no(one in select(&VPCS[..]), other in select(&VPCS[..]), theirs in some_tags()) {
        let (one, other) = (vpc(one), vpc(other));
        let theirs = read_at(&other, theirs.as_ref());
        prop_assert_ne!(wanted((&one, None), (&other, theirs.as_ref())), Wanted::No);
    }

    #[test]
    fn knowing_more_turns_neither_a_yes_nor_a_no(
        one in select(&VPCS[..]), other in select(&VPCS[..]), mine in some_tags(), theirs in some_tags(),
    ) {
        let (one, other) = (vpc(one), vpc(other));
        let (mine, theirs) = (read_at(&one, mine.as_ref()), read_at(&other, theirs.as_ref()));
        let known = wanted((&one, mine.as_ref()), (&other, theirs.as_ref()));
        for less in [wanted((&one, None), (&other, theirs.as_ref())), wanted((&one, mine.as_ref()), (&other, None))] {
            prop_assert!(less == known || less == Wanted::Unknown, "{less:?} became {known:?}");
        }
    }

    #[test]
    fn a_mistake_that_is_fixed_may_turn_a_doubt_and_never_a_no(
        one in select(&VPCS[..]), other in select(&VPCS[..]), mine in some_tags(), theirs in some_tags(),
    ) {
        let (one, other) = (vpc(one), vpc(other));
        let mut fixed = mine.clone();
        for value in fixed.iter_mut().flat_map(BTreeMap::values_mut) {
            *value = value.replace("nobody", "billing").replace("vpc-1", "vpc-d0000000").replace("a/b", "home").replace("not a name", "one");
        }
        let theirs = read_at(&other, theirs.as_ref());
        let [before, after] = [&mine, &fixed].map(|tags| {
            let asks = read_at(&one, tags.as_ref());
            wanted((&one, asks.as_ref()), (&other, theirs.as_ref()))
        });
        prop_assert!(before == after || before == Wanted::Unknown, "{before:?} became {after:?}");
    }

    #[test]
    fn any_tags_are_read_and_no_target_stands_there_twice(ask in ".{0,256}", mesh in ".{0,140}") {
        let asks = asks_of(HOME, &[(ASK_TAG, &ask), (MESH_TAG, &mesh)]);
        let words: BTreeSet<&str> = asks.targets.iter().map(|target| target.text.as_str()).collect();
        prop_assert_eq!(words.len(), asks.targets.len());
        prop_assert!(asks.targets.len() <= MOST_TARGETS);
        prop_assert!(words.iter().all(|word| ask.contains(word) && !word.contains([' ', ','])));
        prop_assert!(asks.targets.iter().all(|target| target.vpc != Ok(vpc(HOME))));
    }
}
