//! Where everything stands: accounts are columns, Regions rows, and each connection has a card between the columns that it joins.

mod cards;
mod grid;
mod lines;

use super::Network;
use super::text::wrap;

pub(super) use lines::Line;

pub(super) const MARGIN: f64 = 28.0;
/// Room for the picture's own title.
const TOP: f64 = 84.0;
/// Room for the legend.
const LEGEND: f64 = 56.0;
const CARD_WIDTH: f64 = 236.0;
/// How many characters of the small font, and of the bold one, fit into a card, whatever font the viewer has.
const CARD_CHARACTERS: usize = 29;
const CARD_BOLD_CHARACTERS: usize = 25;
pub(super) const CARD_LINE: f64 = 16.5;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Rect {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) width: f64,
    pub(super) height: f64,
}

impl Rect {
    pub(super) fn right(&self) -> f64 {
        self.x + self.width
    }

    pub(super) fn bottom(&self) -> f64 {
        self.y + self.height
    }

    fn centre(&self) -> f64 {
        self.y + self.height / 2.0
    }
}

/// A box with its lines of text.
#[derive(Clone, Debug)]
pub(super) struct Labelled {
    pub(super) rect: Rect,
    pub(super) lines: Vec<String>,
}

/// The card of one connection.
#[derive(Clone, Debug)]
pub(super) struct Card {
    pub(super) rect: Rect,
    pub(super) name: Vec<String>,
    pub(super) state: Vec<String>,
    pub(super) details: Vec<String>,
    pub(super) reason: Vec<String>,
}

pub(super) struct Layout {
    pub(super) width: f64,
    pub(super) height: f64,
    pub(super) accounts: Vec<Labelled>,
    pub(super) regions: Vec<Labelled>,
    /// In the order of the network's VPCs.
    pub(super) vpcs: Vec<Labelled>,
    /// In the order of the network's connections.
    pub(super) cards: Vec<Card>,
    pub(super) lines: Vec<Line>,
    /// Where the legend stands.
    pub(super) legend: f64,
    /// What could not be read, below the legend.
    pub(super) unread: Vec<String>,
}

pub(super) fn layout(network: &Network) -> Layout {
    let grid = grid::grid(network);
    let cards = cards::cards(network, &grid);
    let boxes_end =
        grid.accounts.iter().map(|account| account.rect.bottom()).chain(cards.iter().map(|card| card.rect.bottom())).fold(TOP, f64::max);
    let lines = lines::lines(network, &grid, &cards, boxes_end);
    let detours = lines::detours(&grid);
    let (width, below) = (grid.width.max(640.0), boxes_end + lines::lanes(detours) + LEGEND);
    let unread: Vec<String> = network.unread.iter().flat_map(|told| wrap(told, characters(width))).collect();
    let rows = u32::try_from(unread.len()).unwrap_or(u32::MAX);
    Layout {
        width,
        height: below + CARD_LINE * f64::from(rows),
        legend: below - 24.0,
        unread,
        accounts: grid.accounts,
        regions: grid.regions,
        vpcs: grid.vpcs,
        cards,
        lines,
    }
}

/// How many characters of the small font a line of the whole width has at least.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a width is a small number above zero")]
fn characters(width: f64) -> usize {
    ((width - 2.0 * MARGIN) / CARD_WIDTH) as usize * CARD_CHARACTERS
}

/// Between which columns a connection's card stands, and on which sides its lines leave the VPCs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Course {
    requester: usize,
    accepter: usize,
    /// The gap to the right of this column.
    gap: usize,
}

impl Course {
    fn new(requester: usize, accepter: usize, columns: usize) -> Self {
        let last = requester + 1 == columns;
        let gap = if accepter > requester || (accepter == requester && (!last || columns == 1)) { requester } else { requester - 1 };
        Self { requester, accepter, gap }
    }

    /// Whether the line from this column goes to the right.
    fn leaves_right(&self, column: usize) -> bool {
        column <= self.gap
    }

    /// Whether other columns lie between card and accepter.
    fn is_detour(&self) -> bool {
        self.requester.abs_diff(self.accepter) > 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::example;

    fn network() -> Network {
        Network::of(&example::map())
    }

    fn overlap(one: &Rect, other: &Rect) -> bool {
        one.x < other.right() && other.x < one.right() && one.y < other.bottom() && other.y < one.bottom()
    }

    #[test]
    fn no_card_covers_another_or_a_vpc() {
        let layout = layout(&network());
        let rects: Vec<_> = layout.cards.iter().map(|card| card.rect).chain(layout.vpcs.iter().map(|vpc| vpc.rect)).collect();
        for (at, one) in rects.iter().enumerate() {
            for other in &rects[at + 1..] {
                assert!(!overlap(one, other), "{one:?} covers {other:?}");
            }
        }
    }

    #[test]
    fn everything_lies_inside_the_picture() {
        let layout = layout(&network());
        for rect in layout.cards.iter().map(|card| &card.rect).chain(layout.accounts.iter().map(|account| &account.rect)) {
            assert!(rect.x >= 0.0 && rect.right() <= layout.width && rect.bottom() <= layout.height, "{rect:?}");
        }
    }

    #[test]
    fn a_card_stands_between_the_columns_it_joins() {
        let gap = |requester, accepter| Course::new(requester, accepter, 3).gap;
        assert_eq!([gap(0, 1), gap(1, 0), gap(2, 1), gap(0, 2), gap(2, 0), gap(1, 1), gap(2, 2)], [0, 0, 1, 0, 1, 1, 1]);
        assert_eq!(Course::new(0, 0, 1).gap, 0);
    }
}
