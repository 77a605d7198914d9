//! Follows a hint to connections that are, or will be, active.

use peerwright_core::event::Hint;
use peerwright_core::ids::{PcxId, Place, VpcRef};
use peerwright_core::plan::Limits;
use peerwright_core::policy::Verdict;
use peerwright_core::world::{ObservedConnection, PeeringState};

use crate::decide::{Decided, decide};
use crate::failure::{Class, Failure};
use crate::lease::leased;
use crate::locate::wait_until_ready;
use crate::outcome::{Outcome, Recipient, Report};
use crate::ports::{Backend, Cloud, Ledger, Ports};
use crate::reconcile::{Part, Run};
use crate::requesters::requesters;

/// Follows a hint to an active connection and adds what the allowlist wants. Connections of a VPC are told apart, each for who serves it.
pub(crate) async fn follow<B: Backend>(hint: &Hint, limits: Limits, ports: &Ports<B>) -> Result<Report, Failure> {
    match hint {
        Hint::Pending(place) | Hint::Place(place) => Ok(Report::nothing(format!("{place} names no connection"))),
        Hint::Everywhere => Ok(Report::nothing("no connection is named")),
        Hint::Vpc(vpc) => spread(vpc, &ports.cloud).await,
        Hint::Connection { id, places } => one(id, places, limits, ports).await,
    }
}

/// Something changed in a VPC, which may concern each of its connections: one hint for each.
async fn spread<C: Cloud>(vpc: &VpcRef, cloud: &C) -> Result<Report, Failure> {
    let peerings = match cloud.peerings(vpc).await {
        Ok(found) => found,
        Err(failure) if failure.class == Class::NoRole => {
            return Ok(Outcome::Unreachable(format!("we hold no role in {}", vpc.place)).into());
        }
        Err(failure) => return Err(failure),
    };
    let mut report = Report::nothing(format!("{vpc} has {} connections", peerings.len()));
    for peering in &peerings {
        match peering.connection.state {
            PeeringState::Active => report.enqueue(Recipient::Configure, &peering.connection),
            PeeringState::Pending => report.enqueue(Recipient::Accept, &peering.connection),
            _ => {}
        }
    }
    Ok(report)
}

async fn one<B: Backend>(id: &PcxId, places: &[Place], limits: Limits, ports: &Ports<B>) -> Result<Report, Failure> {
    let peering = match wait_until_ready(&ports.cloud, &ports.clock, id, places, not_active_yet).await? {
        Err(outcome) => return Ok(Report::of(id, outcome)),
        Ok(peering) => peering,
    };
    match &peering.connection.state {
        PeeringState::Active => leased(id, ports, add(&peering, limits, ports)).await,
        state if state.has_ended() => {
            let mut report = Report::of(id, Outcome::Nothing(format!("it is {state}")));
            if ports.ledger.load(id).await?.is_some_and(|entry| !entry.is_over()) {
                report.enqueue(Recipient::Cleanup, &peering.connection);
            }
            Ok(report)
        }
        other => Ok(Report::of(id, Outcome::Nothing(format!("it is {other}")))),
    }
}

/// A hint that leads here follows an acceptance: whatever earlier state the connection still shows, it is on its way.
fn not_active_yet(peering: &ObservedConnection) -> Option<String> {
    matches!(peering.connection.state, PeeringState::Initiating | PeeringState::Pending | PeeringState::Provisioning)
        .then(|| format!("{} is not active yet", peering.connection.id))
}

async fn add<B: Backend>(peering: &ObservedConnection, limits: Limits, ports: &Ports<B>) -> Result<Report, Failure> {
    let id = &peering.connection.id;
    let Decided { decision, vpcs, .. } = decide(peering, ports).await?;
    let Verdict::Allowed(rules) = &decision.verdict else {
        let mut report = Report::of(id, Outcome::Nothing(format!("no rule wants it: {}", decision.reasons.join("; "))));
        if decision.forbids() && ports.ledger.load(id).await?.is_some() {
            report.enqueue(Recipient::Cleanup, &peering.connection);
        }
        return Ok(report);
    };
    let told = requesters(ports.ledger.load(id).await?.as_ref(), &vpcs);
    let mut run = Run::to_rules(peering, Part::Add, rules, vpcs, limits, ports);
    let outcome = run.converge().await?;
    let superfluous = run.superfluous;
    let mut report = Report::of(id, run.finish(outcome).await?);
    if superfluous {
        report.enqueue(Recipient::Cleanup, &peering.connection);
    }
    report.hints.extend(told);
    Ok(report)
}
