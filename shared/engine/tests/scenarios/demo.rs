//! The world that most tests play in, and short words for what they do with it.

use peerwright_core::event::Hint;
use peerwright_core::ids::PcxId;
use peerwright_core::plan::Limits;
use peerwright_engine::accept::{self, OnDeny};
use peerwright_engine::configure;
use peerwright_engine::failure::Failure;
use peerwright_engine::outcome::{Outcome, Report};
use peerwright_testkit::{FakeGroup, FakeTable, FakeVpc, World, run};

/// Owns the VPC that asks.
pub(crate) const A: &str = "111111111111";
/// Owns the VPCs that are asked.
pub(crate) const B: &str = "222222222222";
/// Has no member role.
pub(crate) const STRANGER: &str = "999999999999";
pub(crate) const IRELAND: &str = "eu-west-1";
pub(crate) const FRANKFURT: &str = "eu-central-1";

/// A's VPC in Ireland: two IPv4 blocks and one of IPv6, two route tables, a group.
pub(crate) const WEB: &str = "vpc-0000000a";
/// B's VPC in Ireland.
pub(crate) const DB: &str = "vpc-0000000b";
/// B's VPC in Frankfurt, without IPv6.
pub(crate) const FAR: &str = "vpc-0000000c";
/// The stranger's VPC in Ireland.
pub(crate) const ODD: &str = "vpc-0000000f";

/// A may connect to B; routes, rules and DNS resolution on both ends.
pub(crate) const WEB_TO_DB: &str = r#"
rules:
  - id: web-to-db
    effect: allow
    requester: { accounts: ["111111111111"] }
    accepter: { accounts: ["222222222222"] }
    routes:
      requester: { tables: all }
      accepter: { tables: { tag: { tier: private } } }
    security_groups:
      requester: [{ groups: { tag: { role: web } }, egress: [{ protocol: udp, ports: "53", to: peer-vpc }] }]
      accepter: [{ groups: { tag: { role: db } }, ingress: [{ protocol: tcp, ports: "5432", from: { groups: [sg-0000000a] }, across_regions: peer-vpc }] }]
    dns_resolution: { requester: true, accepter: true }
"#;

/// The stranger may connect to [`DB`], and nobody else. Its blocks are written out, since a pending request may not show them.
pub(crate) const STRANGER_TO_DB: &str = r#"
rules:
  - id: stranger-to-db
    effect: allow
    requester: { accounts: ["999999999999"] }
    accepter: { vpcs: [vpc-0000000b] }
    routes: { requester: { tables: all }, accepter: { tables: all, destinations: [10.40.0.0/16] } }
    dns_resolution: { accepter: true }
"#;

/// Two member accounts, a stranger, and an allowlist.
pub(crate) fn world(allowlist: &str) -> World {
    World::new().member(A).member(B).vpc(web()).vpc(db()).vpc(far()).vpc(odd()).allow(allowlist)
}

pub(crate) fn web() -> FakeVpc {
    FakeVpc::new(A, IRELAND, WEB)
        .cidr("10.1.0.0/16")
        .cidr("10.2.0.0/16")
        .cidr("fd00:a::/56")
        .tag("env", "dev")
        .table(FakeTable::new("rtb-000000a1"))
        .table(FakeTable::new("rtb-000000a2").tag("tier", "private").route("0.0.0.0/0", "nat-00000001"))
        .group(FakeGroup::new("sg-0000000a").tag("role", "web").ingress("443", "0.0.0.0/0"))
}

pub(crate) fn db() -> FakeVpc {
    FakeVpc::new(B, IRELAND, DB)
        .cidr("10.20.0.0/16")
        .cidr("fd00:b::/56")
        .table(FakeTable::new("rtb-000000b1"))
        .table(FakeTable::new("rtb-000000b2").tag("tier", "private"))
        .group(FakeGroup::new("sg-0000000b").tag("role", "db"))
}

fn far() -> FakeVpc {
    FakeVpc::new(B, FRANKFURT, FAR)
        .cidr("10.30.0.0/16")
        .table(FakeTable::new("rtb-000000c1").tag("tier", "private"))
        .group(FakeGroup::new("sg-0000000c").tag("role", "db"))
}

fn odd() -> FakeVpc {
    FakeVpc::new(STRANGER, IRELAND, ODD).cidr("10.40.0.0/16").table(FakeTable::new("rtb-000000f1"))
}

/// What `configure` makes between [`WEB`] and [`DB`] by [`WEB_TO_DB`].
pub(crate) const WEB_AND_DB: [&str; 12] = [
    "rtb-000000a1 10.20.0.0/16",
    "rtb-000000a1 fd00:b::/56",
    "rtb-000000a2 10.20.0.0/16",
    "rtb-000000a2 fd00:b::/56",
    "rtb-000000b2 10.1.0.0/16",
    "rtb-000000b2 10.2.0.0/16",
    "rtb-000000b2 fd00:a::/56",
    "sg-0000000a egress udp/53 10.20.0.0/16",
    "sg-0000000a egress udp/53 fd00:b::/56",
    "sg-0000000b ingress tcp/5432 111111111111/sg-0000000a",
    "dns requester",
    "dns accepter",
];

/// Follows a hint as the function `accept` does.
pub(crate) fn accept(world: &World, hint: &Hint) -> Result<Report, Failure> {
    run(accept::accept(hint, OnDeny::Hold, &world.ports()))
}

/// Follows a hint as the function `configure` does.
pub(crate) fn configure(world: &World, hint: &Hint) -> Result<Report, Failure> {
    run(configure::configure(hint, Limits::NONE, &world.ports()))
}

/// What came of one connection.
pub(crate) fn of(result: Result<Report, Failure>, id: &PcxId) -> Outcome {
    let report = result.unwrap_or_else(|failure| panic!("{}", failure.explain()));
    let mut found = report.outcomes.iter().filter(|(about, _)| about.as_ref() == Some(id));
    let outcome = found.next().unwrap_or_else(|| panic!("{id} is not in {report:?}"));
    assert_eq!(found.next(), None, "{id} is reported twice");
    outcome.1.clone()
}

/// The only thing that a report says, where it speaks of no connection.
pub(crate) fn nothing(result: Result<Report, Failure>) -> String {
    let report = result.unwrap_or_else(|failure| panic!("{}", failure.explain()));
    match &report.outcomes[..] {
        [(None, Outcome::Nothing(why))] => why.clone(),
        other => panic!("there should be nothing to do: {other:?}"),
    }
}

/// A request that was accepted and is being provisioned.
pub(crate) fn accepted(world: &World, requester: &str, accepter: &str) -> PcxId {
    let id = world.request(requester, accepter);
    let outcome = of(accept(world, &world.requested(&id)), &id);
    assert!(matches!(outcome, Outcome::Accepted(_)), "{outcome:?}");
    id
}

/// A connection that `configure` brought to what the allowlist wants.
pub(crate) fn converged(world: &World, requester: &str, accepter: &str) -> PcxId {
    let id = accepted(world, requester, accepter);
    let outcome = of(configure(world, &world.accepted(&id)), &id);
    assert!(matches!(outcome, Outcome::Converged(_)), "{outcome:?}");
    id
}
