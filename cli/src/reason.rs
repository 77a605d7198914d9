//! Why a person does something: it is written down, and shown wherever it matters.

/// Tables of statuses show it in full, and a tag has room for half of it.
const LONGEST: usize = 500;

/// A reason that says something and that others can read in a moment.
pub(crate) fn reason(text: &str) -> Result<String, String> {
    let length = text.chars().count();
    if text.trim().is_empty() {
        return Err("say why: others read it".to_owned());
    }
    if length > LONGEST {
        return Err(format!("it has {length} characters, and {LONGEST} are the most: say it shorter, or name a ticket"));
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_says_something_in_no_more_than_500_characters() {
        assert_eq!(reason("ticket 4711"), Ok("ticket 4711".to_owned()));
        assert!(reason(&"ä".repeat(500)).is_ok());
        let long = reason(&"x".repeat(3000)).expect_err("too long");
        assert!(long.contains("3000 characters") && long.contains("500 are the most"), "{long}");
        assert!(reason(" ").is_err() && reason("").is_err());
    }
}
