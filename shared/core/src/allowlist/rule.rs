//! One rule of the allowlist.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::names::Names;
use super::permission::{GroupIntent, read_groups};
use super::problems::Problems;
use super::reader::{Fields, boolean, child, kind, scalar, word};
use super::routes::{RouteIntent, read_route_intent};
use super::selector::Selector;
use crate::ids::{RuleId, Side, Sides};

/// What a rule does to the connections it matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effect {
    /// The connection is wanted.
    Allow,
    /// The connection is not wanted, whatever other rules say.
    Deny,
}

/// Who accepts a request that a rule allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Approval {
    /// We do.
    Automatic,
    /// A person does, by hand; what the rule wants is made afterwards.
    Manual,
}

/// What becomes of a connection when its permission ends, from the mildest to the strictest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OnRevoke {
    /// It stays as it is, and is reported.
    #[default]
    Keep,
    /// Routes and security group rules of ours are removed, the connection stays.
    Isolate,
    /// These are removed, and then the connection if we created it.
    Delete,
}

/// In which order a thing and what replaces it change where a quota has no room for both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Replace {
    /// The new one first, or neither: nothing that works stops working.
    #[default]
    NewFirst,
    /// The old one goes first: for a moment there is neither.
    InPlace,
}

/// One rule: which connections it speaks of, and what it wants for them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rule {
    /// Its name, unique in the allowlist.
    pub id: RuleId,
    /// Allow or deny.
    pub effect: Effect,
    /// Which VPC each end must be.
    pub ends: Sides<Selector>,
    /// Who accepts the request.
    pub approval: Approval,
    /// The rule matches until this moment, if one is given.
    pub not_after: Option<Timestamp>,
    /// Routes wanted in each end's route tables; none where the rule doesn't speak of them.
    pub routes: Sides<Option<RouteIntent>>,
    /// Rules wanted in each end's security groups.
    pub security_groups: Sides<Vec<GroupIntent>>,
    /// Whether each end lets the other resolve its public DNS names to private addresses.
    pub dns_resolution: Sides<bool>,
    /// What becomes of the connection when this rule no longer allows it, or comes to forbid it. Where nothing is written that depends on
    /// why: [`OnRevoke::Keep`] for a rule that is gone, [`OnRevoke::Isolate`] for one that has expired or that denies.
    pub on_revoke: Option<OnRevoke>,
    /// What goes first where a quota has no room for old and new together.
    pub replace: Replace,
}

pub(super) const KEYS: &[&str] = &[
    "id",
    "effect",
    "requester",
    "accepter",
    "approval",
    "not_after",
    "routes",
    "security_groups",
    "dns_resolution",
    "on_revoke",
    "replace",
];
/// How an allow rule says who asks.
const NAME_ONE: &str = "add accounts, organizational_units, vpcs, alias or `organization: true`";
const EFFECTS: [(&str, Effect); 2] = [("allow", Effect::Allow), ("deny", Effect::Deny)];
const APPROVALS: [(&str, Approval); 2] = [("automatic", Approval::Automatic), ("manual", Approval::Manual)];
const REVOCATIONS: [(&str, OnRevoke); 3] = [("keep", OnRevoke::Keep), ("isolate", OnRevoke::Isolate), ("delete", OnRevoke::Delete)];
const REPLACEMENTS: [(&str, Replace); 2] = [("new-first", Replace::NewFirst), ("in-place", Replace::InPlace)];
pub(super) const SIDES: &[&str] = &["requester", "accepter"];

