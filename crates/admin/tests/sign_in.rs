//! Sessions: how they begin, what they need, and how they end.

use std::time::Duration;

use serde_json::json;

use crate::support::{House, NOW, PASSWORD, Persona, eventually, text};

#[tokio::test]
async fn the_whole_walk() {
    let (house, hand) = House::manual().await;
    let (anna, first) = house.first_owner().await;
    let answer = house.sign_in(&anna, &hand).await;
    let browser = Persona::browser(&house, &answer);
    let session = browser.get("/session").await.expect(200);
    assert_eq!(session["user"]["name"], "anna");
    assert_eq!((&session["token"], &session["app_ids"]), (&json!(null), &json!(null)));
    assert_eq!(session["expires_at"], house.now() + 43_200);
    assert_eq!(session["idle_until"], house.now() + 1_800);
    assert_eq!(session["stepped_up_until"], house.now() + 300);
    assert_eq!(session, answer.expect(201));

    // A sign-in counts as a fresh proof, for five minutes.
    let change = json!({ "new_password": "another horse staple 8" });
    house.pass(&hand, Duration::from_secs(300));
    let late = browser.put("/session/password", change.clone()).await;
    late.refused(403, "step_up_required");
    assert_eq!(browser.get("/session").await.expect(200)["stepped_up_until"], json!(null));
    let code = anna.phone.code(house.now());
    let proof = json!({ "password": PASSWORD, "code": code });
    let session = browser.post("/session/step_up", proof).await.expect(200);
    assert_eq!(session["stepped_up_until"], house.now() + 300);

    // Another password ends the other sessions, and gives this one a new cookie.
    first.get("/session").await.expect(200);
    let changed = browser.put("/session/password", change).await;
    changed.expect(204);
    first.get("/session").await.refused(401, "session_ended");
    browser.get("/session").await.refused(401, "session_ended");
    let browser = browser.with_cookie(&changed);
    let session = browser.get("/session").await.expect(200);
    browser.delete("/session").await.refused(403, "csrf_failed");
    let browser = browser.with("X-CSRF-Token", text(&session["csrf_token"]));
    house.sign_in(&anna, &hand).await.refused(401, "wrong_credentials");
    let noted = async || house.actions(1).await == ["session.refuse"];
    eventually("the refusal is noted", noted).await;

    let out = browser.delete("/session").await;
    out.expect(204);
    let cookie = out.header("set-cookie").unwrap();
    assert!(cookie.starts_with("__Host-tonegate_session=; Max-Age=0;"), "{cookie}");
    browser.get("/session").await.refused(401, "session_ended");
    let code = anna.phone.code(house.now());
    house.try_sign_in("anna", "another horse staple 8", &code).await.expect(201);
    let actions = house.actions(7).await;
    let expected = [
        "session.create",
        "session.delete",
        "session.refuse",
        "user.update",
        "session.step_up",
        "session.create",
        "session.create",
    ];
    assert_eq!(actions, expected);
}

#[tokio::test]
async fn a_code_counts_once() {
    let (house, hand) = House::manual().await;
    let (anna, browser) = house.first_owner().await;
    let used = anna.phone.code(house.now());
    house.try_sign_in("anna", PASSWORD, &used).await.refused(401, "wrong_credentials");
    let proof = json!({ "code": used });
    browser.post("/session/step_up", proof).await.refused(401, "wrong_credentials");
    house.sign_in(&anna, &hand).await.expect(201);
    // The step before, which was not used, is too old by now.
    let skipped = anna.phone.code(house.now() - 30);
    house.try_sign_in("anna", PASSWORD, &skipped).await.refused(401, "wrong_credentials");
    // Two at once with one code: one gets in.
    house.pass(&hand, Duration::from_secs(30));
    let code = anna.phone.code(house.now());
    let attempt = || house.try_sign_in("anna", PASSWORD, &code);
    let (one, two) = tokio::join!(attempt(), attempt());
    let mut statuses = [one.status, two.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 401]);
}

#[tokio::test]
async fn nothing_tells_which_part_was_wrong() {
    let (house, hand) = House::manual().await;
    let (anna, _) = house.first_owner().await;
    house.pass(&hand, Duration::from_secs(30));
    let good = anna.phone.code(house.now());
    let far = anna.phone.code(house.now() + 3_600);
    let mut bodies = Vec::new();
    for (name, password, code) in [
        ("anna", "wrong", &good),
        ("anna", PASSWORD, &far),
        ("Anna", PASSWORD, &good),
        ("nobody", PASSWORD, &good),
        ("anna", PASSWORD, &"nodigi".to_owned()),
    ] {
        let answer = house.try_sign_in(name, password, code).await;
        answer.refused(401, "wrong_credentials");
        bodies.push(answer.body);
    }
    assert!(bodies.iter().all(|body| *body == bodies[0]), "{bodies:?}");
    house.try_sign_in("anna", PASSWORD, &good).await.expect(201);
}

