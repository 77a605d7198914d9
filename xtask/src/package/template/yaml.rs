//! Where the parts of a YAML document are in its text. A parser that makes values of it would lose the comments, and stumble over
//! CloudFormation's tags (`!Sub`, `!GetAtt`).

use std::ops::Range;

use anyhow::{Context, Result, bail};
use granit_parser::{Event, Parser, Span, StructureStyle};

/// A part of a document.
pub(super) struct Node {
    range: Range<usize>,
    value: Value,
}

enum Value {
    Text(String),
    /// Of a list only its place is asked for, and of an alias.
    Other,
    Map(Vec<(String, Node)>),
}

type Events<'a> = Parser<'a, granit_parser::StrInput<'a>>;

impl Node {
    /// The root of the only document.
    pub(super) fn parse(text: &str) -> Result<Self> {
        let mut events = Parser::new_from_str(text);
        loop {
            let (event, span) = next(&mut events)?;
            if !matches!(event, Event::StreamStart | Event::DocumentStart(..)) {
                return Self::from_event(event, span, &mut events);
            }
        }
    }

    /// The value of a key; nothing where this is no mapping.
    pub(super) fn get(&self, key: &str) -> Option<&Self> {
        self.entries().iter().find(|(name, _)| name == key).map(|(_, node)| node)
    }

    /// Keys with their values, in order.
    pub(super) fn entries(&self) -> &[(String, Self)] {
        if let Value::Map(entries) = &self.value { entries } else { &[] }
    }

    pub(super) fn text(&self) -> Option<&str> {
        if let Value::Text(text) = &self.value { Some(text) } else { None }
    }

    /// Its place in the text, in bytes.
    pub(super) fn range(&self) -> Range<usize> {
        self.range.clone()
    }

    fn from_event<'a>(event: Event<'a>, span: Span, events: &mut Events<'a>) -> Result<Self> {
        let range = bytes(span)?;
        match event {
            Event::Scalar(text, ..) => Ok(Self { range, value: Value::Text(text.into_owned()) }),
            Event::Alias(..) => Ok(Self { range, value: Value::Other }),
            Event::SequenceStart(style, ..) => list(style, range, events),
            Event::MappingStart(..) => map(range, events),
            other => bail!("{other:?} where a value should be"),
        }
    }
}

/// A list of lines ends with its last item; where its own end is, a comment or the next key may be already.
fn list(style: StructureStyle, mut range: Range<usize>, events: &mut Events<'_>) -> Result<Node> {
    loop {
        let (event, span) = next(events)?;
        if matches!(event, Event::SequenceEnd) {
            if style == StructureStyle::Flow {
                range.end = bytes(span)?.end;
            }
            return Ok(Node { range, value: Value::Other });
        }
        range.end = Node::from_event(event, span, events)?.range.end;
    }
}

fn map(mut range: Range<usize>, events: &mut Events<'_>) -> Result<Node> {
    let mut entries = Vec::new();
    loop {
        let (event, span) = next(events)?;
        if matches!(event, Event::MappingEnd) {
            return Ok(Node { range, value: Value::Map(entries) });
        }
        let key = Node::from_event(event, span, events)?;
        let (event, span) = next(events)?;
        let value = Node::from_event(event, span, events)?;
        range.end = value.range.end;
        entries.push((key.text().unwrap_or_default().to_owned(), value));
    }
}

fn next<'a>(events: &mut Events<'a>) -> Result<(Event<'a>, Span)> {
    events.next_event().context("the text ends too early")?.context("it is no YAML")
}

fn bytes(span: Span) -> Result<Range<usize>> {
    span.byte_range().context("the parser knows no place in the text")
}
