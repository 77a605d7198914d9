//! Laws of the verdict, over random rules and vpcs.

use std::collections::BTreeMap;

use crate::common::rules::{Told, WrittenRule, both_told, mistake, now, oracle, rule, rules, stored, surely_not};
use peerwright_core::ids::{RuleId, Side, Sides};
use peerwright_core::policy::{Change, Decision, Verdict, decide, explain};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

fn decision(rules: &[WrittenRule], told: &Sides<Told>) -> Decision {
    let vpcs = Sides { requester: told.requester.vpc_facts(), accepter: told.accepter.vpc_facts() };
    decide(&vpcs, &stored(rules), now())
}

fn in_words(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Allowed(rules) => format!("allowed {}", rules.iter().map(|rule| rule.id.as_str()).collect::<Vec<_>>().join(" ")),
        Verdict::Denied(ids) => format!("denied {}", ids.iter().map(RuleId::as_str).collect::<Vec<_>>().join(" ")),
        Verdict::Held => "held".to_owned(),
    }
}

fn allowed(rules: &[WrittenRule], told: &Sides<Told>) -> bool {
    matches!(decision(rules, told).verdict, Verdict::Allowed(_))
}

proptest! {
    #![proptest_config(crate::common::config())]

    #[test]
    fn the_verdict_is_that_of_an_oracle_that_was_written_another_way(rules in rules(), told in both_told()) {
        prop_assert_eq!(in_words(&decision(&rules, &told).verdict), oracle(&rules, &told));
    }

    #[test]
    fn the_order_of_rules_changes_nothing((rules, shuffled) in rules().prop_flat_map(|rules| (Just(rules.clone()), Just(rules).prop_shuffle())), told in both_told()) {
        prop_assert_eq!(decision(&rules, &told), decision(&shuffled, &told));
    }

    #[test]
    fn the_order_of_the_values_in_a_rule_changes_nothing(rules in rules(), told in both_told()) {
        let reversed: Vec<WrittenRule> = rules.iter().map(WrittenRule::reversed).collect();
        prop_assert_eq!(decision(&rules, &told).verdict, decision(&reversed, &told).verdict);
    }

    #[test]
    fn the_order_in_which_a_vpcs_blocks_are_told_changes_nothing(rules in rules(), told in both_told()) {
        let mut turned = told.clone();
        for side in Side::BOTH {
            turned.of_mut(side).cidrs.iter_mut().for_each(|blocks| blocks.reverse());
        }
        prop_assert_eq!(decision(&rules, &told), decision(&rules, &turned));
    }

    #[test]
    fn one_more_deny_rule_never_opens_anything(rules in rules(), more in rule(), told in both_told()) {
        let with: Vec<WrittenRule> = rules.iter().cloned().chain([WrittenRule { deny: true, ..more }]).collect();
        prop_assert!(allowed(&rules, &told) || !allowed(&with, &told));
    }

    #[test]
    fn what_is_denied_stays_denied_whatever_rules_are_added(rules in rules(), more in rules(), told in both_told()) {
        let with: Vec<WrittenRule> = rules.iter().cloned().chain(more).collect();
        let denied = |rules: &[WrittenRule]| matches!(decision(rules, &told).verdict, Verdict::Denied(_));
        prop_assert!(!denied(&rules) || denied(&with));
    }

    #[test]
    fn a_malformed_rule_never_allows(rules in rules(), mistake in mistake(), told in both_told()) {
        let broken: Vec<WrittenRule> = rules.into_iter().map(|rule| WrittenRule { mistake: Some(mistake), ..rule }).collect();
        prop_assert!(!allowed(&broken, &told));
    }

    #[test]
    fn breaking_a_rule_that_was_right_never_opens_anything(
        rules in rules(),
        right in rule(),
        mistake in mistake(),
        told in both_told(),
    ) {
        let with = |mistake| rules.iter().cloned().chain([WrittenRule { mistake, ..right.clone() }]).collect::<Vec<_>>();
        prop_assert!(allowed(&with(None), &told) || !allowed(&with(Some(mistake)), &told));
    }

    #[test]
    fn knowing_less_never_opens_anything(rules in rules(), told in both_told(), requester in any::<bool>(), which in 0..3_u8) {
        let mut less = told.clone();
        let end = less.of_mut(if requester { Side::Requester } else { Side::Accepter });
        match which {
            0 => end.tags = None,
            1 => end.cidrs = None,
            _ => end.units = None,
        }
        prop_assert!(allowed(&rules, &told) || !allowed(&rules, &less));
    }

    #[test]
    fn what_is_certain_is_certain_to_an_oracle_that_was_written_another_way(rules in rules(), told in both_told()) {
        prop_assert_eq!(decision(&rules, &told).forbids(), surely_not(&rules, &told));
    }

    #[test]
    fn what_is_forbidden_is_allowed_by_nothing_that_may_come_to_light(rules in rules(), told in both_told(), light in both_told()) {
        let forbidden = decision(&rules, &told).forbids();
        let completed = Sides {
            requester: told.requester.completed(&light.requester),
            accepter: told.accepter.completed(&light.accepter),
        };
        let fixed: Vec<WrittenRule> = rules.into_iter().map(|rule| WrittenRule { mistake: None, ..rule }).collect();
        prop_assert!(!forbidden || !allowed(&fixed, &completed));
    }

    #[test]
    fn knowing_less_forbids_nothing_more(rules in rules(), told in both_told(), light in both_told()) {
        let completed = Sides {
            requester: told.requester.completed(&light.requester),
            accepter: told.accepter.completed(&light.accepter),
        };
        prop_assert!(!decision(&rules, &told).forbids() || decision(&rules, &completed).forbids());
    }

    #[test]
    fn what_the_explanation_asks_for_turns_the_verdict(rules in rules(), told in both_told()) {
        let (first, mut wants_allow, mut gone) = (decision(&rules, &told), false, Vec::new());
        for change in explain(&first).changes {
            match change {
                Change::RemoveDeny(rule) | Change::Settle(rule, _) | Change::RemoveAllow(rule) => gone.push(rule),
                Change::Meet(..) | Change::AddAllow => wants_allow = true,
                Change::AddDeny(count) => prop_assert!(count > 1),
                Change::Approve(rule) => prop_assert!(false, "{} asks nobody", rule),
            }
        }
        let rest: Vec<WrittenRule> = rules.iter().filter(|rule| !gone.iter().any(|id| id == rule.id)).cloned().collect();
        // Rules that share an id go together, which may take an allow rule along.
        prop_assume!(rules.iter().filter(|rule| gone.iter().any(|id| id == rule.id)).count() == gone.len());
        match (&first.verdict, wants_allow) {
            (Verdict::Allowed(_), _) => prop_assert!(gone.is_empty() || !allowed(&rest, &told)),
            (_, false) => prop_assert!(allowed(&rest, &told)),
            (_, true) => {
                prop_assert_eq!(&decision(&rest, &told).verdict, &Verdict::Held);
                let open = WrittenRule::about_anybody("open");
                prop_assert!(allowed(&rest.iter().cloned().chain([open]).collect::<Vec<_>>(), &told));
            }
        }
    }

    #[test]
    fn a_verdict_has_its_reasons_and_each_rule_its_finding(rules in rules(), told in both_told()) {
        let decision = decision(&rules, &told);
        prop_assert_eq!(decision.findings.len(), rules.len());
        prop_assert!(!decision.reasons.is_empty());
    }
}

/// The laws above would hold of rules that never match, too.
#[test]
fn the_random_rules_reach_every_verdict() {
    let mut runner = TestRunner::deterministic();
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for _ in 0..1000 {
        let rules = rules().new_tree(&mut runner).expect("rules").current();
        let told = both_told().new_tree(&mut runner).expect("two ends").current();
        let words = in_words(&decision(&rules, &told).verdict);
        *seen.entry(words.split(' ').next().unwrap_or_default().to_owned()).or_default() += 1;
        *seen.entry(format!("forbids {}", decision(&rules, &told).forbids())).or_default() += 1;
    }
    for verdict in ["allowed", "denied", "held", "forbids true", "forbids false"] {
        assert!(seen.get(verdict).is_some_and(|count| *count >= 100), "{verdict}: {seen:?}");
    }
}
