//! Metrics in CloudWatch's embedded metric format: one JSON line, no call, no agent.
//!
//! Written by hand because the format is one line of JSON (CloudWatch user guide, "Embedded metric format specification"). The kept crate for it,
//! metrique 0.1 with its EMF writer, brings 33 crates that no function has otherwise (queues, sketches, random numbers), for histograms and background
//! writers that a function of one invocation at a time has no use for. What each metric means: `docs/reference/metrics.md`.

use std::collections::BTreeMap;
use std::io::Write;

use jiff::Timestamp;
use peerwright_engine::gauge::Gauge;
use peerwright_engine::outcome::{Outcome, Report};
use serde_json::{Map, Value, json};

/// The namespace of all metrics.
const NAMESPACE: &str = "Peerwright";
/// The only dimension, the function's name in AWS, which begins with the hub's prefix: every further one would be a metric of its own.
const DIMENSION: &str = "function";

/// What is counted besides outcomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Count {
    /// Calls of EC2.
    Ec2Calls,
    /// Hints that could not be followed to an outcome.
    Failed,
    /// Messages that are not for us.
    Ignored,
    /// Messages that can't be read.
    Malformed,
    /// Sweeps of every place of which nothing was left when the schedule began the next.
    SweepsFinished,
}

impl Count {
    const fn label(self) -> &'static str {
        match self {
            Self::Ec2Calls => "ec2Calls",
            Self::Failed => "failed",
            Self::Ignored => "ignored",
            Self::Malformed => "malformed",
            Self::SweepsFinished => "sweepsFinished",
        }
    }
}

/// What one piece of work came to, in figures.
#[derive(Debug, Default)]
pub(crate) struct Metrics {
    counts: BTreeMap<&'static str, u64>,
    gauges: BTreeMap<Gauge, u64>,
}

impl Metrics {
    /// Adds to a count.
    pub(crate) fn add(&mut self, count: Count, amount: u64) {
        *self.counts.entry(count.label()).or_default() += amount;
    }

    /// Counts an outcome.
    pub(crate) fn count(&mut self, outcome: &Outcome) {
        *self.counts.entry(outcome.label()).or_default() += 1;
    }

    /// Takes what was seen, in figures: of several the worst.
    pub(crate) fn take_gauges(&mut self, report: &Report) {
        for (gauge, value) in &report.gauges {
            let worst = self.gauges.get(gauge).map_or(*value, |before| gauge.worse(*before, *value));
            self.gauges.insert(*gauge, worst);
        }
    }

    /// Writes the line, if there is any figure.
    pub(crate) fn emit(self, function: &str, now: Timestamp) {
        if self.counts.is_empty() && self.gauges.is_empty() {
            return;
        }
        let line = self.line(function, now);
        // A metric that can't be written must not fail the work it counts.
        let _ = writeln!(std::io::stdout(), "{line}");
    }

    fn line(self, function: &str, now: Timestamp) -> Value {
        let counts = self.counts.into_iter().map(|(name, value)| (name, "Count", value));
        let gauges = self.gauges.into_iter().map(|(gauge, value)| (gauge.label(), unit(gauge), value));
        let figures: Vec<(&str, &str, u64)> = counts.chain(gauges).collect();
        let declared: Vec<Value> = figures.iter().map(|(name, unit, _)| json!({ "Name": name, "Unit": unit })).collect();
        let mut line: Map<String, Value> = figures.iter().map(|(name, _, value)| ((*name).to_owned(), json!(value))).collect();
        line.insert(DIMENSION.to_owned(), json!(function));
        line.insert(
            "_aws".to_owned(),
            json!({
                "Timestamp": now.as_millisecond(),
                "CloudWatchMetrics": [{ "Namespace": NAMESPACE, "Dimensions": [[DIMENSION]], "Metrics": declared }],
            }),
        );
        Value::Object(line)
    }
}

/// CloudWatch has no unit for hours and minutes.
const fn unit(gauge: Gauge) -> &'static str {
    match gauge {
        Gauge::OldestHeldHours | Gauge::OldestDriftMinutes => "None",
        Gauge::QuotaRoomPercent => "Percent",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    use super::*;

    const COUNTS: [Count; 5] = [Count::Ec2Calls, Count::Failed, Count::Ignored, Count::Malformed, Count::SweepsFinished];

    #[test]
    fn a_line_carries_each_figure_and_declares_it_with_its_unit() {
        let mut metrics = Metrics::default();
        let held = Outcome::Held(Vec::new());
        metrics.count(&held);
        metrics.count(&held);
        metrics.add(Count::Ec2Calls, 3);
        for room in [40, 8, 90] {
            metrics.take_gauges(&Report { gauges: BTreeMap::from([(Gauge::QuotaRoomPercent, room)]), ..Report::default() });
        }
        let line = metrics.line("peerwright-accept", Timestamp::UNIX_EPOCH);
        assert_eq!((&line["held"], &line["ec2Calls"], &line["quotaRoomPercent"]), (&json!(2), &json!(3), &json!(8)));
        assert_eq!(line["function"], "peerwright-accept");
        let declared = &line["_aws"]["CloudWatchMetrics"][0];
        assert_eq!((&declared["Namespace"], &declared["Dimensions"]), (&json!("Peerwright"), &json!([["function"]])));
        let units = json!([
            { "Name": "ec2Calls", "Unit": "Count" },
            { "Name": "held", "Unit": "Count" },
            { "Name": "quotaRoomPercent", "Unit": "Percent" },
        ]);
        assert_eq!(declared["Metrics"], units);
    }

    /// The name and unit of each metric that a table of the reference has.
    fn documented() -> BTreeSet<(String, String)> {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference/metrics.md");
        let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let rows = text.lines().filter_map(|line| line.strip_prefix("| `")?.split_once("` | "));
        rows.map(|(name, rest)| (name.to_owned(), rest.split(" |").next().unwrap_or_default().to_owned())).collect()
    }

    #[test]
    fn the_reference_has_just_the_metrics_that_there_are() {
        let counts = COUNTS.map(Count::label).into_iter().chain(Outcome::LABELS).map(|name| (name.to_owned(), "Count".to_owned()));
        let gauges = Gauge::ALL.map(|gauge| (gauge.label().to_owned(), unit(gauge).to_owned()));
        assert_eq!(documented(), counts.chain(gauges).collect());
    }
}
