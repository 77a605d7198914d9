//! Answers as tags: words that every service takes as a tag's value.

/// The longest value of a tag ("Tag restrictions", EC2 user guide).
pub const LONGEST: usize = 256;

/// What stands between two answers.
const BETWEEN: &str = " / ";

/// What is said of the answers about targets for which nothing is left to do.
const SETTLED: &str = "converged";

/// The least of an answer that still tells which target it is about.
const LEAST: usize = 24;

/// How a sentence of ours stays one without the characters that a tag does not take. The order matters.
const SPELT: [(&str, &str); 5] = [("can't", "cannot"), ("n't ", " not "), ("'s ", " "), (" (", ": "), (";", ". ")];

/// Room for "and 999 more" behind the answers.
const MORE: usize = 15;

/// Text as the value of a tag: letters, digits, spaces and `+ - = . _ : / @`, at most [`LONGEST`] characters. What else there is, is written
/// without or becomes a space; what is too long ends in dots.
pub fn value(text: &str) -> String {
    cut(&plain(text), LONGEST)
}

/// The same where a tag may have room for a part only: then it ends with the command that shows all of it. `is_all` is false where the text itself is a part.
pub fn value_from(text: &str, is_all: bool, command: &str) -> String {
    let text = plain(text);
    if is_all && text.chars().count() <= LONGEST {
        return text;
    }
    let tail = format!(" ... all: {command}");
    format!("{}{tail}", first(&text, LONGEST - tail.chars().count()))
}

/// Several answers as the value of one tag, each with whether it is settled: nothing is left to do for its target. Where they are too long
/// together, the settled ones are counted, and the others share the room: a short one stays whole, and no long one hides its neighbours. The command that shows
/// all of them stands behind.
pub fn values(answers: &[(String, bool)], command: &str) -> String {
    let all: Vec<(String, bool)> =
        answers.iter().map(|(answer, settled)| (plain(answer), *settled)).filter(|(answer, _)| !answer.is_empty()).collect();
    let whole = all.iter().map(|(answer, _)| answer.as_str()).collect::<Vec<_>>().join(BETWEEN);
    if whole.chars().count() <= LONGEST {
        return whole;
    }
    let settled = all.iter().filter(|(_, settled)| *settled).count();
    let others: Vec<String> = all.into_iter().filter(|(_, settled)| !settled).map(|(answer, _)| answer).collect();
    let counted: Option<String> = (settled > 0).then(|| format!("{settled} {SETTLED}"));
    let short = counted.iter().chain(&others).cloned().collect::<Vec<_>>().join(BETWEEN);
    if short.chars().count() <= LONGEST {
        return short;
    }
    let tail = format!("{BETWEEN}all: {command}");
    let room = LONGEST - tail.chars().count();
    let most = (room - MORE) / (LEAST + BETWEEN.len()) - usize::from(counted.is_some());
    let left_out = others.len().saturating_sub(most);
    let mut told: Vec<String> = counted.into_iter().chain(others.into_iter().take(most)).collect();
    if left_out > 0 {
        told.push(format!("and {left_out} more"));
    }
    format!("{}{tail}", share_room(&told, room).join(BETWEEN))
}

/// The answers that [`values`] has joined.
pub fn answers(value: &str) -> impl Iterator<Item = &str> {
    value.split(BETWEEN)
}

/// Each answer cut to what is left for it of the room when shorter ones have taken what they need.
fn share_room(answers: &[String], room: usize) -> Vec<String> {
    let mut lengths: Vec<usize> = answers.iter().map(|answer| answer.chars().count()).collect();
    lengths.sort_unstable();
    let mut share = room;
    let mut room = room - BETWEEN.len() * answers.len().saturating_sub(1);
    for (taken, length) in lengths.iter().enumerate() {
        share = room / (answers.len() - taken);
        if *length > share {
            break;
        }
        room -= length;
    }
    answers.iter().map(|answer| cut(answer, share)).collect()
}

fn plain(text: &str) -> String {
    let spelt = SPELT.iter().fold(text.to_owned(), |text, (with, without)| text.replace(with, without));
    let plain: String = spelt.chars().map(|c| if c.is_alphanumeric() || "+-=._:/@".contains(c) { c } else { ' ' }).collect();
    let words: Vec<&str> = plain.split_whitespace().collect();
    words.join(" ")
}

fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    format!("{} ...", first(text, most - 4))
}

fn first(text: &str, most: usize) -> String {
    let kept: String = text.chars().take(most).collect();
    kept.trim_end().to_owned()
}
