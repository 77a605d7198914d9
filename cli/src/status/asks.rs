//! What VPCs ask for by their tags and have not got, in all places.

use std::io::Write;

use anyhow::Result;
use peerwright_core::count::counted;
use peerwright_core::ids::VpcRef;
use peerwright_engine::failure::Failure;
use peerwright_engine::unmet::{UnmetAsk, UnmetAsks};
use schemars::JsonSchema;
use serde::Serialize;

use crate::line::{BLOCKED, CHANGED, STRONG, line};
use crate::screen::Screen;

/// What VPCs ask for and have not got.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Asks {
    /// In how many places was looked: those that are quiet have no VPC that asks.
    places: usize,
    /// By VPC.
    unmet: Vec<Ask>,
    /// Places, and VPCs, that could not be looked at.
    unread: Vec<Unread>,
}

/// A target of a VPC's tag that it has no connection with.
#[derive(Debug, Serialize, JsonSchema)]
struct Ask {
    /// The VPC that asks, account/Region/VPC.
    vpc: String,
    /// As its tag names it.
    target: String,
    /// What would become of a request, or why there is none.
    answer: String,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Unread {
    what: String,
    why: String,
}

impl Asks {
    pub(super) fn of(found: UnmetAsks, places: usize) -> Self {
        let ask = |(vpc, ask): (VpcRef, UnmetAsk)| Ask { vpc: vpc.to_string(), target: ask.target, answer: ask.answer };
        let unread = |(what, failure): (String, Failure)| Unread { what, why: failure.explain_final() };
        Self { places, unmet: found.asks.into_iter().map(ask).collect(), unread: found.unread.into_iter().map(unread).collect() }
    }

    pub(super) fn wants_attention(&self) -> bool {
        !self.unmet.is_empty() || !self.unread.is_empty()
    }

    pub(super) fn print(&self, screen: &mut Screen<'_>) -> Result<()> {
        let heading = screen.paint(STRONG, "asked for in vain");
        writeln!(screen, "\n{} {heading}, in {}", self.unmet.len(), counted(self.places, "place", "places"))?;
        for Ask { vpc, target, answer } in &self.unmet {
            line(screen, 2, "?", CHANGED, &format!("{vpc} asks for {target}: {answer}"))?;
        }
        self.unread.iter().try_for_each(|Unread { what, why }| line(screen, 2, "!", BLOCKED, &format!("{what} is not read: {why}")))
    }
}