impl Rule {
    /// Reads one rule; `None` where it has no id or effect to speak of. Problems are noted with `place` before them.
    pub(super) fn read(value: &Value, place: &str, names: &Names<'_>, problems: &mut Problems) -> Option<Self> {
        let mut fields = Fields::open(value, place, KEYS, problems);
        let id = fields.required("id", problems).and_then(|(v, at)| scalar::<RuleId>(v, &at, problems));
        let effect = fields.required("effect", problems).and_then(|(v, at)| word(v, &at, &EFFECTS, problems));
        let before = problems.unread();
        let requester = Selector::read(&mut fields, "requester", names, problems);
        if effect == Some(Effect::Allow) && problems.unread() == before && !requester.names_identity() {
            let place = child(place, "requester");
            problems.add(place, "names no identity: tags, CIDR blocks and Regions do not say who asks", NAME_ONE);
        }
        let accepter = Selector::read(&mut fields, "accepter", names, problems);
        let not_after = fields.optional("not_after").and_then(|(v, at)| read_time(v, &at, problems));
        let approval = fields.optional("approval");
        let [routes, groups, dns, replace] = ["routes", "security_groups", "dns_resolution", "replace"].map(|key| fields.optional(key));
        if effect == Some(Effect::Deny) {
            for (_, at) in [&approval, &routes, &groups, &dns, &replace].into_iter().flatten() {
                problems.add(at, "has no meaning in a deny rule", "remove the key");
            }
        }
        let approval = approval.map_or(Some(Approval::Automatic), |(v, at)| word(v, &at, &APPROVALS, problems));
        let routes = read_sides(routes, problems, read_route_intent);
        let security_groups = read_sides(groups, problems, read_groups);
        let dns_resolution = read_sides(dns, problems, |v, at, p| boolean(v, at, p).unwrap_or_default());
        let on_revoke = fields.optional("on_revoke").and_then(|(v, at)| word(v, &at, &REVOCATIONS, problems));
        let replace = replace.map_or(Some(Replace::default()), |(v, at)| word(v, &at, &REPLACEMENTS, problems));
        Some(Self {
            id: id?,
            effect: effect?,
            ends: Sides { requester, accepter },
            approval: approval?,
            not_after,
            routes,
            security_groups,
            dns_resolution,
            on_revoke,
            replace: replace?,
        })
    }

    /// True when the rule's time is over.
    pub fn expired(&self, now: Timestamp) -> bool {
        self.not_after.is_some_and(|end| end <= now)
    }

    /// What the rule leaves out and is often forgotten, in words: wishes for one end, and what its end leads to.
    pub fn omissions(&self) -> Vec<String> {
        if self.effect == Effect::Deny {
            return Vec::new();
        }
        let routeless = Side::BOTH.into_iter().filter(|side| self.routes.of(*side).is_none());
        let routeless = routeless.map(|side| format!("rule {}: adds no routes in the {side}'s route tables", self.id));
        let end = self.not_after.filter(|_| self.on_revoke.is_none());
        let end = end.map(|end| format!("rule {}: what it alone allows is isolated when it expires at {end} (no on_revoke)", self.id));
        routeless.chain(end).collect()
    }
}

/// Reads a map with a value for each end; an end that isn't named has the default.
fn read_sides<T: Default>(
    found: Option<(&Value, String)>,
    problems: &mut Problems,
    mut read: impl FnMut(&Value, &str, &mut Problems) -> T,
) -> Sides<T> {
    let mut sides = Sides::<T>::default();
    if let Some((value, place)) = found {
        let mut fields = Fields::open(value, &place, SIDES, problems);
        for side in Side::BOTH {
            if let Some((value, place)) = fields.optional(side.as_str()) {
                *sides.of_mut(side) = read(value, &place, problems);
            }
        }
    }
    sides
}

fn read_time(value: &Value, place: &str, problems: &mut Problems) -> Option<Timestamp> {
    let Some(text) = value.as_str() else {
        problems.add(place, format!("is {}, not a time", kind(value)), "write it as 2027-06-30T00:00:00Z");
        return None;
    };
    text.parse().map_err(|_| problems.add(place, format!("`{text}` is not a time with a zone"), "write it as 2027-06-30T00:00:00Z")).ok()
}
