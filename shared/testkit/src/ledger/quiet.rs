//! The places where nothing concerned us.

use std::collections::BTreeMap;

use jiff::Timestamp;
use peerwright_core::ids::Place;
use peerwright_core::quiet::Quiet;
use peerwright_engine::failure::Failure;
use peerwright_engine::ports::QuietPlaces;

use super::FakeLedger;
use crate::operation::Operation;

/// What is written down of a place.
#[derive(Debug)]
pub(super) enum Note {
    /// What a look found.
    Quiet(Quiet),
    /// When something concerned us there last.
    Busy(Timestamp),
}

impl QuietPlaces for FakeLedger {
    async fn quiet_places(&self) -> Result<BTreeMap<Place, Quiet>, Failure> {
        self.gate.enter(Operation::ReadQuiet, None).await?;
        let books = self.books();
        let quiet = books.quiet.iter().filter_map(|(place, note)| match note {
            Note::Quiet(quiet) => Some((place.clone(), quiet.clone())),
            Note::Busy(_) => None,
        });
        Ok(quiet.collect())
    }

    async fn note_quiet(&self, place: &Place, quiet: &Quiet) -> Result<(), Failure> {
        self.gate.enter(Operation::NoteQuiet, None).await?;
        let mut books = self.books();
        if !matches!(books.quiet.get(place), Some(Note::Busy(at)) if *at >= quiet.certain_until()) {
            books.quiet.insert(place.clone(), Note::Quiet(quiet.clone()));
        }
        Ok(())
    }

    async fn note_busy(&self, place: &Place, at: Timestamp) -> Result<(), Failure> {
        self.gate.enter(Operation::NoteQuiet, None).await?;
        if let Some(note) = self.books().quiet.get_mut(place) {
            *note = Note::Busy(at);
        }
        Ok(())
    }
}
