//! The sweep: reads whole places in bulk, and leaves a hint for everything that is not as it should be.
//!
//! Events are best effort, and some things happen without any: a connection becomes active, expires, is asked for or deleted by an account that
//! sends us nothing. The sweep writes nothing in EC2.

mod drift;
mod gauges;
mod inventory;
mod place;
mod quiet;
mod unserved;

use std::collections::BTreeSet;
use std::time::Duration;

use peerwright_core::allowlist::members;
use peerwright_core::count::counted;
use peerwright_core::event::Hint;
use peerwright_core::ids::{Place, Region, VpcRef};

use crate::failure::Failure;
use crate::outcome::{Outcome, Recipient, Report};
use crate::places::places;
use crate::ports::{Allowlist, Backend, Clock, Members as _, Ports};
use crate::rearranged::concerns_nobody;

/// How long a sweep that is still under way keeps the schedule from beginning another: messages that wait may be others' as well. Longer than the
/// default of `SweepMinutes`, or it would keep none.
const UNDER_WAY: Duration = Duration::from_mins(30);

/// What a sweep of the schedule may do without, which nobody else waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Schedule {
    /// How long a place may go unseen where nothing concerned us.
    pub quiet: Duration,
    /// Messages wait in the queue: a sweep that began a short time ago is enough.
    pub backlog: bool,
}

/// Looks at a place, or leaves itself a message for each: those that the allowlist's table names, and these Regions of every account of the
/// organization, which is not asked where there are none. A `schedule` where nothing but the schedule wants it.
pub async fn sweep<B: Backend>(
    hint: &Hint,
    regions: &BTreeSet<Region>,
    schedule: Option<Schedule>,
    ports: &Ports<B>,
) -> Result<Report, Failure> {
    match hint {
        Hint::Everywhere if schedule.is_some_and(|schedule| schedule.backlog) && is_under_way(ports).await? => {
            Ok(Report::nothing("the sweep before is still under way"))
        }
        Hint::Everywhere => sweep_everywhere(regions, schedule, ports).await,
        Hint::Place(place) | Hint::Pending(place) | Hint::Vpc(VpcRef { place, .. }) => match concerns_nobody(place, ports).await? {
            Some(nothing) => Ok(nothing),
            None => place::sweep_place(place, ports).await,
        },
        Hint::Connection { .. } => Ok(Report::nothing("a sweep looks at places, not at a connection")),
    }
}

/// One message for each place, but for those that the schedule leaves out. Where the organization does not tell its accounts, those places are looked
/// at that are named.
async fn sweep_everywhere<B: Backend>(regions: &BTreeSet<Region>, schedule: Option<Schedule>, ports: &Ports<B>) -> Result<Report, Failure> {
    let since = ports.clock.now();
    let items = ports.allowlist.everything(None).await?;
    let found = places(&items, regions, ports).await;
    let mut places = found.all();
    let resting = match schedule {
        Some(schedule) => quiet::resting(&places, &items, schedule.quiet, ports).await,
        None => BTreeSet::new(),
    };
    let due = places.len() - resting.len();
    let mut report = Report::nothing(format!("{} to look at, {} quiet", counted(due, "place", "places"), resting.len()));
    report.since = Some(since);
    if let Some(failure) = found.untold {
        let why = failure.explain();
        report.outcomes.push((None, Outcome::Failed(vec![format!("only the places that are named are looked at: {why}")])));
    } else if places.is_empty() {
        let why = "no place to look at: name places by `peerwright members add` or `peerwright members apply`, or set the parameter MemberRegions of infra/hub.yaml";
        report.outcomes = vec![(None, Outcome::Failed(vec![why.to_owned()]))];
    }
    ports.ledger.note_sweep(since).await?;
    places.retain(|place| !resting.contains(place));
    report.hints = of_each(places);
    Ok(report)
}

/// Leaves itself a message for each of these places that the table still names. For all others nothing has changed: a thousand places that are
/// added by one file would otherwise be looked at once for every hundred of them.
pub async fn sweep_added<B: Backend>(places: &BTreeSet<Place>, ports: &Ports<B>) -> Result<Report, Failure> {
    let since = ports.clock.now();
    let named = members(&ports.allowlist.everything(None).await?);
    let places: BTreeSet<Place> = places.intersection(&named).cloned().collect();
    let mut report = Report::nothing(format!("{} to look at", counted(places.len(), "place", "places")));
    report.since = Some(since);
    report.hints = of_each(places);
    Ok(report)
}

/// A message for each place.
fn of_each(places: BTreeSet<Place>) -> BTreeSet<(Recipient, Hint)> {
    places.into_iter().map(|place| (Recipient::Sweep, Hint::Place(place))).collect()
}

async fn is_under_way<B: Backend>(ports: &Ports<B>) -> Result<bool, Failure> {
    let now = ports.clock.now();
    Ok(ports.ledger.last_sweep().await?.is_some_and(|began| now.duration_since(began).unsigned_abs() < UNDER_WAY))
}
