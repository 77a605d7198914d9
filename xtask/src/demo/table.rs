//! The table at the end.

use comfy_table::{Cell, CellAlignment, ColumnConstraint, ContentArrangement, Table, Width, presets};

use super::messages::Row;

/// The last four are numbers.
const HEADER: [&str; 7] = ["connection", "state and rule", "DNS", "routes", "rules", "seconds", "calls"];
/// Below this width names are wrapped, but a connection's id and the longest state stay in one piece; eighty columns hold the table then.
const NARROW: u16 = 110;
const IN_ONE_PIECE: [u16; 2] = [21, 18];
const LEGEND: &str = "seconds: from the request to converged; calls: to EC2, until then";

pub(super) fn text(rows: &[Row], width: u16) -> String {
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
    let held = rows.iter().filter(|row| !row.held.is_empty());
    held.fold(format!("{table}\n{LEGEND}"), |text, row| format!("{text}\n{} is held: {}", row.name, row.held.join("; ")))
}

fn cells(row: &Row) -> Vec<Cell> {
    let or_dash = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
    let texts = [
        format!("{}\n{}", row.name, row.id),
        format!("{}\n{}", row.state, reason(row)),
        row.dns.clone(),
        of(row.routes),
        of(row.rules),
        or_dash(row.seconds.map(|seconds| format!("{seconds:.2}"))),
        or_dash(row.ec2_calls.map(|calls| calls.to_string())),
    ];
    texts.map(Cell::new).into()
}

fn reason(row: &Row) -> String {
    match &row.rule {
        Some(rule) if row.held.is_empty() => format!("by {rule}"),
        Some(rule) => format!("held by {rule}"),
        None if row.held.is_empty() => "by no rule".to_owned(),
        None => "held".to_owned(),
    }
}

fn of((done, of): (u32, u32)) -> String {
    if of == 0 { "-".to_owned() } else { format!("{done}/{of}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eighty_columns_hold_the_table() {
        let row = Row {
            name: "app → shared-services".to_owned(),
            id: "pcx-0123456789abcdef0".to_owned(),
            state: "pending-acceptance".to_owned(),
            rule: Some("dev-to-shared-services".to_owned()),
            routes: (18, 18),
            rules: (4, 4),
            dns: "both".to_owned(),
            seconds: Some(1.25),
            ec2_calls: Some(31),
            held: vec![],
        };
        let rows = [row];
        let text = super::text(&rows, 80);
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
        assert!(text.contains("pcx-0123456789abcdef0") && text.contains("pending-acceptance"), "{text}");
        assert!(super::text(&rows, 140).contains("by dev-to-shared-services"));
    }

    #[test]
    fn a_held_connection_shows_its_reasons_below_the_table() {
        let row = Row {
            name: "stranger".to_owned(),
            id: "pcx-1".to_owned(),
            state: "pending-acceptance".to_owned(),
            rule: None,
            routes: (0, 0),
            rules: (3, 4),
            dns: "off".to_owned(),
            seconds: None,
            ec2_calls: Some(7),
            held: vec!["no rule allows it".to_owned(), "overlap".to_owned()],
        };
        let text = text(&[row], 140);
        assert!(text.ends_with("\nstranger is held: no rule allows it; overlap"), "{text}");
        assert!(text.contains("pending-acceptance") && text.contains("held") && text.contains("3/4"), "{text}");
    }
}
