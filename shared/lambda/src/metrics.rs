//! Metrics in CloudWatch's embedded metric format: one JSON line, no call, no agent.
//!
//! Written by hand because the format is one line of JSON (CloudWatch user guide, "Embedded metric format specification"); the
//! crates for it bring a dozen others.

use std::io::Write;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

/// Counts of one invocation.
#[derive(Debug, Default)]
pub(crate) struct Counts(Map<String, Value>);

impl Counts {
    /// Adds to a count.
    pub(crate) fn add(&mut self, name: &str, amount: u64) {
        let before = self.0.get(name).and_then(Value::as_u64).unwrap_or_default();
        self.0.insert(name.to_owned(), json!(before + amount));
    }

    /// Writes the line, if anything was counted. The function's name is the only dimension: every further one would be a metric of its own.
    pub(crate) fn emit(self, function: &str, now: Timestamp) {
        if self.0.is_empty() {
            return;
        }
        let line = self.line(function, now);
        // A metric that can't be written must not fail the work it counts.
        let _ = writeln!(std::io::stdout(), "{line}");
    }

    fn line(self, function: &str, now: Timestamp) -> Value {
        let metrics: Vec<Value> = self.0.keys().map(|name| json!({ "Name": name, "Unit": "Count" })).collect();
        let mut line = self.0;
        line.insert("function".to_owned(), json!(function));
        line.insert(
            "_aws".to_owned(),
            json!({
                "Timestamp": now.as_millisecond(),
                "CloudWatchMetrics": [{ "Namespace": "Peerwright", "Dimensions": [["function"]], "Metrics": metrics }],
            }),
        );
        Value::Object(line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_carries_each_count_and_declares_it() {
        let mut counts = Counts::default();
        counts.add("held", 1);
        counts.add("held", 2);
        let line = counts.line("accept", Timestamp::UNIX_EPOCH);
        assert_eq!(line["held"], 3);
        assert_eq!(line["_aws"]["CloudWatchMetrics"][0]["Metrics"], json!([{ "Name": "held", "Unit": "Count" }]));
        assert_eq!(line["_aws"]["CloudWatchMetrics"][0]["Dimensions"], json!([["function"]]));
    }
}
