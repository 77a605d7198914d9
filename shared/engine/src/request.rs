//! What VPCs ask for by their tags: missing connections are created, and whoever asked is answered.

mod answered;
mod answers;
mod create;
mod pair;

use std::collections::{BTreeMap, BTreeSet};
use std::slice;

use peerwright_core::ask::{ASK_TAG, Asks, MESH_TAG, Target};
use peerwright_core::event::Hint;
use peerwright_core::ids::{AccountId, MeshName, VpcRef};
use peerwright_core::tag_value::values;
use peerwright_core::world::{Fact, ObservedConnection, Tags, VpcFacts};

use crate::claim::Claim;
use crate::entry::Entry;
use crate::failure::{Failure, unless_no_role};
use crate::outcome::{Outcome, Recipient, Report};
use crate::peerings::{Listings, of_vpc};
use crate::ports::{Allowlist, Backend, Claims, Clock, Cloud, Ledger, Meshes, Ports};
use crate::stir::stir;
use answered::Answered;
use answers::{clear_answers, write_answers};
pub(crate) use pair::{after_its_end, obstacles};

/// Serves the VPC that the hint points at: reads its tags in its own account, asks the allowlist, asks for what is missing, and tells on the
/// VPC's own tags how it stands with each target.
pub async fn request<B: Backend>(hint: &Hint, ports: &Ports<B>) -> Result<Report, Failure> {
    match hint {
        Hint::Vpc(vpc) => {
            stir([&vpc.place], ports).await?;
            serve_vpc(vpc, ports).await
        }
        Hint::Connection { .. } | Hint::Pending(_) | Hint::Place(_) | Hint::Everywhere => Ok(Report::nothing("no VPC is named")),
    }
}

/// What is known of a VPC that asks.
pub(crate) struct Asking<'a> {
    /// The VPC.
    vpc: &'a VpcRef,
    /// How it was read; none where it is gone.
    facts: Option<VpcFacts>,
    /// Its connections that have not ended.
    existing: Vec<ObservedConnection>,
    /// All that its place shows.
    shown: Listings,
    /// The claims on it.
    claims: Vec<Claim>,
}

async fn serve_vpc<B: Backend>(vpc: &VpcRef, ports: &Ports<B>) -> Result<Report, Failure> {
    let facts = match unless_no_role(ports.cloud.vpc_facts(vpc).await, &vpc.place)? {
        Fact::Known(facts) => facts,
        Fact::Unknown(why) => return Ok(Outcome::Unreachable(why).into()),
    };
    if let Some((owner, tags)) = facts.as_ref().and_then(|facts| Some((facts.other_owner()?, &facts.tags))) {
        return serve_participant(vpc, owner, tags, ports).await;
    }
    let tags = match facts.as_ref().map(|facts| &facts.tags) {
        Some(Fact::Known(tags)) => Some(tags.clone()),
        Some(Fact::Unknown(why)) => return Ok(Report::nothing(format!("the tags of {vpc} can't be read: {why}"))),
        None => None,
    };
    let asks = Asks::read(vpc, tags.as_ref().unwrap_or(&Tags::new()), &ports.allowlist.aliases().await?);
    let partners = join_mesh(vpc, &asks, ports).await?;
    let claims = ports.ledger.claims_of(vpc).await?;
    if asks.is_empty() && claims.is_empty() {
        clear_answers(vpc, tags.as_ref(), ports).await?;
        return Ok(Report::nothing(format!("{vpc} asks for nothing")));
    }
    let mut shown = Listings::new();
    if tags.is_some() {
        shown.insert(vpc.place.clone(), ports.cloud.connections(&vpc.place).await?);
    }
    let existing = shown.get(&vpc.place).map(|shown| of_vpc(shown, vpc)).unwrap_or_default();
    let asking = Asking { vpc, facts, existing, shown, claims };
    let mut report = give_up(&asking, &asks, &partners, ports).await?;
    let answers = answers(&asking, &asks, &partners, ports).await?;
    write_answers(vpc, tags.as_ref(), &answers, ports).await?;
    for answered in &answers {
        report.outcomes.push((answered.connection.clone(), answered.outcome.clone()));
        report.hints.extend(answered.hints.clone());
    }
    Ok(report)
}

/// A VPC of another account that is shared with this one: whoever asks here is told where, and nothing is done for it.
async fn serve_participant<B: Backend>(vpc: &VpcRef, owner: &AccountId, tags: &Fact<Tags>, ports: &Ports<B>) -> Result<Report, Failure> {
    let Fact::Known(tags) = tags else {
        return Ok(Report::nothing(format!("{vpc} belongs to {owner}")));
    };
    let before = ports.ledger.mesh_of(vpc).await?;
    if before.is_some() {
        ports.ledger.set_mesh(vpc, before.as_ref(), None).await?;
    }
    if !tags.contains_key(ASK_TAG) && !tags.contains_key(MESH_TAG) {
        clear_answers(vpc, Some(tags), ports).await?;
        return Ok(Report::nothing(format!("{vpc} belongs to {owner}, and asks for nothing")));
    }
    let answered = Answered::refusal(vpc.vpc.as_str(), &format!("belongs to {owner}: set the tag there"));
    write_answers(vpc, Some(tags), slice::from_ref(&answered), ports).await?;
    Ok(answered.outcome.into())
}

