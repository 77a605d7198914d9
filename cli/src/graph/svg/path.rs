//! Lines between boxes, as SVG path data.

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Point {
    pub(super) x: f64,
    pub(super) y: f64,
}

const CORNER: f64 = 10.0;

/// A curve that leaves and arrives horizontally.
pub(super) fn curve(from: Point, to: Point) -> String {
    let middle = f64::midpoint(from.x, to.x);
    format!("M{:.1} {:.1}C{middle:.1} {:.1} {middle:.1} {:.1} {:.1} {:.1}", from.x, from.y, from.y, to.y, to.x, to.y)
}

/// Straight lines with rounded corners through all points.
pub(super) fn bent(points: &[Point]) -> String {
    let mut data = String::new();
    for (at, point) in points.iter().enumerate() {
        let text = match (at.checked_sub(1).map(|before| points[before]), points.get(at + 1)) {
            (None, _) => format!("M{:.1} {:.1}", point.x, point.y),
            (Some(_), None) => format!("L{:.1} {:.1}", point.x, point.y),
            (Some(before), Some(after)) => {
                let (enter, leave) = (towards(*point, before), towards(*point, *after));
                format!("L{:.1} {:.1}Q{:.1} {:.1} {:.1} {:.1}", enter.x, enter.y, point.x, point.y, leave.x, leave.y)
            }
        };
        data.push_str(&text);
    }
    data
}

/// The point a corner's radius away, less where the other end is near.
fn towards(from: Point, to: Point) -> Point {
    let distance = (to.x - from.x).hypot(to.y - from.y);
    if distance == 0.0 {
        return from;
    }
    let share = CORNER.min(distance / 2.0) / distance;
    Point { x: from.x + (to.x - from.x) * share, y: from.y + (to.y - from.y) * share }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_corner_is_rounded_and_the_ends_are_met() {
        let points = [Point { x: 0.0, y: 0.0 }, Point { x: 100.0, y: 0.0 }, Point { x: 100.0, y: 50.0 }];
        assert_eq!(bent(&points), "M0.0 0.0L90.0 0.0Q100.0 0.0 100.0 10.0L100.0 50.0");
    }
}
