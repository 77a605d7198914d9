//! Quotas, as Service Quotas answers.

#![allow(clippy::expect_used, clippy::unwrap_used, missing_docs)]

mod support;

use peerwright_core::quota::Quotas;
use peerwright_core::world::Fact;
use peerwright_engine::ports::Cloud;
use serde_json::json;
use support::{Wire, json as answer, json_error, place};

#[tokio::test]
async fn quotas_of_ones_own_are_read_and_the_others_are_the_documented_ones() {
    let wire = Wire::answering(|request| match (request["Action"].as_str(), request.get("QuotaCode").map(String::as_str)) {
        ("GetServiceQuota", Some("L-7E9ECCDB")) => answer(&json!({ "Quota": { "QuotaCode": "L-7E9ECCDB", "Value": 125.0 } })),
        ("GetServiceQuota", Some("L-93826ACB")) => answer(&json!({ "Quota": { "QuotaCode": "L-93826ACB", "Value": 1000.0 } })),
        ("GetServiceQuota", _) => json_error("NoSuchResourceException"),
        _ => None,
    });
    let cloud = wire.cloud().await;
    let here = place("222222222222", "eu-west-1");
    let expected = Quotas { peerings_per_vpc: 125, routes_per_table: 1000, ..Quotas::DOCUMENTED };
    assert_eq!(cloud.quotas(&here).await.expect("an answer"), Fact::Known(expected));
    assert_eq!(cloud.quotas(&here).await.expect("an answer"), Fact::Known(expected));
    assert_eq!(wire.requests("GetServiceQuota").len(), 4, "each quota once, however often it is asked for");
    assert!(wire.requests("GetServiceQuota").iter().all(|request| request["ServiceCode"] == "vpc"));
    assert_eq!(cloud.calls(), 0, "they are no calls of EC2");
}

#[tokio::test]
async fn quotas_that_may_not_be_read_are_unknown_and_asked_for_again() {
    let wire = Wire::answering(|request| if request["Action"] == "GetServiceQuota" { json_error("AccessDeniedException") } else { None });
    let cloud = wire.cloud().await;
    let here = place("222222222222", "eu-west-1");
    for _ in 0..2 {
        let Fact::Unknown(why) = cloud.quotas(&here).await.expect("an answer") else { panic!("they may not be read") };
        assert!(why.contains("L-7E9ECCDB in 222222222222/eu-west-1") && why.contains("AccessDeniedException"), "{why}");
    }
    assert_eq!(wire.requests("GetServiceQuota").len(), 2);
}

#[tokio::test]
async fn ec2_and_service_quotas_share_one_session_of_the_member_role() {
    let wire = Wire::answering(|request| if request["Action"] == "GetServiceQuota" { json_error("NoSuchResourceException") } else { None });
    let cloud = wire.cloud().await;
    let here = place("222222222222", "eu-west-1");
    cloud.pending(&here).await.expect_err("nobody answers");
    cloud.quotas(&here).await.expect("an answer");
    assert_eq!(wire.requests("AssumeRole").len(), 1);
}
