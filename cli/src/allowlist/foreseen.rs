//! What a file would do to what exists: looked up, and as it is shown.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use peerwright_aws::AwsPorts;
use peerwright_core::allowlist::Stored;
use peerwright_core::count::counted;
use peerwright_core::ids::Place;
use peerwright_core::plan::Step;
use peerwright_engine::foresee::{self, Effect, EffectKind, Foreseen, foresee};
use peerwright_engine::overview::{Reach, overview};
use peerwright_engine::ports::{Entries, QuietPlaces as _};
use schemars::JsonSchema;
use serde::Serialize;

use super::proposed::Line;
use crate::output::explained;
use crate::progress;
use crate::session::Session;

/// What would come of it.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Effects {
    /// How many connections and asking VPCs, by what becomes of them.
    counts: BTreeMap<String, usize>,
    /// Those of which something becomes.
    changes: Vec<EffectOn>,
    /// What could not be looked at, and why.
    unseen: Vec<String>,
}

/// What would become of one connection, or of one VPC that asks.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct EffectOn {
    /// The connection; none where a VPC asks for one that does not exist.
    connection: Option<String>,
    /// account/Region/VPC.
    requester: String,
    /// account/Region/VPC.
    accepter: String,
    /// How it stands now.
    status: String,
    /// What becomes of it.
    effect: String,
    /// The rules that do it.
    rules: Vec<String>,
    /// Why.
    why: Vec<String>,
    /// Routes, security group rules and DNS options that are made.
    opened: Vec<String>,
    /// Those that are taken away.
    closed: Vec<String>,
    /// What waits for a person.
    awaits: Vec<String>,
    /// What is in the way.
    blocked: Vec<String>,
    /// Why it does not happen yet.
    held_up: Option<String>,
}

/// Tells how far it is.
struct Told;

impl foresee::Progress for Told {
    fn places(&self, read: usize, of: usize) {
        progress::tell(format!("{read} of {} read", counted(of, "place", "places")));
    }

    fn connections(&self, known: usize, of: usize) {
        progress::tell(format!("{known} of {} looked at", counted(of, "connection", "connections")));
    }
}

/// Looks at everything that exists, and foresees what becomes of it.
pub(super) async fn look(table: &[Stored], proposed: &[Stored], session: &Session) -> Result<Effects> {
    let ports = session.ports().await?;
    let known = living(session, &ports).await?;
    let places = busy_places(session, &ports).await?;
    let on_deny = session.deployed().await?.on_deny;
    let found = Box::pin(foresee(&known, table, proposed, &places, on_deny, &Told, &ports)).await.map_err(explained)?;
    Ok(Effects::of(&found))
}

/// What the ledger has of the connections that are not over.
pub(super) async fn living(session: &Session, ports: &AwsPorts) -> Result<Entries> {
    let regions = &session.deployed().await?.member_regions;
    let found = overview(Reach::Living, regions, ports).await.map_err(explained)?;
    Ok(Entries { read: found.entries, unreadable: found.unreadable })
}

/// The places in which a VPC may ask for something: nobody asked in a quiet one when it was looked at, and events tell of what happens since.
pub(crate) async fn busy_places(session: &Session, ports: &AwsPorts) -> Result<BTreeSet<Place>> {
    let items = ports.allowlist.member_items().await.map_err(explained)?;
    let places = session.places_of(&items, ports).await?.all();
    let quiet = ports.ledger.quiet_places().await.map_err(explained)?;
    Ok(places.into_iter().filter(|place| !quiet.contains_key(place)).collect())
}

impl Effects {
    fn of(found: &Foreseen) -> Self {
        Self {
            counts: found.counts().into_iter().map(|(kind, count)| (kind.to_string(), count)).collect(),
            changes: found.effects.iter().filter(|effect| effect.kind.is_a_change()).map(EffectOn::of).collect(),
            unseen: found.unseen.iter().cloned().collect(),
        }
    }

    /// The counts, gravest first.
    pub(super) fn words(&self) -> String {
        let words = EffectKind::ALL.iter().filter_map(|kind| Some(format!("{} {kind}", self.counts.get(kind.as_str())?)));
        let words: Vec<String> = words.collect();
        let what = if words.is_empty() { "there is nothing yet".to_owned() } else { words.join(", ") };
        let unseen = if self.unseen.is_empty() { String::new() } else { format!("; {} not looked at", self.unseen.len()) };
        format!("{what}{unseen}")
    }

    pub(super) fn lines(&self) -> Vec<Line> {
        let mut lines: Vec<Line> = self.changes.iter().flat_map(EffectOn::lines).collect();
        lines.extend(self.unseen.iter().map(|why| Line::new(0, "!", format!("not looked at: {why}"))));
        lines
    }
}

impl EffectOn {
    fn of(effect: &Effect) -> Self {
        let steps = |steps: &[Step]| steps.iter().map(in_words).collect();
        Self {
            connection: effect.connection.as_ref().map(ToString::to_string),
            requester: effect.ends.requester.to_string(),
            accepter: effect.ends.accepter.to_string(),
            status: effect.status.clone(),
            effect: effect.kind.to_string(),
            rules: effect.by.iter().cloned().collect(),
            why: effect.why.clone(),
            opened: steps(&effect.opened),
            closed: steps(&effect.closed),
            awaits: effect.awaits.clone(),
            blocked: effect.blocked.clone(),
            held_up: effect.held_up.clone(),
        }
    }

    fn lines(&self) -> Vec<Line> {
        let mark = match self.effect.as_str() {
            "accepted" | "requested" => "+",
            "deleted" | "isolated" => "-",
            "denied" | "held" | "doubtful" => "!",
            _ => "~",
        };
        let what = self.connection.as_deref().unwrap_or("a request");
        let mut lines = vec![
            Line::new(0, mark, format!("{} {what} ({})", self.effect, self.status)),
            Line::new(4, "", format!("from {}", self.requester)),
            Line::new(4, "", format!("to   {}", self.accepter)),
        ];
        lines.extend(self.why.iter().map(|why| Line::new(4, "", why)));
        lines.extend(self.opened.iter().map(|what| Line::new(4, "+", what)));
        lines.extend(self.closed.iter().map(|what| Line::new(4, "-", what)));
        lines.extend(self.awaits.iter().map(|what| Line::new(4, "~", format!("waits for approval: {what}"))));
        lines.extend(self.blocked.iter().map(|what| Line::new(4, "!", format!("in the way: {what}"))));
        lines.extend(self.held_up.iter().map(|why| Line::new(4, "~", format!("not now: {why}"))));
        lines
    }
}

/// A step without the connection, which stands above it.
fn in_words(step: &Step) -> String {
    let words = step.to_string();
    let words = words.split(" -> pcx-").next().unwrap_or(&words);
    let words = words.split(" over pcx-").next().unwrap_or(words);
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}
