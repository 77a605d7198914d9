//! What a VPC asks for by its tags.
//!
//! ```text
//! peerwright:peer-with = shared-services vpc-0abc…/222222222222/eu-west-1     connections to these
//! peerwright:mesh      = payments                                             connections among all VPCs that bear it
//! ```

pub mod edit;

use std::collections::BTreeSet;
use std::fmt;

use crate::allowlist::Aliases;
use crate::ids::{AliasName, MeshName, Place, Sides, VpcRef};
use crate::tags::Tags;
use crate::world::VpcFacts;

/// The tag that names the VPCs that a VPC asks for.
pub const ASK_TAG: &str = "peerwright:peer-with";
/// The tag that names the mesh that a VPC belongs to.
pub const MESH_TAG: &str = "peerwright:mesh";
/// The tag that tells, on the asking VPC and on the connection, how it stands.
pub const STATUS_TAG: &str = "peerwright:status";
/// The tag that tells, on the asking VPC and on the connection, the rules that decided.
pub const RULE_TAG: &str = "peerwright:rule";
/// The tag on a connection that we created: the VPC that asked for it.
pub const CREATED_TAG: &str = "peerwright:created-for";

/// The most targets of one VPC: as many requests as may be outstanding for it ("Outstanding VPC peering connection requests",
/// L-DC9F7029, VPC quotas).
pub const MOST_TARGETS: usize = 25;

/// What a VPC asks for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Asks {
    /// The targets as they are written, each with what it means. None of them twice.
    pub targets: Vec<Target>,
    /// The mesh that it belongs to.
    pub mesh: Option<Result<MeshName, Wrong>>,
    /// What is wrong with the whole of it.
    pub wrong: Option<Wrong>,
}

/// One thing that a VPC asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// As it is written.
    pub text: String,
    /// The VPC that it means.
    pub vpc: Result<VpcRef, Wrong>,
}

/// What is wrong with an ask, in words for the person who wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wrong {
    /// It is neither a name nor a VPC.
    Unreadable,
    /// The allowlist knows no such alias.
    UnknownAlias,
    /// It is the VPC itself.
    Itself,
    /// No connection leads from one partition of AWS to another.
    OtherPartition,
    /// It names more than is allowed.
    TooMany(usize),
    /// It is no name of a mesh.
    MeshName,
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable => f.write_str("is neither an alias nor vpc-id/account/region"),
            Self::UnknownAlias => f.write_str("is no alias of the allowlist"),
            Self::Itself => f.write_str("is this VPC itself"),
            Self::OtherPartition => f.write_str("is in another partition of AWS"),
            Self::TooMany(count) => write!(f, "{count} targets are more than {MOST_TARGETS}"),
            Self::MeshName => f.write_str("is no name: 1 to 128 letters or digits or - _ ."),
        }
    }
}

impl Asks {
    /// Reads the tags of a VPC. Whatever is wrong with one target leaves the others as they are; too many of them are none.
    pub fn read(vpc: &VpcRef, tags: &Tags, aliases: &Aliases) -> Self {
        let words: Vec<&str> = tags.get(ASK_TAG).map(|text| words(text)).unwrap_or_default();
        let mesh = tags.get(MESH_TAG).map(|name| name.trim().parse().map_err(|_| Wrong::MeshName));
        let mut seen = BTreeSet::new();
        let targets: Vec<Target> = words
            .into_iter()
            .map(|text| Target { text: text.to_owned(), vpc: target(text, vpc, aliases) })
            .filter(|target| seen.insert(target.vpc.as_ref().map_err(|_| target.text.clone()).cloned()))
            .collect();
        if targets.len() > MOST_TARGETS {
            return Self { targets: Vec::new(), mesh, wrong: Some(Wrong::TooMany(targets.len())) };
        }
        Self { targets, mesh, wrong: None }
    }

    /// True where it asks for nothing, rightly or wrongly.
    pub fn is_empty(&self) -> bool {
        self.targets.is_empty() && self.mesh.is_none() && self.wrong.is_none()
    }

    /// True where one of the targets is this VPC.
    pub fn names(&self, vpc: &VpcRef) -> bool {
        self.targets.iter().any(|target| target.vpc.as_ref() == Ok(vpc))
    }

