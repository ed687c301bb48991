//! Links of the served document: which operations go on with what another one has made.

use serde_json::{Map, Value, json};

/// The operation that makes or shows something, where its answer has the id, and the path parameter
/// that takes it.
const MADE_BY: [(&str, &str, &str); 7] = [
    ("create_app", "/app/app_id", "app_id"),
    ("create_user", "/user/id", "user_id"),
    ("create_api_token", "/api_token/id", "api_token_id"),
    ("create_webhook", "/webhook/id", "webhook_id"),
    ("test_webhook", "/id", "delivery_id"),
    ("list_requests", "/items/0/request_id", "request_id"),
    ("list_sessions", "/items/0/id", "session_id"),
];

/// Writes them into the successful answers.
pub(super) fn add(document: &mut Value) {
    for (made_by, pointer, parameter) in MADE_BY {
        let links: Map<_, _> = takers(document, parameter)
            .into_iter()
            .map(|id| {
                let from = json!({ parameter: format!("$response.body#{pointer}") });
                (id.clone(), json!({ "operationId": id, "parameters": from }))
            })
            .collect();
        let maker = operations(document).find(|operation| operation["operationId"] == made_by);
        let responses = maker.and_then(|operation| operation["responses"].as_object_mut());
        for (status, response) in responses.into_iter().flatten() {
            if status.starts_with('2') {
                response["links"] = links.clone().into();
            }
        }
    }
}

/// The ids of operations with this parameter in their path.
fn takers(document: &mut Value, name: &str) -> Vec<String> {
    let takes = |operation: &&mut Value| {
        let parameters = operation["parameters"].as_array().into_iter().flatten();
        parameters.into_iter().any(|it| it["in"] == "path" && it["name"] == name)
    };
    let ids = operations(document).filter(takes);
    ids.filter_map(|operation| Some(operation["operationId"].as_str()?.to_owned())).collect()
}

fn operations(document: &mut Value) -> impl Iterator<Item = &mut Value> {
    let paths = document["paths"].as_object_mut().into_iter().flatten();
    paths.flat_map(|(_, path)| path.as_object_mut().into_iter().flatten().map(|(_, it)| it))
}
