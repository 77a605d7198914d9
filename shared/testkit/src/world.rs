//! The whole world of a test.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use ipnet::IpNet;
use jiff::Timestamp;
use peerwright_core::cidr::CidrSet;
use peerwright_core::event::{Cause, Hint};
use peerwright_core::ids::{AccountId, PcxId, Place, Sides, VpcId, VpcRef};
use peerwright_core::quota::Quotas;
use peerwright_core::world::{PeeringState, PrefixList, Tags};
use peerwright_engine::failure::Class;
use peerwright_engine::freeze::Freeze;
use peerwright_engine::ports::Clock;

use crate::allowlist::FakeAllowlist;
use crate::call_gate::CallGate;
use crate::clock::FakeClock;
use crate::cloud::FakeCloud;
use crate::fault::Fault;
use crate::ledger::FakeLedger;
use crate::metering::Action;
use crate::network::Network;
use crate::operation::Operation;
use crate::organization::line;
use crate::parse::parse;
use crate::peering::Pace;
use crate::ports::FakePorts;
use crate::snapshot::Snapshot;
use crate::vpc::FakeVpc;

/// How long a message is hidden from others when whoever took it dies (`VisibilityTimeout` in `infra/hub.yaml`).
const HIDDEN: Duration = Duration::from_mins(6);

/// EC2, both tables and the clock. Built by chaining, then asked through its [`ports`](Self::ports). A copy is the same world.
#[derive(Debug, Clone)]
pub struct World {
    network: Arc<Mutex<Network>>,
    gate: CallGate,
    /// How many processes there were.
    processes: Arc<AtomicU64>,
    /// How long a run may take.
    time_limit: Option<Duration>,
    /// The clock of everything.
    pub clock: FakeClock,
    /// The allowlist table.
    pub allowlist: FakeAllowlist,
    /// The ledger.
    pub ledger: FakeLedger,
}

impl Default for World {
    fn default() -> Self {
        let (gate, clock) = (CallGate::default(), FakeClock::default());
        Self {
            network: Arc::default(),
            processes: Arc::default(),
            time_limit: None,
            allowlist: FakeAllowlist { items: Arc::default(), gate: gate.clone(), clock: clock.clone(), kept: Arc::default() },
            ledger: FakeLedger::new(gate.clone()),
            gate,
            clock,
        }
    }
}

/// Building.
impl World {
    /// A world with nobody in it.
    pub fn new() -> Self {
        Self::default()
    }

    /// An account has the member role.
    #[must_use]
    pub fn member(self, account: &str) -> Self {
        self.network().members.insert(parse(account));
        self
    }

    /// A VPC exists.
    #[must_use]
    pub fn vpc(self, vpc: FakeVpc) -> Self {
        self.network().vpcs.insert(vpc.at.vpc.clone(), vpc);
        self
    }

    /// The owner of a VPC shares it with another account, which may set tags of its own on it.
    #[must_use]
    pub fn share(self, vpc: &str, with: &str) -> Self {
        let at = self.vpc_ref(vpc);
        self.network().shares.insert((at.vpc, Place { account: parse(with), region: at.place.region }), Tags::new());
        self
    }

    /// An account stands in the organization, in the last unit of a path such as `Root/Workloads/Dev`.
    #[must_use]
    pub fn in_unit(self, account: &str, path: &str) -> Self {
        self.network().units.insert(parse(account), line(path));
        self
    }

    /// A managed prefix list can be read in a place.
    #[must_use]
    pub fn prefix_list(self, place: Place, id: &str, max_entries: usize, entries: &[&str]) -> Self {
        let list = PrefixList { cidrs: entries.iter().map(|block| parse::<IpNet>(block)).collect(), max_entries };
        self.network().prefix_lists.insert((place, parse(id)), list);
        self
    }

    /// The answer to a request shows the tags that it bears.
    #[must_use]
    pub fn answers_with_tags(self) -> Self {
        self.network().answers_with_tags = true;
        self
    }

    /// A pending request shows the blocks of the other account's VPC.
    #[must_use]
    pub fn pending_shows_blocks(self) -> Self {
        self.network().pending_shows_blocks = true;
        self
    }

    /// Service Quotas tells these of a place.
    #[must_use]
    pub fn quotas(self, place: Place, quotas: Quotas) -> Self {
        self.network().quotas.insert(place, quotas);
        self
    }

    /// Each call takes so long, and a run may take so long.
    #[must_use]
    pub fn slow(self, latency: Duration, time_limit: Duration) -> Self {
        self.gate.set_latency(self.clock.clone(), latency);
        Self { time_limit: Some(time_limit), ..self }
    }

    /// EC2 counts its calls, each page and kind, and throttles them by its token buckets; each takes so long.
    #[must_use]
    pub fn metered(self, latency: Duration) -> Self {
        self.gate.meter(self.clock.clone());
        self.gate.set_latency(self.clock.clone(), latency);
        self
    }

    /// The allowlist says what a file says.
    #[must_use]
    pub fn allow(self, yaml: &str) -> Self {
        self.allowlist.replace(yaml);
        self
    }

