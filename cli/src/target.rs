//! What a person names: a connection, or a VPC.

use std::str::FromStr;

use peerwright_core::ids::{InvalidId, PcxId};
use peerwright_core::named::NamedVpc;

/// What a command is about.
#[derive(Debug, Clone)]
pub(crate) enum Target {
    /// A connection.
    Connection(PcxId),
    /// All connections of a VPC.
    Vpc(NamedVpc),
}

impl FromStr for Target {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        if text.starts_with("pcx-") {
            return text.parse().map(Self::Connection);
        }
        text.parse().map(Self::Vpc)
    }
}

/// A connection, for a command that takes nothing else. Whoever names a VPC is told which command does.
pub(crate) fn connection(text: &str) -> Result<PcxId, String> {
    text.parse().map_err(|wrong: InvalidId| match text.parse() {
        Ok(Target::Vpc(_)) => format!("{wrong}: if it names a VPC, `peerwright status {text}` tells its connections"),
        _ => wrong.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_begins_like_a_connection_is_one_or_a_slip_of_the_pen() {
        assert!(matches!("pcx-1a2b3c4d".parse(), Ok(Target::Connection(_))));
        assert!(matches!("database".parse(), Ok(Target::Vpc(_))) && matches!("111111111111/vpc-1a2b3c4d".parse(), Ok(Target::Vpc(_))));
        assert!("pcx-1a2b".parse::<Target>().expect_err("too short").to_string().contains("peering connection id"));
    }

    #[test]
    fn whoever_names_a_vpc_where_a_connection_is_meant_is_told_which_command_takes_it() {
        for named in ["tutorial-db", "vpc-1a2b3c4d", "111111111111/vpc-1a2b3c4d"] {
            let said = connection(named).expect_err("no connection");
            assert!(said.contains("is not a peering connection id") && said.contains(&format!("`peerwright status {named}`")), "{said}");
        }
        assert!(!connection("pcx-1a2b").expect_err("a slip of the pen").contains("status"));
        assert!(connection("pcx-1a2b3c4d").is_ok());
    }
}
