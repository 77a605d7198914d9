//! VPCs that ask by their tags for connections that do not exist.

use std::collections::BTreeSet;

use peerwright_core::ask::Asks;
use peerwright_core::ids::{PcxId, Sides, VpcRef};
use peerwright_core::organization::NOT_ASKED;
use peerwright_core::policy::{self, Decision, Verdict};
use peerwright_core::world::{Fact, VpcFacts};

use super::Rulebooks;
use super::effect::{Effect, EffectKind};
use super::seen::Seen;
use crate::claim::Claim;
use crate::explain::imagined;
use crate::failure::Failure;
use crate::observe::vpc::place_in_organization;
use crate::ports::{Backend, Claims, Clock, Meshes, Ports};
use crate::request::obstacles;

/// What would come of every ask that nothing has come of, or only what is `ending`: where the two allowlists differ.
pub(super) async fn foresee<B: Backend>(
    books: &Rulebooks<'_>,
    seen: &Seen,
    ending: &BTreeSet<PcxId>,
    ports: &Ports<B>,
) -> Result<Vec<Effect>, Failure> {
    let mut effects = Vec::new();
    // Whichever of two that ask for each other is served first, the other finds what came of it.
    let mut served: BTreeSet<[VpcRef; 2]> = BTreeSet::new();
    for (place, inventory) in seen.places() {
        for (id, found) in &inventory.vpcs {
            let vpc = VpcRef { place: place.clone(), vpc: id.clone() };
            let [before, after] = books.aliases.each_ref().map(|aliases| Asks::read(&vpc, &found.tags, aliases));
            if after.is_empty() {
                continue;
            }
            let [asked, ways] = [&before, &after].map(targets);
            let meshes = mesh_ways(&vpc, &after, ports).await?;
            for ends in ways.iter().map(|other| Sides { requester: vpc.clone(), accepter: other.clone() }).chain(meshes) {
                let new = !asked.contains(&ends.accepter) && ways.contains(&ends.accepter);
                let pair = Pair { ends: &ends, new, ending };
                if served.contains(&pair.unordered()) {
                    continue;
                }
                if let Some(effect) = pair.foresee(books, seen, ports).await? {
                    served.insert(pair.unordered());
                    effects.push(effect);
                }
            }
        }
    }
    Ok(effects)
}

fn targets(asks: &Asks) -> BTreeSet<VpcRef> {
    asks.targets.iter().filter_map(|target| target.vpc.as_ref().ok().cloned()).collect()
}

/// In a mesh whichever the allowlist lets ask does, the lower one first.
async fn mesh_ways<B: Backend>(vpc: &VpcRef, asks: &Asks, ports: &Ports<B>) -> Result<Vec<Sides<VpcRef>>, Failure> {
    let Some(name) = asks.mesh_name() else {
        return Ok(Vec::new());
    };
    let others = ports.ledger.mesh(name).await?.into_iter().filter(|other| other != vpc);
    let ways = others.flat_map(|other| {
        let (low, high) = if *vpc < other { (vpc, &other) } else { (&other, vpc) };
        [(low, high), (high, low)].map(|(a, b)| Sides { requester: a.clone(), accepter: b.clone() })
    });
    Ok(ways.collect())
}

/// Two VPCs of which one asks for the other.
struct Pair<'p> {
    ends: &'p Sides<VpcRef>,
    /// No tag meant the other VPC before.
    new: bool,
    /// The connections that are about to be deleted: who still asks for one is served anew.
    ending: &'p BTreeSet<PcxId>,
}

impl Pair<'_> {
    fn unordered(&self) -> [VpcRef; 2] {
        let mut both = [self.ends.requester.clone(), self.ends.accepter.clone()];
        both.sort();
        both
    }

    /// What comes of it, where the two allowlists do not say the same.
    async fn foresee<B: Backend>(&self, books: &Rulebooks<'_>, seen: &Seen, ports: &Ports<B>) -> Result<Option<Effect>, Failure> {
        let ends = self.ends;
        if self.is_joined(seen) || self.was_ended_by_somebody(ports).await? {
            return Ok(None);
        }
        let peering = imagined(ends);
        let facts = |vpc: &VpcRef| seen.vpc(vpc).unwrap_or_else(|| unread(vpc));
        let vpcs = Sides { requester: facts(&ends.requester), accepter: facts(&ends.accepter) };
        let both = books.of_account(&ends.accepter.place.account);
        let mut decisions: Vec<Decision> = Vec::new();
        for allowlist in both.iter() {
            let mut vpcs = vpcs.clone();
            place_in_organization(&mut vpcs, allowlist, &ports.cloud).await?;
            decisions.push(policy::decide(&vpcs, allowlist, ports.clock.now()));
        }
        let [before, after] = &decisions[..] else { return Ok(None) };
        let may = |decision: &Decision| matches!(decision.verdict, Verdict::Allowed(_));
        let Verdict::Allowed(rules) = &after.verdict else {
            return Ok(None);
        };
        if may(before) && !self.new && !self.replaces_one(seen) {
            return Ok(None);
        }
        let none = Effect::none(None, ends, "asked for by a tag".to_owned());
        let (by, why) = (rules.iter().map(|rule| rule.id.to_string()).collect(), after.reasons.clone());
        // What is in the way of one that replaces another is as a rule that other one, which is gone by then.
        let in_the_way =
            if self.replaces_one(seen) { Vec::new() } else { obstacles(&peering, rules, &vpcs, seen.listings(), &ports.cloud).await? };
        let kind = if in_the_way.is_empty() { EffectKind::Requested } else { EffectKind::Held };
        Ok(Some(Effect { kind, by, why, blocked: in_the_way, ..none }))
    }

    /// The connections that join the two and have not ended.
    fn joining<'s>(&self, seen: &'s Seen) -> impl Iterator<Item = &'s PcxId> {
        let joins =
            |found: &Sides<VpcRef>| found.side_of(&self.ends.requester).is_some_and(|side| *found.of(side.peer()) == self.ends.accepter);
        seen.connections().map(|peering| &peering.connection).filter(move |found| joins(&found.ends)).map(|found| &found.id)
    }

    fn is_joined(&self, seen: &Seen) -> bool {
        self.joining(seen).any(|id| !self.ending.contains(id))
    }

    fn replaces_one(&self, seen: &Seen) -> bool {
        self.joining(seen).any(|id| self.ending.contains(id))
    }

    /// Somebody ended what came of the tag: it is not asked for again before that is set anew.
    async fn was_ended_by_somebody<B: Backend>(&self, ports: &Ports<B>) -> Result<bool, Failure> {
        let claims = ports.ledger.claims_of(&self.ends.requester).await?;
        let is_ours = |claim: &&Claim| claim.joins(&self.ends.requester, &self.ends.accepter);
        Ok(claims.iter().filter(is_ours).filter_map(|claim| claim.created.as_ref()).any(|id| !self.ending.contains(id)))
    }
}

fn unread(vpc: &VpcRef) -> VpcFacts {
    let unknown = format!("{vpc} was not read");
    VpcFacts {
        vpc: vpc.clone(),
        owner: vpc.place.account.clone(),
        cidrs: Fact::Unknown(unknown.clone()),
        tags: Fact::Unknown(unknown),
        units: Fact::Unknown(NOT_ASKED.to_owned()),
    }
}
