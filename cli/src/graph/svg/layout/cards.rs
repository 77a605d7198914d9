//! One card for each connection, as near to the middle between its VPCs as the other cards leave room for.

use super::super::text::wrap;
use super::super::{Connection, Network};
use super::grid::Grid;
use super::{CARD_BOLD_CHARACTERS, CARD_CHARACTERS, CARD_LINE, CARD_WIDTH, Card, Rect, TOP};

const BETWEEN: f64 = 16.0;

pub(super) fn cards(network: &Network, grid: &Grid) -> Vec<Card> {
    let mut cards: Vec<_> =
        network.connections.iter().zip(&grid.courses).map(|(connection, course)| card(connection, grid.card_x(course.gap))).collect();
    for gap in 0..grid.accounts.len() {
        let here: Vec<_> = (0..cards.len()).filter(|at| grid.courses[*at].gap == gap).collect();
        let wanted: Vec<_> = here.iter().map(|at| (middle(&network.connections[*at], grid), cards[*at].rect.height)).collect();
        for (at, y) in here.iter().zip(stacked(&wanted)) {
            cards[*at].rect.y = y;
        }
    }
    cards
}

fn card(connection: &Connection, x: f64) -> Card {
    let name = wrap(&connection.name, CARD_BOLD_CHARACTERS);
    let state = wrap(&connection.state, CARD_BOLD_CHARACTERS);
    let details: Vec<_> = connection.details.iter().flat_map(|detail| wrap(detail, CARD_CHARACTERS)).collect();
    let reason: Vec<_> = connection.reason.iter().flat_map(|reason| wrap(reason, CARD_CHARACTERS)).collect();
    // And its id.
    let lines = u32::try_from(name.len() + state.len() + details.len() + reason.len() + 1).unwrap_or(u32::MAX);
    let rect = Rect { x, y: 0.0, width: CARD_WIDTH, height: f64::from(lines) * CARD_LINE + 16.0 };
    Card { rect, name, state, details, reason }
}

fn middle(connection: &Connection, grid: &Grid) -> f64 {
    let centre = |at: usize| grid.vpcs[at].rect.centre();
    f64::midpoint(centre(connection.requester), centre(connection.accepter))
}

/// Tops for boxes given as (wanted centre, height): in the order of their wishes, none over another, each group of neighbours in the middle of its wishes.
fn stacked(wanted: &[(f64, f64)]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..wanted.len()).collect();
    order.sort_by(|one, other| wanted[*one].0.total_cmp(&wanted[*other].0));
    let mut groups: Vec<Group> = Vec::new();
    for at in order {
        let mut group = Group { members: vec![at], wish: wanted[at].0, height: wanted[at].1 };
        while groups.last().is_some_and(|above| above.top() + above.height + BETWEEN > group.top()) {
            if let Some(above) = groups.pop() {
                group = above.joined(group);
            }
        }
        groups.push(group);
    }
    let mut tops = vec![0.0; wanted.len()];
    for group in groups {
        let mut y = group.top();
        for at in group.members {
            tops[at] = y;
            y += wanted[at].1 + BETWEEN;
        }
    }
    tops
}

/// Boxes that touch each other.
struct Group {
    members: Vec<usize>,
    /// Where its middle would be best.
    wish: f64,
    height: f64,
}

impl Group {
    fn top(&self) -> f64 {
        (self.wish - self.height / 2.0).max(TOP)
    }

    fn joined(self, below: Self) -> Self {
        let (mine, theirs) = (self.height, below.height);
        let members = self.members.into_iter().chain(below.members).collect();
        Self { members, wish: (self.wish * mine + below.wish * theirs) / (mine + theirs), height: mine + BETWEEN + theirs }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boxes_that_want_the_same_place_stand_around_it_in_order() {
        let tops = stacked(&[(300.0, 40.0), (300.0, 40.0), (900.0, 20.0)]);
        assert_eq!(tops, [252.0, 308.0, 890.0]);
    }

    #[test]
    fn nothing_stands_above_the_columns() {
        assert_eq!(stacked(&[(0.0, 40.0)]), [TOP]);
    }
}
