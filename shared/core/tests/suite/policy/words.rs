//! Allowlists, vpcs and verdicts in few words.

use jiff::Timestamp;
use peerwright_core::allowlist::{ANY_KEY, Allowlist, Stored, StoredAllowlist};
use peerwright_core::ids::{Place, RuleId, Sides, VpcRef};
use peerwright_core::organization::NOT_ASKED;
use peerwright_core::policy::{Decision, Verdict, decide};
use peerwright_core::world::{Fact, VpcFacts};
use serde_json::{Value, json};

/// The moment at which decisions are made.
pub(crate) fn now() -> Timestamp {
    "2026-01-01T00:00:00Z".parse().expect("a time")
}

/// The allowlist that a file says, by way of the table's items.
pub(crate) fn allowlist(yaml: &str) -> StoredAllowlist {
    let file = Allowlist::from_yaml(yaml, now()).unwrap_or_else(|problems| panic!("{problems}"));
    StoredAllowlist::read(&file.items())
}

/// A VPC with its CIDR blocks and tags, all known.
pub(crate) fn vpc_facts(account: &str, region: &str, vpc: &str, cidrs: &[&str], tags: &[(&str, &str)]) -> VpcFacts {
    VpcFacts {
        vpc: VpcRef {
            place: Place { account: account.parse().expect("an account"), region: region.parse().expect("a Region") },
            vpc: vpc.parse().expect("a VPC id"),
        },
        owner: account.parse().expect("an account"),
        cidrs: Fact::Known(cidrs.iter().map(|block| block.parse::<ipnet::IpNet>().expect("a CIDR block")).collect()),
        tags: Fact::Known(tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()),
        units: Fact::Unknown(NOT_ASKED.to_owned()),
    }
}

/// The development VPC of account A, asking the shared VPC of account B: most sentences are about these two.
pub(crate) fn a_asks_b() -> Sides<VpcFacts> {
    Sides {
        requester: vpc_facts(
            "111111111111",
            "eu-west-1",
            "vpc-a0000000",
            &["10.10.0.0/16", "fd00:10::/56"],
            &[("env", "dev"), ("team", "web")],
        ),
        accepter: vpc_facts("222222222222", "eu-central-1", "vpc-b0000000", &["10.20.0.0/16"], &[("env", "shared")]),
    }
}

/// The decision about two vpcs.
pub(crate) fn decision(vpcs: &Sides<VpcFacts>, allowlist: &StoredAllowlist) -> Decision {
    decide(vpcs, allowlist, now())
}

/// A verdict in a word and the ids of the rules behind it: `allowed a b`, `denied c`, `held`.
pub(crate) fn in_words(verdict: &Verdict) -> String {
    let (word, ids): (&str, Vec<&str>) = match verdict {
        Verdict::Allowed(rules) => ("allowed", rules.iter().map(|rule| rule.id.as_str()).collect()),
        Verdict::Denied(rules) => ("denied", rules.iter().map(RuleId::as_str).collect()),
        Verdict::Held => ("held", Vec::new()),
    };
    [&[word], &ids[..]].concat().join(" ")
}

/// Asserts the verdict about A's request to B.
#[track_caller]
pub(crate) fn verdict(yaml: &str, expected: &str) {
    verdict_about(&a_asks_b(), yaml, expected);
}

#[track_caller]
pub(crate) fn verdict_about(vpcs: &Sides<VpcFacts>, yaml: &str, expected: &str) {
    assert_eq!(in_words(&decision(vpcs, &allowlist(yaml)).verdict), expected, "{yaml}");
}

/// An allow rule `r` about the requester, whose account is always A unless said, and whose accepter is always B.
pub(crate) fn rule_for(requester: &str) -> String {
    let named = ["accounts", "organization", "vpcs"].iter().any(|key| requester.contains(key));
    let requester = if named { requester.to_owned() } else { requester.replacen('{', "{ accounts: [\"111111111111\"],", 1) };
    format!("rules: [{{ id: r, effect: allow, requester: {requester}, accepter: {{ accounts: [\"222222222222\"] }} }}]")
}

/// Items under the key of every accepter, as any client of the table may write them.
pub(crate) fn items(bodies: &[Value]) -> StoredAllowlist {
    let stored = |body: &Value| Stored {
        accepter: ANY_KEY.to_owned(),
        id: body["id"].as_str().unwrap_or("nameless").to_owned(),
        body: body.clone(),
    };
    StoredAllowlist::read(&bodies.iter().map(stored).collect::<Vec<_>>())
}

/// A rule about the requester, whose account is A where an allow rule would name nobody, and whose accepter is always B.
pub(crate) fn body(id: &str, effect: &str, requester: &Value) -> Value {
    let mut requester = requester.clone();
    if effect == "allow" && ["accounts", "organizational_units", "organization", "vpcs"].iter().all(|key| requester.get(key).is_none()) {
        requester["accounts"] = json!(["111111111111"]);
    }
    json!({ "id": id, "effect": effect, "requester": requester, "accepter": { "accounts": ["222222222222"] } })
}

pub(crate) fn tags_unknown() -> Sides<VpcFacts> {
    let mut vpcs = a_asks_b();
    vpcs.requester.tags = Fact::Unknown("no role in account 111111111111".to_owned());
    vpcs
}
