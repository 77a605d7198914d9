//! `peerwright members list`: every place that is swept, who names it, and what is known of it.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;

use anstyle::Style;
use anyhow::Result;
use comfy_table::{Cell, ContentArrangement, Table};
use peerwright_aws::{LedgerTable, PlaceNote, PlaceRefusal};
use peerwright_core::count::counted;
use peerwright_core::ids::Place;
use schemars::JsonSchema;
use serde::Serialize;

use crate::line::{BLOCKED, CHANGED, line};
use crate::output::explained;
use crate::screen::{Screen, View};
use crate::session::Session;

/// What `peerwright members list` answers.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Answer {
    places: Vec<MemberPlace>,
    /// Items of the table that are no places: nothing is swept for them.
    no_places: Vec<String>,
    /// Why the organization did not tell its accounts: then places of the stack are missing here.
    untold: Option<String>,
}

/// A place that is swept.
#[derive(Debug, Serialize, JsonSchema)]
struct MemberPlace {
    account: String,
    region: String,
    /// Who names it: the allowlist's table, the stack's `MemberRegions` together with the organization, or both.
    named_by: Vec<NamedBy>,
    /// What the last look or an event told.
    state: PlaceState,
    /// When that was.
    since: Option<String>,
    /// Why its role could not be assumed when that was tried last.
    refused: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum NamedBy {
    Table,
    Stack,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum PlaceState {
    /// Nothing there concerns us: the schedule looks there rarely.
    Quiet,
    /// Something there concerns us: every sweep looks there.
    Busy,
    /// It was not looked at in the last days.
    Unseen,
    /// The role there could not be assumed.
    Refused,
}

/// Reads who names places and what is known of each.
pub(crate) async fn list(session: &Session, out: &mut Screen<'_>) -> Result<()> {
    let ports = session.ports().await?;
    let items = ports.allowlist.member_items().await.map_err(explained)?;
    let found = session.places_of(&items, &ports).await?;
    let all = found.all();
    let known = Known::read(&ports.ledger, &all).await?;
    let named_by = |place: &Place| {
        let both = [(&found.named, NamedBy::Table), (&found.of_stack, NamedBy::Stack)];
        both.into_iter().filter(|(places, _)| places.contains(place)).map(|(_, by)| by).collect()
    };
    let places = all.iter().map(|place| known.of(place, named_by(place))).collect();
    let no_places = items.iter().filter(|item| item.id.parse::<Place>().is_err()).map(|item| item.id.clone()).collect();
    let untold = found.untold.map(|failure| failure.explain_final());
    out.show(&Answer { places, no_places, untold })
}

/// What the table of connections knows of places.
struct Known {
    notes: BTreeMap<Place, PlaceNote>,
    refusals: BTreeMap<Place, PlaceRefusal>,
}

impl Known {
    async fn read(ledger: &LedgerTable, places: &BTreeSet<Place>) -> Result<Self> {
        Ok(Self {
            notes: ledger.place_notes().await.map_err(explained)?,
            refusals: ledger.place_refusals(places).await.map_err(explained)?,
        })
    }

    fn of(&self, place: &Place, named_by: Vec<NamedBy>) -> MemberPlace {
        let refusal = self.refusals.get(place);
        let (state, since) = match (refusal, self.notes.get(place)) {
            (Some(refusal), _) => (PlaceState::Refused, refusal.at),
            (None, Some(PlaceNote::Quiet(at))) => (PlaceState::Quiet, Some(*at)),
            (None, Some(PlaceNote::Busy(at))) => (PlaceState::Busy, Some(*at)),
            (None, None) => (PlaceState::Unseen, None),
        };
        MemberPlace {
            account: place.account.to_string(),
            region: place.region.to_string(),
            named_by,
            state,
            since: since.map(|at| at.strftime("%Y-%m-%dT%H:%MZ").to_string()),
            refused: refusal.map(|refusal| refusal.reason.clone()),
        }
    }
}

impl View for Answer {
    fn print(&self, screen: &mut Screen<'_>) -> Result<()> {
        let mut table = Table::new();
        table.load_style(comfy_table::presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
        table.set_header(["ACCOUNT", "REGION", "NAMED BY", "STATE", "SINCE"].map(Cell::new));
        for place in &self.places {
            let state = place.state.as_str();
            let painted = if place.state == PlaceState::Refused { screen.paint(BLOCKED, state) } else { state.to_owned() };
            let named_by: Vec<&str> = place.named_by.iter().map(|by| by.as_str()).collect();
            let since = place.since.as_deref().unwrap_or("-");
            table.add_row([place.account.as_str(), &place.region, &named_by.join(", "), &painted, since]);
        }
        if self.places.is_empty() {
            writeln!(screen, "no place is swept: name places by `peerwright members add`, or set the stack's parameter MemberRegions")?;
        } else {
            table.lines().try_for_each(|row| writeln!(screen, "{}", row.trim()))?;
        }
        for place in &self.places {
            if let Some(why) = &place.refused {
                line(screen, 0, "!", BLOCKED, &format!("{}/{}: {why}", place.account, place.region))?;
            }
        }
        for id in &self.no_places {
            line(
                screen,
                0,
                "!",
                BLOCKED,
                &format!("{id:?} is no place, and is not swept: `peerwright members remove` can't name it, `apply` removes it"),
            )?;
        }
        if let Some(why) = &self.untold {
            line(screen, 0, "!", CHANGED, &format!("places of the stack are missing here: {why}"))?;
        }
        let refused = self.places.iter().filter(|place| place.refused.is_some()).count();
        let count = counted(self.places.len(), "place", "places");
        let refused = if refused == 0 { String::new() } else { format!(", {refused} shut to us") };
        line(screen, 0, "", Style::new(), &format!("{count}{refused}"))
    }
}

impl PlaceState {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Quiet => "quiet",
            Self::Busy => "busy",
            Self::Unseen => "unseen",
            Self::Refused => "refused",
        }
    }
}

impl NamedBy {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::Stack => "stack",
        }
    }
}
