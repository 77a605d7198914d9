//! A Lambda function: its clients, and what it makes of a payload.

use std::collections::BTreeMap;
use std::process::exit;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent};
use lambda_runtime::{Diagnostic, LambdaEvent};
use peerwright_aws::{
    AllowlistTable, AwsPorts, Bus, ClientPool, Ec2Cloud, LedgerTable, MemberRole, Outbox, Queue, SessionPolicy, SystemClock, connect,
};
use peerwright_core::event::{self, Cause, Hint, Parsed};
use peerwright_engine::failure::{Class, Failure};
use peerwright_engine::outcome::{Outcome, Recipient, Report};
use peerwright_engine::ports::{Clock, Cloud};
use serde::Serialize;
use serde_json::{Value, json};

use crate::batch;
use crate::config::Config;
use crate::metrics::Counts;

/// What a function is invoked with: a batch of messages, an event, or a person's request.
pub type Payload = Value;

/// What a function answers.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Reply {
    /// To a batch: the messages to deliver again.
    Batch(SqsBatchResponse),
    /// To an event or a person: what came of each connection.
    Outcomes(Vec<Value>),
}

/// Everything that outlives an invocation.
#[derive(Debug)]
pub struct Function {
    /// Its name: `accept`, `configure`.
    pub(crate) name: &'static str,
    /// Its configuration.
    pub config: Config,
    pool: Arc<ClientPool>,
    allowlist: AllowlistTable,
    ledger: LedgerTable,
    /// Its own queue.
    pub(crate) queue: Queue,
    /// Queues of the functions that this one leaves work to.
    outboxes: BTreeMap<Recipient, Outbox>,
    /// Counts the runs of this process: each has a name of its own.
    runs: AtomicU64,
}

impl Function {
    /// Reads the configuration and prepares the clients; a configuration that isn't usable ends the process with status 2.
    ///
    /// `writes` are the EC2 actions that this function may take besides reading.
    pub async fn start(name: &'static str, writes: &[&str]) -> Self {
        lambda_runtime::tracing::init_default_subscriber();
        let config = Config::read(|key| std::env::var(key).ok()).unwrap_or_else(|errors| {
            tracing::error!(function = name, "{errors}");
            exit(2)
        });
        let base = connect().await;
        let role = MemberRole {
            partition: config.partition.clone(),
            name: config.member_role.clone(),
            external_id: config.external_id.clone(),
            session: format!("peerwright-{name}"),
            policy: SessionPolicy::new(writes),
        };
        Self {
            name,
            allowlist: AllowlistTable::new(&base, &config.allowlist_table),
            ledger: LedgerTable::new(&base, &config.connections_table).telling(Bus::new(&base, &config.bus)).keeping(config.history),
            queue: Queue::new(&base, &config.queue_url, &config.dead_letter_queue_url),
            outboxes: config.outboxes.iter().map(|(to, url)| (*to, Outbox::new(&base, url))).collect(),
            runs: AtomicU64::new(0),
            pool: Arc::new(ClientPool::new(base, role)),
            config,
        }
    }

    /// Does the work for a batch of messages, an event or a person's request.
    ///
    /// The events of a batch that fail are retried by the queue; an event or request by itself fails the invocation.
    pub async fn handle(
        &self,
        event: LambdaEvent<Payload>,
        work: impl AsyncFn(&Hint, &AwsPorts) -> Result<Report, Failure>,
    ) -> Result<Reply, Diagnostic> {
        let LambdaEvent { payload, context } = event;
        if payload.get("Records").is_some() {
            let event: SqsEvent = serde_json::from_value(payload).map_err(|error| diagnostic("MalformedBatch", &error.to_string()))?;
            return Ok(Reply::Batch(batch::handle(self, &context.request_id, event, &work).await));
        }
        match event::read(&payload).map_err(|error| diagnostic("MalformedEvent", &error.to_string()))? {
            Parsed::Hint(hint) => self.answer(&hint, Cause::read(&payload), &context.request_id, &work).await,
            Parsed::Ignored(what) => {
                let nothing = async |_: &AwsPorts| Ok(Report::nothing(format!("{what} is not for us")));
                self.handle_plainly(&context.request_id, nothing).await
            }
        }
    }