    /// True where nobody can tell what it asks for: then nothing counts as no longer asked for.
    pub fn is_doubtful(&self) -> bool {
        let unclear = |wrong: &Wrong| !matches!(wrong, Wrong::Itself | Wrong::OtherPartition);
        self.wrong.is_some()
            || self.targets.iter().any(|target| target.vpc.as_ref().err().is_some_and(unclear))
            || matches!(self.mesh, Some(Err(_)))
    }

    /// The mesh, if it is named well.
    pub fn mesh_name(&self) -> Option<&MeshName> {
        self.mesh.as_ref().and_then(|name| name.as_ref().ok())
    }
}

/// Spaces separate; so do commas, which people write, and which no name or id has.
fn words(text: &str) -> Vec<&str> {
    text.split([' ', ',', '\t', '\n']).filter(|word| !word.is_empty()).collect()
}

fn target(text: &str, asking: &VpcRef, aliases: &Aliases) -> Result<VpcRef, Wrong> {
    // An alias may begin like an id, so what is no id may still be one.
    let unnamed = |wrong, other| if text.starts_with("vpc-") { wrong } else { other };
    let vpc = written_out(text, &asking.place).or_else(|wrong| named(text, aliases).map_err(|other| unnamed(wrong, other)))?;
    if vpc == *asking {
        return Err(Wrong::Itself);
    }
    if vpc.place.region.partition() != asking.place.region.partition() {
        return Err(Wrong::OtherPartition);
    }
    Ok(vpc)
}

fn named(text: &str, aliases: &Aliases) -> Result<VpcRef, Wrong> {
    let name: AliasName = text.parse().map_err(|_| Wrong::Unreadable)?;
    aliases.get(&name).cloned().ok_or(Wrong::UnknownAlias)
}

/// `vpc-id[/account[/region]]`; what is left out is the asking VPC's own.
fn written_out(text: &str, home: &Place) -> Result<VpcRef, Wrong> {
    let mut parts = text.split('/');
    let vpc = parts.next().unwrap_or_default().parse().map_err(|_| Wrong::Unreadable)?;
    let account = parts.next().map_or(Ok(home.account.clone()), str::parse).map_err(|_| Wrong::Unreadable)?;
    let region = parts.next().map_or(Ok(home.region.clone()), str::parse).map_err(|_| Wrong::Unreadable)?;
    if parts.next().is_some() {
        return Err(Wrong::Unreadable);
    }
    Ok(VpcRef { place: Place { account, region }, vpc })
}

/// Whether a connection between two VPCs is asked for, as far as the tags of both are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// One of them asks for the other, or both belong to one mesh.
    Yes,
    /// Neither does.
    No,
    /// What one asks for can't be read, and the other asks for nothing.
    Unknown,
}

/// Whether either of two VPCs asks for the other. `None` stands for tags that can't be read.
pub fn wanted(a: (&VpcRef, Option<&Asks>), b: (&VpcRef, Option<&Asks>)) -> Wanted {
    let names = |asks: Option<&Asks>, other: &VpcRef| asks.is_some_and(|asks| asks.names(other));
    if names(a.1, b.0) || names(b.1, a.0) {
        return Wanted::Yes;
    }
    let mesh = |asks: Option<&Asks>| asks.and_then(Asks::mesh_name).cloned();
    if mesh(a.1).is_some() && mesh(a.1) == mesh(b.1) {
        return Wanted::Yes;
    }
    let clear = |asks: Option<&Asks>| asks.is_some_and(|asks| !asks.is_doubtful());
    if clear(a.1) && clear(b.1) { Wanted::No } else { Wanted::Unknown }
}

/// [`wanted`], read from the tags of both VPCs.
pub fn asked_for(vpcs: &Sides<VpcFacts>, aliases: &Aliases) -> Wanted {
    let asks = |facts: &VpcFacts| facts.tags.known().map(|tags| Asks::read(&facts.vpc, tags, aliases));
    let (requester, accepter) = (asks(&vpcs.requester), asks(&vpcs.accepter));
    wanted((&vpcs.requester.vpc, requester.as_ref()), (&vpcs.accepter.vpc, accepter.as_ref()))
}