#[tokio::test]
async fn the_cookie_is_for_this_host_and_no_script() {
    let (house, hand) = House::manual().await;
    let (anna, _) = house.first_owner().await;
    let answer = house.sign_in(&anna, &hand).await;
    let cookies: Vec<_> = answer.headers("set-cookie").collect();
    let (value, attributes) = cookies[0].split_once(';').unwrap();
    let token = value.strip_prefix("__Host-tonegate_session=").unwrap();
    assert_eq!((cookies.len(), token.len()), (1, 43));
    assert_eq!(attributes, " Path=/; Secure; HttpOnly; SameSite=Strict");
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert!(!answer.body.contains(token));
}

#[tokio::test]
async fn a_session_left_alone_ends_and_one_in_use_goes_on_for_twelve_hours() {
    let (house, hand) = House::manual().await;
    let (anna, idle) = house.first_owner().await;
    let browser = Persona::browser(&house, &house.sign_in(&anna, &hand).await);
    let began = house.now();
    for _ in 0..24 {
        house.pass(&hand, Duration::from_secs(1_799));
        browser.get("/session").await.expect(200);
        let used = house.now();
        let id = browser.get("/session").await.expect(200)["user"]["id"].clone();
        eventually("the use is noted", async || {
            let sessions = house.store.sessions_of(text(&id), used).await.unwrap();
            sessions.iter().any(|session| session.last_used_at == used)
        })
        .await;
        idle.get("/session").await.refused(401, "session_ended");
    }
    let left = began + 43_200 - house.now();
    assert_eq!(browser.get("/session").await.expect(200)["idle_until"], began + 43_200);
    house.pass(&hand, Duration::from_secs(left.unsigned_abs()));
    browser.get("/session").await.refused(401, "session_ended");
    assert!(house.now() > NOW);
}

#[tokio::test]
async fn sessions_are_listed_and_ended_elsewhere() {
    let (house, hand) = House::manual().await;
    let (anna, first) = house.first_owner().await;
    let answer = house.sign_in(&anna, &hand).await;
    let browser = Persona::browser(&house, &answer).with("User-Agent", "Netscape");
    let listed = browser.get("/sessions").await.expect(200);
    let items = listed["items"].as_array().unwrap();
    let current: Vec<_> = items.iter().map(|it| it["current"].as_bool().unwrap()).collect();
    assert_eq!(current, [true, false]);
    assert_eq!(items[0]["network"], "127.0.0.1");
    let (_, ben) = house.invited("ben", "operator").await;
    let ben_id = ben.get("/session").await.expect(200)["user"]["id"].clone();
    let anna_id = text(&items[0]["user_id"]);
    let others = ben.get(&format!("/sessions?user_id={anna_id}")).await;
    others.refused(403, "role_too_low");
    let other = format!("/sessions/{}", text(&items[1]["id"]));
    ben.delete(&other).await.refused(404, "session_unknown");
    browser.delete(&other).await.expect(204);
    first.get("/session").await.refused(401, "session_ended");
    browser.delete(&other).await.refused(404, "session_unknown");
    for path in ["/sessions/x", "/sessions/ses_", "/sessions/%ff"] {
        browser.delete(path).await.refused(404, "session_unknown");
    }
    let bens = browser.get(&format!("/sessions?user_id={}", text(&ben_id))).await.expect(200);
    browser.delete(&format!("/sessions/{}", text(&bens["items"][0]["id"]))).await.expect(204);
    ben.get("/session").await.refused(401, "session_ended");
    house.owner().get("/sessions").await.refused(403, "people_only");
    house.owner().get("/sessions?user_id=usr_0").await.refused(404, "user_unknown");
}

#[tokio::test]
async fn programs_have_no_session_to_change() {
    let house = House::new().await;
    let owner = house.owner();
    owner.delete("/session").await.refused(403, "people_only");
    owner.post("/session/step_up", json!({ "code": "123456" })).await.refused(403, "people_only");
    let change = json!({ "new_password": PASSWORD });
    owner.put("/session/password", change).await.refused(403, "people_only");
    let session = owner.get("/session").await.expect(200);
    assert_eq!(session["user"], json!(null));
    assert_eq!(session["token"]["name"], "owner of the tests");
    assert_eq!((&session["csrf_token"], &session["idle_until"]), (&json!(null), &json!(null)));
}

#[tokio::test]
async fn a_session_says_what_its_holder_may_call() {
    let (house, _) = House::manual().await;
    let (_, anna) = house.first_owner().await;
    let (_, ben) = house.invited("ben", "viewer").await;
    let may = async |who: &Persona, operation: &str| {
        let session = who.get("/session").await.expect(200);
        session["operations"].as_array().unwrap().contains(&json!(operation))
    };
    assert!(may(&anna, "create_user").await && may(&anna, "get_app").await);
    assert!(may(&ben, "get_app").await && may(&ben, "get_session").await);
    assert!(!may(&ben, "create_app").await && !may(&ben, "list_users").await);
}
