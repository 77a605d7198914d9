//! Batches of messages: each is handled by itself, and one that fails does not fail the others.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::time::Duration;

use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use futures_util::future::join_all;
use peerwright_aws::{AwsPorts, SystemClock, WAITS};
use peerwright_core::event::{self, Cause, Hint, MalformedEvent, Parsed};
use peerwright_engine::delays::pause;
use peerwright_engine::failure::{Failure, chain};
use peerwright_engine::lines::shown;
use peerwright_engine::outcome::Report;
use peerwright_engine::ports::Clock;
use serde_json::Value;

use crate::function::Function;
use crate::invocation::{Invocation, log_failure};
use crate::metrics::{Count, Metrics};

/// The pause after the first failure of a message.
const FIRST_PAUSE: Duration = Duration::from_secs(2);
/// How often a message is sent again because its connection wasn't ready: with growing pauses, two hours.
const MAX_WAITS: u32 = 30;

/// Works on a batch; the answer names the messages to deliver again.
pub(crate) async fn handle_batch(
    invocation: Invocation<'_>,
    event: SqsEvent,
    work: &impl AsyncFn(&Hint, &AwsPorts) -> Result<Report, Failure>,
) -> SqsBatchResponse {
    let mut metrics = Metrics::default();
    let groups = group_by_hint(event.records, &mut metrics);
    let name = &invocation.function.name_in_aws;
    let failed = join_all(groups.iter().map(|(hint, group)| async move {
        let mut metrics = Metrics::default();
        let failed = handle_group(invocation, hint, group, work, &mut metrics).await;
        metrics.emit(name, SystemClock.now());
        failed
    }))
    .await;
    metrics.emit(name, SystemClock.now());
    let mut response = SqsBatchResponse::default();
    for id in failed.into_iter().flatten() {
        response.add_failure(id);
    }
    response
}

/// Messages with the same hint, and their origin.
struct Group {
    messages: Vec<SqsMessage>,
    cause: Cause,
}

/// Groups messages by their hints: the same connection is looked at once per batch.
///
/// What is not for us, or can't be read, is counted and acknowledged: delivering it again would change nothing.
fn group_by_hint(messages: Vec<SqsMessage>, metrics: &mut Metrics) -> BTreeMap<Hint, Group> {
    let mut groups: BTreeMap<Hint, Group> = BTreeMap::new();
    for message in messages {
        let body = message.body.as_deref().unwrap_or_default();
        let read = serde_json::from_str::<Value>(body).map_err(|error| MalformedEvent::NotJson(error.to_string()));
        match read.and_then(|event| Ok((event::read(&event)?, Cause::read(&event)))) {
            Ok((Parsed::Ignored(what), _)) => {
                metrics.add(Count::Ignored, 1);
                tracing::debug!(what, "ignored");
            }
            Ok((Parsed::Hint(hint), cause)) => match groups.entry(hint) {
                Entry::Vacant(entry) => drop(entry.insert(Group { messages: vec![message], cause })),
                Entry::Occupied(mut entry) => {
                    let group = entry.get_mut();
                    group.messages.push(message);
                    group.cause.join(cause);
                }
            },
            Err(error) => {
                metrics.add(Count::Malformed, 1);
                tracing::warn!(message_id = message.message_id, "{error}; the message is dropped");
            }
        }
    }
    groups
}

/// Works on one hint; returns the ids of messages to deliver again.
async fn handle_group(
    invocation: Invocation<'_>,
    hint: &Hint,
    group: &Group,
    work: &impl AsyncFn(&Hint, &AwsPorts) -> Result<Report, Failure>,
    metrics: &mut Metrics,
) -> Vec<String> {
    let messages = &group.messages;
    let function = invocation.function;
    match invocation.follow(hint, group.cause.clone(), messages.first().map(waits_of), work, metrics).await {
        Ok(report) => match (report.again_after(), messages.first()) {
            (Some(first), Some(message)) => send_again(function, message, &report, first).await.err().map_or_else(Vec::new, |failure| {
                tracing::error!("{}", failure.explain());
                messages.iter().filter_map(|message| message.message_id.clone()).collect()
            }),
            _ => Vec::new(),
        },
        Err(failure) => {
            let last = messages.iter().all(|message| is_last_try(function, message));
            log_failure(hint, &failure, &if last { failure.explain_final() } else { failure.explain() });
            let mut again = Vec::new();
            for message in messages {
                again.extend(retry(function, message, &failure).await);
            }
            again
        }
    }
}

/// Sends a message again for a connection that isn't ready. Waiting is no failure: it does not use up the message's tries.
async fn send_again(function: &Function, message: &SqsMessage, report: &Report, first: Duration) -> Result<(), Failure> {
    let body = message.body.as_deref().unwrap_or_default();
    let waits = if report.progressed() { 1 } else { waits_of(message) + 1 };
    if waits > MAX_WAITS {
        let reasons: Vec<String> = report.outcomes.iter().flat_map(|(_, outcome)| outcome.reasons()).collect();
        return function.queue.dead_letter(body, "Waiting", &shown(&reasons).join("; ")).await;
    }
    function.queue.send_later(body, waits, pause(first, waits)).await
}

/// How often a message was sent again already.
fn waits_of(message: &SqsMessage) -> u32 {
    let attribute = message.message_attributes.get(WAITS);
    attribute.and_then(|value| value.string_value.as_deref()).and_then(|text| text.parse().ok()).unwrap_or_default()
}

/// Delays a failed message, or moves it to the dead-letter queue with its reason after the last try. Returns its id if it is to come again.
async fn retry(function: &Function, message: &SqsMessage, failure: &Failure) -> Option<String> {
    let id = message.message_id.clone();
    if is_last_try(function, message) {
        let body = message.body.as_deref().unwrap_or_default();
        return match function.queue.dead_letter(body, failure.class.label(), &failure.explain_final()).await {
            Ok(()) => None,
            // The queue's own redrive moves it then, without the reason.
            Err(_) => id,
        };
    }
    let receipt = message.receipt_handle.as_deref().unwrap_or_default();
    if let Err(failure) = function.queue.delay(receipt, pause(FIRST_PAUSE, tries_of(message))).await {
        tracing::warn!("{}; the message comes again when its visibility timeout is over", chain(&failure));
    }
    id
}

/// How often a message was tried, this time included.
fn tries_of(message: &SqsMessage) -> u32 {
    message.attributes.get("ApproximateReceiveCount").and_then(|text| text.parse().ok()).unwrap_or(1)
}

fn is_last_try(function: &Function, message: &SqsMessage) -> bool {
    tries_of(message) >= function.config.max_receives
}
