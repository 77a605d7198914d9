//! Random rules and vpcs, and an oracle of the verdict.
//!
//! Rules are drawn as plain text values, so that the oracle never touches the engine's own types; the engine gets the same rules as
//! items of the table. The oracle knows no third truth value: it asks each rule twice, once with every unreadable fact taken as not
//! meeting its condition, once as meeting it.

use ipnet::IpNet;
use jiff::Timestamp;
use peerwright_core::allowlist::{ALIAS_KEY, ANY_KEY, Stored, StoredAllowlist};
use peerwright_core::ids::{AccountId, Place, Region, Sides, VpcRef};
use peerwright_core::organization::Unit;
use peerwright_core::world::{Fact, VpcFacts};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::{Value, json};

use super::bits::inside;

const ACCOUNTS: [&str; 3] = ["111111111111", "222222222222", "333333333333"];
const REGIONS: [&str; 2] = ["eu-west-1", "eu-central-1"];
const VPCS: [&str; 3] = ["vpc-a0000000", "vpc-b0000000", "vpc-c0000000"];
const BLOCKS: [&str; 6] = ["10.1.0.0/16", "10.2.0.0/16", "10.2.128.0/17", "172.16.0.0/24", "fd00:1::/56", "fd00:2::/56"];
const WIDE_BLOCKS: [&str; 6] = ["10.0.0.0/8", "10.2.0.0/16", "172.16.0.0/12", "0.0.0.0/0", "fd00::/8", "::/0"];
/// Where an account may stand: a path, whose units have the ids of [`UNIT_IDS`]; an empty one is outside the organization.
const UNIT_PATHS: [&str; 5] = ["Root", "Root/Dev", "Root/Dev/Sandbox", "Root/Prod", ""];
const UNIT_IDS: [(&str, &str); 4] =
    [("Root", "r-ab12"), ("Root/Dev", "ou-ab12-11111111"), ("Root/Dev/Sandbox", "ou-ab12-22222222"), ("Root/Prod", "ou-ab12-33333333")];
const UNITS: [&str; 6] = ["Root", "Root/Dev", "Root/Dev/Sandbox", "Root/Prod", "ou-ab12-11111111", "ou-ab12-33333333"];
const TAG_VALUES: [&str; 3] = ["dev", "test", "prod"];
/// What rules say of them, and which are meant.
const TAGS_WANTED: [(&str, &[&str]); 5] =
    [("dev", &["dev"]), ("test", &["test"]), ("prod", &["prod"]), ("*e?*", &["dev", "test"]), ("?ro*", &["prod"])];
const WANTED: [&str; 5] = ["dev", "test", "prod", "*e?*", "?ro*"];
const ALIASES: [(&str, &str, &str, &str); 2] =
    [("one", "111111111111", "eu-west-1", "vpc-a0000000"), ("two", "222222222222", "eu-central-1", "vpc-b0000000")];

/// When decisions are made.
pub(crate) fn now() -> Timestamp {
    "2026-01-01T00:00:00Z".parse().expect("a time")
}

/// Conditions on one end, as a person writes them.
#[derive(Debug, Clone)]
pub(crate) struct Conditions {
    accounts: Vec<&'static str>,
    units: Vec<&'static str>,
    organization: bool,
    regions: Vec<&'static str>,
    vpcs: Vec<&'static str>,
    cidrs: Vec<&'static str>,
    tags: Vec<(&'static str, Vec<&'static str>)>,
    alias: Option<usize>,
}

/// A rule, as a person writes it.
#[derive(Debug, Clone)]
pub(crate) struct WrittenRule {
    pub(crate) id: &'static str,
    pub(crate) deny: bool,
    pub(crate) requester: Conditions,
    pub(crate) accepter: Conditions,
    /// Seconds from now; negative ones are over.
    pub(crate) lasts: Option<i64>,
    pub(crate) mistake: Option<Mistake>,
}

