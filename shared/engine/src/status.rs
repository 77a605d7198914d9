//! How it stands with a connection, in one word: in the ledger, on tags and in events.

mod meaning;

use std::fmt;

pub use meaning::Meaning;
use serde::{Deserialize, Serialize};

/// The word that the ledger has for a connection. A word that this release does not know is kept as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// Nothing is known yet.
    #[default]
    #[serde(rename = "")]
    New,
    /// We asked for it.
    Requested,
    /// The request waits for a rule, or for an obstacle to go away.
    Held,
    /// Rules forbid the request.
    Denied,
    /// The request waits for a person.
    AwaitingApproval,
    /// The request was accepted.
    Accepted,
    /// The request was rejected.
    Rejected,
    /// Steps are written down and being carried out.
    Planned,
    /// Everything wanted is there.
    Converged,
    /// It works, and something named is missing.
    Partial,
    /// One end is done, the other isn't ours to do.
    OneSided,
    /// Everything wanted is there, and more of ours that is to be removed.
    Superfluous,
    /// Nothing is changed, on request.
    Frozen,
    /// What could be done is done; a person has to look at the rest.
    Blocked,
    /// It waits for AWS.
    Waiting,
    /// The last run failed.
    Failed,
    /// Something that had been right no longer is.
    Drifted,
    /// No rule allows it any more, and nothing of ours is left on it.
    Isolated,
    /// No rule allows it any more, and it stays as the last rules wished.
    Kept,
    /// No rule allows it, and none ever did: somebody else made and accepted it.
    Unmanaged,
    /// It is over, and nothing of ours is left.
    Ended,
    /// A word of another release.
    #[serde(untagged)]
    Other(String),
}

/// How far in its life a connection is: it never goes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Asked for.
    Asked,
    /// Looked at, and still pending.
    Open,
    /// Accepted or rejected.
    Answered,
    /// Being worked on, or done.
    Living,
    /// Over.
    Over,
}

impl Status {
    /// Every word that this release knows.
    pub const KNOWN: [Self; 21] = [
        Self::New,
        Self::Requested,
        Self::Held,
        Self::Denied,
        Self::AwaitingApproval,
        Self::Accepted,
        Self::Rejected,
        Self::Planned,
        Self::Converged,
        Self::Partial,
        Self::OneSided,
        Self::Superfluous,
        Self::Frozen,
        Self::Blocked,
        Self::Waiting,
        Self::Failed,
        Self::Drifted,
        Self::Isolated,
        Self::Kept,
        Self::Unmanaged,
        Self::Ended,
    ];

    /// The word.
    pub const fn as_str(&self) -> &str {
        if let Self::Other(word) = self { word.as_str() } else { self.label() }
    }

    /// The word as a label of metrics: all words of other releases have one.
    pub const fn label(&self) -> &'static str {
        match self {
            Self::New => "",
            Self::Requested => "requested",
            Self::Held => "held",
            Self::Denied => "denied",
            Self::AwaitingApproval => "awaiting-approval",
            Self::Accepted => "accepted",
            Self::Rejected => "rejected",
            Self::Planned => "planned",
            Self::Converged => "converged",
            Self::Partial => "partial",
            Self::OneSided => "one-sided",
            Self::Superfluous => "superfluous",
            Self::Frozen => "frozen",
            Self::Blocked => "blocked",
            Self::Waiting => "waiting",
            Self::Failed => "failed",
            Self::Drifted => "drifted",
            Self::Isolated => "isolated",
            Self::Kept => "kept",
            Self::Unmanaged => "unmanaged",
            Self::Ended => "ended",
            Self::Other(_) => "other",
        }
    }

    /// The status that a word stands for.
    pub fn read(word: &str) -> Self {
        Self::KNOWN.into_iter().find(|status| status.as_str() == word).unwrap_or_else(|| Self::Other(word.to_owned()))
    }

    /// How far in its life the connection is.
    pub const fn stage(&self) -> Stage {
        match self {
            Self::New | Self::Requested => Stage::Asked,
            Self::Held | Self::Denied | Self::AwaitingApproval => Stage::Open,
            Self::Accepted | Self::Rejected => Stage::Answered,
            Self::Ended => Stage::Over,
            _ => Stage::Living,
        }
    }

    /// True where it passes by itself within moments: an answer on a tag would be out of date before anybody reads it.
    pub const fn is_passing(&self) -> bool {
        matches!(self, Self::New | Self::Requested | Self::Accepted | Self::Planned | Self::Superfluous | Self::Failed)
    }

    /// True while the request waits, and a person may decide about it.
    pub const fn is_open(&self) -> bool {
        matches!(self.stage(), Stage::Open)
    }

    /// True where everything wanted was there, as far as it could be made: what differs from then on is drift.
    pub const fn is_done(&self) -> bool {
        matches!(self, Self::Converged | Self::Partial | Self::OneSided)
    }

    /// True where everything is done that can be: nothing is left to anybody.
    pub const fn needs_nobody(&self) -> bool {
        matches!(self, Self::Converged | Self::OneSided | Self::Ended) || self.is_revoked()
    }

    /// True where no rule allows it, and what the last rules wished for that case, if there were any, is done.
    pub const fn is_revoked(&self) -> bool {
        matches!(self, Self::Isolated | Self::Kept | Self::Unmanaged)
    }

    /// The kind of the event, its `detail-type`, that tells others of it; none for steps on the way.
    pub const fn event(&self) -> Option<&'static str> {
        match self {
            Self::Requested => Some("Peering Requested"),
            Self::Accepted => Some("Peering Accepted"),
            Self::Rejected => Some("Peering Rejected"),
            Self::Held | Self::Denied => Some("Peering Held"),
            Self::AwaitingApproval => Some("Approval Needed"),
            Self::Converged | Self::Partial | Self::OneSided => Some("Peering Configured"),
            Self::Blocked => Some("Peering Blocked"),
            Self::Isolated => Some("Peering Isolated"),
            Self::Kept => Some("Peering Kept"),
            Self::Drifted => Some("Drift Detected"),
            Self::Ended => Some("Peering Removed"),
            _ => None,
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl PartialEq<&str> for Status {
    fn eq(&self, word: &&str) -> bool {
        self.as_str() == *word
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_written_and_read_as_it_is_shown() {
        for status in Status::KNOWN {
            let text = serde_json::to_string(&status).expect("text");
            assert_eq!(text, format!("\"{status}\""));
            assert_eq!(serde_json::from_str::<Status>(&text).expect("what was written"), status);
        }
    }

    #[test]
    fn a_word_of_another_release_is_kept() {
        let status: Status = serde_json::from_str("\"quarantined\"").expect("any word");
        assert_eq!(status, Status::Other("quarantined".to_owned()));
        assert_eq!(serde_json::to_string(&status).expect("text"), "\"quarantined\"");
    }

    #[test]
    fn a_life_goes_from_the_request_to_its_end() {
        let life = [Status::New, Status::Held, Status::Accepted, Status::Converged, Status::Ended];
        assert!(life.windows(2).all(|pair| pair[0].stage() < pair[1].stage()));
    }
}
