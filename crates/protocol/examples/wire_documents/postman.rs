//! A Postman collection whose request signs itself.

use serde_json::{Value, json};
use tonegate_protocol::{ACTION, SIGNATURE_VERSION};

/// Runs before each request, with what Postman's sandbox has.
const SIGN: &str = include_str!("sign.postman.js");

pub(crate) fn collection() -> Value {
    let script: Vec<&str> = SIGN.trim_end().split('\n').collect();
    let parameter = |key: &str, value: &str| json!({ "key": key, "value": value });
    json!({
        "info": {
            "name": "CgiDescribeZIMAudioLicense",
            "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json",
            "description": "Set the variables `base`, `app_id` and, as a secret, `server_secret`. Made by \
                `cargo xtask docs`; do not edit.",
        },
        "variable": [
            { "key": "base", "value": "http://127.0.0.1:8080" },
            { "key": "app_id", "value": "12345" },
            { "key": "server_secret", "value": "" },
        ],
        "item": [{
            "name": "Fetch a licence",
            "event": [{ "listen": "prerequest", "script": { "type": "text/javascript", "exec": script } }],
            "request": {
                "method": "GET",
                "url": {
                    "raw": "{{base}}/",
                    "host": ["{{base}}"],
                    "path": [""],
                    "query": [
                        parameter("Action", ACTION),
                        parameter("AppId", "{{app_id}}"),
                        parameter("SignatureNonce", "{{nonce}}"),
                        parameter("Timestamp", "{{timestamp}}"),
                        parameter("SignatureVersion", SIGNATURE_VERSION),
                        parameter("Signature", "{{signature}}"),
                    ],
                },
            },
        }],
    })
}
