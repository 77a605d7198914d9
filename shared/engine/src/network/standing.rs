//! EC2's state of a connection and the ledger's status in one word, for whoever looks at a whole network.

use peerwright_core::world::PeeringState;
use serde::{Deserialize, Serialize};

use crate::status::Status;

/// How a connection stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// All that is wanted is there.
    Working,
    /// It works, and something is to be known about it.
    Limited,
    /// It is on its way.
    Waiting,
    /// The request waits for a rule or for a person.
    Held,
    /// A person has to look at it.
    Blocked,
    /// It stands, and carries nothing of ours.
    Isolated,
    /// It stands, and the ledger does not know it.
    Unmanaged,
    /// Nobody could look: its places could not be read, and what the ledger has of it is of another time.
    Unknown,
    /// It is over.
    Ended,
}

impl Standing {
    /// All of them, in the order in which legends show them.
    pub const ALL: [Self; 9] = [
        Self::Working,
        Self::Limited,
        Self::Waiting,
        Self::Held,
        Self::Blocked,
        Self::Isolated,
        Self::Unmanaged,
        Self::Unknown,
        Self::Ended,
    ];

    /// The word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Working => "working",
            Self::Limited => "limited",
            Self::Waiting => "waiting",
            Self::Held => "held",
            Self::Blocked => "blocked",
            Self::Isolated => "isolated",
            Self::Unmanaged => "unmanaged",
            Self::Unknown => "unknown",
            Self::Ended => "ended",
        }
    }

    /// Of a connection in this state, with this status where the ledger knows it.
    pub const fn of(state: &PeeringState, status: Option<&Status>) -> Self {
        if state.has_ended() {
            return Self::Ended;
        }
        match status {
            None if matches!(state, PeeringState::Active) => Self::Unmanaged,
            Some(Status::Unmanaged) => Self::Unmanaged,
            Some(Status::Converged) => Self::Working,
            Some(
                Status::Partial
                | Status::OneSided
                | Status::Superfluous
                | Status::Frozen
                | Status::Drifted
                | Status::Kept
                | Status::Other(_),
            ) => Self::Limited,
            Some(Status::Held | Status::Denied | Status::AwaitingApproval) => Self::Held,
            Some(Status::Blocked | Status::Failed) => Self::Blocked,
            Some(Status::Isolated) => Self::Isolated,
            // What AWS does not show, and the ledger has as over.
            Some(Status::Rejected | Status::Ended) if matches!(state, PeeringState::Other(_)) => Self::Ended,
            None | Some(_) => Self::Waiting,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(state: &str, status: Option<&Status>) -> Standing {
        Standing::of(&PeeringState::from(state), status)
    }

    #[test]
    fn what_is_over_in_ec2_is_over_whatever_the_ledger_says() {
        assert_eq!(of("deleted", Some(&Status::Converged)), Standing::Ended);
        assert_eq!(of("rejected", None), Standing::Ended);
    }

    #[test]
    fn an_active_connection_that_the_ledger_does_not_know_is_nobodys() {
        assert_eq!(of("active", None), Standing::Unmanaged);
        assert_eq!(of("pending-acceptance", None), Standing::Waiting, "whoever is asked has to answer");
    }

    #[test]
    fn only_what_has_everything_that_is_wanted_simply_works() {
        let working: Vec<Status> =
            Status::KNOWN.into_iter().filter(|status| Standing::of(&PeeringState::Active, Some(status)) == Standing::Working).collect();
        assert_eq!(working, [Status::Converged]);
    }

    #[test]
    fn a_status_of_another_release_is_something_to_be_known() {
        assert_eq!(of("active", Some(&Status::Other("quarantined".to_owned()))), Standing::Limited);
    }

    #[test]
    fn a_word_is_written_as_it_is_shown() {
        for standing in Standing::ALL {
            assert_eq!(serde_json::to_string(&standing).expect("text"), format!("\"{}\"", standing.as_str()));
        }
    }
}
