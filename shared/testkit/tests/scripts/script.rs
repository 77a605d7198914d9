//! Scripts, as they are read. `tests/fixtures/scripts/README.md` says what they may contain.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::Deserialize;
use serde_json::{Map, Value, from_value};

/// What the actors do to the VPCs of a small world, and what comes of it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Script {
    pub(crate) name: String,
    /// Where it is known from that AWS does so: for people.
    #[serde(rename = "source")]
    _source: Option<String>,
    #[serde(default)]
    pub(crate) settings: Map<String, Value>,
    pub(crate) vpcs: BTreeMap<String, Vpc>,
    pub(crate) steps: Vec<Step>,
}

/// A VPC with a route table and a security group.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Vpc {
    pub(crate) at: String,
    #[serde(default)]
    pub(crate) blocks: Vec<String>,
    #[serde(default = "yes")]
    pub(crate) dns: bool,
    /// Only its name is there.
    #[serde(default)]
    pub(crate) missing: bool,
}

const fn yes() -> bool {
    true
}

/// A step, with what comes of it and who plays it.
#[derive(Debug, Deserialize)]
#[serde(try_from = "Map<String, Value>")]
pub(crate) struct Step {
    pub(crate) action: Action,
    pub(crate) refused: Option<Refused>,
    pub(crate) only: Option<Only>,
    pub(crate) reason: Option<String>,
    pub(crate) times: u32,
    /// As it is written, for messages.
    pub(crate) text: String,
}

/// Whose step it is, where it is not that of both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Only {
    Local,
    Fake,
}

/// What EC2 answers, and what the product makes of that. Without a code no answer comes.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Refused {
    pub(crate) class: String,
    pub(crate) code: Option<String>,
    pub(crate) words: Option<String>,
}

/// What is done or seen.
#[derive(Debug, Deserialize)]
#[serde(tag = "do", rename_all = "lowercase", deny_unknown_fields)]
pub(crate) enum Action {
    Request {
        connection: String,
        from: String,
        to: String,
        #[serde(rename = "same as")]
        same_as: Option<String>,
    },
    Accept {
        connection: String,
        at: String,
    },
    Reject {
        connection: String,
        at: String,
    },
    Delete {
        connection: String,
        at: String,
    },
    #[serde(rename = "create route")]
    CreateRoute {
        r#in: String,
        to: String,
        over: String,
    },
    #[serde(rename = "delete route")]
    DeleteRoute {
        r#in: String,
        to: String,
    },
    Authorize(Rules),
    Revoke(Rules),
    Dns {
        connection: String,
        side: String,
        at: String,
        on: bool,
    },
    Tag {
        what: String,
        at: String,
        tags: Option<BTreeMap<String, String>>,
        count: Option<u32>,
    },
    Untag {
        what: String,
        at: String,
        keys: Vec<String>,
    },
    Advance {
        seconds: u64,
    },
    Set {
        settings: Map<String, Value>,
    },
    Together {
        steps: Vec<Step>,
    },
    See(See),
    #[serde(rename = "see connections")]
    SeeConnections {
        of: String,
        connections: Vec<String>,
    },
    #[serde(rename = "see pending")]
    SeePending {
        at: String,
        connections: Vec<String>,
    },
    #[serde(rename = "see routes")]
    SeeRoutes {
        of: String,
        routes: BTreeMap<String, String>,
    },
    #[serde(rename = "see rules")]
    SeeRules {
        of: String,
        rules: Vec<String>,
    },
    #[serde(rename = "see tags")]
    SeeTags {
        of: String,
        count: usize,
    },
}

/// Rules of one direction in the group of a VPC.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rules {
    pub(crate) r#in: String,
    pub(crate) direction: Option<String>,
    pub(crate) port: u16,
    pub(crate) from: Vec<String>,
    pub(crate) over: String,
}

/// A connection as a place shows it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct See {
    pub(crate) connection: String,
    pub(crate) at: String,
    pub(crate) state: Option<String>,
    #[serde(rename = "requester blocks")]
    pub(crate) requester_blocks: Option<Vec<String>>,
    #[serde(rename = "accepter blocks")]
    pub(crate) accepter_blocks: Option<Vec<String>>,
    pub(crate) tagged: Option<bool>,
    pub(crate) dns: Option<bool>,
}

impl TryFrom<Map<String, Value>> for Step {
    type Error = serde_json::Error;

    fn try_from(mut map: Map<String, Value>) -> Result<Self, Self::Error> {
        let text = Value::Object(map.clone()).to_string();
        let mut take = |key: &str| map.remove(key).unwrap_or_default();
        let (refused, only, reason) = (from_value(take("refused"))?, from_value(take("only"))?, from_value(take("reason"))?);
        let times: Option<u32> = from_value(take("times"))?;
        Ok(Self { action: from_value(Value::Object(map))?, refused, only, reason, times: times.unwrap_or(1), text })
    }
}

/// All of them, by the name of the file.
pub(crate) fn scripts() -> Vec<Script> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/scripts");
    let mut files: Vec<_> = fs::read_dir(folder).expect("the folder is there").map(|file| file.expect("it can be read").path()).collect();
    files.retain(|file| file.extension().is_some_and(|ending| ending == "json"));
    files.sort();
    let read = |file| {
        let text = fs::read_to_string(file).expect("it can be read");
        serde_json::from_str::<Vec<Script>>(&text).unwrap_or_else(|error| panic!("{}: {error}", Path::display(file)))
    };
    files.iter().flat_map(|file| read(file)).collect()
}
