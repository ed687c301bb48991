//! ServerSecrets: rotated, shown, revoked, and in no other place.

use serde_json::{Value, json};
use tonegate_server::model::Role;
use tonegate_server::store::AuditFilter;

use crate::support::House;

#[tokio::test]
async fn a_secret_is_replaced_shown_and_revoked() {
    let (house, _hand) = House::manual().await;
    let operator = house.operator();
    let made = operator.post("/apps", json!({ "app_id": 7, "name": "Karaoke" })).await.expect(201);
    let first = made["server_secret"].as_str().unwrap();
    let keyed = operator.with("Idempotency-Key", "r1");
    let rotated = keyed.post("/apps/7/secrets", json!({ "overlap": 60 })).await;
    let again = keyed.post("/apps/7/secrets", json!({ "overlap": 60 })).await;
    assert_eq!((again.status, &again.body), (201, &rotated.body), "one rotation");
    let rotated = rotated.expect(201);
    assert_eq!(rotated["secret"]["generation"], 2);
    let listed = house.viewer().get("/apps/7/secrets").await.expect(200);
    let until = house.now() + 60;
    assert_eq!(listed["items"][1]["until"], until);
    let states: Vec<_> =
        listed["items"].as_array().unwrap().iter().map(|it| &it["state"]).collect();
    assert_eq!(states, ["active", "retiring"]);
    for (generation, secret) in [(1, first), (2, rotated["server_secret"].as_str().unwrap())] {
        let shown = operator.order(&format!("/apps/7/secrets/{generation}/reveal")).await;
        assert_eq!(shown.expect(200)["server_secret"], secret);
    }
    assert_eq!(house.actions(2).await, ["secret.reveal", "secret.reveal"]);
    operator.order("/apps/7/secrets/2/revoke").await.refused(409, "secret_active");
    operator.order("/apps/7/secrets/9/revoke").await.refused(404, "secret_unknown");
    operator.order("/apps/7/secrets/9/reveal").await.refused(404, "secret_unknown");
    operator.order("/apps/7/secrets/x/reveal").await.refused(404, "invalid_path");
    operator.order("/apps/7/secrets/01/reveal").await.refused(404, "invalid_path");
    operator.order("/apps/8/secrets/1/reveal").await.refused(404, "app_unknown");
    operator.order("/apps/7/secrets/1/revoke").await.expect(204);
    operator.order("/apps/7/secrets/1/revoke").await.expect(204);
    let listed = house.viewer().get("/apps/7/secrets").await.expect(200);
    assert_eq!(listed["items"][1]["state"], "revoked");
}

#[tokio::test]
async fn secrets_are_for_privileged_operators_of_the_app() {
    let house = House::new().await;
    let made = house.operator().post("/apps", json!({ "app_id": 7, "name": "K" })).await;
    let secret = made.expect(201)["server_secret"].as_str().unwrap().to_owned();
    let plain = house.token(Role::Operator, None, false).await;
    let confined = house.token(Role::Operator, Some(&[8]), true).await;
    for path in ["/apps/7/secrets/1/reveal", "/apps/7/secrets/1/revoke"] {
        house.viewer().order(path).await.refused(403, "role_too_low");
        plain.order(path).await.refused(403, "token_not_privileged");
        confined.order(path).await.refused(404, "app_unknown");
    }
    plain.post("/apps/7/secrets", json!({})).await.refused(403, "token_not_privileged");
    let taken = json!({ "secret": secret });
    house.operator().post("/apps/7/secrets", taken).await.refused(409, "secret_taken");
    let weak = json!({ "secret": "a".repeat(32) });
    house.operator().post("/apps/7/secrets", weak).await.refused(422, "invalid_settings");
    let long = json!({ "overlap": 2_592_001 });
    house.operator().post("/apps/7/secrets", long).await.refused(422, "invalid_settings");
}

#[tokio::test]
async fn no_secret_is_in_lists_exports_and_audit() {
    let house = House::new().await;
    let operator = house.operator();
    let made = operator.post("/apps", json!({ "app_id": 7, "name": "K" })).await.expect(201);
    let rotated = operator.post("/apps/7/secrets", json!({})).await.expect(201);
    operator.order("/apps/7/secrets/2/reveal").await.expect(200);
    let mut told = String::new();
    for path in ["/apps", "/apps/7", "/apps/7/secrets", "/apps/export", "/apps/export?format=jsonl"]
    {
        told += &operator.get(path).await.body;
    }
    told += &serde_json::to_string(
        &house.store.audit(&AuditFilter::default(), None, 99).await.unwrap(),
    )
    .unwrap();
    for secret in [&made["server_secret"], &rotated["server_secret"]] {
        assert_ne!(*secret, Value::Null);
        assert!(!told.contains(secret.as_str().unwrap()));
    }
}
