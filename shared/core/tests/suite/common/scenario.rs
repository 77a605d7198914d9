//! Scenario files: a small world and an allowlist as text, and below them what comes of the two.
//!
//! ```text
//! What the scenario shows, in a sentence or two.
//!
//! == world
//! …                                   see world_text.rs
//! == allowlist
//! rules: …
//! == limits                           where there are some
//! max 3                               changes in a run
//! frozen
//! == plan
//! allowed: rule a-to-b allows it
//! + requester route rtb-a0000001 …
//! == run 2                            where a limit left something over
//! + …
//! ```
//!
//! With `== teardown` in place of `== plan` all that is ours is taken away: of a connection that has ended, or (where there is an allowlist)
//! of one that it certainly does not allow.

use jiff::Timestamp;
use peerwright_core::allowlist::{Allowlist, StoredAllowlist};
use peerwright_core::desired::Desired;
use peerwright_core::ids::Sides;
use peerwright_core::observed::Observed;
use peerwright_core::plan::{Limits, Plan, lint, plan, teardown};
use peerwright_core::policy::{Verdict, decide};
use peerwright_core::world::VpcFacts;

use super::apply::apply;
use super::world_text::{read, read_world};

/// When every scenario plays.
const NOW: &str = "2026-01-01T00:00:00Z";

/// The line above what is expected.
const PLAN: &str = "== plan\n";
const TEARDOWN: &str = "== teardown\n";

/// A scenario file in its parts.
pub(crate) struct Scenario {
    /// All that is written by hand: everything up to and with the line `== plan` or `== teardown`.
    pub(crate) given: String,
    /// What the file says comes of it.
    pub(crate) expected: String,
    world: Observed,
    vpcs: Sides<VpcFacts>,
    /// None where no rule is asked.
    allowlist: Option<StoredAllowlist>,
    limits: Limits,
    tears_down: bool,
}

impl Scenario {
    /// Reads a scenario; the part after `== plan` may be missing in a new one.
    pub(crate) fn read(text: &str) -> Self {
        let tears_down = text.contains(TEARDOWN);
        let line = if tears_down { TEARDOWN } else { PLAN };
        let (given, expected) = text.split_once(line).expect("a scenario has a line `== plan` or `== teardown`");
        let (_, rest) = given.split_once("== world\n").expect("a scenario has a line `== world`");
        let (rest, limits) = rest.split_once("== limits\n").unwrap_or((rest, ""));
        let (world, allowlist) = rest.split_once("== allowlist\n").map_or((rest, None), |(world, allowlist)| (world, Some(allowlist)));
        assert!(tears_down || allowlist.is_some(), "a scenario has a line `== allowlist`");
        let (world, vpcs) = read_world(world);
        Self {
            given: format!("{given}{line}"),
            expected: expected.to_owned(),
            world,
            vpcs,
            allowlist: allowlist.map(read_allowlist),
            limits: read_limits(limits),
            tears_down,
        }
    }

    /// Decides, plans, carries out what is planned until nothing is left; returns the decision and every plan as text.
    pub(crate) fn play(&self) -> String {
        let Some(allowlist) = &self.allowlist else {
            return self.runs(&Desired::default());
        };
        let decision = decide(&self.vpcs, allowlist, read::<Timestamp>(NOW));
        let word = match &decision.verdict {
            Verdict::Allowed(_) => "allowed",
            Verdict::Denied(_) => "denied",
            Verdict::Held => "held",
        };
        let reasons: Vec<String> = decision.reasons.iter().map(|reason| format!("{word}: {reason}\n")).collect();
        let runs = match &decision.verdict {
            _ if self.tears_down && decision.forbids() => self.runs(&Desired::default()),
            _ if self.tears_down => "kept: it is not certain that nothing allows it\n".to_owned(),
            Verdict::Allowed(rules) => self.runs(&Desired::of(rules)),
            Verdict::Denied(_) | Verdict::Held => String::new(),
        };
        format!("{}{runs}", reasons.concat())
    }

    fn runs(&self, desired: &Desired) -> String {
        let mut parts = Vec::new();
        for (number, run) in self.converge(desired).iter().enumerate() {
            if number > 0 {
                parts.push(format!("== run {}\n", number + 1));
            }
            parts.push(run.to_string());
        }
        parts.concat()
    }

    /// The plans of as many runs as the limits make of it. Behind the last one there is nothing left to do.
    fn converge(&self, desired: &Desired) -> Vec<Plan> {
        let mut world = self.world.clone();
        let mut runs = vec![self.plan(desired, &world)];
        while let Some(run) = runs.last() {
            world = apply(&run.steps, &world);
            if self.limits.frozen {
                assert!(run.steps.is_empty(), "a freeze changes nothing:\n{run}");
                break;
            }
            let next = self.plan(desired, &world);
            assert_eq!((&next.waiting, &next.blocked), (&run.waiting, &run.blocked), "carrying out the plan changed what it can't do");
            if next.is_empty() {
                break;
            }
            assert!(!run.steps.is_empty(), "a limit must let something through, or it never ends:\n{run}");
            assert!(!run.deferred.is_empty(), "the plan was carried out, and yet there is more to do:\n{next}");
            assert_eq!(
                run.deferred,
                [next.steps.clone(), next.deferred.clone()].concat(),
                "what was left over is done next, and nothing else"
            );
            runs.push(next);
        }
        runs
    }

    fn plan(&self, desired: &Desired, world: &Observed) -> Plan {
        let plan = if self.tears_down { teardown(world, &self.limits) } else { plan(desired, world, &self.limits) };
        let violations = lint(&plan, desired, world, &self.limits);
        assert!(violations.is_empty(), "the linter refuses the plan: {violations:?}");
        plan
    }
}

fn read_allowlist(text: &str) -> StoredAllowlist {
    let allowlist = Allowlist::from_yaml(text, read::<Timestamp>(NOW)).unwrap_or_else(|problems| panic!("{problems}"));
    StoredAllowlist::read(&allowlist.items())
}

fn read_limits(text: &str) -> Limits {
    let mut limits = Limits::NONE;
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        match line.split_once(' ') {
            Some(("max", count)) => limits.max_changes = read(count),
            None if line == "frozen" => limits.frozen = true,
            _ => panic!("limits have no line `{line}`"),
        }
    }
    limits
}
