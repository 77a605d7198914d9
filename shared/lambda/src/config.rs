//! Configuration from the environment: everything is read before anything is said.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::num::NonZeroUsize;
use std::str::FromStr;
use std::time::Duration;

use peerwright_core::plan::Limits;
use peerwright_engine::accept::OnDeny;
use peerwright_engine::outcome::Recipient;
use peerwright_engine::sweep::Members;

const DAY: Duration = Duration::from_hours(24);

/// A function's configuration. Every key is set by `infra/hub.yaml`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// Name of the allowlist table.
    pub allowlist_table: String,
    /// Name of the table of connections.
    pub connections_table: String,
    /// Name of the role to assume in member accounts.
    pub member_role: String,
    /// The external id that the role asks for.
    pub external_id: String,
    /// Partition of the ARNs.
    pub partition: String,
    /// The function's own queue.
    pub queue_url: String,
    /// Where messages end that were tried in vain.
    pub dead_letter_queue_url: String,
    /// How often a message is received before that; the queue's `maxReceiveCount`.
    pub max_receives: u32,
    /// What to do with denied requests.
    pub on_deny: OnDeny,
    /// How much one run may change.
    pub limits: Limits,
    /// The bus that outcomes are told on.
    pub bus: String,
    /// How long history is kept; for ever where there is no bound.
    pub history: Option<Duration>,
    /// Queues of the functions that work may be left to.
    pub outboxes: BTreeMap<Recipient, String>,
    /// Where a sweep looks.
    pub members: Members,
}

/// The variable that holds a function's queue, where work is left to it.
const OUTBOXES: [(Recipient, &str); 5] = [
    (Recipient::Accept, "PEERWRIGHT_ACCEPT_QUEUE_URL"),
    (Recipient::Configure, "PEERWRIGHT_CONFIGURE_QUEUE_URL"),
    (Recipient::Cleanup, "PEERWRIGHT_CLEANUP_QUEUE_URL"),
    (Recipient::Request, "PEERWRIGHT_REQUEST_QUEUE_URL"),
    (Recipient::Sweep, "PEERWRIGHT_SWEEP_QUEUE_URL"),
];

/// Variables that need not be set.
pub const OPTIONAL: &[&str] = &[
    "PEERWRIGHT_ACCEPT_QUEUE_URL",
    "PEERWRIGHT_CLEANUP_QUEUE_URL",
    "PEERWRIGHT_CONFIGURE_QUEUE_URL",
    "PEERWRIGHT_MEMBERS",
    "PEERWRIGHT_MEMBER_REGIONS",
    "PEERWRIGHT_REQUEST_QUEUE_URL",
    "PEERWRIGHT_SWEEP_QUEUE_URL",
];

/// Every variable that a function reads.
pub const KEYS: &[&str] = &[
    "PEERWRIGHT_ACCEPT_QUEUE_URL",
    "PEERWRIGHT_ALLOWLIST_TABLE",
    "PEERWRIGHT_BUS",
    "PEERWRIGHT_CLEANUP_QUEUE_URL",
    "PEERWRIGHT_CONFIGURE_QUEUE_URL",
    "PEERWRIGHT_CONNECTIONS_TABLE",
    "PEERWRIGHT_DEAD_LETTER_QUEUE_URL",
    "PEERWRIGHT_EXTERNAL_ID",
    "PEERWRIGHT_FREEZE",
    "PEERWRIGHT_HISTORY_DAYS",
    "PEERWRIGHT_MAX_CHANGES",
    "PEERWRIGHT_MAX_RECEIVES",
    "PEERWRIGHT_MEMBERS",
    "PEERWRIGHT_MEMBER_REGIONS",
    "PEERWRIGHT_MEMBER_ROLE",
    "PEERWRIGHT_ON_DENY",
    "PEERWRIGHT_PARTITION",
    "PEERWRIGHT_QUEUE_URL",
    "PEERWRIGHT_REQUEST_QUEUE_URL",
    "PEERWRIGHT_SWEEP_QUEUE_URL",
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
            allowlist_table: reader.text("PEERWRIGHT_ALLOWLIST_TABLE"),
            connections_table: reader.text("PEERWRIGHT_CONNECTIONS_TABLE"),
            member_role: reader.text("PEERWRIGHT_MEMBER_ROLE"),
            external_id: reader.text("PEERWRIGHT_EXTERNAL_ID"),
            partition: reader.text("PEERWRIGHT_PARTITION"),
            queue_url: reader.text("PEERWRIGHT_QUEUE_URL"),
            dead_letter_queue_url: reader.text("PEERWRIGHT_DEAD_LETTER_QUEUE_URL"),
            max_receives: reader.parsed("PEERWRIGHT_MAX_RECEIVES").unwrap_or_default(),
            on_deny: reader.parsed("PEERWRIGHT_ON_DENY").unwrap_or(OnDeny::Hold),
            limits: Limits {
                // Nothing at all is what `freeze` is for.
                max_changes: reader.parsed::<NonZeroUsize>("PEERWRIGHT_MAX_CHANGES").map_or(1, NonZeroUsize::get),
                frozen: reader.parsed("PEERWRIGHT_FREEZE").unwrap_or(true),
            },
            bus: reader.text("PEERWRIGHT_BUS"),
            history: reader.parsed("PEERWRIGHT_HISTORY_DAYS").filter(|days| *days > 0).map(|days: u32| DAY * days),
            outboxes: OUTBOXES.into_iter().filter_map(|(to, key)| Some((to, reader.optional(key)?))).collect(),
            members: Members { places: reader.list("PEERWRIGHT_MEMBERS"), regions: reader.list("PEERWRIGHT_MEMBER_REGIONS") },
        };
        if reader.problems.is_empty() { Ok(config) } else { Err(ConfigErrors(reader.problems)) }
    }
}

