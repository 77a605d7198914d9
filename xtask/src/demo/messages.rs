//! What the acts say, one JSON object a line.

use serde::Deserialize;
use serde_json::Value;

#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Message {
    Prepare { prepare: String },
    Act { act: u32, title: String },
    Progress { progress: String },
    Tell { tell: String, texts: Vec<String> },
    Check { check: String, ok: bool, saw: String },
    Figure { figure: String, seconds: f64 },
    Map { map: Value },
    Result { result: Outcome },
}

/// The state of the world at the end.
#[derive(Debug, Deserialize)]
pub(super) struct Outcome {
    pub(super) connections: Vec<Row>,
    /// A VPC that may ask by its tag again.
    pub(super) asking: String,
}

/// One connection in the table.
#[derive(Debug, Deserialize)]
pub(super) struct Row {
    pub(super) name: String,
    pub(super) id: String,
    pub(super) state: String,
    pub(super) rule: Option<String>,
    /// Done, of.
    pub(super) routes: (u32, u32),
    pub(super) rules: (u32, u32),
    pub(super) dns: String,
    /// From the request or the tag to convergence.
    pub(super) seconds: Option<f64>,
    /// The ledger's word for it.
    pub(super) status: Option<String>,
    /// Why it waits.
    pub(super) held: Vec<String>,
    /// Why it is over.
    pub(super) ended: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_line_is_told_apart() {
        let parsed = |line| serde_json::from_str::<Message>(line).expect("as the acts write it");
        assert!(matches!(parsed(r#"{"act": 1, "title": "x"}"#), Message::Act { act: 1, .. }));
        assert!(matches!(parsed(r#"{"prepare": "x"}"#), Message::Prepare { .. }));
        assert!(matches!(parsed(r#"{"tell": "asks", "texts": ["x", "y"]}"#), Message::Tell { texts, .. } if texts.len() == 2));
        assert!(matches!(parsed(r#"{"progress": "x"}"#), Message::Progress { .. }));
        assert!(matches!(parsed(r#"{"check": "x", "ok": false, "saw": "y"}"#), Message::Check { ok: false, .. }));
        assert!(matches!(parsed(r#"{"figure": "up", "seconds": 1}"#), Message::Figure { .. }));
        assert!(matches!(parsed(r#"{"map": {"accounts": []}}"#), Message::Map { map } if map["accounts"].is_array()));
        let result = parsed(
            r#"{"result": {"connections": [{"name": "n", "id": "pcx-1", "state": "active", "rule": null, "routes": [1, 2], "rules": [0, 0],
            "dns": "off", "seconds": null, "status": "held", "held": [], "ended": []}], "asking": "vpc-1"}}"#,
        );
        assert!(matches!(result, Message::Result { result } if result.connections[0].routes == (1, 2)));
    }
}
