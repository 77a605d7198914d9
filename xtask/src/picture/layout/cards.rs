//! One card for each connection, as near to the middle between its VPCs as the other cards leave room for.

use super::super::text::wrap;
use super::super::{Appearance, Connection, Network};
use super::grid::Grid;
use super::{CARD_BOLD_CHARACTERS, CARD_CHARACTERS, CARD_LINE, CARD_WIDTH, Card, Rect, TOP};

const BETWEEN: f64 = 16.0;

pub(super) fn cards(network: &Network, grid: &Grid) -> Vec<Card> {
    let mut cards: Vec<_> =
        network.connections.iter().zip(&grid.courses).map(|(connection, course)| card(connection, grid.card_x(course.gap))).collect();
    for gap in 0..grid.accounts.len() {
        let here: Vec<_> = (0..cards.len()).filter(|at| grid.courses[*at].gap == gap).collect();
        let wanted: Vec<_> = here.iter().map(|at| (middle(&network.connections[*at], network, grid), cards[*at].rect.height)).collect();
        for (at, y) in here.iter().zip(stacked(&wanted)) {
            cards[*at].rect.y = y;
        }
    }
    cards
}

fn card(connection: &Connection, x: f64) -> Card {
    let name = wrap(&connection.name, CARD_BOLD_CHARACTERS);
    let reasons: Vec<_> = connection.held.iter().chain(&connection.ended).map(|reason| wrap(reason, CARD_CHARACTERS)).collect();
    // Id, state and detail besides.
    let lines = u32::try_from(name.len() + reasons.concat().len() + 3).unwrap_or(u32::MAX);
    let rect = Rect { x, y: 0.0, width: CARD_WIDTH, height: f64::from(lines) * CARD_LINE + 16.0 };
    Card { rect, name, detail: detail(connection), reasons }
}

/// Of what is over there is nothing to count, unless something is left.
fn detail(connection: &Connection) -> String {
    let Connection { routes, rules, .. } = connection;
    if connection.appearance() == Appearance::Ended && (*routes, *rules) == (0, 0) {
        return "no routes · no rules".to_owned();
    }
    let dns = if connection.dns { "on" } else { "off" };
    format!("{routes} routes · {rules} rules · DNS {dns}")
}

fn middle(connection: &Connection, network: &Network, grid: &Grid) -> f64 {
    let centre = |id: &str| network.vpcs.iter().position(|vpc| vpc.id == id).map_or(TOP, |at| grid.vpcs[at].rect.centre());
    f64::midpoint(centre(&connection.requester), centre(&connection.accepter))
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
    fn an_ended_connection_has_words_for_what_is_left() {
        let network: Network = serde_json::from_str(include_str!("../network.json")).expect("as the acts write it");
        let of = |state: &str| {
            let found: Vec<_> = network.connections.iter().filter(|connection| connection.state == state).collect();
            found.iter().map(|connection| detail(connection)).collect::<Vec<_>>()
        };
        assert_eq!(of("deleted"), ["no routes · no rules"]);
        assert_eq!(of("deleting"), ["2 routes · 0 rules · DNS off"]);
    }

    #[test]
    fn nothing_stands_above_the_columns() {
        assert_eq!(stacked(&[(0.0, 40.0)]), [TOP]);
    }
}
