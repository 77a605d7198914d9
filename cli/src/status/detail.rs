//! How it stands with one connection: the ledger beside what EC2 shows at this moment.

use std::io::Write;

use anstyle::Style;
use anyhow::Result;
use peerwright_core::allowlist::Aliases;
use peerwright_core::count::counted;
use peerwright_core::ids::Side;
use peerwright_core::owned::Owned;
use peerwright_core::plan::{Count, Tally};
use peerwright_core::policy::Awaiting;
use peerwright_engine::entry::Entry;
use peerwright_engine::examine::Examined;
use peerwright_engine::explain::Explained;
use peerwright_engine::status::Status;
use schemars::JsonSchema;
use serde::Serialize;

use crate::line::{ADDED, BLOCKED, CHANGED, REMOVED, line, row, to_the_second};
use crate::screen::Screen;
use crate::summary::{Frozen, Summary, ago, style};

/// How it stands with one connection.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Detail {
    #[serde(flatten)]
    summary: Summary,
    /// Its state in EC2; none where it could not be looked at.
    state: Option<String>,
    /// What a request would come to, or what the rules say of it now.
    headline: Option<String>,
    /// Why it could not be looked at.
    unseen: Option<String>,
    /// Who stopped everything.
    stop: Option<Frozen>,
    /// Both ends, counted; where it is active and allowed, and the end can be read.
    ends: Ends,
    /// What is ours at each end by the ledger, the requester's first.
    remembered: [Remembered; 2],
    /// What is missing.
    missing: Vec<String>,
    /// What of ours is too much.
    superfluous: Vec<String>,
    /// What is in the way.
    blocked: Vec<String>,
    /// What it waits for.
    waiting: Vec<String>,
    /// What waits for a person's approval, by rule.
    awaiting: Vec<Waits>,
    /// When the ledger heard of it first, as far as its history goes back.
    known_since: Option<String>,
    /// Since when it has its status, as far as its history goes back.
    status_since: String,
    /// What failed or was refused last.
    last_error: Option<Told>,
    /// What is tried again, and when.
    next_tries: Vec<Told>,
    #[serde(skip)]
    ages: (Option<String>, String),
    #[serde(skip)]
    attention: bool,
}

/// A count for each end.
#[derive(Debug, Default, Serialize, JsonSchema)]
struct Ends {
    requester: Option<Counted>,
    accepter: Option<Counted>,
}

/// One end, counted.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
struct Counted {
    routes: Figures,
    group_rules: Figures,
    /// Whether the peer resolves this end's private names.
    dns_resolution: bool,
}

/// So many of so many.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
struct Figures {
    /// Those that are wanted and there.
    there: usize,
    /// Those that are wanted.
    wanted: usize,
    /// Those of ours that nothing wants any more.
    superfluous: usize,
}

/// What is ours at an end, by the ledger.
#[derive(Debug, Serialize, JsonSchema)]
struct Remembered {
    /// Routes that we made, or were about to.
    routes: usize,
    /// Security groups in which we made rules.
    groups: usize,
    /// Whether we switched on DNS resolution.
    dns_resolution: bool,
}

/// What a rule wishes and nobody has approved.
#[derive(Debug, Serialize, JsonSchema)]
struct Waits {
    rule: String,
    wishes: Vec<String>,
}

/// Something at a moment.
#[derive(Debug, Serialize, JsonSchema)]
struct Told {
    at: String,
    what: String,
}

impl Detail {
    pub(crate) fn of(examined: &Examined, aliases: &Aliases) -> Self {
        let Examined { at, entry, stops, decisions, found, .. } = examined;
        let seen = found.as_ref().ok();
        let plan = seen.and_then(|found| found.plan.as_ref()).filter(|_| !seen.is_some_and(is_pending));
        let steps = |removing: bool| -> Vec<String> {
            let of = plan.map(|plan| plan.steps.iter().filter(|step| step.removes() == removing).map(ToString::to_string).collect());
            of.unwrap_or_default()
        };
        let words = |list: fn(&peerwright_core::plan::Plan) -> Vec<String>| plan.map(list).unwrap_or_default();
        let tallies = examined.tallies();
        let is_over = entry.is_over() || entry.status == Status::Rejected || seen.is_some_and(|found| found.connection.state.has_ended());
        Self {
            summary: Summary::of(entry, stops.connection.as_ref(), aliases, *at),
            state: seen.map(|found| found.connection.state.to_string()),
            headline: seen.map(Explained::headline),
            unseen: found.as_ref().err().cloned(),
            stop: stops.everything.as_ref().map(Frozen::of),
            ends: Ends { requester: tallies.requester.map(Counted::of), accepter: tallies.accepter.map(Counted::of) },
            remembered: Side::BOTH.map(|side| Remembered::of(side, &entry.owned)),
            missing: steps(false),
            superfluous: steps(true),
            blocked: words(|plan| plan.blocked.iter().map(ToString::to_string).collect()),
            waiting: words(|plan| plan.waiting.iter().map(ToString::to_string).collect()),
            // Nobody decides about what is over.
            awaiting: if is_over { Vec::new() } else { decisions.without_approved(&entry.awaiting).iter().map(Waits::of).collect() },
            known_since: examined.known_since().map(|at| at.to_string()),
            status_since: examined.status_since().to_string(),
            last_error: examined.last_error().map(|(at, what)| Told { at: at.to_string(), what: what.to_owned() }),
            next_tries: examined.next_tries().iter().map(|next| Told { at: next.at.to_string(), what: next.what.to_owned() }).collect(),
            ages: (examined.known_since().map(|since| ago(since, *at)), ago(examined.status_since(), *at)),
            attention: wants_attention(entry) || stops.connection.is_some() || found.is_err(),
        }
    }

