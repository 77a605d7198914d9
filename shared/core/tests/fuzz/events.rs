//! Messages of EventBridge, and of people who invoke a function.

use peerwright_core::event::{Hint, MalformedEvent, parse, read};
use serde_json::{Value, json};

use crate::random::Random;
use crate::run::run;
use crate::{corpus, mutate};

fn check(input: &[u8]) {
    let hint = parse(input);
    let value = serde_json::from_slice::<Value>(input);
    match &value {
        Ok(value) => assert_eq!(hint, read(value), "the message and its JSON say the same"),
        Err(_) => assert!(matches!(hint, Err(MalformedEvent::NotJson(_))), "{hint:?}"),
    }
    match hint {
        Ok(Hint::Connection { id, places }) => {
            let text = value.expect("a hint comes from JSON").to_string();
            assert!(text.contains(id.as_str()), "an id that nobody wrote");
            assert!((1..=3).contains(&places.len()), "{places:?}");
            assert!(places.iter().all(|place| text.contains(place.account.as_str()) && text.contains(place.region.as_str())));
        }
        Ok(Hint::Pending(_)) => {}
        Ok(Hint::Ignored(what)) => assert!(!what.is_empty(), "what was ignored has a name"),
        Err(error) => assert!(!error.to_string().is_empty(), "an error says something"),
    }
}

#[test]
fn an_event_with_other_bytes_is_a_hint_or_an_error() {
    let corpus = corpus::events();
    run("event_bytes", |random| mutate::bytes(random.choose::<Vec<u8>>(&corpus), &corpus, random), check);
}

#[test]
fn an_event_with_other_fields_is_a_hint_or_an_error() {
    let corpus: Vec<Value> = corpus::events().iter().map(|event| serde_json::from_slice(event).expect("JSON")).collect();
    run("event_fields", |random| mutate::tree(random.choose(&corpus), random).to_string().into_bytes(), check);
}

#[test]
fn a_request_of_a_person_is_a_hint_or_an_error() {
    let request = |random: &mut Random| {
        let whole = json!({ "connection": "pcx-0c4f1d20aa83b76e5", "account": "111111111111", "region": "eu-west-1" });
        mutate::tree(&whole, random).to_string().into_bytes()
    };
    run("event_request", request, check);
}
