//! The table at the end.

use comfy_table::{Cell, CellAlignment, ColumnConstraint, ContentArrangement, Table, Width, presets};

use super::messages::Row;
use super::story;
use crate::ui::Ui;

/// The last four are numbers.
const HEADER: [&str; 7] = ["connection", "state and rule", "DNS", "routes", "rules", "seconds", "calls"];
/// Below this width names are wrapped, but a connection's id and the longest state stay in one piece; eighty columns hold the table then.
const NARROW: u16 = 110;
const IN_ONE_PIECE: [u16; 2] = [21, 18];
const LEGEND: &str = "seconds: from the request or the tag to converged\ncalls: of accept and configure to EC2, until then";

pub(super) fn text(ui: &Ui, rows: &[Row]) -> String {
    let remarks = rows.iter().filter_map(remark).map(|remark| story::remark(ui, &remark));
    remarks.fold(format!("{}\n{LEGEND}", table(rows, ui.width())), |text, remark| format!("{text}\n{remark}"))
}

fn table(rows: &[Row], width: u16) -> Table {
    let mut table = Table::new();
    table.load_style(presets::UTF8_HORIZONTAL_ONLY).set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
    table.set_header(HEADER);
    for row in rows {
        table.add_row(cells(row));
    }
    for (at, column) in table.column_iter_mut().enumerate() {
        column.set_padding((0, if at < 3 { 2 } else { 1 }));
        if let Some(least) = IN_ONE_PIECE.get(at).filter(|_| width < NARROW) {
            // The boundary counts the padding.
            column.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(least + 2)));
        }
        if at >= 3 {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

/// Why it is not active.
fn remark(row: &Row) -> Option<String> {
    let Row { name, held, ended, .. } = row;
    match (held.is_empty(), ended.is_empty()) {
        (false, _) => Some(format!("{name} is held: {}", held.join("; "))),
        (true, false) => Some(format!("{name} has ended: {}", ended.join("; "))),
        (true, true) => None,
    }
}

fn cells(row: &Row) -> Vec<Cell> {
    let or_dash = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
    let texts = [
        format!("{}\n{}", row.name, row.id),
        format!("{}\n{}", row.state, reason(row)),
        row.dns.clone(),
        of(row, row.routes),
        of(row, row.rules),
        or_dash(row.seconds.map(|seconds| format!("{seconds:.2}"))),
        or_dash(row.ec2_calls.map(|calls| calls.to_string())),
    ];
    texts.map(Cell::new).into()
}

fn reason(row: &Row) -> String {
    if !row.ended.is_empty() {
        return "ended".to_owned();
    }
    match &row.rule {
        Some(rule) if row.held.is_empty() => format!("by {rule}"),
        Some(rule) => format!("held by {rule}"),
        None if row.held.is_empty() => "by no rule".to_owned(),
        None => "held".to_owned(),
    }
}

fn of(row: &Row, counts: (u32, u32)) -> String {
    match counts {
        (0, 0) if row.ended.is_empty() => "-".to_owned(),
        (0, 0) => "gone".to_owned(),
        (done, of) => format!("{done}/{of}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::Target;

    fn plain(rows: &[Row]) -> String {
        text(&Ui::plain(Target::Stdout), rows)
    }

    fn active() -> Row {
        Row {
            name: "app → shared-services".to_owned(),
            id: "pcx-0123456789abcdef0".to_owned(),
            state: "active".to_owned(),
            rule: Some("dev-to-shared-services".to_owned()),
            routes: (18, 18),
            rules: (4, 4),
            dns: "both".to_owned(),
            seconds: Some(1.25),
            ec2_calls: Some(31),
            held: vec![],
            ended: vec![],
        }
    }

    #[test]
    fn eighty_columns_hold_the_table() {
        let rows = [Row { state: "pending-acceptance".to_owned(), ..active() }];
        let text = table(&rows, 80).to_string();
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
        assert!(text.contains("pcx-0123456789abcdef0") && text.contains("pending-acceptance"), "{text}");
        assert!(table(&rows, 140).to_string().contains("by dev-to-shared-services"));
    }

    #[test]
    fn a_held_connection_shows_its_reasons_below_the_table() {
        let row = Row {
            name: "stranger".to_owned(),
            state: "pending-acceptance".to_owned(),
            rule: None,
            routes: (0, 0),
            rules: (3, 4),
            held: vec!["no rule allows it".to_owned(), "overlap".to_owned()],
            ..active()
        };
        let text = plain(&[row]);
        assert!(text.ends_with("\nstranger is held: no rule allows it; overlap"), "{text}");
        assert!(text.contains("pending-acceptance") && text.contains("held") && text.contains("3/4"), "{text}");
    }

    #[test]
    fn an_ended_connection_shows_that_nothing_is_left_and_why_it_ended() {
        let row = Row {
            name: "web → data".to_owned(),
            state: "deleted".to_owned(),
            routes: (0, 0),
            rules: (0, 0),
            dns: "off".to_owned(),
            ended: vec!["Deleted by 111111111111".to_owned(), "neither VPC asks for it any more".to_owned()],
            ..active()
        };
        let text = plain(&[row]);
        assert!(text.ends_with("\nweb → data has ended: Deleted by 111111111111; neither VPC asks for it any more"), "{text}");
        assert!(text.contains("ended") && text.matches("gone").count() == 2 && !text.contains("by dev-to-shared-services"), "{text}");
    }

    #[test]
    fn what_an_ended_connection_has_left_is_counted() {
        let row = Row { routes: (2, 0), ended: vec!["Deleted".to_owned()], ..active() };
        assert!(plain(&[row]).contains("2/0"));
    }
}
