//! Who changed what of the allowlist: told, and written down.

use peerwright_core::allowlist::AllowlistChange;
use serde_json::Value;

use crate::entry::Change;
use crate::failure::Failure;
use crate::ports::{AllowlistHistory, Backend, Ports};

/// How many bytes of a rule are written down, before and after each: a line of history stays under 100 KB.
const LONGEST: usize = 40_000;

/// Tells each change, and adds it to the history. One that is there already was told before.
pub async fn note_changes<B: Backend>(changes: &[AllowlistChange], ports: &Ports<B>) -> Result<(), Failure> {
    for change in changes {
        ports.ledger.note_allowlist_change(change).await?;
    }
    Ok(())
}

/// A change as a line of history.
pub fn line(change: &AllowlistChange) -> Change {
    let by = change
        .by
        .as_ref()
        .map_or_else(|| "by somebody who did not say who (CloudTrail's data events of the table do)".to_owned(), |by| format!("by {by}"));
    let said = |when: &str, body: &Option<Value>| body.as_ref().map(|body| format!("{when}: {}", cut(&body.to_string())));
    let details = std::iter::once(by).chain(said("before", &change.before)).chain(said("after", &change.after)).collect();
    let what = format!("{} {} {}", change.noun(), change.id, change.verb());
    Change { at: change.at, ..Change::new(&what, std::slice::from_ref(&change.id), details) }
}

fn cut(text: &str) -> String {
    let end = (0..=LONGEST.min(text.len())).rev().find(|end| text.is_char_boundary(*end)).unwrap_or_default();
    if end == text.len() { text.to_owned() } else { format!("{}… ({} bytes in all)", &text[..end], text.len()) }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use serde_json::json;

    use super::*;

    fn changed(before: Option<Value>, after: Option<Value>, by: Option<&str>) -> Change {
        let (id, accepter, sequence) = ("no-prod".to_owned(), "any".to_owned(), "1".to_owned());
        line(&AllowlistChange { accepter, id, before, after, by: by.map(str::to_owned), at: Timestamp::UNIX_EPOCH, sequence })
    }

    #[test]
    fn a_line_says_who_changed_which_rule_from_what_to_what() {
        let change = changed(Some(json!({ "effect": "allow" })), Some(json!({ "effect": "deny" })), Some("ann"));
        assert_eq!(change.what, "rule no-prod changed");
        assert_eq!(change.details, ["by ann", r#"before: {"effect":"allow"}"#, r#"after: {"effect":"deny"}"#]);
    }

    #[test]
    fn a_rule_of_any_length_makes_a_short_line() {
        let long = Some(json!({ "cidrs": vec!["é0.0.0.0/8"; 20_000] }));
        let change = changed(long.clone(), long, None);
        assert!(change.details.iter().map(String::len).sum::<usize>() < 100_000);
        assert!(change.details[1].ends_with("bytes in all)"));
    }
}
