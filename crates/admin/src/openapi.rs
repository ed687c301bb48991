//! The served document: OpenAPI 3.1, made of the code.
//!
//! Each operation says in `x-access` who may call it and in `x-problems` which codes of its own it can
//! answer with. From the two, its problem responses are written here, so that no operation forgets
//! those which all share.

mod links;

use std::collections::BTreeMap;

use axum::routing::get;
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use serde_json::{Value, json};
use utoipa::openapi::{InfoBuilder, OpenApi, OpenApiBuilder};

use crate::admin::Admin;
use crate::problem::{Code, PROBLEM_JSON};
use crate::router::{self, BASE};

/// What the document begins with.
pub(crate) fn head() -> OpenApi {
    let info = InfoBuilder::new()
        .title("Tonegate admin API")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(DESCRIPTION));
    OpenApiBuilder::new().info(info).build()
}

const DESCRIPTION: &str = "\
Everything that the console does, and more. Times are Unix seconds. Lists come in pages: `next` is the \
`cursor` of the next one. What has an `ETag` is changed with `If-Match`. Creations take an \
`Idempotency-Key`: the same key and body within 24 hours get the same answer. Unknown members and \
parameters are refused. What goes wrong is a problem of RFC 9457 with a stable `code`.\n\n\
`x-access` of an operation: the least role (`viewer`, `operator`, `owner`; `public`: nobody needs to \
be known; `session`: a signed-in person or an API token); `app`: callers who are confined to some apps may call it for \
those, `scoped`: and see only those, `whole`: they may not; `step-up`: a session needs a code no older \
than 5 minutes, an API token must be `privileged`.";

/// The whole document.
#[must_use]
pub fn document() -> Value {
    finished(router::operations().into_openapi())
}

/// As indented text, with a line end: the committed copy.
#[must_use]
pub fn text() -> String {
    serde_json::to_string_pretty(&document()).unwrap_or_default() + "\n"
}

/// Serves it, to anybody: it says nothing about an installation.
pub(crate) fn route(document: &Value) -> axum::Router<Admin> {
    let text = Bytes::from(document.to_string());
    let kind = [(CONTENT_TYPE, "application/json")];
    axum::Router::new()
        .route("/openapi.json", get(move || std::future::ready((kind, text.clone()))))
}

/// What the operations say, with what they all have in common.
pub(crate) fn finished(document: OpenApi) -> Value {
    let mut document = serde_json::to_value(document).unwrap_or_default();
    document["servers"] = json!([{ "url": BASE }]);
    document["components"]["securitySchemes"] = json!({
        "session": { "type": "apiKey", "in": "cookie", "name": "__Host-tonegate_session" },
        "api_token": { "type": "http", "scheme": "bearer", "description": "`tgt_…`" },
    });
    document["components"]["schemas"]["Problem"] = problem_schema();
    let paths = document["paths"].as_object_mut().into_iter().flatten();
    for (_, path) in paths {
        for (method, operation) in path.as_object_mut().into_iter().flatten() {
            finish(method, operation);
        }
    }
    unsigned(&mut document);
    links::add(&mut document);
    translate(&mut document);
    document
}

/// Numbers of 32 bits are unsigned here, all of them: `int32` would end at half of it.
fn unsigned(value: &mut Value) {
    if value["format"] == "int32" {
        value["format"] = json!("uint32");
        if value["maximum"].is_null() {
            value["maximum"] = json!(u32::MAX);
        }
    }
    match value {
        Value::Object(members) => members.values_mut().for_each(unsigned),
        Value::Array(items) => items.iter_mut().for_each(unsigned),
        _ => {}
    }
}

/// Words of the code in the document's own: what is `None` here is `null` there, and links lead nowhere.
fn translate(value: &mut Value) {
    match value {
        Value::Object(members) => {
            if let Some(Value::String(text)) = members.get_mut("description") {
                *text = text.replace("`None`", "`null`").replace("[`", "`").replace("`]", "`");
            }
            members.values_mut().for_each(translate);
        }
        Value::Array(items) => items.iter_mut().for_each(translate),
        _ => {}
    }
}

/// Writes an operation's security and problem responses.
fn finish(method: &str, operation: &mut Value) {
    let access = operation["x-access"].as_str().unwrap_or_default().to_owned();
    let is_public = access.split(' ').any(|word| word == "public");
    operation["security"] = match is_public {
        true => json!([]),
        false => json!([{ "session": [] }, { "api_token": [] }]),
    };
    let mut by_status = BTreeMap::<u16, Vec<Code>>::new();
    for code in codes(method, operation, &access) {
        by_status.entry(code.status()).or_default().push(code);
    }
    for (status, codes) in by_status {
        operation["responses"][status.to_string()] = response(&codes);
    }
    for (status, response) in operation["responses"].as_object_mut().into_iter().flatten() {
        if response["description"].is_null() {
            response["description"] = json!(done(status));
        }
    }
    for (status, description) in REFUSED_HEADS {
        operation["responses"][status] = json!({ "description": description });
    }
    let parameters = operation.get_mut("parameters").and_then(Value::as_array_mut);
    for parameter in parameters.into_iter().flatten() {
        if let Some((_, schema)) =
            headers().into_iter().find(|(name, _)| parameter["name"] == *name)
        {
            parameter["schema"] = schema;
        }
    }
}

