//! Configuration from the environment. Everything is read before any problem is reported, so that all are reported at once.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::num::NonZeroUsize;
use std::str::FromStr;
use std::time::Duration;

use peerwright_core::ids::Region;
use peerwright_core::plan::Limits;
use peerwright_engine::accept::OnDeny;
use peerwright_engine::outcome::Recipient;

use crate::variables::{self, Variable};

const DAY: Duration = Duration::from_hours(24);
const MINUTE: Duration = Duration::from_mins(1);

/// A function's configuration. `infra/hub.yaml` sets every variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// Name of the allowlist table.
    pub allowlist_table: String,
    /// Name of the table of connections.
    pub connections_table: String,
    /// Path and name of the role to assume in member accounts.
    pub member_role: String,
    /// The external id that the role asks for.
    pub external_id: String,
    /// Partition of the ARNs.
    pub partition: String,
    /// The function's own queue.
    pub queue_url: String,
    /// Where messages end that were tried too often.
    pub dead_letter_queue_url: String,
    /// How often a message is received before that; the queue's `maxReceiveCount`.
    pub max_receives: u32,
    /// What to do with denied requests.
    pub on_deny: OnDeny,
    /// How much one run may change.
    pub limits: Limits,
    /// The bus that outcomes are published on.
    pub bus: String,
    /// How long history is kept; for ever where there is no bound.
    pub history: Option<Duration>,
    /// Queues of the functions that work may be left to.
    pub outboxes: BTreeMap<Recipient, String>,
    /// Regions where a sweep looks in every account of the organization.
    pub member_regions: BTreeSet<Region>,
    /// How long scheduled sweeps leave a place out where nothing concerned us.
    pub quiet: Duration,
}

/// The variable that holds the queue of each function that work may be left to.
const OUTBOXES: [(Recipient, Variable); 5] = [
    (Recipient::Accept, variables::ACCEPT_QUEUE_URL),
    (Recipient::Configure, variables::CONFIGURE_QUEUE_URL),
    (Recipient::Cleanup, variables::CLEANUP_QUEUE_URL),
    (Recipient::Request, variables::REQUEST_QUEUE_URL),
    (Recipient::Sweep, variables::SWEEP_QUEUE_URL),
];

/// Variables that are missing or wrong, all of them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct ConfigErrors(Vec<String>);

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the configuration is not usable; infra/hub.yaml sets these variables:")?;
        self.0.iter().try_for_each(|problem| write!(f, "\n  {problem}"))
    }
}

impl Config {
    /// Reads the variables from a source: the environment, or a test's own.
    pub fn read(source: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigErrors> {
        let mut reader = Reader { source, problems: Vec::new() };
        let config = Self {
            allowlist_table: reader.text(&variables::ALLOWLIST_TABLE),
            connections_table: reader.text(&variables::CONNECTIONS_TABLE),
            member_role: reader.text(&variables::MEMBER_ROLE),
            external_id: reader.text(&variables::EXTERNAL_ID),
            partition: reader.text(&variables::PARTITION),
            queue_url: reader.text(&variables::QUEUE_URL),
            dead_letter_queue_url: reader.text(&variables::DEAD_LETTER_QUEUE_URL),
            max_receives: reader.parsed(&variables::MAX_RECEIVES).unwrap_or_default(),
            on_deny: reader.parsed(&variables::ON_DENY).unwrap_or(OnDeny::Hold),
            limits: Limits {
                // Nothing at all is what `freeze` is for.
                max_changes: reader.parsed::<NonZeroUsize>(&variables::MAX_CHANGES).map_or(1, NonZeroUsize::get),
                frozen: reader.parsed(&variables::FREEZE).unwrap_or(true),
            },
            bus: reader.text(&variables::BUS),
            history: reader.parsed(&variables::HISTORY_DAYS).filter(|days| *days > 0).map(|days: u32| DAY * days),
            outboxes: OUTBOXES.into_iter().map(|(to, variable)| (to, reader.text(&variable))).filter(|(_, url)| !url.is_empty()).collect(),
            member_regions: reader.list(&variables::MEMBER_REGIONS),
            quiet: MINUTE * reader.parsed(&variables::QUIET_MINUTES).unwrap_or(0),
        };
        if reader.problems.is_empty() { Ok(config) } else { Err(ConfigErrors(reader.problems)) }
    }
}

struct Reader<S> {
    source: S,
    problems: Vec<String>,
}

impl<S: Fn(&str) -> Option<String>> Reader<S> {
    /// A variable's value, or its default; a variable that must be set and isn't is a problem.
    fn text(&mut self, variable: &Variable) -> String {
        let set = (self.source)(variable.name).filter(|value| !value.is_empty());
        set.or_else(|| variable.default.map(str::to_owned)).unwrap_or_else(|| {
            self.problems.push(format!("{} is not set: {}", variable.name, variable.meaning));
            String::new()
        })
    }

