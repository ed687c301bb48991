//! What owners decide about people and programs.

use std::time::Duration;

use serde_json::json;

use crate::support::{House, Persona, text};

async fn id_of(browser: &Persona) -> String {
    let session = browser.get("/session").await.expect(200);
    text(&session["user"]["id"]).to_owned()
}

#[tokio::test]
async fn a_change_of_what_somebody_may_do_ends_their_sessions() {
    let (house, hand) = House::manual().await;
    let anna = house.owner_session().await;
    let (ben, browser) = house.invited("ben", "viewer").await;
    let path = format!("/users/{}", id_of(&browser).await);
    let seen = anna.get(&path).await;
    assert_eq!(seen.expect(200)["status"], "active");
    let etag = seen.header("etag").unwrap();
    let patch = json!({ "role": "operator", "app_ids": [12345] });
    anna.patch(&path, patch.clone()).await.refused(428, "precondition_required");
    let stale = anna.with("If-Match", "\"99\"").patch(&path, patch.clone()).await;
    stale.refused(412, "changed_meanwhile");
    let changed = anna.with("If-Match", etag).patch(&path, patch).await.expect(200);
    assert_eq!((&changed["role"], &changed["app_ids"]), (&json!("operator"), &json!([12345])));
    browser.get("/session").await.refused(401, "session_ended");

    let answer = house.sign_in(&ben, &hand).await;
    assert_eq!(answer.expect(201)["app_ids"], json!([12345]));
    let browser = Persona::browser(&house, &answer);
    let any = anna.with("If-Match", "*");
    assert_eq!(
        any.patch(&path, json!({ "app_ids": null })).await.expect(200)["app_ids"],
        json!(null)
    );
    let disabled = any.patch(&path, json!({ "status": "disabled" })).await.expect(200);
    assert_eq!(disabled["status"], "disabled");
    browser.get("/session").await.refused(401, "session_ended");
    house.sign_in(&ben, &hand).await.refused(401, "wrong_credentials");
    any.order(&format!("{path}/invitation")).await.refused(409, "user_disabled");
    let enabled = any.patch(&path, json!({ "status": "active" })).await.expect(200);
    assert_eq!(enabled["status"], "active");
    house.sign_in(&ben, &hand).await.expect(201);
    let unchanged = any.patch(&path, json!({})).await.expect(200);
    assert_eq!(unchanged["rev"], enabled["rev"]);
    any.delete(&path).await.expect(204);
    any.get(&path).await.refused(404, "user_unknown");
    house.sign_in(&ben, &hand).await.refused(401, "wrong_credentials");
    any.patch(&path, json!({ "status": "invited" })).await.refused(422, "invalid_body");
}

#[tokio::test]
async fn the_last_owner_stays() {
    let (house, _) = House::manual().await;
    let anna = house.owner_session().await;
    let path = format!("/users/{}", id_of(&anna).await);
    let any = anna.with("If-Match", "*");
    for patch in
        [json!({ "role": "operator" }), json!({ "status": "disabled" }), json!({ "app_ids": [1] })]
    {
        any.patch(&path, patch).await.refused(409, "last_owner");
    }
    any.delete(&path).await.refused(409, "last_owner");
    // Somebody who is invited decides about nothing yet.
    any.post("/users", json!({ "name": "carl", "role": "owner" })).await.expect(201);
    any.delete(&path).await.refused(409, "last_owner");
    let (_, ben) = house.invited("ben", "owner").await;
    any.patch(&path, json!({ "role": "operator" })).await.expect(200);
    // One's own session goes on, with what one may still do.
    anna.get("/users").await.refused(403, "role_too_low");
    let ben_path = format!("/users/{}", id_of(&ben).await);
    ben.with("If-Match", "*").delete(&ben_path).await.refused(409, "last_owner");
}

