//! What the tag `peerwright:status` of an asking VPC says about one target, read back: for whoever waits for it.

use peerwright_core::ids::PcxId;
use peerwright_core::tag_value::answers;

use crate::status::Status;

/// How far it is, in the words of the tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// Nothing is left to do.
    Done(String),
    /// It is refused, or a person has to do something.
    No(String),
    /// The connection that was asked for has ended, and nothing asks again until the tag is set anew.
    Over(String),
    /// The same by the ledger, and the VPC's place does not show it yet: an older connection than the one that is asked for may be meant.
    Ending(String),
    /// More follows by itself.
    OnItsWay(String),
}

impl Reply {
    /// The words.
    pub fn words(&self) -> &str {
        match self {
            Self::Done(words) | Self::No(words) | Self::Over(words) | Self::Ending(words) | Self::OnItsWay(words) => words,
        }
    }
}

/// The answer about the target that the asking tag names by one of these words; none where the tag has none.
pub fn reply(status_tag: &str, named: &[String]) -> Option<Reply> {
    let about = |answer: &&str| answer.split(' ').next().is_some_and(|first| named.iter().any(|word| word == first));
    let answer = answers(status_tag).find(about)?;
    let words: Vec<&str> = answer.split(' ').skip(1).collect();
    let told = answer.to_owned();
    Some(match words[..] {
        ["requested", ..] | ["is", "being", "asked", "for"] => Reply::OnItsWay(told),
        [id, "is", "there"] | [id, "is", "not", "shown", "yet"] if is_id(id) => Reply::OnItsWay(told),
        [id, "is", ..] if is_id(id) => Reply::Over(told),
        [state, id] if is_id(id) => {
            if is_open(state) {
                Reply::OnItsWay(told)
            } else if matches!(Status::read(state), Status::Rejected | Status::Ended) {
                Reply::Ending(told)
            } else {
                Reply::Over(told)
            }
        }
        [_, id, status, ..] if is_id(id) => of_status(status.trim_end_matches(':'), told),
        // EC2 answered with something that passes: `Failure::explain` ends so.
        [.., "is", "tried", "again", "by", "itself"] => Reply::OnItsWay(told),
        _ => Reply::No(told),
    })
}

fn is_id(word: &str) -> bool {
    word.parse::<PcxId>().is_ok()
}

/// True for a state of a connection that `accept` or `configure` is still to see.
fn is_open(state: &str) -> bool {
    matches!(state, "initiating-request" | "pending-acceptance" | "provisioning" | "active")
}

fn of_status(word: &str, told: String) -> Reply {
    match Status::read(word) {
        Status::Converged | Status::OneSided => Reply::Done(told),
        status if status.is_passing() || status == Status::Waiting || status == Status::Drifted => Reply::OnItsWay(told),
        _ => Reply::No(told),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: &str =
        "database active pcx-0000000a converged / web denied: rule no denies it / vpc-0000000c/222222222222 requested pcx-0000000b";

    fn about(word: &str) -> Option<Reply> {
        reply(WHOLE, &[word.to_owned()])
    }

    #[test]
    fn each_target_has_its_own_answer_and_no_other_ones() {
        assert_eq!(about("database"), Some(Reply::Done("database active pcx-0000000a converged".to_owned())));
        assert_eq!(about("web"), Some(Reply::No("web denied: rule no denies it".to_owned())));
        assert!(matches!(about("vpc-0000000c/222222222222"), Some(Reply::OnItsWay(_))));
        assert_eq!(about("data"), None);
    }

    #[test]
    fn more_follows_by_itself_until_a_function_has_said_its_last_word() {
        let word = |answer: &str| match reply(&format!("web {answer}"), &["web".to_owned()]) {
            Some(Reply::Done(_)) => "done",
            Some(Reply::No(_)) => "no",
            Some(Reply::Over(_)) => "over",
            Some(Reply::Ending(_)) => "ending",
            Some(Reply::OnItsWay(_)) => "on its way",
            None => "none",
        };
        for passing in [
            "requested pcx-0000000a",
            "pending-acceptance pcx-0000000a",
            "provisioning pcx-0000000a",
            "active pcx-0000000a planned",
            "active pcx-0000000a failed: EC2 is slow",
            "pcx-0000000a is not shown yet",
            "is being asked for",
            "pcx-0000000a is there",
            "cannot ask for a connection: IncorrectState. it is tried again by itself",
        ] {
            assert_eq!(word(passing), "on its way", "{passing}");
        }
        for no in [
            "held: the VPCs overlap",
            "not allowed: no rule allows it",
            "is no alias of the allowlist",
            "pending-acceptance pcx-0000000a awaiting-approval: rule r waits",
            "active pcx-0000000a blocked: a quota",
            "active pcx-0000000a partial: DNS",
        ] {
            assert_eq!(word(no), "no", "{no}");
        }
        assert_eq!(word("active pcx-0000000a one-sided: accepter: no role"), "done");
    }

    #[test]
    fn a_connection_that_has_ended_is_over_and_no_refusal() {
        for over in ["deleted pcx-0000000a", "pcx-0000000a is rejected. To ask again remove it from the tag and add it anew"] {
            let told = format!("web {over}");
            assert_eq!(reply(&told, &["web".to_owned()]), Some(Reply::Over(told.clone())), "{over}");
        }
        for ending in ["ended pcx-0000000a", "rejected pcx-0000000a"] {
            assert!(matches!(reply(&format!("web {ending}"), &["web".to_owned()]), Some(Reply::Ending(_))), "{ending}");
        }
    }
}