    /// Values separated by commas.
    fn list<T: FromStr<Err: fmt::Display> + Ord>(&mut self, variable: &Variable) -> BTreeSet<T> {
        let text = self.text(variable);
        let mut values = BTreeSet::new();
        for word in text.split(',').map(str::trim).filter(|word| !word.is_empty()) {
            match word.parse() {
                Ok(value) => drop(values.insert(value)),
                Err(error) => self.problems.push(format!("{} has `{word}`: {error}", variable.name)),
            }
        }
        values
    }

    fn parsed<T: FromStr<Err: fmt::Display>>(&mut self, variable: &Variable) -> Option<T> {
        let text = self.text(variable);
        if text.is_empty() {
            return None;
        }
        text.parse().map_err(|error| self.problems.push(format!("{} is `{text}`: {error}", variable.name))).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn full(key: &str) -> Option<String> {
        variables::ALL.iter().any(|variable| variable.name == key).then(|| match key {
            "PEERWRIGHT_HISTORY_DAYS" | "PEERWRIGHT_MAX_CHANGES" | "PEERWRIGHT_MAX_RECEIVES" | "PEERWRIGHT_QUIET_MINUTES" => "8".to_owned(),
            "PEERWRIGHT_MEMBER_REGIONS" => "eu-west-1, eu-central-1".to_owned(),
            "PEERWRIGHT_FREEZE" => "false".to_owned(),
            "PEERWRIGHT_ON_DENY" => "reject".to_owned(),
            other => other.to_lowercase(),
        })
    }

    #[test]
    fn a_full_environment_is_read() {
        let config = Config::read(full).expect("a configuration");
        assert_eq!((config.max_receives, config.on_deny), (8, OnDeny::Reject));
        assert_eq!(config.queue_url, "peerwright_queue_url");
        assert_eq!((config.history, config.outboxes.len()), (Some(8 * DAY), 5));
        assert_eq!((config.member_regions.len(), config.quiet), (2, 8 * MINUTE));
    }

    #[test]
    fn every_missing_variable_is_named_at_once() {
        let errors = Config::read(|_| None).expect_err("nothing is set").to_string();
        for Variable { name, meaning, .. } in variables::ALL.iter().filter(|variable| variable.default.is_none()) {
            assert!(errors.contains(&format!("{name} is not set: {meaning}")), "{errors}");
        }
    }

    /// A full environment with one value of its own.
    fn with(name: &'static str, value: &'static str) -> impl Fn(&str) -> Option<String> {
        move |key| if key == name { Some(value.to_owned()) } else { full(key) }
    }

    #[test]
    fn a_cap_of_no_changes_is_refused() {
        let errors = Config::read(with("PEERWRIGHT_MAX_CHANGES", "0")).expect_err("that would defer everything for ever").to_string();
        assert!(errors.contains("PEERWRIGHT_MAX_CHANGES is `0`"), "{errors}");
    }

    #[test]
    fn a_history_of_no_days_is_kept_for_ever() {
        assert_eq!(Config::read(with("PEERWRIGHT_HISTORY_DAYS", "0")).expect("a configuration").history, None);
    }

    #[test]
    fn what_is_no_region_is_named() {
        let errors = Config::read(with("PEERWRIGHT_MEMBER_REGIONS", "eu-west-1,eu")).expect_err("not a Region").to_string();
        assert!(errors.contains("PEERWRIGHT_MEMBER_REGIONS has `eu`: `eu` is not a Region"), "{errors}");
    }

    #[test]
    fn a_wrong_value_is_named_with_what_is_wrong() {
        let errors = Config::read(with("PEERWRIGHT_MAX_RECEIVES", "many")).expect_err("not a number").to_string();
        assert!(errors.contains("PEERWRIGHT_MAX_RECEIVES is `many`: invalid digit"), "{errors}");
    }
}
