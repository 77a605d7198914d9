//! Rules that another makes useless: whatever they match it matches too.

use super::reach::lies_within;
use super::{LintFinding, LintKind, finding};
use crate::allowlist::{Approval, Effect, OnRevoke, Rule};
use crate::desired::Desired;
use crate::ids::Side;

/// Why a rule has no effect that another rule does not have.
pub(super) fn useless(rule: &Rule, living: &[&Rule]) -> Option<LintFinding> {
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
pub(super) fn does_all_of(first: &Rule, second: &Rule) -> bool {
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
