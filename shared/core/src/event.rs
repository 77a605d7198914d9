//! Events, read for one thing: which connection to look at.
//!
//! Nothing else of an event is believed. CloudTrail writes the peering calls flat, in lowerCamel, except
//! `ModifyVpcPeeringConnectionOptions`, which it wraps (`aws.ec2` records; AWS publishes no schema of them).

use std::str::FromStr;

use serde_json::Value;

use crate::ids::{InvalidId, PcxId, Place};

/// What an event or a person points at.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Hint {
    /// A connection, and where it may be seen: the place of the event first.
    Connection {
        /// Its id.
        id: PcxId,
        /// Places to look.
        places: Vec<Place>,
    },
    /// Whatever is pending in a place.
    Pending(Place),
    /// Nothing for us; says what it was.
    Ignored(String),
}

/// An event that should name a connection and doesn't.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MalformedEvent {
    /// Not JSON at all.
    #[error("the message is not JSON: {0}")]
    NotJson(String),
    /// A field is missing or has the wrong form.
    #[error("`{field}` of the event {problem}")]
    Field {
        /// The path of the field.
        field: &'static str,
        /// What is wrong with it.
        problem: String,
    },
}

/// Reads an EventBridge event, or what a person sends when invoking a function: `{"connection", "account", "region"}`, or
/// `{"account", "region"}` for everything that is pending there.
pub fn parse(bytes: &[u8]) -> Result<Hint, MalformedEvent> {
    let event: Value = serde_json::from_slice(bytes).map_err(|error| MalformedEvent::NotJson(error.to_string()))?;
    read(&event)
}

/// [`parse`] for an event that is JSON already.
pub fn read(event: &Value) -> Result<Hint, MalformedEvent> {
    match (text(event, "source"), text(event, "detail-type")) {
        (Some("aws.ec2"), Some("AWS API Call via CloudTrail")) => read_api_call(event),
        (Some(source), kind) => Ok(Hint::Ignored(format!("{source} {}", kind.unwrap_or("event")))),
        (None, _) => read_request(event),
    }
}

fn read_api_call(event: &Value) -> Result<Hint, MalformedEvent> {
    let name = required(event, "detail.eventName")?;
    let field = match name {
        "CreateVpcPeeringConnection" => "detail.responseElements.vpcPeeringConnection.vpcPeeringConnectionId",
        "AcceptVpcPeeringConnection" | "RejectVpcPeeringConnection" | "DeleteVpcPeeringConnection" => {
            "detail.requestParameters.vpcPeeringConnectionId"
        }
        "ModifyVpcPeeringConnectionOptions" => "detail.requestParameters.ModifyVpcPeeringConnectionOptionsRequest.VpcPeeringConnectionId",
        other => return Ok(Hint::Ignored(other.to_owned())),
    };
    if let Some(code) = text(event, "detail.errorCode") {
        return Ok(Hint::Ignored(format!("{name} that failed with {code}")));
    }
    let id = id(event, field)?;
    let here = place(event)?;
    let mut places = vec![here.clone()];
    for end in ["requesterVpcInfo", "accepterVpcInfo"] {
        if let Some(other) = end_place(event, end, &here)
            && !places.contains(&other)
        {
            places.push(other);
        }
    }
    Ok(Hint::Connection { id, places })
}

fn read_request(event: &Value) -> Result<Hint, MalformedEvent> {
    let here = place(event)?;
    if event.get("connection").is_none_or(Value::is_null) {
        return Ok(Hint::Pending(here));
    }
    Ok(Hint::Connection { id: id(event, "connection")?, places: vec![here] })
}

/// Where an event happened, or a person points to.
fn place(event: &Value) -> Result<Place, MalformedEvent> {
    Ok(Place { account: id(event, "account")?, region: id(event, "region")? })
}

/// Where an end of the connection lives. Without a Region of its own it is in the event's, as in records from before peering
/// crossed Regions.
fn end_place(event: &Value, end: &str, here: &Place) -> Option<Place> {
    let info = event.pointer(&format!("/detail/responseElements/vpcPeeringConnection/{end}"))?;
    let account = text(info, "ownerId")?.parse().ok()?;
    let region = match info.get("region") {
        None => here.region.clone(),
        Some(region) => region.as_str()?.parse().ok()?,
    };
    Some(Place { account, region })
}

fn id<T: FromStr<Err = InvalidId>>(event: &Value, field: &'static str) -> Result<T, MalformedEvent> {
    let text = required(event, field)?;
    text.parse().map_err(|error: InvalidId| MalformedEvent::Field { field, problem: format!("is wrong: {error}") })
}

fn required<'v>(event: &'v Value, field: &'static str) -> Result<&'v str, MalformedEvent> {
    text(event, field).ok_or_else(|| MalformedEvent::Field { field, problem: "is missing or not text".to_owned() })
}

fn text<'v>(event: &'v Value, field: &str) -> Option<&'v str> {
    field.split('.').try_fold(event, |value, key| value.get(key))?.as_str()
}
