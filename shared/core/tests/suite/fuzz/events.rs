//! Messages of EventBridge, and of people who invoke a function.

use std::collections::BTreeSet;

use peerwright_core::event::{Cause, Hint, MalformedEvent, Parsed, parse, read};
use peerwright_core::ids::Place;
use serde_json::{Value, json};

use super::random::Random;
use super::run::run;
use super::{corpus, mutate};

fn check(input: &[u8]) {
    let parsed = parse(input);
    let value = serde_json::from_slice::<Value>(input);
    match &value {
        Ok(value) => assert_eq!(parsed, read(value), "the message and its JSON say the same"),
        Err(_) => assert!(matches!(parsed, Err(MalformedEvent::NotJson(_))), "{parsed:?}"),
    }
    if let Ok(Parsed::Hint(hint)) = &parsed
        && let Some(message) = hint.message()
    {
        assert_eq!(read(&message), parsed, "a hint that is passed on arrives as it was");
    }
    let wrote = |word: &str| value.as_ref().is_ok_and(|value| value.to_string().contains(word));
    let wrote_place = |place: &Place| wrote(place.account.as_str()) && wrote(place.region.as_str());
    match parsed {
        Ok(Parsed::Hint(Hint::Connection { id, places })) => {
            assert!(wrote(id.as_str()), "an id that nobody wrote");
            assert!(!places.is_empty() && places.iter().all(wrote_place), "{places:?}");
            assert_eq!(places.iter().collect::<BTreeSet<_>>().len(), places.len(), "no place twice: {places:?}");
        }
        // The id stands in an ARN or a field of its own.
        Ok(Parsed::Hint(Hint::Vpc(vpc))) => assert!(wrote(vpc.vpc.as_str()) && wrote_place(&vpc.place), "a VPC that nobody wrote"),
        Ok(Parsed::Hint(Hint::Pending(place) | Hint::Place(place))) => assert!(wrote_place(&place), "a place that nobody wrote"),
        Ok(Parsed::Hint(Hint::Everywhere)) => assert!(wrote("all"), "everywhere is never meant by mistake"),
        Ok(Parsed::Ignored(what)) => assert!(!what.is_empty(), "what was ignored has a name"),
        Err(error) => assert!(!error.to_string().is_empty(), "an error says something"),
    }
    if let Ok(value) = &value {
        assert!(Cause::read(value).events.iter().all(|event| wrote(&json!(event).to_string())), "an event that nobody named");
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
    let place = json!({ "account": "111111111111", "region": "eu-west-1" });
    let requests = [
        json!({ "connection": "pcx-0c4f1d20aa83b76e5", "account": "111111111111", "region": "eu-west-1", "places": [place, place] }),
        json!({ "vpc": "vpc-a0000000", "account": "111111111111", "region": "eu-west-1", "events": ["one", "two"], "principal": "me" }),
        json!({ "sweep": place }),
        json!({ "sweep": "all" }),
    ];
    let request = |random: &mut Random| mutate::tree(random.choose(&requests), random).to_string().into_bytes();
    run("event_request", request, check);
}
