//! What each status means to a person: one table, which `docs/reference/statuses.md` repeats.

use super::Status;

/// What people ask about a status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Meaning {
    /// What it means.
    pub means: &'static str,
    /// What a person does about it.
    pub to_do: &'static str,
    /// Whether it passes without them.
    pub passes: &'static str,
}

const MOMENTS: &str = "yes, within moments";
const NO: &str = "no";

const fn meaning(means: &'static str, to_do: &'static str, passes: &'static str) -> Meaning {
    Meaning { means, to_do, passes }
}

impl Status {
    /// What it means.
    pub const fn meaning(&self) -> Meaning {
        match self {
            Self::New => meaning("Nothing has been recorded about it yet.", "Nothing.", MOMENTS),
            Self::Requested => {
                meaning("Peerwright sent the request, because a VPC's tag asks for it.", "Nothing: `accept` looks at it.", MOMENTS)
            }
            Self::Held => meaning(
                "The request is pending: no rule allows it, or something is in the way. The reason says which.",
                "Add a rule, remove the obstacle, or reject the request (`peerwright reject`). `peerwright explain` says what is missing.",
                "yes, once the reason is gone; AWS ends a request after 7 days",
            ),
            Self::Denied => meaning(
                "The request is pending, and a rule denies it.",
                "Nothing, if the rule is right: it expires. Otherwise narrow the rule.",
                "no; AWS ends a request after 7 days",
            ),
            Self::AwaitingApproval => meaning(
                "The request is pending, and a rule requires a person's approval.",
                "`peerwright approve` or `peerwright reject`.",
                "no; AWS ends a request after 7 days",
            ),
            Self::Accepted => meaning("The request was accepted; routes and rules follow.", "Nothing: `configure` looks at it.", MOMENTS),
            Self::Rejected => {
                meaning("The request was rejected, by a person or because a rule denies it.", "Nothing.", "yes: it becomes `ended`")
            }
            Self::Planned => meaning("Steps are recorded and being carried out.", "Nothing.", MOMENTS),
            Self::Converged => meaning("Everything that the rules ask for is in place.", "Nothing.", "stays"),
            Self::Partial => meaning(
                "It works, but a VPC is not ready for DNS resolution, or part of what the rules ask for waits for approval.",
                "What the reason says.",
                "yes, once the reason is gone",
            ),
            Self::OneSided => meaning(
                "One side is done. Peerwright has no role in the other side's account, whose owner must add routes and security group rules there.",
                "Nothing, if the account is a vendor's or a customer's. If it is yours, deploy `infra/member.yaml` there.",
                "stays",
            ),
            Self::Superfluous => meaning(
                "Everything wanted is in place, and something that Peerwright created is no longer wanted.",
                "Nothing: `cleanup` removes it.",
                MOMENTS,
            ),
            Self::Frozen => meaning(
                "A person froze this connection, or everything: nothing is changed. The reason says who, when and why, and what is left undone.",
                "`peerwright thaw`, when the cause is over.",
                NO,
            ),
            Self::Blocked => meaning(
                "What could be done is done. AWS refuses the rest, or something that Peerwright did not create is in the way.",
                "What the reason says; then `peerwright retry`, or wait for the next try.",
                "yes, once the reason is gone: it is tried again after 5 minutes, then ever less often, up to once a day",
            ),
            Self::Waiting => meaning(
                "AWS is not ready yet: a connection is provisioning, or a change is not shown yet.",
                "Nothing.",
                "yes, within minutes",
            ),
            Self::Failed => meaning(
                "The last run failed: AWS did not answer, or throttled it.",
                "Nothing at first. If it stays, look at the function's dead-letter queue ([runbook](../runbook.md)).",
                "yes: its message is tried again, and the next sweep looks as well",
            ),
            Self::Drifted => meaning(
                "Something that was in place was removed or changed, by another tool or by hand. It is being repaired.",
                "Find who undoes it, if it comes back: the reason says how often it did.",
                "yes; what comes back again and again is repaired ever less often",
            ),
            Self::Isolated => meaning(
                "It is no longer allowed: Peerwright has removed its routes and rules, and the connection itself stays.",
                "Nothing, or delete the connection. A rule that allows it again brings everything back.",
                "stays",
            ),
            Self::Kept => meaning(
                "It is no longer allowed, but everything stays as it was, because its last rules said `on_revoke: keep`.",
                "Decide: a rule that allows it again, or a `deny` rule, which takes away what is ours.",
                "stays",
            ),
            Self::Ended => meaning("The connection has ended, and nothing that Peerwright created is left.", "Nothing.", "stays"),
            Self::Other(_) => meaning("Another release of Peerwright wrote this word.", "Use that release's `peerwright`.", NO),
        }
    }

    /// Where a person looks first, the lower the sooner; none where nobody needs to look.
    pub const fn urgency(&self) -> Option<u8> {
        match self {
            Self::Failed => Some(0),
            Self::Blocked => Some(1),
            Self::Drifted => Some(2),
            Self::AwaitingApproval => Some(3),
            Self::Held => Some(4),
            Self::Partial => Some(5),
            Self::Frozen => Some(6),
            Self::Kept => Some(7),
            Self::Isolated => Some(8),
            Self::Denied => Some(9),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/reference/statuses.md");

    fn row(status: &Status) -> String {
        let Meaning { means, to_do, passes } = status.meaning();
        let word = if status.as_str().is_empty() { "new" } else { status.as_str() };
        format!("| `{word}` | {means} | {to_do} | {passes} |")
    }

    #[test]
    fn the_reference_has_every_word_with_what_the_code_says_of_it() {
        let page = std::fs::read_to_string(PAGE).expect("the reference");
        let is_row = |line: &&str| line.starts_with("| `");
        let rows: Vec<String> = Status::KNOWN.iter().map(row).collect();
        let told: Vec<&str> = page.lines().filter(is_row).collect();
        if std::env::var_os("UPDATE_GOLDEN").is_some() && told != rows {
            let (before, after) = (page.find("| `").unwrap_or(page.len()), page.rfind("|\n").map_or(page.len(), |at| at + 2));
            let page = format!("{}{}\n{}", &page[..before], rows.join("\n"), &page[after.max(before)..]);
            std::fs::write(PAGE, page).expect("a file that can be written");
            return;
        }
        assert_eq!(told, rows, "run the tests with UPDATE_GOLDEN=1, and read what changed");
    }

    #[test]
    fn whoever_has_to_do_something_is_told_so() {
        for status in Status::KNOWN {
            let needs = status.meaning().to_do;
            let idle = needs.starts_with("Nothing") && !status.meaning().passes.starts_with("no") && status.urgency().is_none();
            assert!(idle || status.urgency().is_some(), "{status}: {needs}");
        }
    }
}