    /// New connections take so long to become pending, and so long from accepted to active.
    #[must_use]
    pub fn pace(self, initiating: Duration, provisioning: Duration) -> Self {
        self.network().pace = Pace { initiating, provisioning };
        self
    }
}

/// Trouble.
impl World {
    /// Coming calls fail.
    pub fn fail(&self, fault: Fault) {
        self.gate.fail(fault);
    }

    /// The answer to the next call of this kind is lost: the call took effect.
    pub fn lose_answer(&self, operation: Operation) {
        self.gate.lose(Fault::next(operation, Class::Transient));
    }

    /// All faults are over.
    pub fn clear_faults(&self) {
        self.gate.clear_faults();
    }

    /// The process dies after so many [`writes`](Self::writes) from now on: every later call fails.
    pub fn crash_after(&self, writes: usize) {
        self.gate.crash_after(writes);
    }

    /// Starts the process again, with the message that it died over: that is hidden so long. Tells whether it had died.
    pub fn restart(&self) -> bool {
        let died = self.gate.restart();
        if died {
            self.clock.advance(HIDDEN);
        }
        died
    }

    /// Starts another process at once, for another message: what the dead one had taken is still its own.
    pub fn restart_at_once(&self) -> bool {
        self.gate.restart()
    }
}

/// Looking.
impl World {
    /// The ports of a fresh process.
    pub fn ports(&self) -> FakePorts {
        let cloud =
            FakeCloud { network: Arc::clone(&self.network), gate: self.gate.clone(), clock: self.clock.clone(), calls: AtomicU64::new(0) };
        FakePorts {
            cloud,
            allowlist: self.allowlist.clone(),
            ledger: self.ledger.clone(),
            clock: self.clock.clone(),
            holder: format!("process {}", self.processes.fetch_add(1, Ordering::Relaxed)),
            cause: Cause::default(),
            waits: Some(0),
            freeze: Freeze::default(),
            deadline: self.time_limit.map_or(Timestamp::MAX, |limit| self.clock.now() + limit),
        }
    }

    /// Everything that steps can change.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot::of(&self.network(), self.clock.now())
    }

    /// The calls of EC2 by place and action, where they are metered, and how many more were throttled.
    pub fn metered_calls(&self) -> (BTreeMap<(Place, Action), u64>, u64) {
        self.gate.metered()
    }

    /// What was written so far, in EC2, the ledger, and beside it. A lease is no such write: it passes.
    pub fn writes(&self) -> Vec<Operation> {
        self.gate.writes()
    }

    /// The two VPCs of a connection.
    pub fn ends(&self, id: &PcxId) -> Sides<VpcRef> {
        self.network().peering(id).ends.clone()
    }

    /// A VPC with its place.
    pub fn vpc_ref(&self, vpc: &str) -> VpcRef {
        self.network().vpc(vpc).at.clone()
    }

    /// The tags of a VPC.
    pub fn tags(&self, vpc: &str) -> Tags {
        self.network().vpc(vpc).tags.clone()
    }

    /// The tags that a participant has set on a VPC which is shared with it.
    pub fn participants_tags(&self, vpc: &str, account: &str) -> Tags {
        let at = self.vpc_ref(vpc);
        let place = Place { account: parse(account), region: at.place.region };
        self.network().shares.get(&(at.vpc, place)).cloned().unwrap_or_else(|| panic!("{vpc} is not shared with {account}"))
    }

    /// The tags of a connection, as a place has them.
    pub fn tags_of(&self, id: &PcxId, place: &Place) -> Tags {
        self.network().peering(id).tags_in(place)
    }

    /// Every VPC.
    pub fn vpcs(&self) -> Vec<VpcRef> {
        self.network().vpcs.values().map(|vpc| vpc.at.clone()).collect()
    }

    /// True for an account that has the member role.
    pub fn is_member(&self, account: &AccountId) -> bool {
        self.network().members.contains(account)
    }

    /// Every connection with its state, in the order they were made.
    pub fn connections(&self) -> Vec<(PcxId, PeeringState)> {
        let now = self.clock.now();
        self.network().peerings.values().map(|peering| (peering.id.clone(), peering.state(now))).collect()
    }

    /// The CIDR blocks of a VPC.
    pub fn blocks(&self, vpc: &VpcId) -> CidrSet {
        self.network().vpc(vpc.as_str()).cidrs.clone()
    }

    /// What the event of the request says: made in the requester's place, and naming the accepter's.
    pub fn requested(&self, id: &PcxId) -> Hint {
        let ends = self.ends(id);
        Hint::Connection { id: id.clone(), places: vec![ends.accepter.place, ends.requester.place] }
    }

    /// What the event of the acceptance says: made in the accepter's place, and naming the requester's.
    pub fn accepted(&self, id: &PcxId) -> Hint {
        let ends = self.ends(id);
        Hint::Connection { id: id.clone(), places: vec![ends.accepter.place, ends.requester.place] }
    }

    pub(crate) fn network(&self) -> MutexGuard<'_, Network> {
        self.network.lock().expect("no test panics while it holds the network")
    }
}
