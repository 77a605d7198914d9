//! Failures, sorted by what to do about them.

use std::error::Error;
use std::fmt;

use peerwright_core::ids::Place;
use peerwright_core::world::Fact;

/// What a failure calls for. Decided in one place, where the error is still whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// AWS asks for a slower pace.
    Throttled,
    /// It may pass by itself: a timeout, a broken connection, an error of the service.
    Transient,
    /// The world is not what the plan was made from: look again.
    Stale,
    /// What it was about is not there.
    Gone,
    /// We hold no role there, or it does not trust us.
    NoRole,
    /// The role is there and lacks a permission.
    Denied,
    /// A quota is used up.
    Quota,
    /// AWS refuses the request as such.
    Refused,
    /// A case that the code did not foresee.
    Unexpected,
}

impl Class {
    /// Its name: the label of metrics, log lines and dead letters.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Throttled => "Throttled",
            Self::Transient => "Transient",
            Self::Stale => "Stale",
            Self::Gone => "Gone",
            Self::NoRole => "NoRole",
            Self::Denied => "Denied",
            Self::Quota => "Quota",
            Self::Refused => "Refused",
            Self::Unexpected => "Unexpected",
        }
    }

    /// True where trying again may help without anybody's doing.
    const fn may_pass(self) -> bool {
        matches!(self, Self::Throttled | Self::Transient | Self::Stale)
    }

    /// What a person can do about it, if the class tells.
    const fn fix(self) -> Option<&'static str> {
        match self {
            Self::Gone => Some("name something that exists"),
            Self::NoRole => Some(
                "deploy infra/member.yaml in that account, with this hub's account and external id; an account outside the organization must be one \
                 of the hub's MemberAccounts as well",
            ),
            Self::Denied => Some("give the member role the permission, or look for a service control policy that takes it away"),
            Self::Quota => Some("ask for a higher quota, or remove what is not needed"),
            Self::Throttled | Self::Transient | Self::Stale | Self::Refused | Self::Unexpected => None,
        }
    }
}

/// What AWS said: the source of a failure that AWS answered with a code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct AwsMessage(pub String);

/// Something that could not be done.
#[derive(Debug)]
pub struct Failure {
    /// What was tried, such as `accept pcx-…`.
    pub what: String,
    /// Where.
    pub place: Option<Place>,
    /// What to do about it.
    pub class: Class,
    /// The error underneath.
    pub source: Box<dyn Error + Send + Sync>,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "can't {}", self.what)?;
        match &self.place {
            Some(place) => write!(f, " in {place}"),
            None => Ok(()),
        }
    }
}

impl Error for Failure {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&*self.source)
    }
}

impl Failure {
    /// True where AWS said no to what was to be done, and says it again until somebody changes something.
    pub(crate) const fn needs_a_person(&self) -> bool {
        matches!(self.class, Class::Denied | Class::Quota | Class::Refused)
    }

    /// The whole chain of errors and what to do, on one line, where a queue tries again what may pass.
    pub fn explain(&self) -> String {
        self.explain_with("it is tried again by itself")
    }

    /// The same where nothing tries again: a command has ended, or a message was given up.
    pub fn explain_final(&self) -> String {
        self.explain_with("try again later")
    }

    fn explain_with(&self, may_pass: &str) -> String {
        let fix = match (self.class, &self.place) {
            (class, _) if class.may_pass() => Some(may_pass),
            // In the hub's own account.
            (Class::Denied, None) => Some("use a role that may do that, or give this one the permission"),
            (class, _) => class.fix(),
        };
        let reread = || self.source.is::<AwsMessage>().then_some("read AWS's message");
        match fix.or_else(reread) {
            Some(fix) => format!("{}; {fix}", chain(self)),
            None => chain(self),
        }
    }
}

/// "We hold no role there" is an answer about the world and not a failure of the work: it becomes an unknown fact. All else stays a failure.
pub(crate) fn unless_no_role<T>(result: Result<T, Failure>, place: &Place) -> Result<Fact<T>, Failure> {
    match result {
        Ok(value) => Ok(Fact::Known(value)),
        Err(failure) if failure.class == Class::NoRole => Ok(Fact::Unknown(no_role(place))),
        Err(failure) => Err(failure),
    }
}

/// The same of a place that lets us in and lets us look at nothing, such as an account in quarantine: the work at the other end goes on.
pub(crate) fn unless_shut_out<T>(result: Result<T, Failure>, place: &Place) -> Result<Fact<T>, Failure> {
    match result {
        Err(failure) if failure.class == Class::Denied => Ok(Fact::Unknown(failure.explain())),
        other => unless_no_role(other, place),
    }
}

/// Why nothing is known of a place without our role.
pub(crate) fn no_role(place: &Place) -> String {
    format!("we hold no role in {place}")
}

/// An error with everything beneath it, outermost first. A message that repeats the one above it is left out.
pub fn chain(error: &(dyn Error + 'static)) -> String {
    let mut parts = vec![error.to_string()];
    let mut next = error.source();
    while let Some(error) = next {
        let part = error.to_string();
        if parts.last().is_none_or(|last| !last.contains(&part)) {
            parts.push(part);
        }
        next = error.source();
    }
    parts.join(": ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(class: Class, source: impl Into<Box<dyn Error + Send + Sync>>) -> Failure {
        Failure {
            what: "accept pcx-1a2b3c4d".to_owned(),
            place: Some(Place { account: "222222222222".parse().expect("an account"), region: "eu-west-1".parse().expect("a Region") }),
            class,
            source: source.into(),
        }
    }

    #[test]
    fn a_failure_tells_what_where_why_and_what_to_do() {
        assert_eq!(
            failure(Class::Denied, "UnauthorizedOperation").explain(),
            "can't accept pcx-1a2b3c4d in 222222222222/eu-west-1: UnauthorizedOperation; give the member role the permission, or look for a service control policy that takes it away"
        );
    }

    #[test]
    fn what_the_hubs_own_account_denies_is_no_matter_of_a_member_role() {
        let denied = Failure { place: None, ..failure(Class::Denied, "AccessDeniedException") };
        assert!(denied.explain().ends_with("; use a role that may do that, or give this one the permission"), "{}", denied.explain());
    }

    #[test]
    fn only_what_a_queue_tries_again_is_said_to_be_tried_again() {
        let throttled = failure(Class::Throttled, "RequestLimitExceeded");
        assert!(throttled.explain().ends_with(": RequestLimitExceeded; it is tried again by itself"));
        assert!(throttled.explain_final().ends_with(": RequestLimitExceeded; try again later"));
    }

    #[test]
    fn the_message_of_aws_is_pointed_at_only_where_aws_spoke() {
        let spoken = AwsMessage("OperationNotPermitted (words of AWS)".to_owned());
        assert!(failure(Class::Refused, spoken).explain().ends_with(": OperationNotPermitted (words of AWS); read AWS's message"));
        assert!(
            failure(Class::Refused, "the ledger does not know the connection")
                .explain()
                .ends_with(": the ledger does not know the connection")
        );
    }
}
