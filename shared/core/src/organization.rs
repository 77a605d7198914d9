//! Where an account stands in its organization.

use std::str::FromStr;

use crate::ids::UnitId;

/// Why the units of an account are unknown where no rule asks for them.
pub const NOT_ASKED: &str = "no rule asks for organizational units";

/// The name of every organization's root (`Root`, Organizations API reference); a path begins with it.
const ROOT: &str = "Root";

/// The root or an organizational unit.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unit {
    /// Its id.
    pub id: UnitId,
    /// Its name with those above it, such as `Root/Workloads/Dev`.
    pub path: String,
}

impl Unit {
    /// The units that an account is in, from the ids and names of its ancestors, root first.
    pub fn line(ancestors: impl IntoIterator<Item = (UnitId, String)>) -> Vec<Self> {
        let mut units: Vec<Self> = Vec::new();
        for (id, name) in ancestors {
            let path = units.last().map_or_else(|| name.clone(), |above| format!("{}/{name}", above.path));
            units.push(Self { id, path });
        }
        units
    }
}

/// How a rule names a unit.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum UnitChoice {
    /// By its id: the unit may be renamed and moved.
    Id(UnitId),
    /// By its path of names from the root. A unit whose name contains `/`, `*` or `?` can be named by its id only.
    Path(String),
}

impl UnitChoice {
    /// True when this is the unit that is meant.
    pub fn is(&self, unit: &Unit) -> bool {
        match self {
            Self::Id(id) => *id == unit.id,
            Self::Path(path) => *path == unit.path,
        }
    }
}

/// A text that names no unit. A path that could never match is refused: in a deny rule it would deny nothing. So is one with
/// wildcards, which would be taken literally.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is neither the id of an organizational unit (r-… or ou-…-…) nor a path such as Root/Workloads/Dev")]
pub struct InvalidUnit(String);

impl FromStr for UnitChoice {
    type Err = InvalidUnit;

    fn from_str(text: &str) -> Result<Self, InvalidUnit> {
        if let Ok(id) = text.parse() {
            return Ok(Self::Id(id));
        }
        let mut names = text.split('/');
        if names.next() != Some(ROOT) || names.any(str::is_empty) || text.contains(['*', '?']) {
            return Err(InvalidUnit(text.to_owned()));
        }
        Ok(Self::Path(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn units() -> Vec<Unit> {
        let id = |text: &str| text.parse().expect("an id");
        Unit::line([
            (id("r-ab12"), "Root".to_owned()),
            (id("ou-ab12-11111111"), "Workloads".to_owned()),
            (id("ou-ab12-22222222"), "Dev".to_owned()),
        ])
    }

    #[test]
    fn each_unit_has_the_path_from_the_root() {
        assert_eq!(units().iter().map(|unit| unit.path.as_str()).collect::<Vec<_>>(), ["Root", "Root/Workloads", "Root/Workloads/Dev"]);
    }

    #[test]
    fn a_unit_is_meant_by_its_id_or_its_whole_path() {
        let means = |text: &str| units().iter().filter(|unit| text.parse::<UnitChoice>().expect("a choice").is(unit)).count();
        for right in ["Root", "Root/Workloads", "r-ab12", "ou-ab12-22222222"] {
            assert_eq!(means(right), 1, "{right}");
        }
        for other in ["Root/Work", "Root/Workloads/Dev/Sub", "Root/Dev", "ou-ab12-33333333", "Root/workloads"] {
            assert_eq!(means(other), 0, "{other}");
        }
    }

    #[test]
    fn what_could_never_match_is_refused() {
        for wrong in
            ["", "/", "Root/", "Root//Dev", "/Root", "Workloads/Dev", "ou-ab12", "ou-AB12-11111111", "root", "Root/*", "Root/Work?oads"]
        {
            assert!(wrong.parse::<UnitChoice>().is_err(), "{wrong}");
        }
    }
}
