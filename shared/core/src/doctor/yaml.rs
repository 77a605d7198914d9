//! The text of a template as one value: YAML with CloudFormation's tags in their long form, or JSON, which is YAML too.
//!
//! Every scalar is kept as its text: CloudFormation turns it into the type of its property, and what is compared is text.

use granit_parser::{Event, Parser, StrInput, Tag};
use serde_json::{Map, Value, json};

/// Deeper than any template: a text that is not one ends here.
const DEEPEST: usize = 64;

/// Reads a template; an error names the place in the text.
pub(super) fn parse(text: &str) -> Result<Value, String> {
    let mut events = Parser::new_from_str(text);
    loop {
        match next(&mut events)? {
            Event::StreamStart | Event::DocumentStart(..) => {}
            event => return node(event, &mut events, 0),
        }
    }
}

type Events<'a> = Parser<'a, StrInput<'a>>;

fn next<'a>(events: &mut Events<'a>) -> Result<Event<'a>, String> {
    match events.next_event() {
        Some(Ok((event, _))) => Ok(event),
        Some(Err(error)) => Err(error.to_string()),
        None => Err("the text ends too early".to_owned()),
    }
}

fn node<'a>(event: Event<'a>, events: &mut Events<'a>, depth: usize) -> Result<Value, String> {
    if depth > DEEPEST {
        return Err("it is nested too deeply to be a template".to_owned());
    }
    match event {
        Event::Scalar(text, _, _, tag) => Ok(tagged(tag.as_deref(), Value::String(text.into_owned()))),
        Event::SequenceStart(_, _, tag) => {
            let tag = tag.map(std::borrow::Cow::into_owned);
            let mut items = Vec::new();
            loop {
                match next(events)? {
                    Event::SequenceEnd => return Ok(tagged(tag.as_ref(), Value::Array(items))),
                    event => items.push(node(event, events, depth + 1)?),
                }
            }
        }
        Event::MappingStart(_, _, tag) => {
            let tag = tag.map(std::borrow::Cow::into_owned);
            let mut fields = Map::new();
            loop {
                let key = match next(events)? {
                    Event::MappingEnd => return Ok(tagged(tag.as_ref(), Value::Object(fields))),
                    Event::Scalar(text, ..) => text.into_owned(),
                    other => return Err(format!("{other:?} where a key should be")),
                };
                let event = next(events)?;
                fields.insert(key, node(event, events, depth + 1)?);
            }
        }
        other => Err(format!("{other:?} where a value should be")),
    }
}

/// `!Ref X` is `{"Ref": X}`, `!GetAtt A.B` is `{"Fn::GetAtt": [A, B]}`, any other local tag a function of its name.
fn tagged(tag: Option<&Tag>, value: Value) -> Value {
    let Some(tag) = tag.filter(|tag| tag.handle() == "!") else { return value };
    match (tag.suffix(), value) {
        (name @ ("Ref" | "Condition"), value) => json!({ name: value }),
        ("GetAtt", Value::String(text)) => json!({ "Fn::GetAtt": text.splitn(2, '.').collect::<Vec<_>>() }),
        (name, value) => json!({ format!("Fn::{name}"): value }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_become_functions_and_scalars_stay_text() {
        let text = "a: !Ref X\nb: [!GetAtt Queue.Arn, !Sub 'x-${Y}', 7, true]\nc: !If [Has, { d: e }, !Ref AWS::NoValue]\n";
        let wanted = json!({
            "a": { "Ref": "X" },
            "b": [{ "Fn::GetAtt": ["Queue", "Arn"] }, { "Fn::Sub": "x-${Y}" }, "7", "true"],
            "c": { "Fn::If": ["Has", { "d": "e" }, { "Ref": "AWS::NoValue" }] },
        });
        assert_eq!(parse(text).expect("YAML"), wanted);
        assert_eq!(parse(&wanted.to_string()).expect("JSON"), wanted);
    }

    #[test]
    fn what_is_no_template_is_an_error_and_no_panic() {
        for text in ["", "a: [", "? [a]\n: b", &"[".repeat(1000), "a: *b"] {
            assert!(parse(text).is_err(), "{text:.20}");
        }
    }
}
