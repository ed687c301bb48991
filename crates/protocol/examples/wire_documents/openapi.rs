//! The licence API as OpenAPI 3.1.

use serde_json::{Value, json};
use tonegate_protocol::limits::{NONCE_BYTES_MAX, WINDOW_SECS};
use tonegate_protocol::{ACTION, ReturnCode, SIGNATURE_VERSION};

pub(crate) fn document() -> Value {
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "CgiDescribeZIMAudioLicense",
            "version": env!("CARGO_PKG_VERSION"),
            "license": { "name": "Apache-2.0 OR MIT" },
            "description": "The licence API, as docs/PROTOCOL.md reads it. Made by `cargo xtask docs`; do not edit.",
        },
        "servers": [{
            "url": "{base}",
            "variables": { "base": { "default": "http://127.0.0.1:8080" } },
        }],
        "paths": { "/": { "get": operation("describe_license"), "post": operation("describe_license_by_post") } },
        "components": { "schemas": { "Envelope": envelope() } },
    })
}

fn operation(id: &str) -> Value {
    json!({
        "operationId": id,
        "summary": "Fetch the ZIM Audio licence of an app",
        "description": "Signed with Signature 2.0. The licence can be reused for 7 days: fetch it every two hours \
            at most, and hand it to the app's devices.",
        "parameters": parameters(),
        "responses": { "200": {
            "description": "Always, errors included: `Code` tells.",
            "headers": { "Date": {
                "description": "The time that requests are judged by.",
                "schema": { "type": "string" },
            } },
            "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Envelope" } } },
        } },
    })
}

fn parameters() -> Value {
    let query = |name: &str, schema: Value, description: String| json!({ "name": name, "in": "query", "required": true, "schema": schema, "description": description });
    let text = |schema: &str| json!({ "type": "string", "pattern": schema });
    json!([
        query("Action", json!({ "const": ACTION }), "What is asked for.".into()),
        query(
            "AppId",
            json!({ "type": "integer", "minimum": 0, "maximum": u32::MAX }),
            "Who asks: canonical decimal.".into(),
        ),
        query(
            "SignatureNonce",
            json!({ "type": "string", "minLength": 1, "maxLength": NONCE_BYTES_MAX }),
            format!("New for each request; as published 16 hex characters, at most {NONCE_BYTES_MAX} bytes."),
        ),
        query(
            "Timestamp",
            json!({ "type": "integer", "minimum": 0 }),
            format!("Unix seconds, at most {WINDOW_SECS} s from the issuer's clock."),
        ),
        query("SignatureVersion", json!({ "const": SIGNATURE_VERSION }), "Of the signature.".into()),
        query(
            "Signature",
            text("^[0-9a-f]{32}$"),
            "MD5 over AppId, SignatureNonce, ServerSecret and Timestamp as one text, in lower-case hex. Each \
             counts once."
                .into(),
        ),
    ])
}

fn envelope() -> Value {
    let numbers: Vec<_> = ReturnCode::ALL.iter().map(|code| code.number()).collect();
    let lines = ReturnCode::ALL.iter().map(|code| {
        format!("* `{}` {}: {} {}", code.number(), code.name(), code.meaning(), code.cure())
    });
    json!({
        "type": "object",
        "required": ["Code", "Message", "RequestId"],
        "properties": {
            "Code": {
                "type": "integer",
                "enum": numbers,
                "description": lines.collect::<Vec<_>>().join("\n"),
            },
            "Message": { "type": "string", "description": "The published message, perhaps with a hint behind it." },
            "RequestId": { "type": "string", "pattern": "^[0-9]{18,19}$" },
            "Data": {
                "type": "object",
                "description": "With `Code` 0 only.",
                "required": ["License"],
                "properties": { "License": { "type": "string", "maxLength": 2048 } },
            },
        },
    })
}