/// OpenAPI wants a description, and the schema says the rest.
fn done(status: &str) -> &'static str {
    match status {
        "201" => "It is made.",
        "204" => "It is done.",
        _ => "The answer.",
    }
}

/// What is answered without a problem: to a head that is not read to its end, and to another host's.
const REFUSED_HEADS: [(&str, &str); 3] = [
    ("414", "The URL is longer than this server reads."),
    ("421", "The host in the URL is none that this server answers for (`admin.hosts`)."),
    ("431", "The headers are longer than this server reads."),
];

/// What the headers look like that many operations take.
fn headers() -> [(&'static str, Value); 2] {
    [
        ("If-Match", json!({ "type": "string", "pattern": "^(\\*|\"[0-9]{1,9}\")$" })),
        ("Idempotency-Key", json!({ "type": "string", "pattern": "^[!-~]{1,64}$" })),
    ]
}

/// Every code that the operation can answer with.
fn codes(method: &str, operation: &Value, access: &str) -> Vec<Code> {
    let named = operation["x-problems"].as_array().into_iter().flatten();
    let named = named.filter_map(|name| {
        Code::ALL.iter().copied().find(|code| Some(code.name()) == name.as_str())
    });
    let mut codes: Vec<Code> = named.collect();
    codes.extend([Code::StoreUnavailable, Code::TooManyRequests, Code::Internal]);
    let words: Vec<&str> = access.split(' ').collect();
    let mut when = |is: bool, more: &[Code]| {
        if is {
            codes.extend_from_slice(more);
        }
    };
    when(
        !words.contains(&"public"),
        &[
            Code::NotSignedIn,
            Code::SessionEnded,
            Code::TokenRefused,
            Code::RoleTooLow,
            Code::CsrfFailed,
        ],
    );
    when(words.contains(&"whole"), &[Code::ConfinedToApps]);
    let is_change = method != "get" && (words.contains(&"operator") || words.contains(&"owner"));
    when(is_change, &[Code::ClockSuspect]);
    when(words.contains(&"app"), &[Code::AppUnknown, Code::InvalidPath]);
    when(words.contains(&"step-up"), &[Code::StepUpRequired, Code::TokenNotPrivileged]);
    let json = &operation["requestBody"]["content"]["application/json"];
    when(json.is_object(), &[Code::NotJson, Code::InvalidBody, Code::BodyTooLarge]);
    let parameters = operation["parameters"].as_array().map_or(&[][..], Vec::as_slice);
    when(parameters.iter().any(|it| it["in"] == "query"), &[Code::InvalidQuery]);
    let has_header = |name: &str| parameters.iter().any(|it| it["name"] == name);
    when(
        has_header("If-Match"),
        &[Code::PreconditionRequired, Code::ChangedMeanwhile, Code::InvalidHeader],
    );
    when(has_header("Idempotency-Key"), &[Code::IdempotencyKeyReused, Code::InvalidHeader]);
    codes.sort_by_key(|code| code.name());
    codes.dedup();
    codes
}

fn response(codes: &[Code]) -> Value {
    let lines = codes.iter().map(|code| format!("`{}`: {}", code.name(), code.title()));
    let names: Vec<_> = codes.iter().map(|code| code.name()).collect();
    json!({
        "description": lines.collect::<Vec<_>>().join("\n\n"),
        "content": { PROBLEM_JSON: { "schema": { "$ref": "#/components/schemas/Problem" } } },
        "x-codes": names,
    })
}

fn problem_schema() -> Value {
    json!({
        "type": "object",
        "description": "A problem of RFC 9457.",
        "required": ["type", "title", "status", "detail", "code"],
        "properties": {
            "type": { "type": "string", "description": "`urn:tonegate:problem:` and the code" },
            "title": { "type": "string" },
            "status": { "type": "integer" },
            "detail": { "type": "string", "description": "What happened, why, and what to do next." },
            "code": { "type": "string", "enum": Code::ALL.iter().map(|code| code.name()).collect::<Vec<_>>() },
            "errors": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["field", "detail"],
                    "properties": { "field": { "type": "string" }, "detail": { "type": "string" } },
                },
            },
        },
    })
}
