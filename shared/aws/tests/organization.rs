//! Where accounts stand, as Organizations answers.

#![allow(clippy::expect_used, clippy::unwrap_used, missing_docs)]

mod support;

use peerwright_core::ids::AccountId;
use peerwright_core::world::Fact;
use peerwright_engine::failure::Class;
use peerwright_engine::ports::Organization;
use serde_json::json;
use support::{Wire, json as answer, json_error};

fn account() -> AccountId {
    "111111111111".parse().expect("an account")
}

/// The account is in `Root/Workloads/Dev`.
fn organization() -> Wire {
    Wire::answering(|request| match (request["Action"].as_str(), request.get("ChildId").map(String::as_str)) {
        ("ListParents", Some("111111111111")) => parent("ou-ab12-22222222", "ORGANIZATIONAL_UNIT"),
        ("ListParents", Some("ou-ab12-22222222")) => parent("ou-ab12-11111111", "ORGANIZATIONAL_UNIT"),
        ("ListParents", Some("ou-ab12-11111111")) => parent("r-ab12", "ROOT"),
        ("ListParents", _) => json_error("ChildNotFoundException"),
        ("ListRoots", _) => answer(&json!({ "Roots": [{ "Id": "r-ab12", "Name": "Root" }] })),
        ("DescribeOrganizationalUnit", _) => {
            let id = request["OrganizationalUnitId"].as_str();
            let name = if id == "ou-ab12-22222222" { "Dev" } else { "Workloads" };
            answer(&json!({ "OrganizationalUnit": { "Id": id, "Name": name } }))
        }
        _ => None,
    })
}

fn parent(id: &str, kind: &str) -> support::Answered {
    answer(&json!({ "Parents": [{ "Id": id, "Type": kind }] }))
}

#[tokio::test]
async fn an_accounts_units_are_read_up_to_the_root_with_their_paths() {
    let units = organization().cloud().await.units(&account()).await.expect("an answer");
    let Fact::Known(units) = units else { panic!("{units:?}") };
    let read: Vec<(String, &str)> = units.iter().map(|unit| (unit.id.to_string(), unit.path.as_str())).collect();
    let expected = [("r-ab12", "Root"), ("ou-ab12-11111111", "Root/Workloads"), ("ou-ab12-22222222", "Root/Workloads/Dev")];
    assert_eq!(read, expected.map(|(id, path)| (id.to_owned(), path)));
}

#[tokio::test]
async fn an_empty_first_page_of_parents_is_not_the_answer() {
    let wire = Wire::answering(|request| match (request["Action"].as_str(), request.get("NextToken")) {
        ("ListParents", None) => answer(&json!({ "Parents": [], "NextToken": "more" })),
        ("ListParents", Some(_)) => parent("r-ab12", "ROOT"),
        ("ListRoots", _) => answer(&json!({ "Roots": [{ "Id": "r-ab12", "Name": "Root" }] })),
        _ => None,
    });
    let units = wire.cloud().await.units(&account()).await.expect("an answer");
    assert!(matches!(&units, Fact::Known(units) if units.len() == 1), "{units:?}");
}

#[tokio::test]
async fn what_was_read_is_not_asked_for_again() {
    let wire = organization();
    let cloud = wire.cloud().await;
    for _ in 0..3 {
        cloud.units(&account()).await.expect("an answer");
    }
    assert_eq!(wire.requests("ListParents").len(), 3, "the account's parent, and that of each unit");
    assert_eq!(wire.requests("DescribeOrganizationalUnit").len(), 2);
}

#[tokio::test]
async fn an_account_outside_the_organization_is_known_to_be_in_no_unit_and_asked_for_once() {
    let wire = organization();
    let cloud = wire.cloud().await;
    for _ in 0..2 {
        let units = cloud.units(&"999999999999".parse().expect("an account")).await.expect("an answer");
        assert!(matches!(&units, Fact::Known(units) if units.is_empty()), "{units:?}");
    }
    assert_eq!(wire.requests("ListParents").len(), 1);
}

#[tokio::test]
async fn a_unit_that_vanished_while_it_was_read_leaves_the_account_unknown_not_outside() {
    let wire = Wire::answering(|request| match (request["Action"].as_str(), request.get("ChildId").map(String::as_str)) {
        ("ListParents", Some("111111111111")) => parent("ou-ab12-22222222", "ORGANIZATIONAL_UNIT"),
        ("ListParents", _) => json_error("ChildNotFoundException"),
        ("DescribeOrganizationalUnit", _) => answer(&json!({ "OrganizationalUnit": { "Id": "ou-ab12-22222222", "Name": "Dev" } })),
        _ => None,
    });
    assert!(matches!(wire.cloud().await.units(&account()).await.expect("an answer"), Fact::Unknown(_)));
}

#[tokio::test]
async fn a_hub_that_may_not_ask_knows_no_units_and_says_why() {
    let wire = Wire::answering(|request| if request["Action"] == "ListParents" { json_error("AccessDeniedException") } else { None });
    let Fact::Unknown(why) = wire.cloud().await.units(&account()).await.expect("an answer") else { panic!("it may not ask") };
    assert!(why.contains("AccessDeniedException (words of AWS)"), "{why}");
}

#[tokio::test]
async fn an_organization_that_asks_for_a_slower_pace_is_a_failure_that_passes() {
    let wire = Wire::answering(|request| if request["Action"] == "ListParents" { json_error("TooManyRequestsException") } else { None });
    assert_eq!(wire.cloud().await.units(&account()).await.expect_err("too many").class, Class::Throttled);
}

#[tokio::test]
async fn units_that_lead_in_a_circle_are_unknown() {
    let wire = Wire::answering(|request| match request["Action"].as_str() {
        "ListParents" => parent("ou-ab12-22222222", "ORGANIZATIONAL_UNIT"),
        "DescribeOrganizationalUnit" => answer(&json!({ "OrganizationalUnit": { "Id": "ou-ab12-22222222", "Name": "Dev" } })),
        _ => None,
    });
    assert!(matches!(wire.cloud().await.units(&account()).await.expect("an answer"), Fact::Unknown(_)));
}