    /// Does work that no hint points at.
    pub async fn handle_plainly(
        &self,
        request: &str,
        work: impl AsyncFn(&AwsPorts) -> Result<Report, Failure>,
    ) -> Result<Reply, Diagnostic> {
        self.answer(&Hint::Everywhere, Cause::default(), request, &async |_: &Hint, ports: &AwsPorts| work(ports).await).await
    }

    async fn answer(
        &self,
        hint: &Hint,
        cause: Cause,
        request: &str,
        work: &impl AsyncFn(&Hint, &AwsPorts) -> Result<Report, Failure>,
    ) -> Result<Reply, Diagnostic> {
        let mut counts = Counts::default();
        let result = self.work(hint, cause, request, work, &mut counts).await;
        counts.emit(self.name, SystemClock.now());
        let report = result.map_err(|failure| diagnostic(failure.class.label(), &failure.explain()))?;
        Ok(Reply::Outcomes(report.outcomes.iter().map(|(id, outcome)| answer(id.as_ref(), outcome)).collect()))
    }

    /// Follows one hint, counting and logging what came of it.
    pub(crate) async fn work(
        &self,
        hint: &Hint,
        cause: Cause,
        request: &str,
        work: &impl AsyncFn(&Hint, &AwsPorts) -> Result<Report, Failure>,
        counts: &mut Counts,
    ) -> Result<Report, Failure> {
        let run = self.runs.fetch_add(1, Ordering::Relaxed);
        let ports = AwsPorts {
            cloud: Ec2Cloud::new(Arc::clone(&self.pool)),
            allowlist: self.allowlist.clone(),
            ledger: self.ledger.clone(),
            clock: SystemClock,
            holder: format!("{} {request} {run}", self.name),
            cause,
        };
        let result = match work(hint, &ports).await.and_then(reached) {
            Ok(report) => self.dispatch(&report, &ports.cause).await.map(|()| report),
            Err(failure) => Err(failure),
        };
        counts.add("ec2Calls", ports.cloud.calls());
        match &result {
            Ok(report) => {
                for (id, outcome) in &report.outcomes {
                    counts.add(outcome.label(), 1);
                    let connection = id.as_ref().map(ToString::to_string).unwrap_or_default();
                    tracing::info!(connection, outcome = outcome.label(), "{}", outcome.reasons().join("; "));
                }
            }
            Err(failure) => {
                counts.add("failed", 1);
                if let (Class::Denied, Some(place)) = (failure.class, &failure.place) {
                    self.pool.forget(place).await;
                }
                tracing::error!(?hint, error_type = failure.class.label(), "{}", failure.explain());
            }
        }
        result
    }

    /// Leaves work to other functions, with whence it came.
    async fn dispatch(&self, report: &Report, cause: &Cause) -> Result<(), Failure> {
        let mut messages: BTreeMap<Recipient, Vec<String>> = BTreeMap::new();
        for (to, hint) in &report.hints {
            if let Some(mut message) = hint.message() {
                message["events"] = json!(cause.events);
                message["principal"] = json!(cause.principal);
                messages.entry(*to).or_default().push(message.to_string());
            }
        }
        for (to, messages) in messages {
            let outbox = self.outboxes.get(&to).ok_or_else(|| nowhere(self.name, to))?;
            outbox.send(&messages).await?;
        }
        Ok(())
    }
}

fn nowhere(name: &str, to: Recipient) -> Failure {
    let source = format!("{name} is not told the queue of {to:?}: deploy infra/hub.yaml of this release").into();
    Failure { what: "leave work to another function".to_owned(), place: None, class: Class::Unexpected, source }
}

/// A hint that leads nowhere we are let in is a failure: it is tried again, and ends where a person sees it.
fn reached(report: Report) -> Result<Report, Failure> {
    let unreachable = report.outcomes.iter().find_map(|(_, outcome)| match outcome {
        Outcome::Unreachable(why) => Some(why.clone()),
        _ => None,
    });
    match unreachable {
        Some(why) => Err(Failure { what: "follow the hint".to_owned(), place: None, class: Class::NoRole, source: why.into() }),
        None => Ok(report),
    }
}

fn answer(id: Option<&peerwright_core::ids::PcxId>, outcome: &Outcome) -> Value {
    json!({ "connection": id, "outcome": outcome.label(), "reasons": outcome.reasons() })
}

fn diagnostic(error_type: &str, error_message: &str) -> Diagnostic {
    Diagnostic { error_type: error_type.to_owned(), error_message: error_message.to_owned() }
}
