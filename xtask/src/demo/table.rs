//! The table at the end.

use comfy_table::{Cell, CellAlignment, ContentArrangement, Table, presets};

use super::messages::Row;
use super::story;
use crate::ui::Ui;

/// The last three are numbers.
const HEADER: [&str; 6] = ["connection and rule", "state", "DNS", "routes", "rules", "seconds"];
const NUMBERS: usize = 3;
const ROOMY: u16 = 90;
const LEGEND: &str = "seconds: from the request or the tag to converged";

pub(super) fn text(ui: &Ui, rows: &[Row]) -> String {
    let remarks = rows.iter().filter_map(remark).map(|remark| story::remark(ui, &remark));
    remarks.fold(format!("{}\n{LEGEND}", table(rows, ui.width())), |text, remark| format!("{text}\n{remark}"))
}

/// What the demo's connections are called, whatever becomes of them, has room in eighty columns.
fn table(rows: &[Row], width: u16) -> String {
    let mut table = Table::new();
    table.load_style(presets::UTF8_HORIZONTAL_ONLY).set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
    table.set_header(HEADER);
    for row in rows {
        table.add_row(cells(row));
    }
    for (at, column) in table.column_iter_mut().enumerate() {
        // Between columns is one blank anyway.
        column.set_padding((0, u16::from(width >= ROOMY)));
        if at >= NUMBERS {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table.trim_fmt()
}

/// Why it is not active.
fn remark(row: &Row) -> Option<String> {
    let Row { name, held, ended, .. } = row;
    match (held.is_empty(), ended.is_empty()) {
        (false, _) => Some(format!("{name} is {}: {}", word(row), held.join("; "))),
        (true, false) => Some(format!("{name} has ended: {}", ended.join("; "))),
        (true, true) => None,
    }
}

fn cells(row: &Row) -> Vec<Cell> {
    let texts = [
        format!("{}\n{}\n{}", row.name, row.id, rule(row)),
        state(row),
        row.dns.clone(),
        of(row, row.routes),
        of(row, row.rules),
        row.seconds.map_or_else(|| "-".to_owned(), |seconds| format!("{seconds:.2}")),
    ];
    texts.map(Cell::new).into()
}

fn rule(row: &Row) -> String {
    row.rule.as_ref().map_or_else(|| "no rule".to_owned(), |rule| format!("rule {rule}"))
}

fn state(row: &Row) -> String {
    if row.held.is_empty() { row.state.clone() } else { format!("{}\n{}", row.state, word(row)) }
}

/// Whether it is held or denied, as the ledger and the story say it.
fn word(row: &Row) -> &str {
    row.status.as_deref().unwrap_or("held")
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
            status: Some("converged".to_owned()),
            held: vec![],
            ended: vec![],
        }
    }

    #[test]
    fn eighty_columns_hold_the_table_without_splitting_anything() {
        let name = "who-knows → shared-services";
        let rows = [
            Row { state: "pending-acceptance".to_owned(), dns: "requester".to_owned(), name: name.to_owned(), ..active() },
            Row { rule: Some("nothing-from-quarantine".to_owned()), ..active() },
        ];
        let text = table(&rows, 80);
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
        for word in [name, "pcx-0123456789abcdef0", "rule nothing-from-quarantine", "pending-acceptance", "seconds", "18/18"] {
            assert!(text.contains(word), "{word} is not in\n{text}");
        }
    }

    #[test]
    fn a_held_connection_shows_its_reasons_below_the_table() {
        let row = Row {
            name: "stranger".to_owned(),
            state: "pending-acceptance".to_owned(),
            rule: None,
            routes: (0, 0),
            rules: (3, 4),
            status: Some("held".to_owned()),
            held: vec!["no rule allows it".to_owned(), "overlap".to_owned()],
            ..active()
        };
        let text = plain(&[row]);
        assert!(text.ends_with("\nstranger is held: no rule allows it; overlap"), "{text}");
        assert!(text.contains("pending-acceptance") && text.contains("held") && text.contains("3/4"), "{text}");
    }

    #[test]
    fn a_denied_connection_is_called_denied_as_the_story_and_the_ledger_call_it() {
        let row = Row {
            name: "lab → shared-services".to_owned(),
            state: "pending-acceptance".to_owned(),
            status: Some("denied".to_owned()),
            held: vec!["rule nothing-from-quarantine denies it".to_owned()],
            ..active()
        };
        let text = plain(&[row]);
        assert!(text.contains("lab → shared-services is denied: rule nothing") && !text.contains("held"), "{text}");
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
        assert!(text.matches("gone").count() == 2, "{text}");
    }

    #[test]
    fn what_an_ended_connection_has_left_is_counted() {
        let row = Row { routes: (2, 0), ended: vec!["Deleted".to_owned()], ..active() };
        assert!(plain(&[row]).contains("2/0"));
    }
}