struct Reader<S> {
    source: S,
    problems: Vec<String>,
}

impl<S: Fn(&str) -> Option<String>> Reader<S> {
    fn optional(&self, key: &str) -> Option<String> {
        (self.source)(key).filter(|value| !value.is_empty())
    }

    fn text(&mut self, key: &str) -> String {
        let value = self.optional(key);
        if value.is_none() {
            self.problems.push(format!("{key} is not set"));
        }
        value.unwrap_or_default()
    }

    /// Values separated by commas; none where the variable isn't set.
    fn list<T: FromStr + Ord>(&mut self, key: &str) -> BTreeSet<T>
    where
        T::Err: fmt::Display,
    {
        let text = self.optional(key).unwrap_or_default();
        let mut values = BTreeSet::new();
        for word in text.split(',').map(str::trim).filter(|word| !word.is_empty()) {
            match word.parse() {
                Ok(value) => drop(values.insert(value)),
                Err(error) => self.problems.push(format!("{key} has `{word}`: {error}")),
            }
        }
        values
    }

    fn parsed<T: FromStr>(&mut self, key: &str) -> Option<T>
    where
        T::Err: fmt::Display,
    {
        let text = self.text(key);
        if text.is_empty() {
            return None;
        }
        text.parse().map_err(|error| self.problems.push(format!("{key} is `{text}`: {error}"))).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn full(key: &str) -> Option<String> {
        KEYS.contains(&key).then(|| match key {
            "PEERWRIGHT_HISTORY_DAYS" | "PEERWRIGHT_MAX_CHANGES" | "PEERWRIGHT_MAX_RECEIVES" => "8".to_owned(),
            "PEERWRIGHT_MEMBERS" => "111111111111/eu-west-1, 222222222222/eu-central-1".to_owned(),
            "PEERWRIGHT_MEMBER_REGIONS" => "eu-west-1".to_owned(),
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
        assert_eq!((config.members.places.len(), config.members.regions.len()), (2, 1));
    }

    #[test]
    fn every_missing_variable_is_named_at_once() {
        let errors = Config::read(|_| None).expect_err("nothing is set").to_string();
        for key in KEYS.iter().filter(|key| !OPTIONAL.contains(key)) {
            assert!(errors.contains(&format!("{key} is not set")), "{errors}");
        }
    }

    #[test]
    fn a_cap_of_no_changes_is_refused() {
        let source = |key: &str| if key == "PEERWRIGHT_MAX_CHANGES" { Some("0".to_owned()) } else { full(key) };
        let errors = Config::read(source).expect_err("that would defer everything for ever").to_string();
        assert!(errors.contains("PEERWRIGHT_MAX_CHANGES is `0`"), "{errors}");
    }

    #[test]
    fn a_history_of_no_days_is_kept_for_ever() {
        let source = |key: &str| if key == "PEERWRIGHT_HISTORY_DAYS" { Some("0".to_owned()) } else { full(key) };
        assert_eq!(Config::read(source).expect("a configuration").history, None);
    }

    #[test]
    fn a_member_that_is_no_place_is_named() {
        let source = |key: &str| if key == "PEERWRIGHT_MEMBERS" { Some("111111111111/eu-west-1,2/eu".to_owned()) } else { full(key) };
        let errors = Config::read(source).expect_err("not a place").to_string();
        assert!(errors.contains("PEERWRIGHT_MEMBERS has `2/eu`: `2` is not an account id"), "{errors}");
    }

    #[test]
    fn a_wrong_value_is_named_with_what_is_wrong() {
        let source = |key: &str| if key == "PEERWRIGHT_MAX_RECEIVES" { Some("many".to_owned()) } else { full(key) };
        let errors = Config::read(source).expect_err("not a number").to_string();
        assert!(errors.contains("PEERWRIGHT_MAX_RECEIVES is `many`: invalid digit"), "{errors}");
    }
}