    /// The connection.
    pub(crate) fn connection(&self) -> &str {
        &self.summary.connection
    }

    /// True where a person should look.
    pub(crate) fn wants_attention(&self) -> bool {
        self.attention || !self.missing.is_empty() || !self.superfluous.is_empty() || !self.awaiting.is_empty()
    }

    pub(crate) fn print(&self, screen: &mut Screen<'_>) -> Result<()> {
        let Summary { connection, requester, accepter, status, rules, reasons, frozen, .. } = &self.summary;
        let (known, since) = &self.ages;
        writeln!(screen, "{connection}  {}  reached {since}", screen.paint(style(status), status))?;
        let mut row = |name: &str, text: &str| row(screen, name, text);
        row("requester", &requester.in_full())?;
        row("accepter", &accepter.in_full())?;
        row("in EC2", self.state.as_deref().unwrap_or("not seen"))?;
        row("rules", &if rules.is_empty() { "none".to_owned() } else { rules.join(" ") })?;
        self.unseen.as_ref().map_or(Ok(()), |why| row("not seen", why))?;
        self.headline.as_ref().map_or(Ok(()), |headline| row("verdict", headline))?;
        // The verdict may have said it.
        let is_news = |words: &str| self.headline.as_deref().is_none_or(|headline| !headline.contains(words));
        reasons.iter().filter(|reason| is_news(reason)).try_for_each(|reason| row("because", reason))?;
        let frozen = frozen.as_ref().map(Frozen::words).filter(|words| is_news(words));
        frozen.map_or(Ok(()), |words| row("frozen", words))?;
        self.stop.as_ref().map_or(Ok(()), |stop| row("frozen", &format!("everything is frozen {}", stop.words())))?;
        for (side, remembered) in Side::BOTH.into_iter().zip(&self.remembered) {
            row(side.as_str(), &self.ends.of(side).map_or_else(|| remembered.words(), |counted| counted.words()))?;
        }
        known.as_ref().map_or(Ok(()), |known| row("first seen", known))?;
        self.last_error.as_ref().map_or(Ok(()), |told| row("last error", &format!("{}: {}", to_the_second(&told.at), told.what)))?;
        self.next_tries.iter().try_for_each(|told| row("next try", &format!("{}: {}", to_the_second(&told.at), told.what)))?;
        self.print_differences(screen)
    }

    /// What is not as the rules wish.
    fn print_differences(&self, screen: &mut Screen<'_>) -> Result<()> {
        for Waits { rule, wishes } in &self.awaiting {
            line(screen, 2, "?", CHANGED, &format!("rule {rule} waits for approval (`peerwright approve`)"))?;
            wishes.iter().try_for_each(|wish| line(screen, 4, "", Style::new(), wish))?;
        }
        if !self.missing.is_empty() || !self.superfluous.is_empty() {
            row(screen, "differs by", &format!("{} to add, {} to remove", self.missing.len(), self.superfluous.len()))?;
        }
        self.missing.iter().try_for_each(|step| line(screen, 2, "+", ADDED, step))?;
        self.superfluous.iter().try_for_each(|step| line(screen, 2, "-", REMOVED, step))?;
        self.blocked.iter().try_for_each(|finding| line(screen, 2, "!", BLOCKED, finding))?;
        self.waiting.iter().try_for_each(|waiting| line(screen, 2, "~", CHANGED, waiting))
    }
}

fn is_pending(found: &Explained) -> bool {
    found.precheck.is_some()
}

fn wants_attention(entry: &Entry) -> bool {
    entry.status.urgency().is_some()
}

impl Ends {
    const fn of(&self, side: Side) -> Option<&Counted> {
        match side {
            Side::Requester => self.requester.as_ref(),
            Side::Accepter => self.accepter.as_ref(),
        }
    }
}

impl Counted {
    const fn of(tally: Tally) -> Self {
        Self { routes: Figures::of(tally.routes), group_rules: Figures::of(tally.rules), dns_resolution: tally.dns_resolution }
    }

    fn words(self) -> String {
        let dns = if self.dns_resolution { "on" } else { "off" };
        format!("routes {}, group rules {}, DNS resolution {dns}", self.routes.words(), self.group_rules.words())
    }
}

impl Figures {
    const fn of(count: Count) -> Self {
        Self { there: count.there, wanted: count.wanted, superfluous: count.superfluous }
    }

    fn words(self) -> String {
        let more = if self.superfluous > 0 { format!(" and {} too many", self.superfluous) } else { String::new() };
        format!("{}/{}{more}", self.there, self.wanted)
    }
}

impl Remembered {
    fn of(side: Side, owned: &Owned) -> Self {
        Self {
            routes: owned.routes.iter().filter(|route| route.side == side).count(),
            groups: owned.groups.iter().filter(|group| group.side == side).count(),
            dns_resolution: owned.dns_resolution.contains(&side),
        }
    }

    fn words(&self) -> String {
        let routes = counted(self.routes, "route", "routes");
        let groups = counted(self.groups, "group", "groups");
        let dns = if self.dns_resolution { ", DNS resolution" } else { "" };
        format!("ours by the ledger: {routes}, rules in {groups}{dns}")
    }
}

impl Waits {
    fn of(awaiting: &Awaiting) -> Self {
        Self { rule: awaiting.rule.to_string(), wishes: awaiting.wishes.iter().map(|wish| wish.words.clone()).collect() }
    }
}
