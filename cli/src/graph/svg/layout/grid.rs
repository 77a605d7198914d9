//! Accounts as columns, Regions as rows, VPCs stacked where they meet.

use super::super::text::cut;
use super::super::{Network, Vpc, order};
use super::{CARD_WIDTH, Course, Labelled, MARGIN, Rect, TOP};

const VPC_WIDTH: f64 = 190.0;
/// How many characters of the bold font fit into a VPC's box, whatever font the viewer has.
const VPC_CHARACTERS: usize = 21;
const PADDING: f64 = 12.0;
const ACCOUNT_LABEL: f64 = 44.0;
const REGION_LABEL: f64 = 26.0;
const BETWEEN: f64 = 14.0;
const LINE: f64 = 15.0;
/// Room for the lines between a column and its cards.
const LANE: f64 = 58.0;
const NARROW_GAP: f64 = 26.0;

const REGION_WIDTH: f64 = VPC_WIDTH + 2.0 * PADDING;
const COLUMN: f64 = REGION_WIDTH + 2.0 * PADDING;

pub(super) struct Grid {
    pub(super) width: f64,
    pub(super) accounts: Vec<Labelled>,
    pub(super) regions: Vec<Labelled>,
    pub(super) vpcs: Vec<Labelled>,
    pub(super) courses: Vec<Course>,
}

impl Grid {
    /// The left edge of the cards in a gap.
    pub(super) fn card_x(&self, gap: usize) -> f64 {
        self.accounts[gap].rect.right() + LANE
    }
}

pub(super) fn grid(network: &Network) -> Grid {
    let columns = order::accounts(network);
    let rows = regions(network);
    let column_of = |vpc: usize| columns.iter().position(|account| *account == network.vpcs[vpc].account).unwrap_or(0);
    let courses: Vec<_> = network
        .connections
        .iter()
        .map(|connection| Course::new(column_of(connection.requester), column_of(connection.accepter), columns.len()))
        .collect();

    let row_ys = row_ys(network, &columns, &rows);
    let bottom = row_ys.last().map_or(TOP, |(y, height)| y + height + PADDING);
    let mut grid = Grid { width: MARGIN, accounts: vec![], regions: vec![], vpcs: empty_boxes(network), courses };
    for (column, account) in columns.iter().enumerate() {
        let rect = Rect { x: grid.width, y: TOP, width: COLUMN, height: bottom - TOP };
        let name = network.vpcs.iter().find(|vpc| vpc.account == *account).map_or("", |vpc| &vpc.account_name);
        let lines = if name.is_empty() { vec![account.clone()] } else { vec![cut(name, VPC_CHARACTERS), account.clone()] };
        grid.accounts.push(Labelled { rect, lines });
        for (region, (y, height)) in rows.iter().zip(&row_ys) {
            place_region(network, account, region, Rect { x: rect.x + PADDING, y: *y, width: REGION_WIDTH, height: *height }, &mut grid);
        }
        grid.width = rect.right() + gap_width(column, columns.len(), &grid.courses);
    }
    grid
}

/// In the order of their first VPC.
fn regions(network: &Network) -> Vec<String> {
    let mut regions: Vec<String> = Vec::new();
    for vpc in &network.vpcs {
        if !regions.contains(&vpc.region) {
            regions.push(vpc.region.clone());
        }
    }
    regions
}

fn at<'a>(network: &'a Network, account: &'a str, region: &'a str) -> impl Iterator<Item = (usize, &'a Vpc)> {
    network.vpcs.iter().enumerate().filter(move |(_, vpc)| vpc.account == account && vpc.region == region)
}

fn vpc_lines(vpc: &Vpc) -> Vec<String> {
    let name = (!vpc.name.is_empty()).then(|| cut(&vpc.name, VPC_CHARACTERS));
    name.into_iter().chain([vpc.id.clone()]).chain(vpc.cidrs.iter().cloned()).collect()
}

fn vpc_height(vpc: &Vpc) -> f64 {
    let lines = u32::try_from(vpc_lines(vpc).len()).unwrap_or(u32::MAX);
    LINE * f64::from(lines) + 18.0
}

/// Top and height of every row; the tallest account decides.
fn row_ys(network: &Network, columns: &[String], rows: &[String]) -> Vec<(f64, f64)> {
    let mut y = TOP + ACCOUNT_LABEL;
    let mut placed = Vec::new();
    for region in rows {
        let stack = |account: &String| at(network, account, region).map(|(_, vpc)| vpc_height(vpc) + BETWEEN).sum::<f64>();
        let height = REGION_LABEL + columns.iter().map(stack).fold(0.0, f64::max);
        placed.push((y, height));
        y += height + BETWEEN;
    }
    placed
}

fn place_region(network: &Network, account: &str, region: &str, rect: Rect, grid: &mut Grid) {
    let mut y = rect.y + REGION_LABEL;
    let mut any = false;
    for (index, vpc) in at(network, account, region) {
        let height = vpc_height(vpc);
        grid.vpcs[index].rect = Rect { x: rect.x + PADDING, y, width: VPC_WIDTH, height };
        y += height + BETWEEN;
        any = true;
    }
    if any {
        let rect = Rect { height: y - rect.y, ..rect };
        grid.regions.push(Labelled { rect, lines: vec![region.to_owned()] });
    }
}

fn empty_boxes(network: &Network) -> Vec<Labelled> {
    let nowhere = Rect { x: 0.0, y: 0.0, width: 0.0, height: 0.0 };
    network.vpcs.iter().map(|vpc| Labelled { rect: nowhere, lines: vpc_lines(vpc) }).collect()
}

fn gap_width(column: usize, columns: usize, courses: &[Course]) -> f64 {
    if courses.iter().any(|course| course.gap == column) {
        return CARD_WIDTH + 2.0 * LANE;
    }
    if column + 1 == columns { MARGIN } else { NARROW_GAP }
}
