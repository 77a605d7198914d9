//! A moment as people read it.

use jiff::Timestamp;

/// A moment without parts of a second. What programs read has all of it.
pub fn to_the_second(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_spared_the_parts_of_a_second() {
        let at: Timestamp = "2026-11-28T15:27:00.811533518Z".parse().expect("a moment");
        assert_eq!(to_the_second(at), "2026-11-28T15:27:00Z");
    }
}
