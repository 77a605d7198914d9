//! What a change of the allowlist would do to what exists: reads only.
//!
//! Both allowlists are asked about the same facts, by the code that the functions decide with. Only where the two differ is it looked at what
//! would be made or taken away: by the planner, on what is there.
//!
//! ```text
//! ledger, places ─► Seen ─► judge by the table ─┐
//!                       └─► judge by the file  ─┴─► the same: nothing     otherwise: plan for each ─► Effect
//! ```

mod asking;
mod case;
mod connection;
mod effect;
mod fate;
mod seen;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use case::Case;
pub use effect::{Effect, EffectKind};
use futures_util::stream::{self, StreamExt, TryStreamExt};
use peerwright_core::allowlist::{Aliases, Stored, StoredAllowlist};
use peerwright_core::ids::{AccountId, Place};
pub use seen::Progress;
use seen::{AT_ONCE, Seen};

use crate::accept::OnDeny;
use crate::failure::Failure;
use crate::ports::{Backend, Entries, Ports};

/// What would come of it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Foreseen {
    /// Of each connection that is not over, by its id, and then of each VPC that asks for one that does not exist.
    pub effects: Vec<Effect>,
    /// What could not be looked at, and why: what would become of it nobody can tell.
    pub unseen: BTreeSet<String>,
}

impl Foreseen {
    /// True where something would change, as far as can be told.
    pub fn changes_something(&self) -> bool {
        self.effects.iter().any(|effect| effect.kind.is_a_change())
    }

    /// How many effects there are of each kind.
    pub fn counts(&self) -> BTreeMap<EffectKind, usize> {
        let mut counts = BTreeMap::new();
        for effect in &self.effects {
            *counts.entry(effect.kind).or_default() += 1;
        }
        counts
    }
}

/// What the table says of an accepter's account, and what it would say.
type Rulebook = Arc<[StoredAllowlist; 2]>;

/// What the table says, and what it would say.
pub(crate) struct Rulebooks<'i> {
    table: &'i [Stored],
    proposed: &'i [Stored],
    aliases: [Aliases; 2],
    /// What was read already: most connections have few accounts as accepters, and each may have many rules.
    read: Mutex<BTreeMap<AccountId, Rulebook>>,
}

impl<'i> Rulebooks<'i> {
    fn new(table: &'i [Stored], proposed: &'i [Stored]) -> Self {
        let aliases = [table, proposed].map(|items| StoredAllowlist::read(items).aliases);
        Self { table, proposed, aliases, read: Mutex::default() }
    }

    /// What each says of an accepter's account.
    fn of_account(&self, accepter: &AccountId) -> Rulebook {
        let make = || Arc::new([self.table, self.proposed].map(|items| StoredAllowlist::of_account(items, accepter)));
        self.read.lock().map_or_else(|_| make(), |mut read| Arc::clone(read.entry(accepter.clone()).or_insert_with(make)))
    }
}

/// Foresees what becomes of everything that exists when a table comes to say something else. `known` is what the ledger has; VPCs that ask by their
/// tags are looked for in the places of connections, and in these.
pub async fn foresee<B: Backend>(
    known: &Entries,
    table: &[Stored],
    proposed: &[Stored],
    places: &BTreeSet<Place>,
    on_deny: OnDeny,
    progress: &impl Progress,
    ports: &Ports<B>,
) -> Result<Foreseen, Failure> {
    let books = Rulebooks::new(table, proposed);
    let living: Vec<_> = known.read.iter().filter(|entry| !entry.is_over()).collect();
    let ends = living.iter().flat_map(|entry| entry.ends.iter()).map(|(_, end)| end.place.clone());
    let seen = Seen::of(ends.chain(places.iter().cloned()).collect(), progress, &ports.cloud).await?;
    let mut unseen = seen.shut_out();
    unseen.extend(known.unreadable.iter().map(|id| format!("{id}: the ledger's entry can't be read")));
    let stopped = ports.stopped().await?;
    let cases = Case::all(&living, &seen, &mut unseen);
    let (all, mut effects) = (cases.len(), Vec::new());
    let mut looking = stream::iter(cases).map(async |case: Case<'_>| case.foresee(&books, &seen, ports).await).buffer_unordered(AT_ONCE);
    while let Some(effect) = looking.try_next().await? {
        let is_rejected = effect.kind == EffectKind::Denied && on_deny == OnDeny::Reject;
        let kind = if is_rejected { EffectKind::Rejected } else { effect.kind };
        effects.push(Effect { held_up: stopped.clone().or(effect.held_up), kind, ..effect });
        progress.connections(effects.len(), all);
    }
    effects.sort_by(|a, b| a.connection.cmp(&b.connection));
    let ending =
        effects.iter().filter(|effect| effect.kind == EffectKind::Deleted).filter_map(|effect| effect.connection.clone()).collect();
    let asking = asking::foresee(&books, &seen, &ending, ports).await?;
    effects.extend(asking.into_iter().map(|effect| Effect { held_up: stopped.clone(), ..effect }));
    Ok(Foreseen { effects, unseen })
}
