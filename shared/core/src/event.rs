//! Events, read for one thing: where to look.
//!
//! Nothing else of an event is believed; its time can only skip a look that was made since. CloudTrail writes most EC2 calls flat, in
//! lowerCamel; those without a wire name for `DryRun` are wrapped in one key and spelt like `VpcId`, with values guessed at: an account id may
//! be a number there, a list of one its only item. AWS publishes no schema of these records.

use std::str::FromStr;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::ask::{ASK_TAG, MESH_TAG};
use crate::ids::{InvalidId, PcxId, Place, VpcRef};

/// What an event or a person points at.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Hint {
    /// A connection, and where it may be seen: the accepter's place first, where that is known.
    Connection {
        /// Its id.
        id: PcxId,
        /// Places to look.
        places: Vec<Place>,
    },
    /// Whatever is pending in a place. Only a person sends this one.
    Pending(Place),
    /// A VPC: what it asks for, and what its connections need.
    Vpc(VpcRef),
    /// Everything that we know of in a place.
    Place(Place),
    /// Every place.
    Everywhere,
}

/// What an event or a message turned out to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Parsed {
    /// It says where to look.
    Hint(Hint),
    /// Nothing for us; says what it was.
    Ignored(String),
}

impl Hint {
    /// The message that [`read`] makes this hint of again; none for a connection without a place.
    pub fn message(&self) -> Option<Value> {
        Some(match self {
            Self::Connection { id, places } => {
                let first = places.first()?;
                json!({ "connection": id, "account": first.account, "region": first.region, "places": places })
            }
            Self::Pending(place) => json!({ "account": place.account, "region": place.region }),
            Self::Vpc(vpc) => json!(vpc),
            Self::Place(place) => json!({ "sweep": place }),
            Self::Everywhere => json!({ "sweep": EVERYWHERE }),
        })
    }
}

/// What a message says in `sweep` for every place.
const EVERYWHERE: &str = "all";

/// The origin of a hint: written down beside what came of it. It decides nothing but whether a look is made now.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cause {
    /// The ids of the events: CloudTrail's own where it has one.
    pub events: Vec<String>,
    /// Who asked for the connection, as CloudTrail tells it.
    pub principal: Option<String>,
    /// Who accepted it, as CloudTrail tells it.
    pub accepted_by: Option<String>,
    /// When what it tells of had happened at the latest; none where a person, or a function that did something, wants a look.
    pub at: Option<Timestamp>,
    /// When the sweep of all places began that this is a part of: what was read since is young enough for it.
    pub since: Option<Timestamp>,
    /// True where it tells of nothing but what plans are made of: tables, subnets, groups. Where there is no connection of ours it concerns nobody.
    pub rearranged: bool,
    /// True where a person wants tried now what AWS refused before.
    pub retry: bool,
}

impl Cause {
    /// Reads the origin of an event or a message.
    pub fn read(event: &Value) -> Self {
        let one = text(event, "detail.eventID").or_else(|| text(event, "id"));
        let passed_on = event.get("events").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
        let caller_of = |name: &str, passed_on_as: &str| {
            let caller = text(event, "detail.userIdentity.arn").filter(|_| text(event, "detail.eventName") == Some(name));
            caller.or_else(|| text(event, passed_on_as)).map(str::to_owned)
        };
        Self {
            events: one.into_iter().chain(passed_on).map(str::to_owned).collect(),
            principal: caller_of("CreateVpcPeeringConnection", "principal"),
            accepted_by: caller_of("AcceptVpcPeeringConnection", "accepted_by"),
            at: ["detail.eventTime", "time", "at"].iter().find_map(|field| text(event, field)?.parse().ok()),
            since: text(event, "since").and_then(|moment| moment.parse().ok()),
            rearranged: text(event, "source") == Some("aws.ec2")
                && text(event, "detail.eventName").and_then(clue).is_some_and(Clue::rearranges),
            retry: event.get("retry").and_then(Value::as_bool).unwrap_or_default(),
        }
    }

    /// The same for what the work on a hint leads to. What a person wants tried now is the connection that they named, and nothing that it leads to
    /// beside: each look that a person asks for is news, and of two functions that tell each other of news both would be woken without end.
    #[must_use]
    pub fn handed_on(&self, from: &Hint, to: &Hint) -> Self {
        let is_same = matches!((from, to), (Hint::Connection { id, .. }, Hint::Connection { id: next, .. }) if id == next);
        Self { retry: self.retry && is_same, ..self.clone() }
    }

