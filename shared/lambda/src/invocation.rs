//! One invocation: hints are followed, and what came of each is counted, logged and passed on.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use lambda_runtime::Context;
use peerwright_aws::{AwsPorts, CALL};
use peerwright_core::event::{Cause, Hint};
use peerwright_engine::failure::{Class, Failure};
use peerwright_engine::lines::shown;
use peerwright_engine::outcome::{Outcome, Recipient, Report};
use peerwright_engine::ports::{Clock, Cloud};
use serde_json::{Value, json};

use crate::function::Function;
use crate::metrics::{Count, Metrics};

/// What is kept of the time for the step that is under way, another look, and writing down what was done: as much as the longest call takes.
const RESERVE: Duration = CALL;

/// What is kept of the time for the answer to Lambda: a run that takes longer is cut off, and its message comes again. Lambda would cut off all of the
/// batch, and its process.
const ANSWER: Duration = Duration::from_secs(3);

/// A function's work for one request of Lambda.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Invocation<'a> {
    /// The function that is invoked.
    pub(crate) function: &'a Function,
    /// The id that Lambda gave the request.
    pub(crate) request: &'a str,
    /// When no further step may begin.
    pub(crate) deadline: Timestamp,
    /// When a run is cut off; never where Lambda sets no time.
    end: Option<Timestamp>,
}

impl<'a> Invocation<'a> {
    /// An invocation, by what Lambda tells about it.
    pub(crate) fn of(function: &'a Function, context: &'a Context) -> Self {
        let end = i64::try_from(context.deadline).ok().and_then(|milliseconds| Timestamp::from_millisecond(milliseconds).ok());
        let before_end = |time: Duration| end.and_then(|end| end.checked_sub(time).ok());
        let deadline = before_end(RESERVE).unwrap_or(Timestamp::MAX);
        Self { function, request: &context.request_id, deadline, end: before_end(ANSWER) }
    }

    /// Follows one hint, whose message came again so many times because nothing was ready; none where no message comes again. A failure is left to the
    /// caller to log, who knows whether it is tried again.
    pub(crate) async fn follow(
        self,
        hint: &Hint,
        cause: Cause,
        waits: Option<u32>,
        work: &impl AsyncFn(&Hint, &AwsPorts) -> Result<Report, Failure>,
        metrics: &mut Metrics,
    ) -> Result<Report, Failure> {
        let ports = self.function.ports(self.request, cause, waits, self.deadline);
        let left = self.end.map(|end| Duration::try_from(end.duration_since(ports.clock.now())).unwrap_or_default());
        let result = within(left, async {
            let report = reached(work(hint, &ports).await?)?;
            self.dispatch(hint, &report, &ports.cause).await.map(|()| report)
        })
        .await;
        metrics.add(Count::Ec2Calls, ports.cloud.calls());
        match &result {
            Ok(report) => {
                metrics.take_gauges(report);
                log_outcomes(report, metrics);
            }
            Err(failure) => {
                metrics.add(Count::Failed, 1);
                if let (Class::Denied, Some(place)) = (failure.class, &failure.place) {
                    self.function.pool.forget(place).await;
                }
            }
        }
        result
    }

    /// Leaves work to other functions, with its origin.
    async fn dispatch(self, from: &Hint, report: &Report, cause: &Cause) -> Result<(), Failure> {
        let mut messages: BTreeMap<Recipient, Vec<String>> = BTreeMap::new();
        for (to, hint) in &report.hints {
            if let Some(message) = hint.message() {
                messages.entry(*to).or_default().push(with_origin(message, report, &cause.handed_on(from, hint)).to_string());
            }
        }
        for (to, messages) in messages {
            let outbox = self.function.outboxes.get(&to).ok_or_else(|| no_queue(self.function.name, to))?;
            outbox.send(&messages).await?;
        }
        Ok(())
    }
}

/// The message to another function, with where it comes from.
fn with_origin(mut message: Value, report: &Report, cause: &Cause) -> Value {
    message["events"] = json!(cause.events);
    message["principal"] = json!(cause.principal);
    message["accepted_by"] = json!(cause.accepted_by);
    message["retry"] = json!(cause.retry);
    message["since"] = json!(report.since);
    message["at"] = json!(report.at);
    message
}

/// Work that is cut off after a time: what it did stands, as after a crash, and is found by the next look.
async fn within<T>(left: Option<Duration>, work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let Some(left) = left else {
        return work.await;
    };
    tokio::time::timeout(left, work).await.unwrap_or_else(|_| {
        let source = "AWS answered too slowly for the time of one run".into();
        Err(Failure { what: "come to an end".to_owned(), place: None, class: Class::Transient, source })
    })
}

/// Logs why a hint could not be followed.
pub(crate) fn log_failure(hint: &Hint, failure: &Failure, explanation: &str) {
    tracing::error!(?hint, error_type = failure.class.label(), "{explanation}");
}

fn log_outcomes(report: &Report, metrics: &mut Metrics) {
    for (id, outcome) in &report.outcomes {
        metrics.count(outcome);
        let connection = id.as_ref().map(ToString::to_string).unwrap_or_default();
        tracing::info!(connection, outcome = outcome.label(), "{}", shown(&outcome.reasons()).join("; "));
    }
}

fn no_queue(name: &str, to: Recipient) -> Failure {
    let source = format!("the configuration of {name} names no queue of {to:?}: deploy infra/hub.yaml of this release").into();
    Failure { what: "leave work to another function".to_owned(), place: None, class: Class::Unexpected, source }
}

/// A hint whose places all refuse us is a failure: it is tried again, and ends where a person sees it.
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

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use super::*;

    #[tokio::test]
    async fn a_run_that_never_ends_is_a_failure_that_is_tried_again() {
        let cut = within(Some(Duration::from_millis(10)), pending::<Result<(), Failure>>()).await.expect_err("it never ends");
        assert_eq!(cut.class, Class::Transient);
        assert!(cut.explain().contains("too slowly") && cut.explain().contains("tried again"), "{}", cut.explain());
    }

    #[test]
    fn a_message_to_another_function_says_where_it_comes_from() {
        let hint = Hint::Place("111111111111/eu-west-1".parse().expect("a place"));
        let message = hint.message().expect("a message");
        for retry in [false, true] {
            let cause = Cause { events: vec!["one".to_owned()], retry, principal: Some("arn".to_owned()), ..Cause::default() };
            assert_eq!(Cause::read(&with_origin(message.clone(), &Report::default(), &cause)), cause);
        }
    }

    #[tokio::test]
    async fn a_run_that_ends_in_time_is_left_alone() {
        for left in [None, Some(Duration::from_mins(1))] {
            assert_eq!(within(left, ready(Ok(1))).await.expect("no failure"), 1);
        }
    }
}
