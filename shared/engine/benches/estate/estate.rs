//! The estate: spokes in many accounts that may ask for hubs in one.

use std::time::Duration;

use peerwright_testkit::{FakeGroup, FakeTable, FakeVpc, World};

pub(crate) const REGION: &str = "eu-west-1";
/// How many hubs an account has: with 50 spokes each, a thousand connections, which EC2 shows in one page.
const HUBS_PER_ACCOUNT: usize = 20;
/// How long a call of EC2 takes.
pub(crate) const LATENCY: Duration = Duration::from_millis(100);

/// Some spokes for each hub, spread over accounts.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Estate {
    pub(crate) spokes: usize,
    pub(crate) accounts: usize,
    pub(crate) spokes_per_hub: usize,
}

impl Estate {
    pub(crate) fn hubs(self) -> usize {
        self.spokes.div_ceil(self.spokes_per_hub)
    }

    pub(crate) fn account(number: usize) -> String {
        format!("{:012}", 100_000_000_000 + number)
    }

    /// The account of a hub.
    fn shared(hub: usize) -> String {
        format!("{:012}", 900_000_000_000 + hub / HUBS_PER_ACCOUNT)
    }

    pub(crate) fn spoke(number: usize) -> String {
        format!("vpc-a{number:07x}")
    }

    pub(crate) fn hub(number: usize) -> String {
        format!("vpc-b{number:07x}")
    }

    /// Nothing is connected, every account lets us in, and EC2 counts and throttles.
    pub(crate) fn world(self) -> World {
        let mut world = World::new().metered(LATENCY).allow(&self.rules());
        for hub in (0..self.hubs()).step_by(HUBS_PER_ACCOUNT) {
            world = world.member(&Self::shared(hub));
        }
        for number in 0..self.accounts {
            world = world.member(&Self::account(number));
        }
        for number in 0..self.hubs() {
            let vpc = FakeVpc::new(&Self::shared(number), REGION, &Self::hub(number)).cidr(&format!(
                "172.{}.{}.0/24",
                16 + number / 256,
                number % 256
            ));
            let group = FakeGroup::new(&format!("sg-b{number:07x}")).tag("role", "service");
            world = world.vpc(vpc.table(FakeTable::new(&format!("rtb-b{number:07x}"))).group(group));
        }
        for number in 0..self.spokes {
            let account = Self::account(number % self.accounts);
            let vpc = FakeVpc::new(&account, REGION, &Self::spoke(number)).cidr(&format!("10.{}.{}.0/24", number / 256, number % 256));
            let group = FakeGroup::new(&format!("sg-a{number:07x}")).tag("role", "client");
            world = world.vpc(vpc.table(FakeTable::new(&format!("rtb-a{number:07x}"))).group(group));
        }
        world
    }

    /// One rule: whoever is a member may ask for the hubs.
    fn rules(self) -> String {
        let list =
            |accounts: &mut dyn Iterator<Item = String>| accounts.map(|account| format!("{account:?}")).collect::<Vec<_>>().join(", ");
        let accounts = list(&mut (0..self.accounts).map(Self::account));
        let shared = list(&mut (0..self.hubs()).step_by(HUBS_PER_ACCOUNT).map(Self::shared));
        format!(
            r#"
rules:
  - id: spokes-to-hubs
    effect: allow
    requester: {{ accounts: [{accounts}] }}
    accepter: {{ accounts: [{shared}] }}
    routes: {{ requester: {{ tables: all }}, accepter: {{ tables: all }} }}
    security_groups:
      accepter: [{{ groups: {{ tag: {{ role: service }} }}, ingress: [{{ protocol: tcp, ports: "443", from: peer-vpc }}] }}]
"#
        )
    }

    /// The target that a spoke's tag names.
    pub(crate) fn target(self, spoke: usize) -> String {
        let hub = spoke / self.spokes_per_hub;
        format!("{}/{}", Self::hub(hub), Self::shared(hub))
    }
}
