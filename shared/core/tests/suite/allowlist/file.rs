//! Allowlist files in few words.

use jiff::Timestamp;
use peerwright_core::allowlist::{Allowlist, Problem};

/// The example of the documentation.
pub(crate) const EXAMPLE: &str = r#"
aliases:
  shared-services: { account: "222222222222", region: eu-west-1, vpc: vpc-0abc1234def567890 }
rules:
  - id: dev-to-shared
    effect: allow                     # allow | deny
    requester:                        # every key given must match; within a key any value may
      accounts: ["111111111111"]
      regions: [eu-west-1]
      cidrs: ["10.0.0.0/8"]           # every CIDR of the VPC, IPv4 and IPv6, lies inside one of these
      tags: { env: dev }              # tags of the VPC, read in its own account
    accepter: { alias: shared-services }
    approval: automatic
    not_after: 2027-06-30T00:00:00Z
    routes:
      requester: { tables: all, destinations: all, exclude: [] }
      accepter:  { tables: { tag: { tier: private } }, destinations: all }
    security_groups:
      accepter:
        - groups: { tag: { role: db } }
          ingress: [{ protocol: tcp, ports: "5432", from: peer-vpc }]
      requester: []
    dns_resolution: { requester: true, accepter: true }
    on_revoke: keep
  - id: no-prod
    effect: deny
    requester: { tags: { env: [prod, production] } }
    accepter: { accounts: ["222222222222"] }
"#;

pub(crate) fn now() -> Timestamp {
    "2026-01-01T00:00:00Z".parse().expect("a time")
}

pub(crate) fn read(yaml: &str) -> Allowlist {
    Allowlist::from_yaml(yaml, now()).unwrap_or_else(|problems| panic!("{problems}"))
}

/// The problems of a file, in words, without the line that each has.
pub(crate) fn problems(yaml: &str) -> Vec<String> {
    let in_words = |problem: &Problem| Problem { position: None, ..problem.clone() }.to_string();
    Allowlist::from_yaml(yaml, now()).map_or_else(|problems| problems.iter().map(in_words).collect(), |_| Vec::new())
}

/// The warnings of a file that is read.
pub(crate) fn warnings(yaml: &str) -> Vec<String> {
    read(yaml).warnings.iter().map(ToString::to_string).collect()
}

/// Asserts that a file has exactly these problems, in words.
#[track_caller]
///
/// Their order, which is that of the file, has a test of its own.
pub(crate) fn refused(yaml: &str, expected: &[&str]) {
    let (mut found, mut expected) = (problems(yaml), expected.to_vec());
    found.sort_unstable();
    expected.sort_unstable();
    assert_eq!(found, expected, "{yaml}");
}

/// A file of one rule, `r`, that is right but for what is put in.
pub(crate) fn rule(with: &str) -> String {
    format!(
        "rules:\n  - id: r\n    effect: allow\n    requester: {{ accounts: [\"111111111111\"] }}\n    \
         accepter: {{ accounts: [\"222222222222\"] }}\n    {with}\n"
    )
}

/// The same with conditions on the requester in place of the account.
pub(crate) fn requester(with: &str) -> String {
    rule("").replace(r#"{ accounts: ["111111111111"] }"#, with)
}

/// The same with one ingress permission.
pub(crate) fn ingress(permission: &str) -> String {
    rule(&format!("security_groups: {{ accepter: [{{ groups: [sg-b0000001], ingress: [{permission}] }}] }}"))
}
