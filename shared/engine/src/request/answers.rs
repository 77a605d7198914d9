//! The answers on the tags of a VPC that asks.

use std::collections::BTreeSet;

use peerwright_core::ask::{RULE_TAG, STATUS_TAG};
use peerwright_core::digest::digest;
use peerwright_core::ids::{Sides, VpcRef};
use peerwright_core::tag_value::value;
use peerwright_core::world::Tags;

use super::answer_of;
use super::answered::Answered;
use crate::failure::Failure;
use crate::ports::{Answers, Backend, Clock, Cloud, Ports};
use crate::refusal::{Refusal, RefusedSteps};

/// Writes the answers on the VPC's tags where they say something else.
pub(super) async fn write_answers<B: Backend>(
    vpc: &VpcRef,
    tags: Option<&Tags>,
    answers: &[Answered],
    ports: &Ports<B>,
) -> Result<(), Failure> {
    let Some(tags) = tags else {
        return Ok(());
    };
    if answers.is_empty() {
        return clear_answers(vpc, Some(tags), ports).await;
    }
    let words: Vec<(String, bool)> = answers.iter().map(Answered::told).collect();
    let rules: BTreeSet<&str> = answers.iter().flat_map(|answered| &answered.rules).map(String::as_str).collect();
    let rules: Vec<&str> = rules.into_iter().collect();
    let wanted = [(STATUS_TAG, answer_of(vpc, &words)), (RULE_TAG, value(&rules.join(" ")))];
    let differing: Tags =
        wanted.into_iter().filter(|(key, text)| tags.get(*key) != Some(text)).map(|(key, text)| (key.to_owned(), text)).collect();
    if differing.is_empty() {
        return Ok(());
    }
    let says = differing.iter().map(|(key, text)| format!("{key} = {text}")).collect::<Vec<_>>().join("\n");
    unless_refused(vpc, &says, ports, async || ports.cloud.tag(&vpc.place, vpc.vpc.as_str(), &differing).await).await
}

/// A VPC that asks for nothing is told nothing.
pub(super) async fn clear_answers<B: Backend>(vpc: &VpcRef, tags: Option<&Tags>, ports: &Ports<B>) -> Result<(), Failure> {
    let keys: Vec<&str> = [STATUS_TAG, RULE_TAG].into_iter().filter(|key| tags.is_some_and(|tags| tags.contains_key(*key))).collect();
    if keys.is_empty() {
        return Ok(());
    }
    unless_refused(vpc, "", ports, async || ports.cloud.untag(vpc, &keys).await).await
}

/// An answer that can't be given keeps nothing from being done. What AWS refuses is remembered: the same is tried ever less often.
async fn unless_refused<B: Backend>(
    vpc: &VpcRef,
    says: &str,
    ports: &Ports<B>,
    tell: impl AsyncFnOnce() -> Result<(), Failure>,
) -> Result<(), Failure> {
    let answer: RefusedSteps = Sides { requester: Some(digest(says)), accepter: None };
    let (before, now) = (ports.ledger.answer_refusal(vpc).await?, ports.clock.now());
    if !ports.cause.retry && before.as_ref().is_some_and(|before| before.is_recent(now) && before.steps == answer) {
        return Ok(());
    }
    match tell().await {
        Err(failure) if failure.needs_a_person() => {
            tracing::error!(class = failure.class.label(), "{}", failure.explain());
            ports.ledger.note_answer_refusal(vpc, Some(&Refusal::next(before.as_ref(), &answer, false, now))).await
        }
        Ok(()) if before.is_some() => ports.ledger.note_answer_refusal(vpc, None).await,
        told => told,
    }
}
