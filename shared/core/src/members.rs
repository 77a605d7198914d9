//! A file of the places that sweeps look at, and what it changes in the table.
//!
//! ```text
//! # account/Region, one a line
//! 111111111111/eu-west-1
//! 222222222222/eu-central-1   # the data team
//! ```

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::allowlist::{MEMBER_KEY, Stored};
use crate::ids::{AccountId, Place, Region};

/// A mistake in a file of members.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Its line, counted from one.
    pub line: usize,
    /// What is wrong there, and what to write.
    pub what: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.what)
    }
}

/// What makes the table's members those of a file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Difference {
    /// Places that the table lacks.
    pub added: BTreeSet<Place>,
    /// Sort keys of members that the file does not name. One that is no place is among them: whatever client wrote it, nothing sweeps there.
    pub removed: BTreeSet<String>,
}

/// Reads a file: its places, or everything that is wrong with it, in the order of its lines.
pub fn read(text: &str) -> Result<BTreeSet<Place>, Vec<Problem>> {
    let mut lines: BTreeMap<Place, usize> = BTreeMap::new();
    let mut problems = Vec::new();
    for (line, written) in written_lines(text) {
        let wrong = match read_place(written) {
            Ok(place) => named_before(place, line, &mut lines).into_iter().collect(),
            Err(wrong) => wrong,
        };
        problems.extend(wrong.into_iter().map(|what| Problem { line, what }));
    }
    if problems.is_empty() { Ok(lines.into_keys().collect()) } else { Err(problems) }
}

/// What is to be added to the items of a table, and removed, so that they name these places and no others.
pub fn difference(items: &[Stored], wanted: &BTreeSet<Place>) -> Difference {
    let stored: BTreeSet<&str> = items.iter().filter(|item| item.accepter == MEMBER_KEY).map(|item| item.id.as_str()).collect();
    let names: BTreeSet<String> = wanted.iter().map(ToString::to_string).collect();
    Difference {
        added: wanted.iter().filter(|place| !stored.contains(place.to_string().as_str())).cloned().collect(),
        removed: stored.into_iter().filter(|id| !names.contains(*id)).map(str::to_owned).collect(),
    }
}

/// The directions by one of which the code of each Region is named, before its number ("AWS Regions", AWS Regions and Availability Zones guide).
const DIRECTIONS: [&str; 9] = ["central", "east", "north", "northeast", "northwest", "south", "southeast", "southwest", "west"];

/// What is wrong with a Region that no Region of AWS is named like: a sweep of it would fail for ever.
pub fn misspelt(region: &Region) -> Option<String> {
    let (named, number) = region.as_str().rsplit_once('-')?;
    let (area, direction) = named.rsplit_once('-')?;
    if DIRECTIONS.contains(&direction) {
        return None;
    }
    let nearest = DIRECTIONS.iter().map(|known| (strsim::damerau_levenshtein(direction, known), known)).min();
    let meant = nearest.filter(|(distance, _)| *distance <= 2).map(|(_, known)| format!(": did you mean {area}-{known}-{number}?"));
    Some(format!("`{region}` is named like no Region of AWS{}", meant.unwrap_or_default()))
}

/// Lines with something on them besides a comment, each with its number. Some editors begin a file with a byte order mark.
fn written_lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let lines = text.strip_prefix('\u{feff}').unwrap_or(text).lines();
    let uncommented = lines.map(|line| line.split_once('#').map_or(line, |(before, _)| before).trim());
    (1..).zip(uncommented).filter(|(_, line)| !line.is_empty())
}

/// A place, or what is wrong with its account and its Region.
fn read_place(text: &str) -> Result<Place, Vec<String>> {
    let Some((account, region)) = text.split_once('/') else {
        return Err(vec![format!("`{text}` is no place: write account/Region, such as 111111111111/eu-west-1")]);
    };
    let account = account.parse::<AccountId>().map_err(|_| format!("`{account}` is not an account id: write its 12 digits"));
    let region = region.parse::<Region>().map_err(|wrong| wrong.to_string());
    let region = region.and_then(|region| misspelt(&region).map_or(Ok(region), Err));
    match (account, region) {
        (Ok(account), Ok(region)) => Ok(Place { account, region }),
        (account, region) => Err(account.err().into_iter().chain(region.err()).collect()),
    }
}

