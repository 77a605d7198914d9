//! What a function makes of a payload: a batch, an event, a table's changes or a person's request.

use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent};
use lambda_runtime::{Context, Diagnostic, LambdaEvent};
use peerwright_aws::{AwsPorts, SystemClock};
use peerwright_core::event::{self, Cause, Hint, Parsed};
use peerwright_core::ids::PcxId;
use peerwright_engine::failure::Failure;
use peerwright_engine::lines::shown;
use peerwright_engine::outcome::{Outcome, Report};
use peerwright_engine::ports::Clock;
use serde::Serialize;
use serde_json::{Value, json};

use crate::batch::handle_batch;
use crate::function::Function;
use crate::invocation::{Invocation, log_failure};
use crate::metrics::Metrics;

/// What a function is invoked with: a batch of messages, an event, or a person's request.
pub type Payload = Value;

/// What a function replies.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Reply {
    /// To a batch: the messages to deliver again.
    Batch(SqsBatchResponse),
    /// To an event or a person: what came of each connection.
    Outcomes(Vec<Value>),
}

impl Function {
    /// Does the work for a batch of messages, an event or a person's request.
    ///
    /// The messages of a batch that fail are retried by the queue; an event or request by itself fails the invocation.
    pub async fn handle(
        &self,
        event: LambdaEvent<Payload>,
        work: impl AsyncFn(&Hint, &AwsPorts) -> Result<Report, Failure>,
    ) -> Result<Reply, Diagnostic> {
        let LambdaEvent { payload, context } = event;
        let invocation = Invocation::of(self, &context);
        if payload.get("Records").is_some() {
            let event: SqsEvent = serde_json::from_value(payload).map_err(|error| diagnostic("MalformedBatch", &error.to_string()))?;
            return Ok(Reply::Batch(handle_batch(invocation, event, &work).await));
        }
        let cause = Cause::read(&payload);
        match event::read(&payload).map_err(|error| diagnostic("MalformedEvent", &error.to_string()))? {
            Parsed::Hint(hint) => handle_hint(invocation, &hint, cause, &work).await,
            Parsed::Ignored(what) => {
                let nothing = async |_: &Hint, _: &AwsPorts| Ok(Report::nothing(format!("{what} is not for us")));
                handle_hint(invocation, &Hint::Everywhere, cause, &nothing).await
            }
        }
    }

    /// Does work that no hint points at: the changes of a table.
    pub async fn handle_changes(
        &self,
        context: &Context,
        work: impl AsyncFn(&AwsPorts) -> Result<Report, Failure>,
    ) -> Result<Reply, Diagnostic> {
        let invocation = Invocation::of(self, context);
        handle_hint(invocation, &Hint::Everywhere, Cause::default(), &async |_: &Hint, ports: &AwsPorts| work(ports).await).await
    }
}

/// Follows a hint that is no part of a batch.
async fn handle_hint(
    invocation: Invocation<'_>,
    hint: &Hint,
    cause: Cause,
    work: &impl AsyncFn(&Hint, &AwsPorts) -> Result<Report, Failure>,
) -> Result<Reply, Diagnostic> {
    let mut metrics = Metrics::default();
    let result = invocation.follow(hint, cause, None, work, &mut metrics).await;
    metrics.emit(&invocation.function.name_in_aws, SystemClock.now());
    let report = result.map_err(|failure| {
        let explanation = failure.explain_final();
        log_failure(hint, &failure, &explanation);
        diagnostic(failure.class.label(), &explanation)
    })?;
    Ok(Reply::Outcomes(report.outcomes.iter().map(|(id, outcome)| outcome_json(id.as_ref(), outcome)).collect()))
}

fn outcome_json(id: Option<&PcxId>, outcome: &Outcome) -> Value {
    json!({ "connection": id, "outcome": outcome.label(), "reasons": shown(&outcome.reasons()) })
}

fn diagnostic(error_type: &str, error_message: &str) -> Diagnostic {
    Diagnostic { error_type: error_type.to_owned(), error_message: error_message.to_owned() }
}
