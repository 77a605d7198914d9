//! Ends that are chosen in a way that says little of who is meant, or that is nobody we know.

use super::{LintFinding, LintKind, finding};
use crate::allowlist::{Aliases, Effect, Rule, Selector};
use crate::ids::{AliasName, Side};

/// An end that anybody meets who sets a tag, or has the right addresses.
pub(super) fn by_tags_alone(rule: &Rule) -> Vec<LintFinding> {
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
pub(super) fn reaches_every_place(rule: &Rule) -> Option<LintFinding> {
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

pub(super) fn gone(name: &AliasName, aliases: &Aliases) -> LintFinding {
    let vpc = aliases.get(name).map(ToString::to_string).unwrap_or_default();
    LintFinding {
        rule: name.to_string(),
        kind: LintKind::VpcGone,
        what: format!("the alias names {vpc}, which is not there"),
        why: "rules that use it never match, and tags that use it ask for nothing".to_owned(),
        fix: "name the VPC that took its place, or remove the alias and what uses it".to_owned(),
    }
}

pub(super) fn foreign_accounts(rule: &Rule, side: Side, foreign: &[String], all: bool) -> LintFinding {
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
