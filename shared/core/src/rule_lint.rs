//! Rules of an allowlist that are valid and hardly what their author means: they never match, they change nothing, or they open more than they say.
//!
//! That a rule never matches is said only where it is certain, whatever VPCs there are.

mod cover;
mod ends;
mod openings;
mod pairs;
mod reach;

use std::collections::BTreeSet;
use std::fmt;

pub use ends::wakes_every_place;
use jiff::Timestamp;
use reach::is_impossible;

use crate::allowlist::{Rule, Selector, StoredAllowlist, UnreadableRule};
use crate::ids::{AccountId, AliasName};

/// What is wrong with a rule, in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LintKind {
    /// It can't be read.
    Unreadable,
    /// Its time is over.
    Expired,
    /// No two VPCs meet all of its conditions.
    Impossible,
    /// Whatever it allows is denied by another.
    AlwaysDenied,
    /// Another rule does all that it does.
    Shadowed,
    /// It names a VPC that is not there.
    VpcGone,
    /// It names an account that is not ours.
    ForeignAccount,
    /// Another rule is about the same connections and says something else.
    Overlap,
    /// It chooses by what the owner of a VPC says of it.
    TagsAlone,
    /// It opens more than a service needs.
    WideOpening,
    /// It never ends, where others about the same VPCs do.
    NoEnd,
    /// It keeps every place from being left alone.
    EveryPlace,
}

/// What is worth a person's attention: what, why it matters, what to do.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct LintFinding {
    /// The rule, or the alias.
    pub rule: String,
    /// What kind of thing it is.
    pub kind: LintKind,
    /// What is found.
    pub what: String,
    /// Why it matters.
    pub why: String,
    /// What to do.
    pub fix: String,
}

/// What can be known of the accounts and VPCs that rules name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Surroundings {
    /// Accounts that are neither in the organization nor among the places that are swept.
    pub foreign: BTreeSet<AccountId>,
    /// Aliases whose VPC is not there.
    pub gone: BTreeSet<AliasName>,
    /// What could not be looked up, and why.
    pub unchecked: BTreeSet<String>,
}

impl LintKind {
    /// Every kind.
    pub const ALL: [Self; 12] = [
        Self::Unreadable,
        Self::Expired,
        Self::Impossible,
        Self::AlwaysDenied,
        Self::Shadowed,
        Self::VpcGone,
        Self::ForeignAccount,
        Self::Overlap,
        Self::TagsAlone,
        Self::WideOpening,
        Self::NoEnd,
        Self::EveryPlace,
    ];

    /// The word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unreadable => "unreadable",
            Self::Expired => "expired",
            Self::Impossible => "impossible",
            Self::AlwaysDenied => "always-denied",
            Self::Shadowed => "shadowed",
            Self::VpcGone => "vpc-gone",
            Self::ForeignAccount => "foreign-account",
            Self::Overlap => "overlap",
            Self::TagsAlone => "tags-alone",
            Self::WideOpening => "wide-opening",
            Self::NoEnd => "no-end",
            Self::EveryPlace => "every-place",
        }
    }
}

impl fmt::Display for LintKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A finding about a rule.
fn finding(rule: &Rule, kind: LintKind, what: impl Into<String>, why: impl Into<String>, fix: impl Into<String>) -> LintFinding {
    LintFinding { rule: rule.id.to_string(), kind, what: what.into(), why: why.into(), fix: fix.into() }
}

/// What the rules themselves tell, by rule.
pub fn lint(allowlist: &StoredAllowlist, now: Timestamp) -> Vec<LintFinding> {
    let rules: Vec<&Rule> = allowlist.rules.iter().flatten().collect();
    let living: Vec<&Rule> = rules.iter().copied().filter(|rule| !rule.expired(now)).collect();
    let mut found: Vec<LintFinding> = allowlist.rules.iter().filter_map(|rule| rule.as_ref().err()).map(unreadable).collect();
    found.extend(rules.iter().filter(|rule| rule.expired(now)).map(|rule| expired(rule)));
    for rule in &living {
        if let Some(impossible) = impossible(rule) {
            found.push(impossible);
            continue;
        }
        let useless = cover::useless(rule, &living);
        let matters = useless.is_none();
        found.extend(useless);
        if matters {
            found.extend(openings::wide(rule));
            found.extend(ends::by_tags_alone(rule));
            found.extend(ends::reaches_every_place(rule));
        }
    }
    found.extend(pairs::overlaps(&living));
    found.extend(pairs::without_end(&living));
    found.sort();
    found
}

/// What the accounts and VPCs tell that the rules name.
pub fn lint_surroundings(allowlist: &StoredAllowlist, surroundings: &Surroundings) -> Vec<LintFinding> {
    let mut found: Vec<LintFinding> = surroundings.gone.iter().map(|name| ends::gone(name, &allowlist.aliases)).collect();
    for rule in allowlist.rules.iter().flatten() {
        for (side, selector) in rule.ends.iter() {
            let all = named_accounts(selector);
            let foreign: Vec<String> =
                all.iter().filter(|account| surroundings.foreign.contains(account)).map(ToString::to_string).collect();
            if !foreign.is_empty() {
                found.push(ends::foreign_accounts(rule, side, &foreign, foreign.len() == all.len()));
            }
        }
    }
    found.sort();
    found
}

/// Every account that a selector names.
pub fn named_accounts(selector: &Selector) -> BTreeSet<AccountId> {
    let of_alias = selector.alias.as_ref().map(|(_, vpc)| vpc.place.account.clone());
    selector.accounts.iter().cloned().chain(of_alias).collect()
}

fn unreadable(rule: &UnreadableRule) -> LintFinding {
    let why = if rule.may_deny { "it holds every connection that it could speak of" } else { "it allows nothing" };
    LintFinding {
        rule: rule.id.clone(),
        kind: LintKind::Unreadable,
        what: format!("it can't be read: {}", rule.problems.to_string().replace('\n', "; ")),
        why: why.to_owned(),
        fix: "mend it in the file and apply it, or remove it".to_owned(),
    }
}

fn expired(rule: &Rule) -> LintFinding {
    let end = rule.not_after.map(|end| end.to_string()).unwrap_or_default();
    finding(
        rule,
        LintKind::Expired,
        format!("its time was over at {end}"),
        "it matches nothing any more",
        "set a later not_after, or remove it",
    )
}

fn impossible(rule: &Rule) -> Option<LintFinding> {
    let why = is_impossible(&rule.ends)?;
    Some(finding(rule, LintKind::Impossible, why, "it never matches", "correct the condition, or remove the rule"))
}
