//! The whole world of a test.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use peerwright_core::cidr::CidrSet;
use peerwright_core::event::{Cause, Hint};
use peerwright_core::ids::{PcxId, Place, Side, Sides, VpcId, VpcRef};
use peerwright_core::quota::Quotas;
use peerwright_core::world::{PeeringState, Tags};
use peerwright_engine::ports::Clock;

use crate::allowlist::FakeAllowlist;
use crate::clock::FakeClock;
use crate::cloud::FakeCloud;
use crate::fault::Fault;
use crate::gate::Gate;
use crate::lag::Lag;
use crate::ledger::FakeLedger;
use crate::network::Network;
use crate::operation::Operation;
use crate::organization::line;
use crate::parse::parse;
use crate::peering::Pace;
use crate::picture::Picture;
use crate::ports::FakePorts;
use crate::table::FakeTable;
use crate::vpc::FakeVpc;

/// EC2, both tables and the clock. Built by chaining, then asked through its [`ports`](Self::ports). A copy is the same world.
#[derive(Debug, Clone)]
pub struct World {
    network: Arc<Mutex<Network>>,
    gate: Gate,
    /// How many processes there were.
    processes: Arc<AtomicU64>,
    /// The clock of everything.
    pub clock: FakeClock,
    /// The allowlist table.
    pub allowlist: FakeAllowlist,
    /// The ledger.
    pub ledger: FakeLedger,
}

impl Default for World {
    fn default() -> Self {
        let (gate, clock) = (Gate::default(), FakeClock::default());
        Self {
            network: Arc::default(),
            processes: Arc::default(),
            allowlist: FakeAllowlist { items: Arc::default(), gate: gate.clone(), clock: clock.clone() },
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

    /// An account stands in the organization, in the last unit of a path such as `Root/Workloads/Dev`.
    #[must_use]
    pub fn in_unit(self, account: &str, path: &str) -> Self {
        self.network().units.insert(parse(account), line(path));
        self
    }

    /// Service Quotas tells these of a place.
    #[must_use]
    pub fn quotas(self, place: Place, quotas: Quotas) -> Self {
        self.network().quotas.insert(place, quotas);
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

/// What happens without Peerwright.
impl World {
    /// The owner of a VPC asks for a connection.
    pub fn request(&self, requester: &str, accepter: &str) -> PcxId {
        let now = self.clock.now();
        self.network().request(requester, accepter, now)
    }

    /// The owner of the accepter accepts by hand.
    pub fn accept_by_hand(&self, id: &PcxId) {
        let now = self.clock.now();
        let mut network = self.network();
        assert_eq!(network.peering(id).state(now), PeeringState::Pending, "{id} can't be accepted");
        network.peerings.get_mut(id).expect("it was there just now").accept(now);
    }

    /// One of the owners deletes the connection.
    pub fn delete(&self, id: &PcxId, by: Side) {
        let now = self.clock.now();
        self.network().peerings.get_mut(id).unwrap_or_else(|| panic!("the world has no {id}")).end("deleted", by, now);
    }

    /// Somebody sets a tag of a VPC.
    pub fn tag(&self, vpc: &str, key: &str, value: &str) {
        self.fake(vpc, |vpc| drop(vpc.tags.insert(key.to_owned(), value.to_owned())));
    }

    /// Somebody removes a tag of a VPC.
    pub fn untag(&self, vpc: &str, key: &str) {
        self.fake(vpc, |vpc| drop(vpc.tags.remove(key)));
    }

    /// A VPC is deleted, with everything in it.
    pub fn delete_vpc(&self, vpc: &str) {
        assert!(self.network().vpcs.remove(&parse::<VpcId>(vpc)).is_some(), "the world has no {vpc}");
    }

    /// Somebody removes a route.
    pub fn remove_route(&self, vpc: &str, destination: &str) {
        let destination = parse(destination);
        self.fake(vpc, |vpc| vpc.tables.iter_mut().for_each(|table| table.routes.retain(|(taken, _)| *taken != destination)));
    }

    fn fake(&self, vpc: &str, change: impl FnOnce(&mut FakeVpc)) {
        change(self.network().vpcs.get_mut(&parse(vpc)).unwrap_or_else(|| panic!("the world has no {vpc}")));
    }

    /// A VPC gets a further CIDR block.
    pub fn associate(&self, vpc: &str, block: &str) {
        self.network().vpcs.get_mut(&parse(vpc)).unwrap_or_else(|| panic!("the world has no {vpc}")).associate(block);
    }

    /// A VPC gives a CIDR block up.
    pub fn disassociate(&self, vpc: &str, block: &str) {
        self.network().vpcs.get_mut(&parse(vpc)).unwrap_or_else(|| panic!("the world has no {vpc}")).disassociate(block);
    }

    /// Somebody adds a route to a table of theirs.
    pub fn add_route(&self, table: &str, block: &str, target: &str) {
        let made = FakeTable::new(table).route(block, target);
        let mut network = self.network();
        let mut tables = network.vpcs.values_mut().flat_map(|vpc| &mut vpc.tables);
        let found = tables.find(|found| found.id == made.id).unwrap_or_else(|| panic!("the world has no {table}"));
        assert!(!found.has(&parse(block)), "RouteAlreadyExists: {block} in {table}");
        found.routes.extend(made.routes);
    }

    /// An account takes the member role away.
    pub fn revoke_role(&self, account: &str) {
        assert!(self.network().members.remove(&parse(account)), "{account} had no role");
    }

    /// An account deploys the member role.
    pub fn grant_role(&self, account: &str) {
        self.network().members.insert(parse(account));
    }

    /// The next looks from a place show a connection as it was.
    pub fn lag(&self, id: &PcxId, place: &Place, lag: Lag, looks: u32) {
        self.network().lags.push((id.clone(), place.clone(), lag, looks));
    }
}

/// Trouble.
impl World {
    /// Coming calls fail.
    pub fn fail(&self, fault: Fault) {
        self.gate.fail(fault);
    }

    /// All faults are over.
    pub fn mend(&self) {
        self.gate.mend();
    }

    /// The process dies after so many writes from now on, to EC2 or the ledger: every later call fails.
    pub fn crash_after(&self, writes: usize) {
        self.gate.crash_after(writes);
    }

    /// Starts the process again; tells whether it had died.
    pub fn restart(&self) -> bool {
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
        }
    }

    /// Everything that steps can change.
    pub fn picture(&self) -> Picture {
        Picture::of(&self.network(), self.clock.now())
    }

    /// The writes to EC2 and the ledger so far.
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

    /// The tags of a connection, as a place has them.
    pub fn tags_of(&self, id: &PcxId, place: &Place) -> Tags {
        self.network().peering(id).tags_in(place)
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
        Hint::Connection { id: id.clone(), places: vec![ends.requester.place, ends.accepter.place] }
    }

    /// What the event of the acceptance says: made in the accepter's place, and naming the requester's.
    pub fn accepted(&self, id: &PcxId) -> Hint {
        let ends = self.ends(id);
        Hint::Connection { id: id.clone(), places: vec![ends.accepter.place, ends.requester.place] }
    }

    fn network(&self) -> MutexGuard<'_, Network> {
        self.network.lock().expect("no test panics while it holds the network")
    }
}
