//! `peerwright allowlist list`: the rules of the table, and what each carries.

use std::collections::BTreeMap;
use std::io::Write;
use std::process::ExitCode;

use anyhow::{Result, bail};
use jiff::Timestamp;
use peerwright_aws::{SignedItem, SystemClock};
use peerwright_core::allowlist::{ALIAS_KEY, Approval, Effect, Rule, Stored, StoredAllowlist};
use peerwright_core::count::counted;
use peerwright_engine::entry::Entry;
use peerwright_engine::ports::Clock;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::foreseen::living;
use super::selector;
use crate::line::{BLOCKED, QUIET, STRONG, line};
use crate::output::explained;
use crate::screen::{Screen, View};
use crate::session::Session;

/// The table.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(transparent)]
pub(crate) struct List(Vec<Listed>);

/// A rule or an alias.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Listed {
    /// `rule` or `alias`.
    what: &'static str,
    /// Its name.
    id: String,
    /// The partition of the table.
    accepter: String,
    /// As it is written.
    rule: Value,
    /// Who wrote it, where `peerwright` did.
    by: Option<String>,
    /// `allow` or `deny`.
    effect: Option<&'static str>,
    /// Who asks, in words.
    from: Option<String>,
    /// Who is asked, in words; for an alias the VPC.
    to: Option<String>,
    /// `automatic` or `manual`.
    approval: Option<&'static str>,
    /// Until when it matches.
    not_after: Option<String>,
    /// Its time is over.
    expired: bool,
    /// How many connections that are not over it carries; none where the ledger was not read.
    carries: Option<usize>,
    /// When what the ledger knows of one of these was written last; none where it carries none now, whatever it carried before.
    last_matched: Option<String>,
    /// Why it can't be read, where that is so.
    problems: Option<String>,
}

/// What the ledger knows of a rule.
#[derive(Debug, Default, Clone)]
pub(super) struct Carried {
    pub(super) connections: Vec<(String, String)>,
    last: Option<Timestamp>,
}

/// The connections that are not over, by the rules that carry them.
pub(super) async fn carried(session: &Session) -> Result<BTreeMap<String, Carried>> {
    let ports = session.ports().await?;
    let entries = living(session, &ports).await?.read;
    let mut found: BTreeMap<String, Carried> = BTreeMap::new();
    for entry in entries.iter().filter(|entry| !entry.is_over()) {
        for rule in &entry.rules {
            found.entry(rule.clone()).or_default().note(entry);
        }
    }
    Ok(found)
}

impl Carried {
    fn note(&mut self, entry: &Entry) {
        self.connections.push((entry.connection.to_string(), entry.status.to_string()));
        self.last = self.last.max(Some(entry.updated_at));
    }
}

/// Shows the table; ends with a failure where a rule of it can't be read.
pub(super) async fn run(session: &Session, out: &mut Screen<'_>) -> Result<ExitCode> {
    let signed = session.allowlist().await?.signed().await.map_err(explained)?;
    // The table can be read without the ledger.
    let carried = carried(session).await;
    let list = List::of(&signed, carried.as_ref().ok(), SystemClock.now());
    out.show(&list)?;
    if let (Err(error), true) = (&carried, out.is_for_a_person()) {
        line(out, 0, "!", BLOCKED, &format!("what the rules carry is not known: {error:#}"))?;
    }
    out.flush()?;
    match list.0.iter().filter(|listed| listed.problems.is_some()).count() {
        0 => Ok(ExitCode::SUCCESS),
        count => {
            let rules = counted(count, "rule", "rules");
            bail!("{rules} of the table can't be read: what can't be read allows nothing, and holds what it might deny")
        }
    }
}

impl List {
    fn of(signed: &[SignedItem], carried: Option<&BTreeMap<String, Carried>>, now: Timestamp) -> Self {
        let items: Vec<Stored> = signed.iter().map(|signed| signed.item.clone()).collect();
        // Rules come in the order of the items, aliases left out.
        let mut rules = StoredAllowlist::read(&items).rules.into_iter();
        let mut listed: Vec<Listed> = Vec::new();
        for SignedItem { item, by } in signed {
            let mut one = Listed::blank(item, by.clone());
            if item.accepter != ALIAS_KEY {
                match rules.next() {
                    Some(Ok(rule)) => one.describe(&rule, carried, now),
                    Some(Err(unreadable)) => one.problems = Some(unreadable.problems.to_string()),
                    None => {}
                }
            }
            listed.push(one);
        }
        listed.sort_by(|a, b| (a.what, a.effect, &a.id).cmp(&(b.what, b.effect, &b.id)));
        Self(listed)
    }
}

