//! What parts that run at the same time write: one after the other, never line by line.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::ui::Ui;

/// The first part that is not over writes through; what the others write waits for their turn.
pub(super) struct Turns {
    ui: Ui,
    parts: Mutex<Vec<Waiting>>,
}

#[derive(Default)]
struct Waiting {
    lines: Vec<String>,
    over: bool,
}

impl Turns {
    pub(super) fn new(ui: Ui, parts: usize) -> Self {
        Self { ui, parts: Mutex::new((0..parts).map(|_| Waiting::default()).collect()) }
    }

    /// Where a part writes, by its place in the order.
    pub(super) fn output(&self, place: usize) -> Output<'_> {
        Output { turns: self, place }
    }

    fn change(&self, place: usize, change: impl FnOnce(&mut Waiting)) {
        let mut parts = self.parts();
        if let Some(part) = parts.get_mut(place) {
            change(part);
        }
        for line in due(&mut parts) {
            self.ui.line(&line);
        }
    }

    fn parts(&self) -> MutexGuard<'_, Vec<Waiting>> {
        self.parts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes what may be shown now.
fn due(parts: &mut [Waiting]) -> Vec<String> {
    let running = parts.iter().position(|part| !part.over).map_or(parts.len(), |at| at + 1);
    parts[..running].iter_mut().flat_map(|part| std::mem::take(&mut part.lines)).collect()
}

pub(super) struct Output<'a> {
    turns: &'a Turns,
    place: usize,
}

impl Output<'_> {
    pub(super) fn ui(&self) -> &Ui {
        &self.turns.ui
    }

    pub(super) fn line(&self, text: &str) {
        self.turns.change(self.place, |part| part.lines.push(text.to_owned()));
    }

    pub(super) fn heading(&self, text: &str) {
        self.line("");
        self.line(&self.ui().bold(text));
    }
}

/// Whoever has done its part, or failed at it, lets the next one write.
impl Drop for Output<'_> {
    fn drop(&mut self) {
        self.turns.change(self.place, |part| part.over = true);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts() -> Vec<Waiting> {
        (0..3).map(|_| Waiting::default()).collect()
    }

    fn write(parts: &mut [Waiting], place: usize, text: &str) -> Vec<String> {
        parts[place].lines.push(text.to_owned());
        due(parts)
    }

    #[test]
    fn the_first_part_writes_through_and_the_others_wait() {
        let mut parts = parts();
        assert_eq!(write(&mut parts, 0, "a"), ["a"]);
        assert_eq!(write(&mut parts, 1, "b"), Vec::<String>::new());
        assert_eq!(write(&mut parts, 0, "c"), ["c"]);
    }

    #[test]
    fn when_a_part_is_over_the_next_shows_what_it_wrote_meanwhile_and_goes_on() {
        let mut parts = parts();
        write(&mut parts, 2, "late");
        write(&mut parts, 1, "b");
        parts[0].over = true;
        assert_eq!(due(&mut parts), ["b"]);
        assert_eq!(write(&mut parts, 1, "c"), ["c"]);
        parts[1].over = true;
        assert_eq!(due(&mut parts), ["late"]);
    }

    #[test]
    fn a_part_that_was_over_long_ago_is_shown_whole_in_its_turn() {
        let mut parts = parts();
        parts[1].over = true;
        assert_eq!(write(&mut parts, 1, "b"), Vec::<String>::new());
        parts[0].over = true;
        assert_eq!(due(&mut parts), ["b"]);
    }
}
