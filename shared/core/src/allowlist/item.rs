//! The allowlist as items of a table, one per rule and one per alias.
//!
//! ```text
//! accepter (partition key)   id (sort key)   body
//! account#222222222222       dev-to-shared   the rule as written in YAML   (an allow rule whose accepter can only be in that account)
//! any                        no-prod         the rule as written in YAML   (a deny rule: it holds whichever VPC asks; or several accounts)
//! alias                      shared          { account, region, vpc }
//! member                     222222222222/eu-west-1                 (a place that sweeps look at)
//! ```

use std::collections::BTreeSet;

use serde_json::Value;

use super::names::{Broken, Names};
use super::problems::Problems;
use super::reader::parse;
use super::rule::{Effect, Rule};
use super::selector::read_vpc;
use super::{Aliases, Allowlist};
use crate::ids::{AccountId, AliasName, Place, Side, VpcRef};

/// Partition key of deny rules, and of allow rules whose accepter may be in more than one account.
pub const ANY_KEY: &str = "any";
/// Partition key of aliases.
pub const ALIAS_KEY: &str = "alias";
/// Partition key of the places that sweeps look at.
pub const MEMBER_KEY: &str = "member";

/// Partition key of the rules whose accepter is in one account.
pub fn account_key(account: &AccountId) -> String {
    format!("account#{account}")
}

/// One item: a rule or an alias, as JSON.
#[derive(Debug, Clone, PartialEq)]
pub struct Stored {
    /// Partition key.
    pub accepter: String,
    /// Sort key: the rule's or the alias' name.
    pub id: String,
    /// The rule or alias as it is written in YAML.
    pub body: Value,
}

/// A rule as it came from the table.
pub type StoredRule = Result<Rule, UnreadableRule>;

/// An item that can't be read as a rule.
#[derive(Debug, Clone, PartialEq)]
pub struct UnreadableRule {
    /// The item's sort key.
    pub id: String,
    /// True unless the item clearly says `allow`: a rule that can't be read never allows, and one that might deny holds everything.
    pub may_deny: bool,
    /// Why it can't be read.
    pub problems: Problems,
}

/// What the table says of one accepter.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct StoredAllowlist {
    /// The rules, readable or not.
    pub rules: Vec<StoredRule>,
    /// The aliases that can be read.
    pub aliases: Aliases,
}

impl Allowlist {
    /// The items that say what this allowlist says.
    pub fn items(&self) -> Vec<Stored> {
        let aliases = self.aliases.iter().map(|(name, vpc)| Stored {
            accepter: ALIAS_KEY.to_owned(),
            id: name.to_string(),
            body: serde_json::json!({ "account": vpc.place.account, "region": vpc.place.region, "vpc": vpc.vpc }),
        });
        let rules = self.rules.iter().map(|(rule, body)| Stored {
            accepter: own_key(rule).unwrap_or_else(|| ANY_KEY.to_owned()),
            id: rule.id.to_string(),
            body: body.clone(),
        });
        aliases.chain(rules).collect()
    }
}

impl StoredAllowlist {
    /// True when a rule asks where in the organization the account of this end is. A deny rule asks of both ends alike.
    pub fn asks_for_units(&self, side: Side) -> bool {
        let asks = |rule: &Rule, side| rule.ends.of(side).asks_for_units();
        self.rules.iter().flatten().any(|rule| asks(rule, side) || rule.effect == Effect::Deny && asks(rule, side.peer()))
    }

    /// Reads items, aliases first since rules refer to them. An alias that can't be read makes the rules that use it unreadable.
    pub fn read<'i>(items: impl IntoIterator<Item = &'i Stored>) -> Self {
        let (aliases, rules): (Vec<&Stored>, Vec<&Stored>) = items.into_iter().partition(|item| item.accepter == ALIAS_KEY);
        let written: BTreeSet<String> = aliases.iter().map(|item| item.id.clone()).collect();
        let aliases: Aliases = aliases.into_iter().filter_map(read_alias).collect();
        let unreadable = written.into_iter().filter(|name| aliases.keys().all(|known| known.as_str() != name));
        let broken = Broken { names: unreadable.collect(), all: false };
        let names = Names { readable: &aliases, broken: &broken, noted: false };
        let rules = rules.into_iter().filter(|item| item.accepter != MEMBER_KEY).map(|item| read_rule(item, &names)).collect();
        Self { rules, aliases }
    }

    /// Reads of a whole table what [`read`](Self::read) would be given for an accepter's account.
    pub fn of_account(items: &[Stored], accepter: &AccountId) -> Self {
        let own = account_key(accepter);
        Self::read(items.iter().filter(|item| item.accepter == ALIAS_KEY || item.accepter == ANY_KEY || item.accepter == own))
    }
}

/// The places that items name for sweeps. An item that names none is left out: it can't be looked at.
pub fn members(items: &[Stored]) -> BTreeSet<Place> {
    items.iter().filter(|item| item.accepter == MEMBER_KEY).filter_map(|item| item.id.parse().ok()).collect()
}

fn read_alias(item: &Stored) -> Option<(AliasName, VpcRef)> {
    let mut problems = Problems::default();
    let name = parse::<AliasName>(&item.id, "alias", &mut problems);
    let vpc = read_vpc(&item.body, &item.id, &mut problems);
    problems.or(()).ok()?;
    Some((name?, vpc?))
}

fn read_rule(item: &Stored, names: &Names<'_>) -> StoredRule {
    let mut problems = Problems::default();
    let rule = Rule::read(&item.body, &item.id, names, &mut problems);
    if let Some(rule) = &rule {
        check_keys(item, rule, &mut problems);
    }
    let unreadable = |problems| UnreadableRule {
        id: item.id.clone(),
        may_deny: item.body.get("effect").and_then(Value::as_str) != Some("allow"),
        problems,
    };
    match problems.or(rule) {
        Ok(Some(rule)) => Ok(rule),
        Ok(None) => Err(unreadable(Problems::default())),
        Err(problems) => Err(unreadable(problems)),
    }
}

/// The partition of one accepter, where a rule belongs there: a deny rule has to be found whichever of its VPCs asks.
fn own_key(rule: &Rule) -> Option<String> {
    match rule.effect {
        Effect::Allow => rule.ends.accepter.only_account().map(account_key),
        Effect::Deny => None,
    }
}

/// A hand-written item under the wrong key would be found for some connections and not for others.
fn check_keys(item: &Stored, rule: &Rule, problems: &mut Problems) {
    if item.id != rule.id.as_str() {
        problems.add(&item.id, format!("holds the rule `{}`", rule.id), "give the item the id of its rule");
    }
    if item.accepter != ANY_KEY && Some(&item.accepter) != own_key(rule).as_ref() {
        let missing = match rule.effect {
            Effect::Allow => "where it is not found for every accepter it names",
            Effect::Deny => "where it is not found whichever VPC asks",
        };
        problems.add(&item.id, format!("is stored under `{}`, {missing}", item.accepter), "write it with `peerwright allowlist apply`");
    }
}