/// Joins the mesh that the VPC names, leaves the one that it no longer does; the other VPCs of the mesh.
async fn join_mesh<B: Backend>(vpc: &VpcRef, asks: &Asks, ports: &Ports<B>) -> Result<BTreeSet<VpcRef>, Failure> {
    // A name that can't be read is a slip of the pen: nothing is left or joined for it.
    if matches!(asks.mesh, Some(Err(_))) {
        return Ok(BTreeSet::new());
    }
    let before: Option<MeshName> = ports.ledger.mesh_of(vpc).await?;
    let now = asks.mesh_name();
    if before.as_ref() != now {
        ports.ledger.set_mesh(vpc, before.as_ref(), now).await?;
    }
    let Some(name) = now else {
        return Ok(BTreeSet::new());
    };
    let mut partners = ports.ledger.mesh(name).await?;
    partners.remove(vpc);
    Ok(partners)
}

/// Leaves to `cleanup` what this VPC no longer asks for: it looks whether the other one does. A claim that led nowhere is given up, and by
/// whoever made it one whose connection has ended: then a new ask is a new one.
async fn give_up<B: Backend>(asking: &Asking<'_>, asks: &Asks, partners: &BTreeSet<VpcRef>, ports: &Ports<B>) -> Result<Report, Failure> {
    let mut report = Report::default();
    if asks.is_doubtful() {
        return Ok(report);
    }
    for claim in &asking.claims {
        let Some(peer) = claim.peer_of(asking.vpc).filter(|peer| !asks.names(peer) && !partners.contains(*peer)) else {
            continue;
        };
        let of_it = |peering: &&ObservedConnection| {
            let connection = &peering.connection;
            claim.created.as_ref().map_or(connection.ends == claim.ends, |id| connection.id == *id)
        };
        match (asking.existing.iter().find(of_it), &claim.created) {
            (Some(found), _) => {
                let id = &found.connection.id;
                pair::adopt(found, Some(claim), ports.ledger.load(id).await?.as_ref(), asking.vpc, ports).await?;
                let places = vec![asking.vpc.place.clone(), peer.place.clone()];
                report.hints.insert((Recipient::Cleanup, Hint::Connection { id: id.clone(), places }));
            }
            (None, Some(id)) => {
                let asker = ports.ledger.load(id).await?.and_then(|entry| entry.created_for);
                if asker.as_ref().unwrap_or(&claim.ends.requester) == asking.vpc {
                    ports.ledger.drop_claim(claim).await?;
                }
            }
            (None, None) if claim.until <= ports.clock.now() => ports.ledger.drop_claim(claim).await?,
            (None, None) => {}
        }
    }
    Ok(report)
}

/// One answer for each target, and each other VPC of the mesh that still belongs to it.
async fn answers<B: Backend>(
    asking: &Asking<'_>,
    asks: &Asks,
    partners: &BTreeSet<VpcRef>,
    ports: &Ports<B>,
) -> Result<Vec<Answered>, Failure> {
    let mut answers = Vec::new();
    if let Some(wrong) = &asks.wrong {
        answers.push(Answered::refusal("", &wrong.to_string()));
    }
    for target in &asks.targets {
        answers.push(match &target.vpc {
            Ok(other) => pair::answer_target(asking, &target.text, other, pair::Way::Mine, ports).await?,
            Err(wrong) => Answered::refusal(&target.text, &wrong.to_string()),
        });
    }
    match &asks.mesh {
        Some(Err(wrong)) => answers.push(Answered::refusal("mesh", &wrong.to_string())),
        Some(Ok(name)) => {
            for other in partners.iter().filter(|other| !asks.names(other)) {
                if belongs(other, name, ports).await? {
                    answers.push(pair::answer_target(asking, other.vpc.as_str(), other, pair::Way::Either, ports).await?);
                }
            }
            if answers.is_empty() {
                answers.push(Answered::refusal("mesh", &format!("{name} has no other VPC yet")));
            }
        }
        None => {}
    }
    Ok(answers)
}

/// What the register says of a mesh is a hint as well: the tag decides.
async fn belongs<B: Backend>(vpc: &VpcRef, name: &MeshName, ports: &Ports<B>) -> Result<bool, Failure> {
    match unless_no_role(ports.cloud.vpc_facts(vpc).await, &vpc.place)? {
        // It was deleted, and nobody will read its tags again.
        Fact::Known(None) => {
            ports.ledger.set_mesh(vpc, Some(name), None).await?;
            Ok(false)
        }
        Fact::Known(Some(facts)) if facts.other_owner().is_some() => {
            ports.ledger.set_mesh(vpc, Some(name), None).await?;
            Ok(false)
        }
        Fact::Known(Some(facts)) => {
            let tags = facts.tags.known().cloned().unwrap_or_default();
            Ok(Asks::read(vpc, &tags, &BTreeMap::new()).mesh_name() == Some(name))
        }
        Fact::Unknown(_) => Ok(false),
    }
}

/// What the tag of a VPC should say of targets that are connections, as far as the ledger knows each of them: none where it does not.
pub(crate) fn answers_by_ledger<'e>(
    vpc: &VpcRef,
    asks: &Asks,
    standing: impl Fn(&VpcRef) -> Option<(&'e ObservedConnection, &'e Entry)>,
) -> Option<String> {
    if asks.mesh.is_some() || asks.wrong.is_some() || asks.targets.is_empty() {
        return None;
    }
    let told = |target: &Target| {
        let (peering, entry) = standing(target.vpc.as_ref().ok()?)?;
        (!entry.status.is_passing()).then(|| pair::standing(&target.text, &peering.connection, Some(entry.clone())).told())
    };
    asks.targets.iter().map(told).collect::<Option<Vec<_>>>().map(|words| answer_of(vpc, &words))
}

/// The answers on a VPC's tag, with where the whole of them is where they are cut.
fn answer_of(vpc: &VpcRef, words: &[(String, bool)]) -> String {
    values(words, &format!("peerwright status {}", vpc.vpc))
}
