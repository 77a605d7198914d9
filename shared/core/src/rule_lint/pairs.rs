//! Rules that say different things of what may be the same connections.

use std::collections::BTreeMap;

use super::cover::does_all_of;
use super::reach::{is_impossible, may_meet};
use super::{LintFinding, LintKind, finding};
use crate::allowlist::{Approval, Effect, OnRevoke, Rule, Selector};
use crate::ids::Side;

/// Pairs of allow rules that may be about one connection, and contradict each other in what does not add up.
pub(super) fn overlaps(living: &[&Rule]) -> Vec<LintFinding> {
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

/// Rules that last for ever about the VPCs of an accepter for which another rule has an end.
pub(super) fn without_end(living: &[&Rule]) -> Vec<LintFinding> {
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
