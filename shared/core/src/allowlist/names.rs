//! The names of VPCs, as rules use them.

use std::collections::BTreeSet;

use serde_json::Value;

use super::Aliases;
use super::problems::Problems;
use super::reader::{nearest, scalar};
use crate::ids::{AliasName, VpcRef};

/// The names that a rule may use.
pub(super) struct Names<'a> {
    /// Those that can be read.
    pub(super) readable: &'a Aliases,
    /// Those that are there and can't be read.
    pub(super) broken: &'a Broken,
    /// True where it is noted what is wrong with these: whoever uses one makes no mistake of their own.
    pub(super) noted: bool,
}

/// Names that are there and can't be read.
#[derive(Default)]
pub(super) struct Broken {
    /// These.
    pub(super) names: BTreeSet<String>,
    /// Any: where names are to be, there is something else.
    pub(super) all: bool,
}

impl Names<'_> {
    /// The name that a rule uses, and its VPC.
    pub(super) fn read(&self, value: &Value, place: &str, problems: &mut Problems) -> Option<(AliasName, VpcRef)> {
        let name: AliasName = scalar(value, place, problems)?;
        if let Some(vpc) = self.readable.get(&name) {
            return Some((name, vpc.clone()));
        }
        if !self.broken.all && !self.broken.names.contains(name.as_str()) {
            problems.add(place, format!("`{name}` is not among the aliases"), self.fix(&name));
        } else if self.noted {
            problems.follows();
        } else {
            problems.add(
                place,
                format!("the alias `{name}` is there and can't be read"),
                "write the alias again: `peerwright allowlist apply`",
            );
        }
        None
    }

    fn fix(&self, name: &AliasName) -> String {
        let known = self.readable.keys().map(AliasName::as_str).chain(self.broken.names.iter().map(String::as_str));
        nearest(name.as_str(), known).unwrap_or_else(|| "add it to `aliases`, or name the VPC by its id".to_owned())
    }
}
