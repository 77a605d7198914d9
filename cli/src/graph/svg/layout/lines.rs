//! The two lines of each connection: requester to card, card to accepter.

use super::super::Network;
use super::super::path::{Point, bent, curve};
use super::grid::Grid;
use super::{Card, Course, Rect};

/// Between two lines that pass under the columns.
const LANE: f64 = 14.0;
/// From a box's edge to the line that goes down beside it.
const ASIDE: f64 = 22.0;

pub(in super::super) struct Line {
    /// Index of the connection.
    pub(in super::super) connection: usize,
    pub(in super::super) path: String,
    /// The end where the accepter is has an arrow.
    pub(in super::super) arrives: bool,
}

/// One end of a line at a VPC, waiting for its place on the VPC's edge.
struct End {
    vpc: usize,
    right: bool,
    connection: usize,
    accepter: bool,
    /// Where the line comes from: ends are sorted by it, so that lines don't cross for nothing.
    from: f64,
}

pub(super) fn lines(network: &Network, grid: &Grid, cards: &[Card], bottom: f64) -> Vec<Line> {
    let ends = ends(network, grid, cards, bottom);
    let mut under = 0;
    let mut lines = Vec::new();
    for end in &ends {
        let course = grid.courses[end.connection];
        let vpc = anchor(end, &ends, &grid.vpcs[end.vpc].rect);
        let card = beside(&cards[end.connection].rect, end, course);
        let path = if end.accepter && course.is_detour() {
            under += 1;
            detour(card, vpc, bottom + f64::from(under) * LANE)
        } else if end.accepter {
            curve(card, vpc)
        } else {
            curve(vpc, card)
        };
        lines.push(Line { connection: end.connection, path, arrives: end.accepter });
    }
    lines
}

/// How many lines pass under the columns.
pub(super) fn detours(grid: &Grid) -> usize {
    grid.courses.iter().filter(|course| course.is_detour()).count()
}

/// The room they take.
pub(super) fn lanes(detours: usize) -> f64 {
    f64::from(u32::try_from(detours).unwrap_or(u32::MAX)) * LANE
}

fn ends(network: &Network, grid: &Grid, cards: &[Card], bottom: f64) -> Vec<End> {
    let mut ends = Vec::new();
    for (at, connection) in network.connections.iter().enumerate() {
        let course = grid.courses[at];
        let from = cards[at].rect.centre();
        let requester =
            End { vpc: connection.requester, right: course.leaves_right(course.requester), connection: at, accepter: false, from };
        let arriving = if course.is_detour() { bottom } else { from };
        let accepter =
            End { vpc: connection.accepter, right: course.leaves_right(course.accepter), connection: at, accepter: true, from: arriving };
        ends.extend([requester, accepter]);
    }
    ends
}

/// Lines at one edge of a VPC share it evenly.
fn anchor(end: &End, ends: &[End], rect: &Rect) -> Point {
    let mut here: Vec<_> = ends.iter().filter(|other| other.vpc == end.vpc && other.right == end.right).collect();
    here.sort_by(|one, other| one.from.total_cmp(&other.from));
    let place = here.iter().position(|other| std::ptr::eq(*other, end)).unwrap_or(0);
    let share = |count: usize| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
    let y = rect.y + rect.height * share(place + 1) / share(here.len() + 1);
    Point { x: if end.right { rect.right() } else { rect.x }, y }
}

/// The card's edge that faces the VPC's column; both lines of a connection inside one column meet the same edge.
fn beside(card: &Rect, end: &End, course: Course) -> Point {
    let same_column = course.requester == course.accepter;
    let share = match (same_column, end.accepter) {
        (false, _) => 0.5,
        (true, false) => 0.35,
        (true, true) => 0.65,
    };
    Point { x: if end.right { card.x } else { card.right() }, y: card.y + card.height * share }
}

fn detour(card: Point, vpc: Point, lane: f64) -> String {
    let direction = if vpc.x > card.x { 1.0 } else { -1.0 };
    let (down, up) = (card.x + direction * ASIDE, vpc.x - direction * (ASIDE + 30.0));
    bent(&[card, Point { x: down, ..card }, Point { x: down, y: lane }, Point { x: up, y: lane }, Point { x: up, ..vpc }, vpc])
}
