//! Answers as tags: words that every service takes as a tag's value.

/// The longest value of a tag ("Tag restrictions", EC2 user guide).
pub const LONGEST: usize = 256;

/// Text as the value of a tag: letters, digits, spaces and `+ - = . _ : / @`, at most [`LONGEST`] characters. What else there is becomes a
/// space; what is too long ends in dots.
pub fn value(text: &str) -> String {
    let plain: String = text.chars().map(|c| if c.is_alphanumeric() || "+-=._:/@".contains(c) { c } else { ' ' }).collect();
    let words: Vec<&str> = plain.split_whitespace().collect();
    let text = words.join(" ");
    if text.chars().count() <= LONGEST {
        return text;
    }
    let kept: String = text.chars().take(LONGEST - 4).collect();
    format!("{} ...", kept.trim_end())
}
