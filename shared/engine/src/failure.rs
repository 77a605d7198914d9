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

    /// What a person can do about it.
    pub const fn mend(self) -> &'static str {
        match self {
            Self::Throttled | Self::Transient | Self::Stale => "it is tried again by itself",
            Self::Gone => "name something that exists",
            Self::NoRole => "deploy infra/member.yaml in that account, with this hub's account and external id",
            Self::Denied => "give the member role the permission, or look for a service control policy that takes it away",
            Self::Quota => "ask for a higher quota, or remove what is not needed",
            Self::Refused | Self::Unexpected => "read AWS's message",
        }
    }
}

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
    /// The whole chain of errors and the mend, on one line.
    pub fn explain(&self) -> String {
        format!("{}; {}", chain(self), self.class.mend())
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

    #[test]
    fn a_failure_tells_what_where_why_and_what_to_do() {
        let failure = Failure {
            what: "accept pcx-1a2b3c4d".to_owned(),
            place: Some(Place { account: "222222222222".parse().expect("an account"), region: "eu-west-1".parse().expect("a Region") }),
            class: Class::Denied,
            source: "UnauthorizedOperation".into(),
        };
        assert_eq!(
            failure.explain(),
            "can't accept pcx-1a2b3c4d in 222222222222/eu-west-1: UnauthorizedOperation; give the member role the permission, or look for a service control policy that takes it away"
        );
    }
}
