//! Allowlists and parties in few words.

use jiff::Timestamp;
use peerwright_core::allowlist::{Allowlist, Problems, StoredAllowlist};
use peerwright_core::ids::{Place, Sides, VpcRef};
use peerwright_core::policy::{Decision, Verdict, decide};
use peerwright_core::world::{Fact, Party};

/// The moment at which decisions are made.
pub(crate) fn now() -> Timestamp {
    "2026-01-01T00:00:00Z".parse().expect("a time")
}

/// The allowlist that a file says, by way of the table's items.
pub(crate) fn allowlist(yaml: &str) -> StoredAllowlist {
    StoredAllowlist::read(&file(yaml).unwrap_or_else(|problems| panic!("{problems}")).items())
}

/// A file as it is, or its problems.
pub(crate) fn file(yaml: &str) -> Result<Allowlist, Problems> {
    Allowlist::from_yaml(yaml, now())
}

/// A VPC with its CIDR blocks and tags, all known.
pub(crate) fn party(account: &str, region: &str, vpc: &str, cidrs: &[&str], tags: &[(&str, &str)]) -> Party {
    Party {
        vpc: VpcRef {
            place: Place { account: account.parse().expect("an account"), region: region.parse().expect("a Region") },
            vpc: vpc.parse().expect("a VPC id"),
        },
        cidrs: Fact::Known(cidrs.iter().map(|block| block.parse::<ipnet::IpNet>().expect("a CIDR block")).collect()),
        tags: Fact::Known(tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()),
    }
}

/// The development VPC of account A, asking the shared VPC of account B: most sentences are about these two.
pub(crate) fn a_asks_b() -> Sides<Party> {
    Sides {
        requester: party(
            "111111111111",
            "eu-west-1",
            "vpc-a0000000",
            &["10.10.0.0/16", "fd00:10::/56"],
            &[("env", "dev"), ("team", "web")],
        ),
        accepter: party("222222222222", "eu-central-1", "vpc-b0000000", &["10.20.0.0/16"], &[("env", "shared")]),
    }
}

/// The decision about two parties.
pub(crate) fn decision(parties: &Sides<Party>, allowlist: &StoredAllowlist) -> Decision {
    decide(parties, allowlist, now())
}

/// A verdict in a word and the ids of the rules behind it: `allowed a b`, `denied c`, `held`.
pub(crate) fn in_words(verdict: &Verdict) -> String {
    let (word, ids): (&str, Vec<&str>) = match verdict {
        Verdict::Allowed(rules) => ("allowed", rules.iter().map(|rule| rule.id.as_str()).collect()),
        Verdict::Denied(rules) => ("denied", rules.iter().map(|id| id.as_str()).collect()),
        Verdict::Held => ("held", Vec::new()),
    };
    [&[word], &ids[..]].concat().join(" ")
}
