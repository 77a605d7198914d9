//! Texts that may be put into other texts as they are.
//!
//! EventBridge does not escape what an `InputTransformer` takes out of an event ("Common issues with transforming input", EventBridge user guide):
//! a quotation mark or a backslash in it ends the template's own text too early, and the event is not delivered. `<…>` is a template's word for a
//! value. AWS's own messages may have any of these.

use serde_json::Value;

/// The same value, whose texts have nothing that a template could stumble over. What they said word by word stands in the history.
pub(crate) fn plain(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(plain_text(&text)),
        Value::Array(values) => values.into_iter().map(plain).collect(),
        Value::Object(fields) => fields.into_iter().map(|(name, value)| (name, plain(value))).collect(),
        other => other,
    }
}

fn plain_text(text: &str) -> String {
    // An arrow is left alone.
    let brackets = text.contains('<');
    text.chars().map(|character| plain_character(character, brackets)).collect()
}

/// What a reader takes for the same.
const fn plain_character(character: char, brackets: bool) -> char {
    match character {
        '"' => '\'',
        '\\' => '/',
        '<' => '‹',
        '>' if brackets => '›',
        '\0'..='\x1f' | '\x7f'..='\u{9f}' | '\u{2028}' | '\u{2029}' => ' ',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn quotation_marks_backslashes_brackets_and_line_ends_become_what_reads_the_same() {
        let said = json!({ "reasons": ["it said \"no\" to C:\\x\n<name>"], "steps": ["route -> pcx-1"], "version": 3, "by": null });
        let plain_words = json!({ "reasons": ["it said 'no' to C:/x ‹name›"], "steps": ["route -> pcx-1"], "version": 3, "by": null });
        assert_eq!(plain(said), plain_words);
    }

    proptest! {
        #[test]
        fn whatever_a_text_says_it_can_stand_between_quotation_marks_as_it_is(text in any::<String>()) {
            let plain = plain_text(&text);
            prop_assert_eq!(serde_json::from_str::<String>(&format!("\"{plain}\"")).expect("valid JSON"), plain.clone());
            prop_assert!(!plain.contains('<'));
            prop_assert_eq!(plain.chars().count(), text.chars().count());
        }
    }
}
