//! What was measured, as a table of the document.

use std::fmt::Write;
use std::time::Duration;

use super::sample::Sample;

/// One program.
pub(super) struct Row {
    /// None for what is more than one file.
    pub(super) size: Option<Size>,
    pub(super) samples: Vec<Sample>,
}

/// Bytes of a program.
pub(super) struct Size {
    pub(super) plain: u64,
    pub(super) zipped: u64,
}

const HEADER: [&str; 8] =
    ["function", "start, ms", "ratio", "resident, MiB", "ratio", "its own part (PSS), MiB", "first answer of EC2, ms", "binary → zip, MB"];

/// The table; ratios are those of medians to the first row's.
pub(super) fn text<'a>(starts: usize, rows: impl IntoIterator<Item = (&'a str, &'a Row)>) -> String {
    let mut text = format!(
        "{starts} starts of each, in turn: the median (the least–the most). Start: from the process to its first `/next`. Memory: then. \
         First answer of EC2: from the event; of ours with a lease in DynamoDB and `AssumeRole` before it, in Python the call alone.\n\n"
    );
    line(&mut text, &HEADER.map(str::to_owned));
    line(&mut text, &HEADER.map(|_| "---".to_owned()));
    let mut first = None;
    for (name, row) in rows {
        let of = |value: fn(&Sample) -> Option<f64>| Spread::of(row.samples.iter().filter_map(value));
        let start = of(|sample| Some(milliseconds(sample.start)));
        let resident = of(|sample| Some(mebibytes(sample.resident)));
        let (first_start, first_resident) = *first.get_or_insert((start.median, resident.median));
        let answer = of(|sample| sample.answer.map(milliseconds));
        let size = row.size.as_ref().map(|size| format!("{:.1} → {:.2}", megabytes(size.plain), megabytes(size.zipped)));
        line(
            &mut text,
            &[
                name.to_owned(),
                start.text(),
                format!("× {:.2}", start.median / first_start),
                resident.text(),
                format!("× {:.2}", resident.median / first_resident),
                of(|sample| Some(mebibytes(sample.proportional))).text(),
                answer.text(),
                size.unwrap_or_else(|| "–".to_owned()),
            ],
        );
    }
    text.trim_end().to_owned()
}

fn line(text: &mut String, cells: &[String; HEADER.len()]) {
    // Writing into a String can't fail.
    let _ = writeln!(text, "| {} |", cells.join(" | "));
}

/// The least, the median and the most of some figures.
struct Spread {
    least: f64,
    median: f64,
    most: f64,
}

impl Spread {
    /// Not a number where there are no figures.
    fn of(figures: impl Iterator<Item = f64>) -> Self {
        let mut sorted: Vec<f64> = figures.collect();
        sorted.sort_by(f64::total_cmp);
        let at = |index: usize| sorted.get(index).copied().unwrap_or(f64::NAN);
        let last = sorted.len().saturating_sub(1);
        Self { least: at(0), median: f64::midpoint(at(last / 2), at(last.div_ceil(2))), most: at(last) }
    }

    fn text(&self) -> String {
        if self.median.is_nan() {
            return "–".to_owned();
        }
        format!("{:.1} ({:.1}–{:.1})", self.median, self.least, self.most)
    }
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

#[expect(clippy::cast_precision_loss, reason = "figures far below 2^52, shown with one digit")]
fn mebibytes(kibibytes: u64) -> f64 {
    kibibytes as f64 / 1024.0
}

#[expect(clippy::cast_precision_loss, reason = "figures far below 2^52, shown with two digits")]
fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(start: u64, resident: u64, answer: Option<u64>) -> Sample {
        let time = Duration::from_millis;
        Sample { start: time(start), resident, proportional: resident / 2, answer: answer.map(time) }
    }

    #[test]
    fn the_middle_of_an_even_number_lies_between_two() {
        assert_eq!(Spread::of([4.0, 1.0, 3.0, 2.0].into_iter()).text(), "2.5 (1.0–4.0)");
        assert_eq!(Spread::of([9.0, 1.0, 3.0].into_iter()).text(), "3.0 (1.0–9.0)");
        assert_eq!(Spread::of([].into_iter()).text(), "–");
    }

    #[test]
    fn ratios_are_to_the_first_row() {
        let empty = Row { size: Some(Size { plain: 1_300_000, zipped: 612_345 }), samples: vec![sample(2, 3072, None)] };
        let ours = Row { size: None, samples: vec![sample(3, 6144, Some(8)), sample(5, 6144, Some(10))] };
        let text = text(2, [("empty", &empty), ("ours", &ours)]);
        let lines: Vec<&str> = text.lines().skip(4).collect();
        assert_eq!(
            lines,
            [
                "| empty | 2.0 (2.0–2.0) | × 1.00 | 3.0 (3.0–3.0) | × 1.00 | 1.5 (1.5–1.5) | – | 1.3 → 0.61 |",
                "| ours | 4.0 (3.0–5.0) | × 2.00 | 6.0 (6.0–6.0) | × 2.00 | 3.0 (3.0–3.0) | 9.0 (8.0–10.0) | – |",
            ]
        );
    }
}
