//! The mistakes of an allowlist, each with its place.

use std::collections::BTreeMap;
use std::fmt;

/// Where something stands in a file, counted from one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The line.
    pub line: u64,
    /// The column, in characters.
    pub column: u64,
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)
    }
}

/// Where each place of a document stands in its file.
pub(super) type Positions = BTreeMap<String, Position>;

/// One mistake in an allowlist: where, what, and how to fix it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where it stands in the file; none for an item of the table, and for what is missing from the whole file.
    pub position: Option<Position>,
    /// The place, as a path from the top of the document.
    pub place: String,
    /// What is wrong there.
    pub what: String,
    /// What to do.
    pub fix: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(position) = self.position {
            write!(f, "{position}: ")?;
        }
        write!(f, "{}: {}; {}", self.place, self.what, self.fix)
    }
}

/// All mistakes of a document, each once, in the order of the file; of the table, in the order they were met.
#[derive(Debug, Clone, PartialEq, Eq, Default, thiserror::Error)]
pub struct Problems {
    noted: Vec<Problem>,
    positions: Positions,
    /// Values that can't be read because of a mistake that is noted where it was made.
    consequences: usize,
}

impl Problems {
    /// None yet, in a document whose places stand at these positions.
    pub(super) fn at(positions: Positions) -> Self {
        Self { positions, ..Self::default() }
    }

    /// Notes one more.
    pub(super) fn add(&mut self, place: impl Into<String>, what: impl Into<String>, fix: impl Into<String>) {
        let problem = self.problem(place, what, fix);
        self.noted.push(problem);
    }

    /// Notes one that stands at another position than its place.
    pub(super) fn add_at(&mut self, position: Option<Position>, place: impl Into<String>, what: impl Into<String>, fix: impl Into<String>) {
        self.noted.push(Problem { position, place: place.into(), what: what.into(), fix: fix.into() });
    }

    /// A value can't be read because of a mistake that is noted where it was made: that is no mistake of its own.
    pub(super) const fn follows(&mut self) {
        self.consequences += 1;
    }

    /// How many values could not be read up to now: what they would have said is not known.
    pub(super) const fn unread(&self) -> usize {
        self.noted.len() + self.consequences
    }

    /// Where a place stands in the file.
    pub(super) fn position(&self, place: &str) -> Option<Position> {
        self.positions.get(place).copied()
    }

    /// A problem with its position, without noting it.
    pub(super) fn problem(&self, place: impl Into<String>, what: impl Into<String>, fix: impl Into<String>) -> Problem {
        let place = place.into();
        Problem { position: self.position(&place), place, what: what.into(), fix: fix.into() }
    }

    /// `value` when nothing was noted, all notes otherwise.
    pub(super) fn or<T>(mut self, value: T) -> Result<T, Self> {
        if self.noted.is_empty() {
            return Ok(value);
        }
        // What is missing from the whole file has no position, and comes last.
        self.noted.sort_by_key(|problem| (problem.position.is_none(), problem.position));
        self.noted.dedup();
        Err(Self { noted: self.noted, ..Self::default() })
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.noted.len()
    }

    /// True when there is none.
    pub fn is_empty(&self) -> bool {
        self.noted.is_empty()
    }

    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = &Problem> {
        self.noted.iter()
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<String> = self.noted.iter().map(ToString::to_string).collect();
        f.write_str(&lines.join("\n"))
    }
}
