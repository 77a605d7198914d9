//! What the ledger holds about a connection. Stored: names of fields and words stay as they are.

use std::collections::BTreeSet;

use jiff::Timestamp;
use peerwright_core::allowlist::OnRevoke;
use peerwright_core::digest::digest;
use peerwright_core::ids::{PcxId, Sides, VpcRef};
use peerwright_core::last_observed::LastObserved;
use peerwright_core::owned::Owned;
use peerwright_core::policy::Awaiting;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::contest::Contest;
use crate::lines::{is_whole, shown};
use crate::manual_decision::Approval;
use crate::refusal::Refusal;
use crate::status::{Stage, Status};

/// How many digits stand for a reason.
const DIGITS: usize = 6;

fn short_digest(reason: &str) -> String {
    digest(reason).chars().take(DIGITS).collect()
}

/// The current state of a connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The connection.
    pub connection: PcxId,
    /// Its VPCs.
    pub ends: Sides<VpcRef>,
    /// How it stands.
    pub status: Status,
    /// The rules that matched.
    pub rules: Vec<String>,
    /// Why it is as it is: as many reasons as a person reads. The history has all.
    pub reasons: Vec<String>,
    /// What stands for all of them, where some are not shown or cut: [`DIGITS`] hexadecimal digits each.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason_digests: String,
    /// What we made, or were about to make.
    #[serde(default)]
    pub owned: Owned,
    /// The rules that allowed it last, where none does any more.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub carried_by: Vec<String>,
    /// What becomes of it when no rule allows it any more, by the rules that did last.
    #[serde(default)]
    pub on_revoke: OnRevoke,
    /// Who asked for it: the caller's ARN as CloudTrail told it, or a VPC by its tags.
    #[serde(default)]
    pub asked_by: Option<String>,
    /// The VPC for whose tag we created it; none for a connection that somebody else asked for.
    #[serde(default)]
    pub created_for: Option<VpcRef>,
    /// What a person had decided last when a function looked: told in events, and nothing rests on it (see [`manual_decision`](crate::manual_decision)).
    #[serde(default)]
    pub approval: Option<Approval>,
    /// What rules wish and nobody has approved yet, as it was when the connection was looked at last.
    #[serde(default)]
    pub awaiting: Vec<Awaiting>,
    /// The rules under which it was to be accepted last: written down before that is tried.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub accepting: Vec<String>,
    /// Who accepted it: the caller's ARN as CloudTrail told it.
    #[serde(default)]
    pub accepted_by: Option<String>,
    /// What was seen of each end when it was settled last.
    #[serde(default)]
    pub seen: Sides<Option<LastObserved>>,
    /// When it was first not shown any more.
    #[serde(default)]
    pub missing_since: Option<Timestamp>,
    /// What AWS refused to make, as long as it is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refusal: Option<Refusal>,
    /// What AWS refused to take away, as long as it is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub removal_refusal: Option<Refusal>,
    /// Since when the request has been open: held, denied or waiting for a person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open_since: Option<Timestamp>,
    /// That AWS refused the status tags.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tags_refusal: Option<Refusal>,
    /// The drift that was found last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contest: Option<Contest>,
    /// EC2 calls spent on it, over all functions.
    pub ec2_calls: u64,
    /// When this was written.
    pub updated_at: Timestamp,
    /// Counts the writes; the next write must find this one.
    pub version: u64,
    /// What another release knows of it and this one does not: it is written back as it was read. Inside the other fields nothing unknown is kept.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

impl Entry {
    /// An entry that says nothing yet.
    pub fn new(id: &PcxId, ends: &Sides<VpcRef>) -> Self {
        Self {
            connection: id.clone(),
            ends: ends.clone(),
            status: Status::New,
            rules: Vec::new(),
            reasons: Vec::new(),
            reason_digests: String::new(),
            owned: Owned::default(),
            carried_by: Vec::new(),
            on_revoke: OnRevoke::default(),
            asked_by: None,
            created_for: None,
            approval: None,
            awaiting: Vec::new(),
            accepting: Vec::new(),
            accepted_by: None,
            seen: Sides::default(),
            missing_since: None,
            refusal: None,
            removal_refusal: None,
            open_since: None,
            tags_refusal: None,
            contest: None,
            ec2_calls: 0,
            updated_at: Timestamp::default(),
            version: 0,
            other: Map::new(),
        }
    }

