//! The arithmetic of `docs/cost.md`, done again and held against the templates.

#![allow(clippy::expect_used, missing_docs, reason = "tests")]

use std::fs;
use std::path::Path;

/// What each event of CloudTrail costs: `GuardDuty` and a second trail.
const EVENT: f64 = (4.0 + 20.0) / 1e6;
const BUDGET: f64 = 50.0;

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The rows of the table whose first column is called so, without its head.
fn table(document: &str, head: &str) -> Vec<Vec<String>> {
    let cells = |line: &str| line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect();
    let lines = document.lines().skip_while(|line| !line.starts_with(&format!("| {head} |"))).skip(2);
    let rows: Vec<Vec<String>> = lines.take_while(|line| line.starts_with('|')).map(cells).collect();
    assert!(!rows.is_empty(), "no table of {head}");
    rows
}

/// A number as it is written: `1,440`, `$24.88`.
fn number(text: &str) -> f64 {
    text.replace([',', '$'], "").parse().unwrap_or_else(|_| panic!("{text} is no number"))
}

fn assert_dollars(written: &str, sum: f64, what: &str) {
    assert_eq!(written, format!("${sum:.2}"), "{what}");
}

fn assert_same(written: f64, computed: f64, what: &str) {
    assert!((written - computed).abs() < 1e-6, "{what}: {written} is written, and it is {computed}");
}

/// The default of a parameter of the hub.
fn default(template: &str, parameter: &str) -> f64 {
    let (_, rest) = template.split_once(&format!("\n  {parameter}:\n")).unwrap_or_else(|| panic!("no parameter {parameter}"));
    let line = rest.lines().find_map(|line| line.trim().strip_prefix("Default: "));
    number(line.expect("a default"))
}

#[test]
fn the_products_and_sums_of_the_document_are_right_and_stay_within_the_budget() {
    let document = read("docs/cost.md");
    let mut looks = 0.0;
    for row in table(&document, "what looks") {
        let [what, many, times, each, events, cost] = &row[..] else { panic!("{row:?}") };
        let product = number(many) * number(times) * number(each);
        assert_same(number(events), product, what);
        assert_dollars(cost, product * EVENT, what);
        looks += number(cost);
    }
    let mut runs = 0.0;
    for row in table(&document, "what runs") {
        let [what, quantity, price, cost] = &row[..] else { panic!("{row:?}") };
        let (price, unit) = price.split_once(' ').expect("a price and its unit");
        let price = number(price) / if unit == "a million" { 1e6 } else { 1.0 };
        assert_dollars(cost, number(quantity) * price, what);
        runs += number(cost);
    }
    assert!(
        document.contains(&format!("Together ${looks:.2} and ${runs:.2}, which is **${:.2}**.", looks + runs)),
        "{looks:.2} + {runs:.2}"
    );
    assert!(document.contains(&format!("cost ${:.2} a month**", looks + runs)), "{:.2}", looks + runs);
    assert!(looks + runs < BUDGET);
}

#[test]
fn the_document_counts_with_the_defaults_of_the_template() {
    let (document, hub) = (read("docs/cost.md"), read("infra/hub.yaml"));
    let a_day = |parameter| 24.0 * 60.0 / default(&hub, parameter);
    let (sweeps, quiet) = (a_day("SweepMinutes"), a_day("QuietMinutes"));
    let a_look = table(&document, "place");
    for (row, times) in a_look.iter().zip([sweeps, quiet]) {
        assert_same(number(&row[4]), times, &row[0]);
        // An `AssumeRole` is recorded in two accounts.
        assert_same(number(&row[3]), number(&row[1]) + 2.0 * number(&row[2]), &row[0]);
    }
    let rows = table(&document, "what looks");
    let [busy, rest, accounts, changes, ..] = &rows[..] else { panic!("{rows:?}") };
    for (row, times) in [(busy, sweeps), (rest, quiet), (accounts, sweeps)] {
        assert_same(number(&row[2]), times * 30.0, &row[0]);
    }
    assert_eq!([&busy[3], &rest[3]], [&a_look[0][3], &a_look[1][3]]);
    let everywhere = number(&busy[1]) * number(&busy[3]) + number(&rest[1]) * number(&rest[3]);
    assert_same(number(&changes[3]), everywhere, &changes[0]);
    let watch = read("infra/watch.yaml");
    let count = |what: &str| u32::try_from(watch.matches(what).count()).expect("a small number");
    // An alarm that adds up several metrics costs as much as one for each.
    let watched = count("Type: AWS::CloudWatch::Alarm") - count("\n      Metrics:\n") + count("MetricStat:");
    for (what, made) in [("metrics that alarms watch", watched), ("dashboards", count("Type: AWS::CloudWatch::Dashboard"))] {
        let rows = table(&document, "what runs");
        let row = rows.iter().find(|row| row[0] == format!("CloudWatch, {what}")).unwrap_or_else(|| panic!("no row of {what}"));
        assert_same(number(&row[1]), f64::from(made), what);
    }
}

#[test]
fn what_other_defaults_would_save_is_right() {
    let document = read("docs/cost.md");
    let rows = table(&document, "what looks");
    let cost_of = |parameter: &str| {
        let counts = if parameter == "`SweepMinutes`" { vec![&rows[0]] } else { vec![&rows[1]] };
        counts.into_iter().map(|row| number(&row[4]) * EVENT).sum::<f64>()
    };
    for row in table(&document, "parameter") {
        let [parameter, from, to, saves, _] = &row[..] else { panic!("{row:?}") };
        let less = cost_of(parameter) * (1.0 - number(from) / number(to));
        assert_dollars(saves, less, parameter);
    }
}