    /// Adds what another event says.
    pub fn join(&mut self, other: Self) {
        for event in other.events {
            if !self.events.contains(&event) {
                self.events.push(event);
            }
        }
        self.principal = self.principal.take().or(other.principal);
        self.accepted_by = self.accepted_by.take().or(other.accepted_by);
        self.at = self.at.zip(other.at).map(|(one, other)| one.max(other));
        // The later one: what is old enough for the other may be too old for it.
        self.since = self.since.zip(other.since).map(|(one, other)| one.max(other));
        self.rearranged &= other.rearranged;
        self.retry |= other.retry;
    }
}

/// An event that should say where to look and doesn't.
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

/// Reads an EventBridge event, or what a person or another function sends: `{"connection", "account", "region"}`, `{"vpc", "account", "region"}`,
/// `{"account", "region"}` for everything that is pending there, `{"sweep": {"account", "region"}}` or `{"sweep": "all"}`.
pub fn parse(bytes: &[u8]) -> Result<Parsed, MalformedEvent> {
    let event: Value = serde_json::from_slice(bytes).map_err(|error| MalformedEvent::NotJson(error.to_string()))?;
    read(&event)
}

/// [`parse`] for an event that is JSON already.
pub fn read(event: &Value) -> Result<Parsed, MalformedEvent> {
    match (text(event, "source"), text(event, "detail-type")) {
        (Some("aws.ec2"), Some("AWS API Call via CloudTrail")) => read_api_call(event),
        (Some("aws.tag"), Some("Tag Change on Resource")) => read_tag_change(event),
        (Some(source), kind) => Ok(Parsed::Ignored(format!("{source} {}", kind.unwrap_or("event")))),
        (None, _) => read_message(event).map(Parsed::Hint),
    }
}

