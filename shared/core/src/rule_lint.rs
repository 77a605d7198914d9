//! Rules of an allowlist that are valid and hardly what their author means: they never match, they change nothing, or they open more than they say.
//!
//! That a rule never matches is said only where it is certain, whatever VPCs there are.

mod openings;
mod reach;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use jiff::Timestamp;

use crate::allowlist::{Aliases, Approval, Effect, OnRevoke, Rule, Selector, StoredAllowlist};
use crate::desired::Desired;
use crate::ids::{AccountId, AliasName, Side};
use reach::{is_impossible, lies_within, may_meet};

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
        let useless = useless(rule, &living);
        let matters = useless.is_none();
        found.extend(useless);
        if matters {
            found.extend(openings::wide(rule));
            found.extend(by_tags_alone(rule));
            found.extend(reaches_every_place(rule));
        }
    }
    found.extend(overlaps(&living));
    found.extend(without_end(&living));
    found.sort();
    found
}

/// What the accounts and VPCs tell that the rules name.
pub fn lint_surroundings(allowlist: &StoredAllowlist, surroundings: &Surroundings) -> Vec<LintFinding> {
    let mut found: Vec<LintFinding> = surroundings.gone.iter().map(|name| gone(name, &allowlist.aliases)).collect();
    for rule in allowlist.rules.iter().flatten() {
        for (side, selector) in rule.ends.iter() {
            let all = named_accounts(selector);
            let foreign: Vec<String> =
                all.iter().filter(|account| surroundings.foreign.contains(account)).map(ToString::to_string).collect();
            if !foreign.is_empty() {
                found.push(foreign_accounts(rule, side, &foreign, foreign.len() == all.len()));
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

fn unreadable(rule: &crate::allowlist::UnreadableRule) -> LintFinding {
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

/// Why a rule has no effect that another rule does not have.
fn useless(rule: &Rule, living: &[&Rule]) -> Option<LintFinding> {
    let others = || living.iter().copied().filter(|other| other.id != rule.id);
    let denied = || {
        others().find(|other| {
            rule.effect == Effect::Allow && other.effect == Effect::Deny && outlasts(other, rule) && denies_all_of(other, rule)
        })
    };
    if let Some(deny) = denied() {
        let what = format!("whatever it matches is denied by the rule {}", deny.id);
        return Some(finding(
            rule,
            LintKind::AlwaysDenied,
            what,
            "it allows nothing: a deny wins",
            format!("narrow {}, or remove this rule", deny.id),
        ));
    }
    // Of two that do the same, the later one by its name is the one too many.
    let does_all = |other: &&Rule| does_all_of(other, rule) && (!does_all_of(rule, other) || other.id < rule.id);
    let other = others().find(does_all)?;
    let what = format!("the rule {} matches whatever it matches, and does all that it does", other.id);
    Some(finding(rule, LintKind::Shadowed, what, "it changes nothing as long as the other is there", "remove it, or narrow the other"))
}

/// True where the one is in force at least as long as the other.
fn outlasts(one: &Rule, other: &Rule) -> bool {
    one.not_after.is_none_or(|end| other.not_after.is_some_and(|others| others <= end))
}

/// True where a deny rule speaks of every pair of VPCs that an allow rule speaks of, whichever way round.
fn denies_all_of(deny: &Rule, allow: &Rule) -> bool {
    let covers = |mine: Side, theirs: Side| lies_within(allow.ends.of(mine), deny.ends.of(theirs));
    Side::BOTH.into_iter().all(|side| covers(side, side)) || Side::BOTH.into_iter().all(|side| covers(side, side.peer()))
}

/// True where, whenever the second rule matches, the first does too and wishes at least as much.
fn does_all_of(first: &Rule, second: &Rule) -> bool {
    if first.effect != second.effect || !outlasts(first, second) || !ends_as_strictly(first, second) {
        return false;
    }
    match first.effect {
        Effect::Deny => denies_all_of(first, second),
        Effect::Allow => {
            let approved = first.approval == Approval::Automatic && second.approval == Approval::Automatic;
            // The milder order of old and new holds unless every rule says otherwise.
            let same_order = first.replace <= second.replace;
            let covers = |side: Side| lies_within(second.ends.of(side), first.ends.of(side));
            approved && same_order && Side::BOTH.into_iter().all(covers) && wishes_all_of(first, second)
        }
    }
}

/// True where what becomes of a connection is no milder by the first rule than by the second, whatever ends its permission.
fn ends_as_strictly(first: &Rule, second: &Rule) -> bool {
    let at_the_end = |rule: &Rule| rule.on_revoke.unwrap_or(OnRevoke::Isolate);
    first.on_revoke >= second.on_revoke && at_the_end(first) >= at_the_end(second)
}

fn wishes_all_of(first: &Rule, second: &Rule) -> bool {
    let [first, second] = [first, second].map(|rule| Desired::of(std::slice::from_ref(rule)).ends);
    Side::BOTH.into_iter().all(|side| {
        let (more, less) = (first.of(side), second.of(side));
        less.routes.iter().all(|routes| more.routes.contains(routes))
            && less.groups.iter().all(|groups| more.groups.contains(groups))
            && (more.dns_resolution || !less.dns_resolution)
    })
}

/// Pairs of allow rules that may be about one connection, and contradict each other in what does not add up.
fn overlaps(living: &[&Rule]) -> Vec<LintFinding> {
    let allows: Vec<&Rule> =
        living.iter().copied().filter(|rule| rule.effect == Effect::Allow && is_impossible(&rule.ends).is_none()).collect();
    let mut found = Vec::new();
    for (index, one) in allows.iter().enumerate() {
        for other in &allows[index + 1..] {
            if does_all_of(one, other)
                || does_all_of(other, one)
                || !Side::BOTH.into_iter().all(|side| may_meet(one.ends.of(side), other.ends.of(side)))
            {
                continue;
            }
            let differing = contradictions(one, other);
            if !differing.is_empty() {
                let what = format!("it may match the same connections as the rule {}, and they differ: {}", other.id, differing.join("; "));
                found.push(finding(
                    one,
                    LintKind::Overlap,
                    what,
                    "what both wish is added up",
                    "make them one rule, or narrow one of them",
                ));
            }
        }
    }
    found
}

/// What two rules about one connection wish that does not simply add up.
fn contradictions(one: &Rule, other: &Rule) -> Vec<String> {
    let mut found = Vec::new();
    if one.approval != other.approval {
        let (asks, free) = if one.approval == Approval::Manual { (one, other) } else { (other, one) };
        found.push(format!("{} asks a person, and {} lets the connection through without", asks.id, free.id));
    }
    if one.on_revoke != other.on_revoke {
        let word = |rule: &Rule| rule.on_revoke.map_or("not given", on_revoke_word);
        found.push(format!("on_revoke is {} in {} and {} in {}: the strictest holds", word(one), one.id, word(other), other.id));
    }
    if one.replace != other.replace {
        found.push("replace is in-place in one of them only, and so holds for neither".to_owned());
    }
    if one.ends == other.ends && found.is_empty() {
        found.push("their ends are the same, and what they wish is not".to_owned());
    }
    found
}

const fn on_revoke_word(wish: OnRevoke) -> &'static str {
    match wish {
        OnRevoke::Keep => "keep",
        OnRevoke::Isolate => "isolate",
        OnRevoke::Delete => "delete",
    }
}

/// An end that anybody meets who sets a tag, or has the right addresses.
fn by_tags_alone(rule: &Rule) -> Vec<LintFinding> {
    let mut found = Vec::new();
    for (side, selector) in rule.ends.iter().filter(|(_, selector)| !selector.names_identity() && !selector.tags.is_empty()) {
        let keys: Vec<&str> = selector.tags.keys().map(String::as_str).collect();
        let (what, why, fix) = match rule.effect {
            Effect::Allow => (
                format!("its {side} is chosen by tags alone ({}), in any account", keys.join(", ")),
                "whoever may tag a VPC decides that the rule is about it",
                "name accounts, organizational_units or `organization: true` beside the tags",
            ),
            Effect::Deny => (
                format!("its {side} is chosen by tags alone ({})", keys.join(", ")),
                "whoever may untag a VPC takes it out of the rule",
                "name accounts or organizational_units, or protect the tags (infra/guardrails)",
            ),
        };
        found.push(finding(rule, LintKind::TagsAlone, what, why, fix));
    }
    found
}

/// An accepter that may be in any place, asked by somebody who may send us no events: every place has to be looked at each time.
fn reaches_every_place(rule: &Rule) -> Option<LintFinding> {
    wakes_every_place(rule).then(|| {
        finding(
            rule,
            LintKind::EveryPlace,
            "its requester may be a stranger, and its accepter may be in any place",
            "no event tells of a stranger's request: no place is ever left alone by the schedule (docs/cost.md)",
            "name the accepter's accounts, Regions or VPCs, or its alias",
        )
    })
}

/// True for an allow rule by which somebody who sends us no events may ask in any place.
pub fn wakes_every_place(rule: &Rule) -> bool {
    let Rule { effect, ends, .. } = rule;
    let stranger = !ends.requester.organization && ends.requester.units.is_empty() && ends.requester.alias.is_none();
    let Selector { accounts, regions, vpcs, alias, .. } = &ends.accepter;
    *effect == Effect::Allow && stranger && accounts.is_empty() && regions.is_empty() && vpcs.is_empty() && alias.is_none()
}

/// Rules that last for ever about the VPCs of an accepter for which another rule has an end.
fn without_end(living: &[&Rule]) -> Vec<LintFinding> {
    let allows = || living.iter().copied().filter(|rule| rule.effect == Effect::Allow);
    let mut ending: BTreeMap<&Selector, &Rule> = BTreeMap::new();
    for rule in allows().filter(|rule| rule.not_after.is_some()) {
        ending.entry(&rule.ends.accepter).or_insert(rule);
    }
    let open = allows().filter(|rule| rule.not_after.is_none());
    open.filter_map(|rule| {
        let other = ending.get(&rule.ends.accepter)?;
        let what = format!("it has no end, and the rule {} about the same accepter has", other.id);
        Some(finding(
            rule,
            LintKind::NoEnd,
            what,
            "a permission that was meant for a time stays for ever",
            "set not_after, unless it is meant to stay",
        ))
    })
    .collect()
}

fn gone(name: &AliasName, aliases: &Aliases) -> LintFinding {
    let vpc = aliases.get(name).map(ToString::to_string).unwrap_or_default();
    LintFinding {
        rule: name.to_string(),
        kind: LintKind::VpcGone,
        what: format!("the alias names {vpc}, which is not there"),
        why: "rules that use it never match, and tags that use it ask for nothing".to_owned(),
        fix: "name the VPC that took its place, or remove the alias and what uses it".to_owned(),
    }
}

fn foreign_accounts(rule: &Rule, side: Side, foreign: &[String], all: bool) -> LintFinding {
    let what = format!("its {side} names {}, neither in the organization nor among the members", foreign.join(", "));
    let (why, fix) = match (rule.effect, side) {
        (Effect::Allow, Side::Accepter) if all => {
            ("nobody can accept there: it never leads to a connection", "correct the account, or add it by `peerwright members add`")
        }
        (Effect::Allow, Side::Accepter) => ("nobody can accept there", "correct the account, or add it by `peerwright members add`"),
        (Effect::Allow, Side::Requester) => {
            ("it is a stranger's: nothing is made on its side, and no event tells of its requests", "make sure that it is meant")
        }
        (Effect::Deny, _) => ("the rule may be about nobody", "make sure that it is meant"),
    };
    finding(rule, LintKind::ForeignAccount, what, why, fix)
}