/// What a person gets wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mistake {
    NoRequester,
    TypoInKey,
    AccountWithoutQuotes,
    BadBlock,
    EmptyCondition,
    UnknownAlias,
    UnknownWish,
    AnothersId,
    NoIdentity,
    NoEffect,
    UnknownEffect,
    NotARule,
}

const MISTAKES: [Mistake; 12] = [
    Mistake::NoRequester,
    Mistake::TypoInKey,
    Mistake::AccountWithoutQuotes,
    Mistake::BadBlock,
    Mistake::EmptyCondition,
    Mistake::UnknownAlias,
    Mistake::UnknownWish,
    Mistake::AnothersId,
    Mistake::NoIdentity,
    Mistake::NoEffect,
    Mistake::UnknownEffect,
    Mistake::NotARule,
];

/// One end of a connection, as Describe tells; `None` is what can't be read.
#[derive(Debug, Clone)]
pub(crate) struct Told {
    account: &'static str,
    region: &'static str,
    vpc: &'static str,
    pub(crate) units: Option<&'static str>,
    pub(crate) cidrs: Option<Vec<&'static str>>,
    pub(crate) tags: Option<Vec<(&'static str, &'static str)>>,
}

impl Conditions {
    fn body(&self) -> Value {
        let mut body = json!({});
        for (key, values) in [
            ("accounts", &self.accounts),
            ("organizational_units", &self.units),
            ("regions", &self.regions),
            ("vpcs", &self.vpcs),
            ("cidrs", &self.cidrs),
        ] {
            if !values.is_empty() {
                body[key] = json!(values);
            }
        }
        for (key, values) in &self.tags {
            body["tags"][*key] = json!(values);
        }
        if self.organization {
            body["organization"] = json!(true);
        }
        if let Some(alias) = self.alias {
            body["alias"] = json!(ALIASES[alias].0);
        }
        body
    }

    fn names_identity(&self) -> bool {
        self.organization || self.alias.is_some() || [&self.accounts, &self.units, &self.vpcs].iter().any(|values| !values.is_empty())
    }

    /// The same conditions with each list of values the other way round.
    fn reversed(&self) -> Self {
        let mut turned = self.clone();
        for values in [&mut turned.accounts, &mut turned.units, &mut turned.regions, &mut turned.vpcs, &mut turned.cidrs] {
            values.reverse();
        }
        turned.tags.reverse();
        turned.tags.iter_mut().for_each(|(_, values)| values.reverse());
        turned
    }
}

impl WrittenRule {
    /// Allows whatever is told.
    pub(crate) fn about_anybody(id: &'static str) -> Self {
        let anybody = || Conditions {
            accounts: ACCOUNTS.to_vec(),
            units: Vec::new(),
            organization: false,
            regions: Vec::new(),
            vpcs: Vec::new(),
            cidrs: Vec::new(),
            tags: Vec::new(),
            alias: None,
        };
        Self { id, deny: false, requester: anybody(), accepter: anybody(), lasts: None, mistake: None }
    }

    /// The rule as an item's body, with its mistake.
    pub(crate) fn body(&self) -> Value {
        let effect = if self.deny { "deny" } else { "allow" };
        let mut body = json!({ "id": self.id, "effect": effect, "requester": self.requester.body(), "accepter": self.accepter.body() });
        if let Some(lasts) = self.lasts {
            body["not_after"] = json!((now() + jiff::SignedDuration::from_secs(lasts)).to_string());
        }
        let mut set = |key: &str, value: Value| body[key] = value;
        match self.mistake {
            None => {}
            Some(Mistake::NoRequester) => set("requester", Value::Null),
            Some(Mistake::TypoInKey) => set("acceptor", self.accepter.body()),
            Some(Mistake::AccountWithoutQuotes) => body["requester"]["accounts"] = json!([111_111_111_111_u64]),
            Some(Mistake::BadBlock) => body["requester"]["cidrs"] = json!(["10.0.0.0/99"]),
            Some(Mistake::EmptyCondition) => body["accepter"]["regions"] = json!([]),
            Some(Mistake::UnknownAlias) => body["accepter"]["alias"] = json!("nobody"),
            Some(Mistake::UnknownWish) => set("on_revoke", json!("forget")),
            Some(Mistake::AnothersId) => set("id", json!("another")),
            // In a deny rule it is none, so there another mistake stands for it.
            Some(Mistake::NoIdentity) if self.deny => set("approval", json!("manual")),
            Some(Mistake::NoIdentity) => set("requester", json!({ "tags": { "env": "*" } })),
            Some(Mistake::NoEffect) => set("effect", Value::Null),
            Some(Mistake::UnknownEffect) => set("effect", json!("Allow")),
            Some(Mistake::NotARule) => body = json!("allow"),
        }
        body
    }

