//! What a VPC asks for by its tags and has not got, with the whole of the reason: its tag has room for a part.

use std::collections::BTreeSet;

use peerwright_core::ask::Asks;
use peerwright_core::ids::{Sides, VpcRef};

use crate::explain::{Subject, explain};
use crate::failure::Failure;
use crate::ports::{Allowlist, Backend, Cloud, Meshes, Ports};

/// A target that the VPC is not joined with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnmetAsk {
    /// As the tag names it.
    pub target: String,
    /// What would become of a request, or why there is none.
    pub answer: String,
}

/// What a VPC asks for beside the VPCs that it is joined with. Each is looked at as if it asked now.
pub async fn unmet_asks<B: Backend>(vpc: &VpcRef, joined: &BTreeSet<VpcRef>, ports: &Ports<B>) -> Result<Vec<UnmetAsk>, Failure> {
    let tags = ports.cloud.vpc_facts(vpc).await?.and_then(|facts| facts.tags.known().cloned()).unwrap_or_default();
    let asks = Asks::read(vpc, &tags, &ports.allowlist.aliases().await?);
    let said = |target: &str, answer: String| UnmetAsk { target: target.to_owned(), answer };
    let mut unmet: Vec<UnmetAsk> = asks.wrong.iter().map(|wrong| said("the tag", wrong.to_string())).collect();
    for target in &asks.targets {
        match &target.vpc {
            Err(wrong) => unmet.push(said(&target.text, wrong.to_string())),
            Ok(other) if joined.contains(other) => {}
            Ok(other) => unmet.push(said(&target.text, becomes_of(vpc, other, ports).await)),
        }
    }
    match &asks.mesh {
        Some(Err(wrong)) => unmet.push(said("mesh", wrong.to_string())),
        Some(Ok(name)) => {
            let partners = ports.ledger.mesh(name).await?;
            for other in partners.iter().filter(|other| *other != vpc && !joined.contains(*other) && !asks.names(other)) {
                unmet.push(said(&other.to_string(), becomes_of(vpc, other, ports).await));
            }
        }
        None => {}
    }
    Ok(unmet)
}

async fn becomes_of<B: Backend>(vpc: &VpcRef, other: &VpcRef, ports: &Ports<B>) -> String {
    let ends = Sides { requester: vpc.clone(), accepter: other.clone() };
    match explain(&Subject::Pair(ends), ports).await {
        Ok(found) => found.headline(),
        Err(failure) => failure.explain_final(),
    }
}