impl Listed {
    fn blank(item: &Stored, by: Option<String>) -> Self {
        let is_alias = item.accepter == ALIAS_KEY;
        let word = |key: &str| item.body.get(key).and_then(Value::as_str).unwrap_or("?").to_owned();
        Self {
            what: if is_alias { "alias" } else { "rule" },
            id: item.id.clone(),
            accepter: item.accepter.clone(),
            rule: item.body.clone(),
            by,
            effect: None,
            from: None,
            to: is_alias.then(|| format!("{}/{}/{}", word("account"), word("region"), word("vpc"))),
            approval: None,
            not_after: None,
            expired: false,
            carries: None,
            last_matched: None,
            problems: None,
        }
    }

    fn describe(&mut self, rule: &Rule, carried: Option<&BTreeMap<String, Carried>>, now: Timestamp) {
        let carried = carried.map(|carried| carried.get(rule.id.as_str()).cloned().unwrap_or_default());
        self.effect = Some(if rule.effect == Effect::Allow { "allow" } else { "deny" });
        self.from = Some(selector::words(&rule.ends.requester));
        self.to = Some(selector::words(&rule.ends.accepter));
        self.approval = (rule.effect == Effect::Allow).then_some(if rule.approval == Approval::Manual { "manual" } else { "automatic" });
        self.not_after = rule.not_after.map(|end| end.to_string());
        self.expired = rule.expired(now);
        if rule.effect == Effect::Allow {
            self.carries = carried.as_ref().map(|carried| carried.connections.len());
            self.last_matched = carried.and_then(|carried| carried.last).map(|last| last.to_string());
        }
    }

    /// How it stands, in the columns behind its name.
    fn columns(&self) -> [String; 4] {
        let end = self.not_after.as_deref().map_or_else(|| "-".to_owned(), |end| end.split('T').next().unwrap_or(end).to_owned());
        let end = if self.expired { format!("{end} over") } else { end };
        let last = self.last_matched.as_deref().map_or_else(|| "-".to_owned(), |last| last.split('T').next().unwrap_or(last).to_owned());
        let carries = self.carries.map_or_else(|| "-".to_owned(), |count| count.to_string());
        [self.approval.unwrap_or("-").to_owned(), end, carries, last]
    }
}

impl View for List {
    fn print(&self, out: &mut Screen<'_>) -> Result<()> {
        if self.0.is_empty() {
            writeln!(out, "the allowlist is empty: every request is held")?;
            return Ok(());
        }
        for alias in self.0.iter().filter(|listed| listed.what == "alias") {
            line(out, 0, "", anstyle::Style::new(), &format!("alias {} = {}", alias.id, alias.to.as_deref().unwrap_or_default()))?;
        }
        let rules: Vec<&Listed> = self.0.iter().filter(|listed| listed.what == "rule").collect();
        if !rules.is_empty() {
            let head = format!("{:<8}{:<11}{:<17}{:>7}  {:<14}{}", "EFFECT", "APPROVAL", "ENDS", "CARRIES", "LAST CHANGE", "RULE");
            writeln!(out, "{}", out.paint(QUIET, &head))?;
        }
        rules.iter().try_for_each(|rule| rule.print(out))
    }
}

impl Listed {
    fn print(&self, out: &mut Screen<'_>) -> Result<()> {
        let name = out.paint(STRONG, &self.id);
        if let Some(problems) = &self.problems {
            writeln!(out, "{}  {name}", out.paint(BLOCKED, "wrong"))?;
            return problems.lines().try_for_each(|problem| line(out, 6, "", anstyle::Style::new(), problem));
        }
        let [approval, end, carries, last] = self.columns();
        writeln!(out, "{:<8}{approval:<11}{end:<17}{carries:>7}  {last:<14}{name}", self.effect.unwrap_or_default())?;
        let ends = format!("{} -> {}", self.from.as_deref().unwrap_or_default(), self.to.as_deref().unwrap_or_default());
        line(out, 8, "", QUIET, &ends)
    }
}
