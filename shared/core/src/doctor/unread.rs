//! Why AWS did not tell something: what to do depends on it.

use std::fmt;

/// Why something is not known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unread {
    /// In words.
    pub why: String,
    /// What kind of thing it is.
    pub cause: Cause,
}

/// What kept AWS from telling.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// Whoever asked may not know: a permission helps.
    Refused,
    /// Nobody answered: that says nothing about permissions.
    NoAnswer,
    /// AWS answered something else.
    Other,
}

impl Unread {
    /// Whoever asked may not know.
    pub fn refused(why: impl Into<String>) -> Self {
        Self { why: why.into(), cause: Cause::Refused }
    }

    /// Nobody answered.
    pub fn no_answer(why: impl Into<String>) -> Self {
        Self { why: why.into(), cause: Cause::NoAnswer }
    }

    /// AWS answered something else.
    pub fn other(why: impl Into<String>) -> Self {
        Self { why: why.into(), cause: Cause::Other }
    }

    /// The same about a part of something.
    #[must_use]
    pub fn about(&self, what: &str) -> Self {
        Self { why: format!("{what}: {}", self.why), cause: self.cause }
    }

    /// True where nobody answered.
    pub fn is_silence(&self) -> bool {
        self.cause == Cause::NoAnswer
    }

    /// What to do, where no permission helps.
    pub(super) const fn fix(&self) -> Option<&'static str> {
        match self.cause {
            Cause::Refused => None,
            Cause::NoAnswer => {
                Some("look for a firewall, a proxy or an endpoint that is silent (AWS_ENDPOINT_URL), and run the doctor again")
            }
            Cause::Other => Some("run the doctor again; if AWS answers the same, its message says why"),
        }
    }
}

impl fmt::Display for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.why)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Check, Finding};
    use super::*;

    #[test]
    fn only_a_refusal_is_mended_by_a_permission() {
        let fix = |unread: Unread| Finding::unknown(Check::Stack, "infra/hub.yaml", &unread, "give the role a permission").fix;
        assert_eq!(fix(Unread::refused("AccessDenied")), "give the role a permission");
        for other in [Unread::no_answer("a timeout"), Unread::other("InternalError")] {
            assert!(!fix(other.clone()).contains("permission") && !fix(other).contains("role"));
        }
    }
}
