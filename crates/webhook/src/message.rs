//! What is told: an id, a type, and the body that is signed and sent.

use data_encoding::HEXLOWER;
use jiff::Timestamp;
use serde::Serialize;

/// A message, the same at every try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// `msg_` and 32 hex characters: tells a repeat from another message.
    pub id: String,
    /// Its type: `app.created`.
    pub kind: String,
    /// JSON: `{type, timestamp, data}`.
    pub body: String,
}

#[derive(Serialize)]
struct Body<'a, D> {
    #[serde(rename = "type")]
    kind: &'a str,
    timestamp: String,
    data: &'a D,
}

impl Message {
    /// A new message about what happened at `at` (Unix seconds). `data` must be an object with keys
    /// that are text.
    #[must_use]
    pub fn new(kind: &str, at: i64, data: &impl Serialize) -> Self {
        let id = format!("msg_{}", HEXLOWER.encode(&fastrand::u128(..).to_be_bytes()));
        let timestamp = Timestamp::from_second(at).unwrap_or_default().to_string();
        // Only maps with keys that are no text, and a `Serialize` that fails by itself, could fail.
        let body = serde_json::to_string(&Body { kind, timestamp, data }).unwrap_or_default();
        Self { id, kind: kind.to_owned(), body }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_body_says_what_and_when() {
        let message = Message::new("app.created", 1_763_840_000, &json!({ "app_id": 12345 }));
        assert_eq!(
            message.body,
            r#"{"type":"app.created","timestamp":"2025-11-22T19:33:20Z","data":{"app_id":12345}}"#
        );
        assert_eq!((message.id.len(), &message.id[..4]), (36, "msg_"));
        let again = Message::new("app.created", 1_763_840_000, &json!({ "app_id": 12345 }));
        assert_ne!(again.id, message.id, "another message");
    }
}
