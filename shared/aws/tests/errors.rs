//! What AWS's refusals are taken for.

#![allow(clippy::expect_used, clippy::unwrap_used, missing_docs)]

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use peerwright_aws::Ec2Cloud;
use peerwright_engine::failure::{Class, Failure};
use peerwright_engine::ports::Cloud;
use support::{Answered, Wire, ec2_error, place, sts_error};

async fn failure_of(answer: fn() -> Answered, assume: Option<&'static str>) -> Failure {
    let wire = Wire::answering(move |request| match (request["Action"].as_str(), assume) {
        ("AssumeRole", Some(code)) => sts_error(code),
        ("AssumeRole", None) => None,
        _ => answer(),
    });
    let id = "pcx-1a2b3c4d".parse().unwrap();
    wire.cloud().await.connection(&place("222222222222", "eu-west-1"), &id).await.expect_err("a failure")
}

#[tokio::test]
async fn a_refused_role_is_recognised_under_a_dispatch_failure() {
    let failure = failure_of(|| panic!("EC2 must not be reached"), Some("AccessDenied")).await;
    assert_eq!(failure.class, Class::NoRole);
    assert!(failure.explain().contains("the member role can't be assumed: AccessDenied"), "{}", failure.explain());
}

#[tokio::test]
async fn a_role_that_was_taken_away_is_missed_at_the_call_behind_the_refusal() {
    let gone = AtomicBool::new(false);
    let wire = Wire::answering(move |request| match request["Action"].as_str() {
        "AssumeRole" => gone.swap(true, Ordering::Relaxed).then(|| sts_error("AccessDenied")).flatten(),
        _ => ec2_error(403, "UnauthorizedOperation"),
    });
    let (pool, place, id) = (wire.pool().await, place("222222222222", "eu-west-1"), "pcx-1a2b3c4d".parse().unwrap());
    let cloud = Ec2Cloud::new(Arc::clone(&pool));
    assert_eq!(cloud.connection(&place, &id).await.expect_err("a refusal").class, Class::Denied);
    assert_eq!(cloud.connection(&place, &id).await.expect_err("a refusal").class, Class::NoRole);
}

#[tokio::test]
async fn a_throttled_assume_role_is_a_throttle_and_not_a_missing_role() {
    assert_eq!(failure_of(|| panic!("EC2 must not be reached"), Some("Throttling")).await.class, Class::Throttled);
}

#[tokio::test]
async fn in_a_region_that_is_switched_off_there_is_no_role() {
    assert_eq!(failure_of(|| panic!("EC2 must not be reached"), Some("RegionDisabledException")).await.class, Class::NoRole);
}

#[tokio::test]
async fn each_spelling_of_an_unknown_connection_is_an_absence() {
    for code in ["InvalidVpcPeeringConnectionID.NotFound", "InvalidVpcPeeringConnectionId.NotFound"] {
        let wire = Wire::answering(move |request| match request["Action"].as_str() {
            "AssumeRole" => None,
            _ => ec2_error(400, code),
        });
        let found = wire.cloud().await.connection(&place("222222222222", "eu-west-1"), &"pcx-1a2b3c4d".parse().unwrap()).await;
        assert!(found.expect("no failure").is_none(), "{code}");
    }
}

#[tokio::test]
async fn codes_are_sorted_by_what_to_do() {
    let classes = [
        (failure_of(|| ec2_error(403, "UnauthorizedOperation"), None).await, Class::Denied),
        (failure_of(|| ec2_error(503, "RequestLimitExceeded"), None).await, Class::Throttled),
        (failure_of(|| ec2_error(400, "VpcPeeringConnectionsPerVpcLimitExceeded"), None).await, Class::Quota),
        (failure_of(|| ec2_error(400, "InvalidStateTransition"), None).await, Class::Stale),
        (failure_of(|| ec2_error(400, "InvalidParameterException"), None).await, Class::Stale),
        (failure_of(|| ec2_error(400, "InvalidSecurityGroupID.NotFound"), None).await, Class::Stale),
        (failure_of(|| ec2_error(400, "ConcurrentTagAccess"), None).await, Class::Transient),
        (failure_of(|| ec2_error(400, "ResourceInUse"), None).await, Class::Transient),
        (failure_of(|| ec2_error(400, "RequestExpired"), None).await, Class::Transient),
        (failure_of(|| ec2_error(401, "OptInRequired"), None).await, Class::Denied),
        (failure_of(|| ec2_error(403, "Blocked"), None).await, Class::Denied),
        (failure_of(|| ec2_error(400, "PendingVerification"), None).await, Class::Denied),
        (failure_of(|| ec2_error(500, "SomethingNew"), None).await, Class::Transient),
        (failure_of(|| ec2_error(400, "SomethingNew"), None).await, Class::Refused),
    ];
    for (failure, class) in classes {
        assert_eq!(failure.class, class, "{}", failure.explain());
    }
}

#[tokio::test]
async fn a_failure_repeats_the_code_and_the_words_of_aws() {
    let failure = failure_of(|| ec2_error(403, "UnauthorizedOperation"), None).await;
    assert_eq!(
        failure.explain(),
        "can't describe pcx-1a2b3c4d in 222222222222/eu-west-1: UnauthorizedOperation (words of AWS); give the member role the permission, or look for a service control policy that takes it away"
    );
}

#[tokio::test]
async fn an_endpoint_that_nobody_listens_at_may_come_back() {
    let mut wire = Wire::answering(|_| None);
    wire.url = "http://127.0.0.1:9".to_owned();
    let found = wire.cloud().await.connection(&place("222222222222", "eu-west-1"), &"pcx-1a2b3c4d".parse().unwrap()).await;
    assert_eq!(found.expect_err("a failure").class, Class::Transient);
}