    /// True for a connection that has ended, with nothing of ours left.
    pub fn is_over(&self) -> bool {
        self.status.stage() == Stage::Over
    }

    /// Says why it is as it is.
    pub fn give_reasons(&mut self, reasons: &[String]) {
        // Its own once more: they may have been cut.
        if reasons == self.reasons {
            return;
        }
        self.reason_digests = if is_whole(reasons) { String::new() } else { reasons.iter().map(|reason| short_digest(reason)).collect() };
        self.reasons = shown(reasons);
    }

    /// True where just these are the reasons that it gives.
    pub fn gives_reasons(&self, reasons: &[String]) -> bool {
        if reasons == self.reasons {
            return true;
        }
        let mut same = Self::new(&self.connection, &self.ends);
        same.give_reasons(reasons);
        same.reasons == self.reasons && same.reason_digests == self.reason_digests
    }

    /// Those of some reasons that it does not give.
    pub fn without_given(&self, reasons: impl Iterator<Item = String>) -> Vec<String> {
        let digests: BTreeSet<&[u8]> = self.reason_digests.as_bytes().chunks(DIGITS).collect();
        let is_given = |reason: &String| self.reasons.contains(reason) || digests.contains(short_digest(reason).as_bytes());
        reasons.filter(|reason| !is_given(reason)).collect()
    }

    /// What AWS refused, of what is made or of what is taken away.
    pub const fn refusal_of(&self, removing: bool) -> Option<&Refusal> {
        if removing { self.removal_refusal.as_ref() } else { self.refusal.as_ref() }
    }

    /// Why it came to its end, where the ledger knows more of that than EC2 tells: who rejected it, or what its rules called for. That stays before
    /// the reason that it is over.
    pub fn why_it_ended(&self) -> Option<&String> {
        let is_told = self.status == Status::Rejected || (self.is_over() && self.reasons.len() > 1);
        self.reasons.first().filter(|_| is_told)
    }

    /// The rules that allow it, or did last.
    pub fn carriers(&self) -> &[String] {
        if self.rules.is_empty() { &self.carried_by } else { &self.rules }
    }

    /// True where a rule allowed it once. Earlier releases forgot which: something of ours, or what they wrote at the end, says that one did.
    pub fn was_allowed(&self) -> bool {
        !self.carriers().is_empty() || self.owned != Owned::default() || matches!(self.status, Status::Kept | Status::Isolated)
    }

    /// Notes the rules that allow it from now on.
    pub(crate) fn carry(&mut self, rules: &[String]) {
        let was_living = matches!(self.status.stage(), Stage::Answered | Stage::Living) && self.status != Status::Rejected;
        if !rules.is_empty() {
            self.carried_by.clear();
        } else if was_living && !self.rules.is_empty() {
            self.carried_by = std::mem::take(&mut self.rules);
        }
        self.rules = rules.to_vec();
    }

    /// True for a connection that a tag made us create: no other is ever deleted by us.
    pub const fn is_created_by_us(&self) -> bool {
        self.created_for.is_some()
    }
}

/// One line of history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// When.
    pub at: Timestamp,
    /// What happened, in words: a status, or what changed beside it.
    pub what: String,
    /// The status that the change is about, where it is about one.
    #[serde(skip)]
    pub status: Option<Status>,
    /// The rules that were in force.
    pub rules: Vec<String>,
    /// Reasons, or the steps with what came of each.
    pub details: Vec<String>,
    /// The events that woke the function.
    #[serde(default)]
    pub events: Vec<String>,
}

impl Change {
    /// Something that happened beside the status; the moment and the events are added when it is written.
    pub fn new(what: &str, rules: &[String], details: Vec<String>) -> Self {
        Self { at: Timestamp::default(), what: what.to_owned(), status: None, rules: rules.to_vec(), details, events: Vec::new() }
    }

    /// A status that was reached.
    pub fn to(status: &Status, rules: &[String], details: Vec<String>) -> Self {
        Self { status: Some(status.clone()), ..Self::new(status.as_str(), rules, details) }
    }
}