#[tokio::test]
async fn users_are_listed_and_names_are_theirs_alone() {
    let (house, _) = House::manual().await;
    let anna = house.owner_session().await;
    for name in ["carl", "ben"] {
        let body = json!({ "name": name, "role": "viewer" });
        anna.post("/users", body).await.expect(201);
    }
    let page = anna.get("/users?limit=2").await.expect(200);
    let names = |page: &serde_json::Value| {
        let items = page["items"].as_array().unwrap().iter();
        items.map(|user| text(&user["name"]).to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names(&page), ["anna", "ben"]);
    let rest = anna.get(&format!("/users?limit=2&cursor={}", text(&page["next"]))).await;
    assert_eq!(names(&rest.expect(200)), ["carl"]);
    let again = |name: &str| json!({ "name": name, "role": "viewer" });
    anna.post("/users", again("BEN")).await.refused(409, "name_taken");
    for name in ["", " dora", "dora\n", &"a".repeat(65)] {
        anna.post("/users", again(name)).await.refused(422, "invalid_settings");
    }
    anna.post("/users", json!({ "name": "dora", "role": "king" }))
        .await
        .refused(422, "invalid_body");
    let more = json!({ "name": "dora", "role": "viewer", "totp": "" });
    anna.post("/users", more).await.refused(422, "invalid_body");
}

#[tokio::test]
async fn only_owners_who_proved_themselves_decide_about_people() {
    let (house, hand) = House::manual().await;
    let anna = house.owner_session().await;
    let body = json!({ "name": "ben", "role": "viewer" });
    house.operator().post("/users", body.clone()).await.refused(403, "role_too_low");
    house.operator().get("/users").await.refused(403, "role_too_low");
    let plain = house.token(tonegate_server::model::Role::Owner, None, false).await;
    plain.post("/users", body.clone()).await.refused(403, "token_not_privileged");
    plain.get("/users").await.expect(200);
    house.pass(&hand, Duration::from_secs(300));
    anna.post("/users", body.clone()).await.refused(403, "step_up_required");
    // The same creation again gives the same answer.
    let keyed = house.owner().with("Idempotency-Key", "one");
    let made = keyed.post("/users", body.clone()).await;
    let again = keyed.post("/users", body).await;
    assert_eq!(
        (made.expect(201), again.header("idempotent-replay")),
        (again.expect(201), Some("true"))
    );
}

#[tokio::test]
async fn an_owner_makes_and_revokes_tokens() {
    let (house, _) = House::manual().await;
    let anna = house.owner_session().await;
    let body =
        json!({ "name": "deploy", "role": "operator", "app_ids": [7, 5], "expires_in": 3600 });
    let made = anna.post("/api_tokens", body).await.expect(201);
    let (token, id) = (text(&made["token"]), text(&made["api_token"]["id"]));
    assert_eq!(made["api_token"]["app_ids"], json!([5, 7]));
    assert_eq!(made["api_token"]["created_by"], "user anna");
    let program = Persona::token(house.admin, token);
    assert_eq!(program.get("/session").await.expect(200)["token"]["id"], id);
    let listed = anna.get("/api_tokens?limit=1").await.expect(200);
    assert_eq!(listed["items"].as_array().unwrap().len(), 1);
    assert!(!listed.to_string().contains(token), "{listed}");
    let all = anna.get("/api_tokens").await.expect(200);
    assert!(all["items"].as_array().unwrap().iter().any(|listed| listed["id"] == id));
    let path = format!("/api_tokens/{id}");
    anna.delete(&path).await.expect(204);
    program.get("/session").await.refused(401, "token_refused");
    anna.delete(&path).await.expect(204);
    anna.delete("/api_tokens/tok_0").await.refused(404, "api_token_unknown");
    anna.delete("/api_tokens/other").await.refused(404, "api_token_unknown");
    for (field, value) in
        [("expires_in", json!(3599)), ("name", json!("")), ("app_ids", json!(vec![1; 1001]))]
    {
        let mut body = json!({ "name": "deploy", "role": "viewer", "expires_in": 3600 });
        body[field] = value;
        let refused = anna.post("/api_tokens", body).await.refused(422, "invalid_settings");
        assert_eq!(refused["errors"][0]["field"], field);
    }
}
