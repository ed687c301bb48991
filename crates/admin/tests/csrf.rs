//! Requests that another site's page makes in somebody's browser.

use serde_json::json;
use tonegate_server::model::Role;

use crate::support::{House, PASSWORD, Persona, text};

#[tokio::test]
async fn a_session_changes_nothing_for_other_sites() {
    let (house, _) = House::manual().await;
    let browser = house.owner_session().await;
    let change = async |browser: &Persona| browser.delete("/sessions/ses_none").await;
    // What is refused here would be unknown otherwise.
    change(&browser).await.refused(404, "session_unknown");
    change(&browser.without("Sec-Fetch-Site")).await.refused(404, "session_unknown");
    change(&browser.with("Sec-Fetch-Site", "none")).await.refused(404, "session_unknown");
    let program = browser.without("Sec-Fetch-Site").without("Origin");
    change(&program).await.refused(404, "session_unknown");
    let token = browser.get("/session").await.expect(200)["csrf_token"].clone();
    let mut other = text(&token).to_owned();
    other.replace_range(0..1, if other.starts_with('A') { "B" } else { "A" });
    for refused in [
        browser.without("X-CSRF-Token"),
        browser.with("X-CSRF-Token", ""),
        browser.with("X-CSRF-Token", &other),
        browser.without("Origin"),
        browser.with("Origin", "null"),
        browser.with("Origin", "http://127.0.0.1"),
        browser.with("Origin", "https://evil.example"),
        browser.with("Sec-Fetch-Site", "cross-site"),
        browser.with("Sec-Fetch-Site", "same-site"),
        program.without("X-CSRF-Token"),
    ] {
        change(&refused).await.refused(403, "csrf_failed");
    }
    // Looking changes nothing, and no site can read it.
    browser.with("Sec-Fetch-Site", "cross-site").get("/session").await.expect(200);
    browser.get("/session").await.expect(200);
}

#[tokio::test]
async fn nobody_is_signed_in_by_another_sites_page() {
    let (house, _) = House::manual().await;
    let evil = house.anonymous().with("Origin", "https://evil.example");
    let body = json!({ "name": "anna", "password": PASSWORD, "code": "123456" });
    evil.post("/session", body).await.refused(403, "csrf_failed");
    let body = json!({ "token": "tgi_", "name": "anna", "password": PASSWORD });
    evil.post("/enrollments", body).await.refused(403, "csrf_failed");
    let body = json!({ "token": "tgi_", "code": "123456" });
    evil.post("/enrollments/confirm", body).await.refused(403, "csrf_failed");
}

#[tokio::test]
async fn a_token_beside_a_cookie_is_judged_alone() {
    let (house, _) = House::manual().await;
    let browser = house.owner_session().await;
    let viewer = house.token_text(Role::Viewer, None, false).await;
    let both = browser.with("Authorization", &format!("Bearer {viewer}"));
    assert_eq!(both.get("/session").await.expect(200)["role"], "viewer");
    let bad = browser.with("Authorization", "Bearer tgt_bad");
    bad.get("/session").await.refused(401, "token_refused");
}