/// Notes the line of a place, or says on which line it stands as well: one of the two was probably meant to be another place.
fn named_before(place: Place, line: usize, lines: &mut BTreeMap<Place, usize>) -> Option<String> {
    match lines.entry(place) {
        Entry::Vacant(free) => {
            free.insert(line);
            None
        }
        Entry::Occupied(first) => Some(format!("{} is on line {} already: remove one of the two", first.key(), first.get())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(names: &[&str]) -> BTreeSet<Place> {
        names.iter().map(|name| name.parse().unwrap_or_else(|_| panic!("{name} is a place"))).collect()
    }

    fn told(text: &str) -> Vec<String> {
        read(text).expect_err("a malformed file").iter().map(ToString::to_string).collect()
    }

    fn item(accepter: &str, id: &str) -> Stored {
        Stored { accepter: accepter.to_owned(), id: id.to_owned(), body: serde_json::Value::Null }
    }

    #[test]
    fn a_file_has_one_place_a_line_between_comments_and_blank_lines() {
        let text = "# all teams\n\n222222222222/eu-west-1\n  111111111111/us-gov-west-1\t# the old one\n   # the end";
        assert_eq!(read(text), Ok(places(&["111111111111/us-gov-west-1", "222222222222/eu-west-1"])));
    }

    #[test]
    fn a_file_of_another_system_is_read_as_well() {
        assert_eq!(read("\u{feff}111111111111/eu-west-1\r\n\r\n"), Ok(places(&["111111111111/eu-west-1"])));
    }

    #[test]
    fn a_file_of_comments_names_no_place() {
        assert_eq!((read(""), read("# none yet\n")), (Ok(places(&[])), Ok(places(&[]))));
    }

    #[test]
    fn everything_that_is_wrong_is_told_at_once_with_its_line() {
        let text = "# places\n4444/eu-west-1\n111111111111/eu-west-1\n111111111111/ireland\n55555/Nowhere\n\n111111111111/eu-west-1\neu-west-1\n111111111111/eu-west-1/vpc-1\n";
        assert_eq!(
            told(text),
            [
                "line 2: `4444` is not an account id: write its 12 digits",
                "line 4: `ireland` is not a Region (such as eu-west-1)",
                "line 5: `55555` is not an account id: write its 12 digits",
                "line 5: `Nowhere` is not a Region (such as eu-west-1)",
                "line 7: 111111111111/eu-west-1 is on line 3 already: remove one of the two",
                "line 8: `eu-west-1` is no place: write account/Region, such as 111111111111/eu-west-1",
                "line 9: `eu-west-1/vpc-1` is not a Region (such as eu-west-1)",
            ]
        );
    }

    #[test]
    fn a_region_that_aws_names_none_like_is_told_with_the_one_that_was_meant() {
        assert_eq!(
            told("111111111111/eu-centrl-1\n111111111111/us-gov-wets-1\n111111111111/eu-ireland-1"),
            [
                "line 1: `eu-centrl-1` is named like no Region of AWS: did you mean eu-central-1?",
                "line 2: `us-gov-wets-1` is named like no Region of AWS: did you mean us-gov-west-1?",
                "line 3: `eu-ireland-1` is named like no Region of AWS",
            ]
        );
    }

    #[test]
    fn regions_of_every_partition_are_named_by_a_direction() {
        let regions = [
            "af-south-1",
            "ap-northeast-3",
            "ap-southeast-7",
            "ca-west-1",
            "cn-northwest-1",
            "eu-isoe-west-1",
            "eusc-de-east-1",
            "il-central-1",
        ];
        let more = ["me-south-1", "mx-central-1", "sa-east-1", "us-gov-east-1", "us-isob-east-1", "us-isof-south-1", "eu-north-1"];
        for region in regions.iter().chain(&more) {
            assert_eq!(misspelt(&region.parse().unwrap_or_else(|_| panic!("{region} is a Region"))), None, "{region}");
        }
    }

    #[test]
    fn a_place_that_stands_three_times_is_told_twice() {
        let text = "111111111111/eu-west-1\n".repeat(3);
        assert_eq!(told(&text).len(), 2);
    }

    #[test]
    fn what_the_file_lacks_is_removed_and_what_the_table_lacks_is_added() {
        let items = [item(MEMBER_KEY, "111111111111/eu-west-1"), item(MEMBER_KEY, "222222222222/eu-west-1")];
        let found = difference(&items, &places(&["222222222222/eu-west-1", "333333333333/eu-west-1"]));
        let removed = BTreeSet::from(["111111111111/eu-west-1".to_owned()]);
        assert_eq!(found, Difference { added: places(&["333333333333/eu-west-1"]), removed });
    }

    #[test]
    fn what_is_the_same_is_no_difference() {
        let items = [item(MEMBER_KEY, "111111111111/eu-west-1")];
        assert_eq!(difference(&items, &places(&["111111111111/eu-west-1"])), Difference::default());
    }

    #[test]
    fn rules_and_aliases_are_no_difference_whatever_they_are_called() {
        let items = [item("any", "111111111111/eu-west-1"), item("alias", "shared")];
        let found = difference(&items, &places(&["111111111111/eu-west-1"]));
        assert_eq!(found, Difference { added: places(&["111111111111/eu-west-1"]), removed: BTreeSet::new() });
    }

    #[test]
    fn a_member_that_is_no_place_is_removed() {
        let found = difference(&[item(MEMBER_KEY, "nonsense")], &places(&[]));
        assert_eq!(found.removed, BTreeSet::from(["nonsense".to_owned()]));
    }
}
