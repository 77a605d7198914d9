//! One place.

use std::collections::{BTreeMap, BTreeSet};

use peerwright_core::allowlist::{Aliases, Destinations, Rule, Stored, StoredAllowlist, Tables};
use peerwright_core::desired::Desired;
use peerwright_core::event::Hint;
use peerwright_core::ids::{AccountId, PcxId, Place, Side};
use peerwright_core::inventory::{Inventory, InventoryScope};
use peerwright_core::world::ObservedConnection;

use super::drift::{Finding, findings};
use super::unserved::unserved;
use crate::failure::{Class, Failure};
use crate::ledger::{Change, Entry};
use crate::outcome::{Outcome, Recipient, Report};
use crate::ports::{Allowlist, Backend, Clock, Cloud, Ledger, Members, Ports};

/// What is known of a place while it is looked at.
pub(super) struct SweptPlace {
    /// The place.
    pub(super) place: Place,
    /// What EC2 shows of it.
    pub(super) inventory: Inventory,
    /// What the ledger has of its connections.
    pub(super) entries: BTreeMap<PcxId, Entry>,
    /// The names of VPCs.
    pub(super) aliases: Aliases,
    /// The whole allowlist table.
    items: Vec<Stored>,
    /// What the table says of each account that accepts.
    allowlists: BTreeMap<AccountId, StoredAllowlist>,
}

impl SweptPlace {
    /// What the table says of an accepter's account.
    pub(super) fn allowlist(&mut self, accepter: &AccountId) -> &StoredAllowlist {
        let items = &self.items;
        self.allowlists.entry(accepter.clone()).or_insert_with(|| StoredAllowlist::of_account(items, accepter))
    }
}

/// Looks at a place, and leaves a hint for each connection and VPC that is not as it should be.
pub(super) async fn sweep_place<B: Backend>(place: &Place, ports: &Ports<B>) -> Result<Report, Failure> {
    let items = ports.allowlist.everything().await?;
    let known = ports.ledger.connections_in(place).await?;
    let inventory = match ports.cloud.inventory(place, &wants(&items, !known.is_empty())).await {
        Ok(inventory) => inventory,
        // A Region that the account has not enabled refuses every call (`AuthFailure`): tried again and again it would be told for ever.
        Err(failure) if matches!(failure.class, Class::NoRole | Class::Denied) => return shut_out(place, &failure, ports).await,
        Err(failure) => return Err(failure),
    };
    if ports.ledger.note_member(place, None, ports.clock.now()).await? {
        tracing::info!(%place, "the member role can be assumed");
    }
    let shown = inventory.connections.iter().map(|peering| peering.connection.id.clone());
    let ids: BTreeSet<PcxId> = shown.chain(known).collect();
    let entries = ports.ledger.load_all(&ids).await?.into_iter().map(|entry| (entry.connection.clone(), entry)).collect();
    let aliases = StoredAllowlist::read(&items).aliases;
    let mut swept = SweptPlace { place: place.clone(), inventory, entries, aliases, items, allowlists: BTreeMap::new() };
    let mut report = connections(&mut swept, ports).await?;
    report.hints.extend(unserved(&swept, ports).await?);
    let why = format!("{} connections, {} hints", swept.inventory.connections.len(), report.hints.len());
    report.outcomes.push((None, Outcome::Nothing(format!("{place}: {why}"))));
    Ok(report)
}

/// No more is read than the rules ask for, or what we made.
fn wants(items: &[Stored], something_of_ours: bool) -> InventoryScope {
    let rules: Vec<Rule> = StoredAllowlist::read(items).rules.into_iter().flatten().collect();
    let desired = Desired::of(&rules);
    let mut wants = InventoryScope { groups: something_of_ours, ..InventoryScope::default() };
    for side in Side::BOTH {
        let end = desired.ends.of(side);
        wants.groups |= !end.groups.is_empty();
        wants.subnets |= end.routes.iter().any(|routes| matches!(routes.tables, Tables::OfSubnets(_)));
        for routes in &end.routes {
            if let Destinations::Only { prefix_lists, .. } = &routes.destinations {
                wants.prefix_lists.extend(prefix_lists.iter().cloned());
            }
        }
    }
    wants
}

/// A member that does not let us in is reported once, until that changes.
async fn shut_out<B: Backend>(place: &Place, failure: &Failure, ports: &Ports<B>) -> Result<Report, Failure> {
    let why = failure.explain();
    if ports.ledger.note_member(place, Some(&why), ports.clock.now()).await? {
        return Ok(Outcome::Failed(vec![why]).into());
    }
    Ok(Report::nothing(format!("{place}: still no role")))
}

async fn connections<B: Backend>(swept: &mut SweptPlace, ports: &Ports<B>) -> Result<Report, Failure> {
    let mut report = Report::default();
    let shown: BTreeMap<PcxId, ObservedConnection> =
        swept.inventory.connections.iter().map(|peering| (peering.connection.id.clone(), peering.clone())).collect();
    for peering in shown.values() {
        for finding in findings(swept, peering, ports).await? {
            report_finding(&mut report, &swept.place, peering, finding, ports).await?;
        }
    }
    // What the ledger has here and EC2 no longer shows.
    let absent = swept.entries.values().filter(|entry| !shown.contains_key(&entry.connection) && !entry.is_over());
    for entry in absent {
        let places = entry.ends.iter().map(|(_, end)| end.place.clone()).collect();
        report.hints.insert((Recipient::Cleanup, Hint::Connection { id: entry.connection.clone(), places }));
    }
    Ok(report)
}

/// Leaves the hint, and writes down what had drifted.
async fn report_finding<B: Backend>(
    report: &mut Report,
    place: &Place,
    peering: &ObservedConnection,
    finding: Finding,
    ports: &Ports<B>,
) -> Result<(), Failure> {
    let connection = &peering.connection;
    tracing::info!(connection = %connection.id, to = ?finding.to, "{}", finding.why.join("; "));
    if finding.drift {
        let note = |entry: &mut Entry| {
            if entry.status != "converged" && entry.status != "one-sided" {
                return None;
            }
            "drifted".clone_into(&mut entry.status);
            entry.reasons.clone_from(&finding.why);
            Some(Change::new("drifted", &entry.rules.clone(), finding.why.clone()))
        };
        ports.write(connection, note).await?;
    }
    // What is wrong is wrong as this place shows it.
    report.enqueue_from(place, finding.to, connection);
    report.outcomes.push((Some(connection.id.clone()), Outcome::Nothing(finding.why.join("; "))));
    Ok(())
}
