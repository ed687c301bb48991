//! Licences and the licence API, as those see them who run it.

use serde_json::{Value, json};
use tonegate_protocol::{AppId, ServerSecret, signed_query};
use tonegate_server::model::Role;

use crate::support::{House, NOW, Persona};

/// An app with a feature; its secret.
async fn app(operator: &Persona, app_id: u32) -> ServerSecret {
    let body = json!({ "app_id": app_id, "name": "Karaoke", "features": [{ "name": "ans" }] });
    let made = operator.post("/apps", body).await.expect(201);
    ServerSecret::new(made["server_secret"].as_str().unwrap()).unwrap()
}

fn query(app_id: u32, nonce: &str, secret: &ServerSecret, at: i64) -> String {
    signed_query(AppId(app_id), nonce, secret, at)
}

#[tokio::test]
async fn the_license_of_this_hour_is_the_one_the_gateway_answers() {
    let (house, _hand) = House::manual().await;
    let operator = house.operator();
    let secret = app(&operator, 7).await;
    let minted = operator.order("/apps/7/licenses").await.expect(201);
    assert_eq!(house.actions(1).await, ["license.mint"]);
    let call = json!({ "query": query(7, "a", &secret, NOW) });
    let answer = house.viewer().post("/gateway_call", call.clone()).await.expect(200);
    assert_eq!(
        (&answer["status"], &answer["headers"]["content-type"]),
        (&json!(200), &json!("application/json"))
    );
    assert_eq!(answer["headers"]["date"], "Sat, 22 Nov 2025 19:33:20 GMT");
    let body: Value = serde_json::from_str(answer["body"].as_str().unwrap()).unwrap();
    assert_eq!((&body["Code"], &body["Data"]["License"]), (&json!(0), &minted["license"]));
    let again = house.viewer().post("/gateway_call", call).await.expect(200);
    assert!(again["body"].as_str().unwrap().contains("100000005"), "the signature is used");
    let app = house.viewer().get("/apps/7").await.expect(200);
    assert_eq!(app["app_id"], 7);

    house.viewer().order("/apps/7/licenses").await.refused(403, "role_too_low");
    operator.order("/apps/8/licenses").await.refused(404, "app_unknown");
    operator.order("/apps/7/suspend").await.expect(200);
    let refused = operator.order("/apps/7/licenses").await.refused(409, "no_license");
    let detail = refused["detail"].as_str().unwrap();
    assert!(detail.contains("100000017") && detail.contains("suspended"), "{detail}");
}

#[tokio::test]
async fn a_license_is_judged_with_the_installations_own_pins() {
    let (house, _hand) = House::manual().await;
    let operator = house.operator();
    app(&operator, 7).await;
    let minted = operator.order("/apps/7/licenses").await.expect(201);
    let inspect =
        async |body: Value| house.viewer().post("/licenses/inspect", body).await.expect(200);
    let good = inspect(json!({ "license": minted["license"] })).await;
    assert_eq!(
        (&good["state"], &good["verified"], &good["sdk_code"]),
        (&json!("valid"), &json!(true), &json!(0))
    );
    assert_eq!((&good["license"]["app_id"], &good["license"]["id"]), (&json!(7), &minted["jti"]));
    assert_eq!(
        (&good["key"]["serial"], &good["key"]["root"]),
        (&minted["serial"], &json!("active"))
    );
    assert_eq!(good["features"][0]["answer"], "run");
    let expires = minted["expire_at"].as_i64().unwrap();
    assert!(
        good["timeline"].as_array().unwrap().contains(&json!({ "at": expires, "what": "expires" }))
    );
    let late = inspect(json!({ "license": minted["license"], "at": expires })).await;
    assert_eq!((&late["state"], &late["sdk_code"]), (&json!("expired"), &json!(82)));
    let text = minted["license"].as_str().unwrap();
    let end = if text.ends_with("AA") { "BA" } else { "AA" };
    let forged = inspect(json!({ "license": format!("{}{end}", &text[..text.len() - 2]) })).await;
    assert_eq!((&forged["state"], &forged["verified"]), (&json!("refused"), &json!(false)));
    let secret = "9193cc662a4c0ec135ec71fb57194b38";
    let rubbish = inspect(json!({ "license": secret })).await;
    assert_eq!(
        (&rubbish["state"], &rubbish["license"], &rubbish["key"]),
        (&json!("no_license"), &Value::Null, &Value::Null)
    );
    assert!(!rubbish.to_string().contains(secret));
    let script = inspect(json!({ "license": "<script>alert(1)</script>" })).await;
    assert_eq!(script["sdk_code"], 81);
    house
        .anonymous()
        .post("/licenses/inspect", json!({ "license": "" }))
        .await
        .refused(401, "not_signed_in");
}

#[tokio::test]
async fn a_url_is_checked_and_used_by_nobody() {
    let (house, _hand) = House::manual().await;
    let (operator, viewer) = (house.operator(), house.viewer());
    let secret = app(&operator, 7).await;
    app(&operator, 8).await;
    let url = |query: &str| json!({ "url": format!("https://issuer.example/?{query}") });
    let good = query(7, "<b>nonce", &secret, NOW);
    let report = viewer.post("/requests/check", url(&good)).await.expect(200);
    assert_eq!((&report["would_be"], &report["causes"]), (&json!(0), &json!([])));
    assert_eq!(report["request"]["nonce"], "<b>nonce", "as it is");
    assert!(!report.to_string().contains(secret.expose()));
    let late = query(7, "b", &secret, NOW - 3_600);
    let report = viewer.post("/requests/check", url(&late)).await.expect(200);
    assert_eq!(
        (&report["would_be"], &report["causes"][0]["id"]),
        (&json!(100_000_004), &json!("clock_behind"))
    );
    let call = viewer.post("/gateway_call", json!({ "query": good })).await.expect(200);
    assert!(call["body"].as_str().unwrap().starts_with("{\"Code\":0"), "{call}");

    let confined = house.token(Role::Viewer, Some(&[8]), false).await;
    confined.post("/requests/check", url(&good)).await.refused(404, "app_unknown");
    confined.post("/gateway_call", json!({ "query": good })).await.refused(404, "app_unknown");
    let mut named = url("AppId=x");
    named["app_id"] = json!(7);
    confined.post("/requests/check", named.clone()).await.refused(404, "app_unknown");
    named["app_id"] = json!(8);
    let report = confined.post("/requests/check", named).await.expect(200);
    assert_eq!(report["would_be"], 100_000_001);
    let report = confined.post("/requests/check", url(&query(8, "n", &secret, NOW))).await;
    assert_eq!(
        report.expect(200)["causes"][0]["id"],
        "no_match",
        "another app's secret is not told"
    );
}

#[tokio::test]
async fn return_codes_are_the_published_ones() {
    let house = House::new().await;
    let codes = house.viewer().get("/return_codes").await.expect(200);
    let codes = codes["items"].as_array().unwrap();
    let code = |number: u32| codes.iter().find(|code| code["code"] == number).unwrap();
    assert_eq!(
        (&code(1)["retryable"], &code(100_000_005)["retryable"]),
        (&json!(true), &json!(false))
    );
    assert!(code(100_000_005)["next_step"].as_str().unwrap().contains("AppSign"));
}