    /// The same rule with each list of values the other way round.
    pub(crate) fn reversed(&self) -> Self {
        Self { requester: self.requester.reversed(), accepter: self.accepter.reversed(), ..self.clone() }
    }

    /// True when a rule with this mistake can't be told from a deny rule.
    fn may_deny(&self) -> bool {
        self.deny || matches!(self.mistake, Some(Mistake::NoEffect | Mistake::UnknownEffect | Mistake::NotARule))
    }
}

impl Told {
    /// The end, with what can't be read as somebody else has it.
    pub(crate) fn completed(&self, by: &Self) -> Self {
        let cidrs = self.cidrs.clone().filter(|blocks| !blocks.is_empty()).or_else(|| by.cidrs.clone());
        Self { cidrs, tags: self.tags.clone().or_else(|| by.tags.clone()), units: self.units.or(by.units), ..self.clone() }
    }

    /// The end as the engine knows it.
    pub(crate) fn vpc_facts(&self) -> VpcFacts {
        let unknown = || "nobody tells".to_owned();
        let (account, region): (AccountId, Region) = (self.account.parse().expect("an account"), self.region.parse().expect("a Region"));
        let blocks = |blocks: &Vec<&str>| blocks.iter().map(|block| net(block)).collect();
        let pairs = |tags: &Vec<(&str, &str)>| tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        VpcFacts {
            owner: account.clone(),
            vpc: VpcRef { place: Place { account, region }, vpc: self.vpc.parse().expect("a VPC id") },
            cidrs: self.cidrs.as_ref().map_or_else(|| Fact::Unknown(unknown()), |told| Fact::Known(blocks(told))),
            tags: self.tags.as_ref().map_or_else(|| Fact::Unknown(unknown()), |told| Fact::Known(pairs(told))),
            units: self.units.map_or_else(|| Fact::Unknown(unknown()), |path| Fact::Known(units(path))),
        }
    }
}

fn units(path: &str) -> Vec<Unit> {
    let above = |unit: &&(&str, &str)| within(path, unit.0);
    UNIT_IDS.iter().filter(above).map(|(path, id)| Unit { id: id.parse().expect("an id"), path: (*path).to_owned() }).collect()
}

/// True for a path at or below another.
fn within(path: &str, above: &str) -> bool {
    path == above || path.starts_with(&format!("{above}/"))
}

/// The table that holds the rules and all aliases.
pub(crate) fn stored(rules: &[WrittenRule]) -> StoredAllowlist {
    let aliases = ALIASES.iter().map(|(name, account, region, vpc)| Stored {
        accepter: ALIAS_KEY.to_owned(),
        id: (*name).to_owned(),
        body: json!({ "account": account, "region": region, "vpc": vpc }),
    });
    let rules = rules.iter().map(|rule| Stored { accepter: ANY_KEY.to_owned(), id: rule.id.to_owned(), body: rule.body() });
    StoredAllowlist::read(&aliases.chain(rules).collect::<Vec<_>>())
}

