//! The table at the end.

use comfy_table::{Cell, CellAlignment, ContentArrangement, Table, presets};

use super::messages::Row;
use crate::ui::duration;

pub(super) fn text(rows: &[Row], width: u16) -> String {
    let mut table = Table::new();
    table
        .load_style(presets::UTF8_BORDERS_ONLY.with_rounded_corners())
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(width);
    table.set_header(["connection", "state", "rule", "routes", "rules", "DNS", "converged in", "EC2 calls"]);
    for row in rows {
        table.add_row(cells(row));
    }
    let held = rows.iter().filter(|row| !row.held.is_empty());
    held.fold(table.to_string(), |text, row| format!("{text}\n{} is held: {}", row.name, row.held.join("; ")))
}

fn cells(row: &Row) -> Vec<Cell> {
    let number = |text: String| Cell::new(text).set_alignment(CellAlignment::Right);
    vec![
        Cell::new(format!("{}\n{}", row.name, row.id)),
        Cell::new(state(row)),
        Cell::new(row.rule.as_deref().unwrap_or("-")),
        number(of(row.routes)),
        number(of(row.rules)),
        Cell::new(&row.dns),
        number(row.seconds.map_or_else(|| "-".to_owned(), duration)),
        number(row.ec2_calls.map_or_else(|| "-".to_owned(), |calls| calls.to_string())),
    ]
}

fn state(row: &Row) -> String {
    if row.held.is_empty() { row.state.clone() } else { format!("{} (held)", row.state) }
}

fn of((done, of): (u32, u32)) -> String {
    if of == 0 { "-".to_owned() } else { format!("{done}/{of}") }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        assert!(text.contains("pending-acceptance (held)") && text.contains("3/4"), "{text}");
    }
}
