//! The sweep: reads whole places in bulk, and leaves a hint for everything that is not as it should be.
//!
//! Events are best effort, and some things happen without any: a connection becomes active, expires, is asked for or deleted by an account that
//! sends us nothing. The sweep writes nothing in EC2.

mod drift;
mod inventory;
mod place;
mod unserved;

use std::collections::BTreeSet;

use peerwright_core::allowlist::members;
use peerwright_core::count::counted;
use peerwright_core::event::Hint;
use peerwright_core::ids::{Place, Region};

use crate::failure::Failure;
use crate::outcome::{Outcome, Recipient, Report};
use crate::ports::{Allowlist, Backend, Organization, Ports};

/// Where to look.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Members {
    /// Places that the stack names.
    pub places: BTreeSet<Place>,
    /// Regions of every account of the organization; none where the organization is not asked.
    pub regions: BTreeSet<Region>,
}

/// Looks at a place, or leaves itself a message for each.
pub async fn sweep<B: Backend>(hint: &Hint, known: &Members, ports: &Ports<B>) -> Result<Report, Failure> {
    match hint {
        Hint::Everywhere => sweep_everywhere(known, ports).await,
        Hint::Place(place) | Hint::Pending(place) => place::sweep_place(place, ports).await,
        Hint::Vpc(vpc) => place::sweep_place(&vpc.place, ports).await,
        Hint::Connection { .. } => Ok(Report::nothing("a sweep looks at places, not at a connection")),
    }
}

/// One message for each place.
async fn sweep_everywhere<B: Backend>(known: &Members, ports: &Ports<B>) -> Result<Report, Failure> {
    let mut places = known.places.clone();
    places.extend(members(&ports.allowlist.everything().await?));
    if !known.regions.is_empty() {
        for account in ports.cloud.accounts().await? {
            places.extend(known.regions.iter().map(|region| Place { account: account.clone(), region: region.clone() }));
        }
    }
    let mut report = Report::nothing(format!("{} to look at", counted(places.len(), "place", "places")));
    if places.is_empty() {
        let why = "no place to look at: set the parameter Members or MemberRegions of infra/hub.yaml, or write items `member` into the allowlist's table";
        report.outcomes = vec![(None, Outcome::Failed(vec![why.to_owned()]))];
    }
    report.hints.extend(places.into_iter().map(|place| (Recipient::Sweep, Hint::Place(place))));
    Ok(report)
}