/// The verdict in words, worked out from the rules as they are written.
pub(crate) fn oracle(rules: &[WrittenRule], told: &Sides<Told>) -> String {
    let ids_of = |deny: bool| {
        let mut ids: Vec<&str> = Vec::new();
        for rule in rules {
            if rule.deny == deny && rule.mistake.is_none() && applies(rule, told, false) {
                ids.push(rule.id);
            }
        }
        ids.sort_unstable();
        ids
    };
    let denying = ids_of(true);
    if !denying.is_empty() {
        return format!("denied {}", denying.join(" "));
    }
    for rule in rules {
        if rule.may_deny() && (rule.mistake.is_some() || applies(rule, told, true)) {
            return "held".to_owned();
        }
    }
    let allowing = ids_of(false);
    if allowing.is_empty() { "held".to_owned() } else { format!("allowed {}", allowing.join(" ")) }
}

/// True when nothing can have allowed it: it is denied, or each rule is known to speak of others.
pub(crate) fn surely_not(rules: &[WrittenRule], told: &Sides<Told>) -> bool {
    let verdict = oracle(rules, told);
    let open = rules.iter().any(|rule| rule.mistake.is_some() || applies(rule, told, true) != applies(rule, told, false));
    verdict.starts_with("denied") || verdict == "held" && !open
}

fn applies(rule: &WrittenRule, told: &Sides<Told>, benefit_of_the_doubt: bool) -> bool {
    let meets_both = |one: &Told, other: &Told| {
        meets(&rule.requester, one, rule.deny, benefit_of_the_doubt) && meets(&rule.accepter, other, rule.deny, benefit_of_the_doubt)
    };
    let in_time = rule.lasts.is_none_or(|seconds| seconds > 0);
    let one_way = meets_both(&told.requester, &told.accepter);
    in_time && (one_way || rule.deny && meets_both(&told.accepter, &told.requester))
}

fn meets(wanted: &Conditions, told: &Told, deny: bool, benefit_of_the_doubt: bool) -> bool {
    if let Some(alias) = wanted.alias
        && ALIASES[alias] != (ALIASES[alias].0, told.account, told.region, told.vpc)
    {
        return false;
    }
    for (values, value) in [(&wanted.accounts, told.account), (&wanted.regions, told.region), (&wanted.vpcs, told.vpc)] {
        if !values.is_empty() && values.iter().all(|known| *known != value) {
            return false;
        }
    }
    let names = |choice: &str, path: &str| UNIT_IDS.iter().any(|(at, id)| (choice == *at || choice == *id) && within(path, at));
    match told.units {
        None if wanted.organization && !benefit_of_the_doubt => return false,
        Some("") if wanted.organization => return false,
        _ => {}
    }
    match told.units {
        _ if wanted.units.is_empty() => {}
        None if benefit_of_the_doubt => {}
        None => return false,
        Some(path) => {
            if !wanted.units.iter().any(|choice| names(choice, path)) {
                return false;
            }
        }
    }
    if !wanted.cidrs.is_empty() {
        match told.cidrs.as_deref() {
            None | Some([]) if benefit_of_the_doubt => {}
            None | Some([]) => return false,
            Some(blocks) if deny => {
                let shares = |a: &str, b: &str| inside(&net(a), &net(b)) || inside(&net(b), &net(a));
                if !blocks.iter().any(|block| wanted.cidrs.iter().any(|mine| shares(block, mine))) {
                    return false;
                }
            }
            Some(blocks) => {
                if blocks.iter().any(|block| !wanted.cidrs.iter().any(|wide| inside(&net(block), &net(wide)))) {
                    return false;
                }
            }
        }
    }
    for (key, values) in &wanted.tags {
        match &told.tags {
            None if benefit_of_the_doubt => {}
            None => return false,
            Some(tags) => {
                if !tags.iter().any(|(name, value)| name == key && values.iter().any(|wanted| meant(wanted, value))) {
                    return false;
                }
            }
        }
    }
    true
}

fn meant(wanted: &str, value: &str) -> bool {
    wanted == value || TAGS_WANTED.iter().any(|(pattern, meant)| *pattern == wanted && meant.contains(&value))
}

fn net(block: &str) -> IpNet {
    block.parse().expect("a CIDR block")
}

