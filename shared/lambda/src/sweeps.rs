//! What is left of the sweep before, when the schedule wants the next.

use peerwright_aws::{Backlog, SystemClock};
use peerwright_engine::ports::Clock;
use serde_json::Value;

use crate::function::Function;
use crate::metrics::{Count, Metrics};
use crate::origin::wants_every_place;

impl Function {
    /// True where messages wait in the function's queue behind those under way, when the schedule wants a sweep. Where nothing is left of the one
    /// before, that one is counted as finished. Messages that can't be counted keep nobody from working.
    pub async fn has_backlog(&self, payload: &Value) -> bool {
        match self.queue.backlog().await {
            Ok(backlog) => {
                if is_finished(backlog, payload) {
                    let mut metrics = Metrics::default();
                    metrics.add(Count::SweepsFinished, 1);
                    metrics.emit(&self.name_in_aws, SystemClock.now());
                }
                backlog.waiting > 0
            }
            Err(failure) => {
                tracing::warn!("{}", failure.explain_final());
                false
            }
        }
    }
}

/// True where no place waits, is tried again later or is under way: in the queue is nothing but this batch, and in it no place.
fn is_finished(backlog: Backlog, payload: &Value) -> bool {
    let records: &[Value] = payload.get("Records").and_then(Value::as_array).map_or(&[], Vec::as_slice);
    let Backlog { waiting, delayed, under_way } = backlog;
    waiting == 0 && delayed == 0 && under_way <= records.len() as u64 && records.iter().all(wants_every_place)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn finished(backlog: [u64; 3], bodies: &[&str]) -> bool {
        let records: Vec<Value> = bodies.iter().map(|body| json!({ "body": body })).collect();
        let [waiting, delayed, under_way] = backlog;
        is_finished(Backlog { waiting, delayed, under_way }, &json!({ "Records": records }))
    }

    #[test]
    fn a_sweep_is_finished_when_nothing_of_it_waits_is_hidden_or_is_under_way() {
        let (all, place) = (r#"{"sweep": "all", "scheduled": true}"#, r#"{"sweep": {"account": "111111111111", "region": "eu-west-1"}}"#);
        assert!(finished([0, 0, 1], &[all]));
        // SQS may count late.
        assert!(finished([0, 0, 0], &[all]));
        for backlog in [[1, 0, 1], [0, 1, 1], [0, 0, 2]] {
            assert!(!finished(backlog, &[all]), "{backlog:?}");
        }
        assert!(!finished([0, 0, 2], &[all, place]), "a place came in the same batch");
    }
}
