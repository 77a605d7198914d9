//! Long lists as people read them: the first lines, and how many more.

/// How many lines are shown.
const SHOWN: usize = 20;
/// How many characters of a line are.
const LONGEST: usize = 600;

/// The first lines, each cut, and how many more there are. What is whole stands in the history.
pub fn shown(lines: &[String]) -> Vec<String> {
    let mut first: Vec<String> = lines.iter().take(SHOWN).map(|line| cut(line)).collect();
    if lines.len() > SHOWN {
        first.push(format!("and {} more", lines.len() - SHOWN));
    }
    first
}

/// True where all of it is shown.
pub(crate) fn is_whole(lines: &[String]) -> bool {
    lines.len() <= SHOWN && lines.iter().all(|line| line.chars().nth(LONGEST).is_none())
}

fn cut(line: &str) -> String {
    match line.char_indices().nth(LONGEST) {
        None => line.to_owned(),
        Some((at, _)) => format!("{} …", &line[..at]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_short_lines_are_shown_as_they_are_and_of_many_the_first_with_their_number() {
        let lines: Vec<String> = (0..4000).map(|number| format!("route {number}")).collect();
        assert_eq!(shown(&lines[..20]), &lines[..20]);
        assert_eq!((shown(&lines).len(), shown(&lines)[20].as_str()), (21, "and 3980 more"));
        assert!(is_whole(&lines[..20]) && !is_whole(&lines));
    }

    #[test]
    fn a_long_line_is_cut_between_characters() {
        let long = "ö".repeat(700);
        let [cut] = <[String; 1]>::try_from(shown(std::slice::from_ref(&long))).expect("one line");
        assert_eq!(cut.chars().count(), 602);
        assert!(!is_whole(&[long]));
    }
}