/// What a recorded call tells of where to look.
enum Clue {
    /// The field that names a connection.
    Connection(&'static str),
    /// The field that names a VPC.
    Vpc(&'static str),
    /// The same, of a call that makes something in it.
    Inside(&'static str),
    /// The same, of a call that means the default VPC where it names none.
    InsideOrDefault(&'static str),
    /// No more than the place.
    Place,
    /// No more than the place, and that only for what a plan selects by its tags.
    Tags,
}

impl Clue {
    /// True of a call that changes what plans are made of, and nothing that a decision rests on.
    fn rearranges(self) -> bool {
        matches!(self, Self::Inside(_) | Self::InsideOrDefault(_) | Self::Place | Self::Tags)
    }
}

/// What a plan selects by tags: route tables, subnets and security groups. A VPC's tags have an event of their own.
const SELECTED: [&str; 3] = ["rtb-", "subnet-", "sg-"];

fn clue(name: &str) -> Option<Clue> {
    Some(match name {
        "CreateVpcPeeringConnection" => Clue::Connection("detail.responseElements.vpcPeeringConnection.vpcPeeringConnectionId"),
        "AcceptVpcPeeringConnection" | "RejectVpcPeeringConnection" | "DeleteVpcPeeringConnection" => {
            Clue::Connection("detail.requestParameters.vpcPeeringConnectionId")
        }
        "ModifyVpcPeeringConnectionOptions" => {
            Clue::Connection("detail.requestParameters.ModifyVpcPeeringConnectionOptionsRequest.VpcPeeringConnectionId")
        }
        "AssociateVpcCidrBlock" => Clue::Vpc("detail.requestParameters.AssociateVpcCidrBlockRequest.VpcId"),
        // The request names the association alone.
        "DisassociateVpcCidrBlock" => Clue::Vpc("detail.responseElements.DisassociateVpcCidrBlockResponse.vpcId"),
        "CreateRouteTable" | "CreateSubnet" => Clue::Inside("detail.requestParameters.vpcId"),
        "CreateSecurityGroup" => Clue::InsideOrDefault("detail.requestParameters.vpcId"),
        "AssociateRouteTable" | "DisassociateRouteTable" | "ReplaceRouteTableAssociation" => Clue::Place,
        "CreateTags" | "DeleteTags" => Clue::Tags,
        _ => return None,
    })
}

fn read_api_call(event: &Value) -> Result<Parsed, MalformedEvent> {
    let name = required(event, "detail.eventName")?;
    let Some(clue) = clue(name) else {
        return Ok(Parsed::Ignored(name.to_owned()));
    };
    if let Some(code) = text(event, "detail.errorCode") {
        return Ok(Parsed::Ignored(format!("{name} that failed with {code}")));
    }
    let hint = match clue {
        Clue::Tags if selects_none(event) => return Ok(Parsed::Ignored(format!("{name} on nothing that is selected by tags"))),
        Clue::Connection(field) => read_connection(event, field)?,
        Clue::InsideOrDefault(field) if text(event, field).is_none() => Hint::Place(place(event)?),
        Clue::Vpc(field) | Clue::Inside(field) | Clue::InsideOrDefault(field) => {
            Hint::Vpc(VpcRef { vpc: id(event, field)?, place: place(event)? })
        }
        Clue::Place | Clue::Tags => Hint::Place(place(event)?),
    };
    Ok(Parsed::Hint(hint))
}

/// True when all that was tagged is known, and nothing of it is of a kind that plans select by tags.
fn selects_none(event: &Value) -> bool {
    let items = event.pointer("/detail/requestParameters/resourcesSet/items").and_then(Value::as_array);
    let other = |item: &Value| text(item, "resourceId").is_some_and(|id| !SELECTED.iter().any(|kind| id.starts_with(kind)));
    items.is_some_and(|items| items.iter().all(other))
}

fn read_connection(event: &Value, field: &'static str) -> Result<Hint, MalformedEvent> {
    let id = id(event, field)?;
    let here = place(event)?;
    let end = |name: &str| end_place(event, name, &here);
    let mut places = Vec::new();
    // What the accepter's place shows is what a request is settled by.
    for place in [end("accepterVpcInfo"), Some(here.clone()), end("requesterVpcInfo")].into_iter().flatten() {
        if !places.contains(&place) {
            places.push(place);
        }
    }
    Ok(Hint::Connection { id, places })
}

/// A VPC whose tags changed. A change that is all our own answers is none.
fn read_tag_change(event: &Value) -> Result<Parsed, MalformedEvent> {
    let service = required(event, "detail.service")?;
    let kind = required(event, "detail.resource-type")?;
    if (service, kind) != ("ec2", "vpc") {
        return Ok(Parsed::Ignored(format!("tags of {service} {kind}")));
    }
    let keys = event.pointer("/detail/changed-tag-keys").and_then(Value::as_array);
    let ours = |key: &Value| key.as_str().is_some_and(|key| key.starts_with("peerwright:") && key != ASK_TAG && key != MESH_TAG);
    if keys.is_some_and(|keys| !keys.is_empty() && keys.iter().all(ours)) {
        return Ok(Parsed::Ignored("tags that we set".to_owned()));
    }
    let field = "resources[0]";
    let arn = event.pointer("/resources/0").and_then(Value::as_str);
    let arn = arn.ok_or_else(|| MalformedEvent::Field { field, problem: "is missing or not text".to_owned() })?;
    let (_, vpc) = arn.rsplit_once('/').unwrap_or_default();
    let vpc = vpc.parse().map_err(|error: InvalidId| MalformedEvent::Field { field, problem: format!("is wrong: {error}") })?;
    Ok(Parsed::Hint(Hint::Vpc(VpcRef { place: place(event)?, vpc })))
}

/// What no service of AWS sends has no source: a message of another function, or of a person.
fn read_message(event: &Value) -> Result<Hint, MalformedEvent> {
    match event.get("sweep") {
        None | Some(Value::Null) => {}
        Some(Value::String(all)) if all == EVERYWHERE => return Ok(Hint::Everywhere),
        Some(there) => return place(there).map(Hint::Place),
    }
    let here = place(event)?;
    let given = |field: &str| event.get(field).is_some_and(|value| !value.is_null());
    if given("vpc") {
        return Ok(Hint::Vpc(VpcRef { vpc: id(event, "vpc")?, place: here }));
    }
    if !given("connection") {
        return Ok(Hint::Pending(here));
    }
    let mut places = vec![here];
    for other in event.get("places").and_then(Value::as_array).into_iter().flatten() {
        let other = place(other)?;
        if !places.contains(&other) {
            places.push(other);
        }
    }
    Ok(Hint::Connection { id: id(event, "connection")?, places })
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
