//! What every format calls things, and says of them.

use peerwright_core::count::counted;

use peerwright_engine::network::Standing;

use super::map::{Account, Connection, End, NetworkMap, Vpc};

impl Account {
    /// Its name and number.
    pub(crate) fn title(&self) -> String {
        self.name.as_ref().map_or_else(|| self.id.clone(), |name| format!("{name} ({})", self.id))
    }
}

impl Vpc {
    /// What people call it: an alias, the tag `Name`, or its id.
    pub(crate) fn label(&self) -> &str {
        self.aliases.first().or(self.name.as_ref()).unwrap_or(&self.id)
    }
}

impl NetworkMap {
    /// What people call the VPC at an end.
    fn label<'m>(&'m self, end: &'m End) -> &'m str {
        let found = self.vpcs().find(|(account, region, vpc)| account.id == end.account && region.name == end.region && vpc.id == end.vpc);
        found.map_or(&end.vpc, |(_, _, vpc)| vpc.label())
    }
}

impl Connection {
    /// Both ends, the one that asked first.
    pub(crate) const fn ends(&self) -> [&End; 2] {
        [&self.requester, &self.accepter]
    }

    /// Who asked whom.
    pub(crate) fn title(&self, map: &NetworkMap) -> String {
        format!("{} → {}", map.label(&self.requester), map.label(&self.accepter))
    }

    /// How many routes lead over it.
    pub(crate) fn routes(&self) -> usize {
        self.ends().iter().flat_map(|end| &end.tables).map(|table| table.routes.len()).sum()
    }

    /// How many security group rules were made for it.
    pub(crate) fn group_rules(&self) -> usize {
        self.ends().iter().map(|end| end.group_rules.len()).sum()
    }

    /// Routes, rules of groups and DNS, counted.
    pub(crate) fn made(&self) -> String {
        let tables = self.ends().iter().map(|end| end.tables.len()).sum();
        let routes = format!("{} in {}", counted(self.routes(), "route", "routes"), counted(tables, "table", "tables"));
        format!("{routes}, {}, DNS {}", counted(self.group_rules(), "group rule", "group rules"), self.dns())
    }

    /// That an end could not be read, where that is so.
    pub(crate) fn unread(&self) -> Option<&'static str> {
        match (self.requester.unread, self.accepter.unread) {
            (true, true) => Some("both ends could not be read"),
            (true, false) => Some("the requester's end could not be read"),
            (false, true) => Some("the accepter's end could not be read"),
            (false, false) => None,
        }
    }

    /// How it stands, with the ledger's word where that says more: the same words in every format.
    pub(crate) fn state_words(&self) -> String {
        let standing = self.standing.as_str();
        let word = self.status.as_ref().filter(|word| *word != standing);
        word.map_or_else(|| standing.to_owned(), |word| format!("{standing} ({word})"))
    }

    const fn dns(&self) -> &'static str {
        match (self.requester.dns, self.accepter.dns) {
            (Some(true), Some(true)) => "both ways",
            (Some(true), _) | (_, Some(true)) => "one way",
            (Some(false), _) | (_, Some(false)) => "off",
            (None, None) => "unknown",
        }
    }

    /// How it stands, by which rules, what it opens, and the reason that counts: a line each.
    pub(crate) fn lines(&self) -> Vec<String> {
        let rules = (!self.rules.is_empty()).then(|| format!("by {}", self.rules.join(", ")));
        let made = (self.routes() + self.group_rules() > 0).then(|| self.made());
        [self.id.clone(), self.state_words()]
            .into_iter()
            .chain(rules)
            .chain(self.openings.iter().cloned())
            .chain(made)
            .chain(self.unread().map(str::to_owned))
            .chain(self.reason.clone())
            .collect()
    }
}

/// The colour of a standing on white, as in the light page.
pub(crate) const fn colour(standing: Standing) -> &'static str {
    match standing {
        Standing::Working => "#1a7f37",
        Standing::Limited => "#0e7a86",
        Standing::Waiting => "#0550ae",
        Standing::Held => "#8a5700",
        Standing::Blocked => "#c21f2c",
        Standing::Isolated => "#7a3fb0",
        Standing::Unmanaged => "#5f6b78",
        Standing::Unknown => "#7d4e57",
        Standing::Ended => "#6e7781",
    }
}

#[cfg(test)]
mod tests {
    use crate::graph::example;

    #[test]
    fn the_page_has_every_standing_with_its_colour() {
        let (data, style) = (include_str!("page/js/data.js"), include_str!("page/page.css"));
        for standing in peerwright_engine::network::Standing::ALL {
            assert!(data.contains(&format!("  {}: {{ sign:", standing.as_str())), "{standing:?}");
            assert!(style.contains(&format!("--{}:{}", standing.as_str(), super::colour(standing))), "{standing:?}");
            assert!(style.contains(&format!(".is-{}", standing.as_str())), "{standing:?}");
        }
    }

    #[test]
    fn a_vpc_is_called_by_its_alias_then_its_name_then_its_id() {
        let map = example::map();
        let mut vpc = map.accounts[1].regions[0].vpcs[0].clone();
        assert_eq!(vpc.label(), "shared-services");
        vpc.aliases.clear();
        assert_eq!(vpc.label(), "shared");
        vpc.name = None;
        assert_eq!(vpc.label(), "vpc-0b22c0ffee0000001");
    }
}