/// Some of the values, or (more often) no condition at all: a rule with every condition would hardly ever match.
fn some(pool: &'static [&'static str]) -> impl Strategy<Value = Vec<&'static str>> {
    prop_oneof![3 => Just(Vec::new()), 1 => subsequence(pool, 1..=pool.len())]
}

fn tags_wanted() -> impl Strategy<Value = Vec<(&'static str, Vec<&'static str>)>> {
    let env = subsequence(&WANTED[..], 1..=2).prop_map(|values| vec![("env", values)]);
    let both = subsequence(&WANTED[..], 1..=2).prop_map(|values| vec![("env", values), ("team", vec!["web"])]);
    prop_oneof![6 => Just(Vec::new()), 2 => env, 1 => both]
}

fn conditions() -> impl Strategy<Value = Conditions> {
    let alias = prop_oneof![12 => Just(None), 1 => (0..ALIASES.len()).prop_map(Some)];
    let units = prop_oneof![5 => Just(Vec::new()), 1 => subsequence(&UNITS[..], 1..=2)];
    let organization = prop::bool::weighted(0.1);
    (some(&ACCOUNTS), (units, organization), some(&REGIONS), some(&VPCS), some(&WIDE_BLOCKS), tags_wanted(), alias).prop_map(
        |(accounts, (units, organization), regions, vpcs, cidrs, tags, alias)| {
            let mut given = Conditions { accounts, units, organization, regions, vpcs, cidrs, tags, alias };
            if given.body() == json!({}) {
                given.accounts = ACCOUNTS.to_vec();
            }
            given
        },
    )
}

/// A rule of either effect, seldom with a mistake. Ids repeat now and then: the table's keys allow it.
pub(crate) fn rule() -> impl Strategy<Value = WrittenRule> {
    let mistake = prop_oneof![24 => Just(None), 1 => select(&MISTAKES[..]).prop_map(Some)];
    let lasts = prop_oneof![6 => Just(None), 1 => select(vec![-3600, 0, 1, 3600]).prop_map(Some)];
    (select(&["a", "b", "c", "d", "e", "f"][..]), prop::bool::weighted(0.25), conditions(), conditions(), lasts, mistake).prop_map(
        |(id, deny, requester, accepter, lasts, mistake)| {
            let named = deny || requester.names_identity();
            let accounts = if named { requester.accounts.clone() } else { ACCOUNTS.to_vec() };
            WrittenRule { id, deny, requester: Conditions { accounts, ..requester }, accepter, lasts, mistake }
        },
    )
}

/// A handful of rules.
pub(crate) fn rules() -> impl Strategy<Value = Vec<WrittenRule>> {
    prop::collection::vec(rule(), 0..8)
}

/// A mistake.
pub(crate) fn mistake() -> impl Strategy<Value = Mistake> {
    select(&MISTAKES[..])
}

fn told() -> impl Strategy<Value = Told> {
    let cidrs = prop_oneof![6 => subsequence(&BLOCKS[..], 0..=3).prop_map(Some), 1 => Just(None)];
    let env = prop::option::of(select(&TAG_VALUES[..])).prop_map(|value| value.map(|value| ("env", value)));
    let team = prop::option::of(Just(("team", "web")));
    let tags = prop_oneof![6 => (env, team).prop_map(|(env, team)| Some(env.into_iter().chain(team).collect())), 1 => Just(None)];
    let units = prop_oneof![6 => select(&UNIT_PATHS[..]).prop_map(Some), 1 => Just(None)];
    (select(&ACCOUNTS[..]), select(&REGIONS[..]), select(&VPCS[..]), units, cidrs, tags)
        .prop_map(|(account, region, vpc, units, cidrs, tags)| Told { account, region, vpc, units, cidrs, tags })
}

/// What is told of both ends.
pub(crate) fn both_told() -> impl Strategy<Value = Sides<Told>> {
    (told(), told()).prop_map(|(requester, accepter)| Sides { requester, accepter })
}
