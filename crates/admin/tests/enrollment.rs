//! From an invitation to somebody who signs in.

use std::time::Duration;

use serde_json::json;

use crate::support::{House, PASSWORD, Phone, text};

#[tokio::test]
async fn the_first_owner_sets_up_and_is_signed_in() {
    let (house, _) = House::manual().await;
    assert_eq!(house.anonymous().get("/setup").await.expect(200)["needed"], true);
    let token = house.api.setup_token().await.unwrap().unwrap();
    let body = json!({ "token": token.expose(), "name": "anna", "password": PASSWORD });
    let chosen = house.anonymous().post("/enrollments", body).await.expect(201);
    assert_eq!(chosen["name"], "anna");
    let uri = text(&chosen["totp_uri"]);
    assert!(uri.starts_with("otpauth://totp/tonegate:anna?secret="), "{uri}");
    assert!(uri.contains(text(&chosen["totp_secret"])), "{uri}");
    let rows = chosen["qr"].as_array().unwrap();
    assert!(rows.iter().all(|row| text(row).len() == rows.len()), "{rows:?}");
    assert_eq!(house.anonymous().get("/setup").await.expect(200)["needed"], true);

    let phone = Phone { secret: text(&chosen["totp_secret"]).to_owned() };
    let body = json!({ "token": token.expose(), "code": phone.code(house.now()) });
    let session = house.anonymous().post("/enrollments/confirm", body.clone()).await.expect(201);
    assert_eq!((&session["user"]["name"], &session["role"]), (&json!("anna"), &json!("owner")));
    assert_eq!(house.anonymous().get("/setup").await.expect(200)["needed"], false);
    assert_eq!(house.actions(3).await, ["session.create", "user.enroll", "setup.offer"]);

    let again = house.anonymous().post("/enrollments/confirm", body).await;
    again.refused(401, "invitation_unknown");
    assert!(house.api.setup_token().await.unwrap().is_none());
}

#[tokio::test]
async fn a_setup_token_is_for_this_machine_for_half_an_hour_and_for_one() {
    let (house, hand) = House::manual().await;
    let first = house.api.setup_token().await.unwrap().unwrap();
    let token = house.api.setup_token().await.unwrap().unwrap();
    let with = |token: &str| json!({ "token": token, "name": "anna", "password": PASSWORD });
    let used = house.anonymous().post("/enrollments", with(first.expose())).await;
    used.refused(401, "invitation_unknown");
    let forwarded = house.anonymous().with("X-Forwarded-For", "192.0.2.1");
    let far = forwarded.post("/enrollments", with(token.expose())).await;
    far.refused(403, "loopback_only");
    let nameless = json!({ "token": token.expose(), "password": PASSWORD });
    house.anonymous().post("/enrollments", nameless).await.refused(422, "invalid_body");
    house.pass(&hand, Duration::from_secs(1_799));
    house.anonymous().post("/enrollments", with(token.expose())).await.expect(201);
    house.pass(&hand, Duration::from_secs(1));
    let late = house.anonymous().post("/enrollments", with(token.expose())).await;
    late.refused(401, "invitation_unknown");
}

#[tokio::test]
async fn weak_passwords_are_refused_with_a_hint() {
    let (house, _) = House::manual().await;
    let token = house.api.setup_token().await.unwrap().unwrap();
    for password in ["aB3!", "password1", "anna.anna", "tonegate1", &"a".repeat(257)] {
        let body = json!({ "token": token.expose(), "name": "anna", "password": password });
        let problem = house.anonymous().post("/enrollments", body).await;
        let problem = problem.refused(422, "password_too_weak");
        assert_eq!(problem["errors"][0]["field"], "password");
        assert!(text(&problem["errors"][0]["detail"]).len() > 10, "{problem}");
        assert!(!problem.to_string().contains(password), "{problem}");
    }
}

#[tokio::test]
async fn five_wrong_codes_end_an_invitation() {
    let (house, _) = House::manual().await;
    let invited = house.owner().post("/users", json!({ "name": "ben", "role": "viewer" })).await;
    let invited = invited.expect(201);
    let token = text(&invited["invitation_token"]);
    assert_eq!(invited["invitation_path"], format!("/#/enroll?token={token}"));
    let named = json!({ "token": token, "name": "ben", "password": PASSWORD });
    house.anonymous().post("/enrollments", named).await.refused(422, "invalid_body");
    let confirm = |code: &str| json!({ "token": token, "code": code });
    let early = house.anonymous().post("/enrollments/confirm", confirm("000000")).await;
    early.refused(422, "wrong_code");
    let body = json!({ "token": token, "password": PASSWORD });
    let chosen = house.anonymous().post("/enrollments", body).await.expect(201);
    let phone = Phone { secret: text(&chosen["totp_secret"]).to_owned() };
    let far = phone.code(house.now() + 3_600);
    for _ in 0..4 {
        let wrong = house.anonymous().post("/enrollments/confirm", confirm(&far)).await;
        wrong.refused(422, "wrong_code");
    }
    let gone = house.anonymous().post("/enrollments/confirm", confirm(&far)).await;
    gone.refused(401, "invitation_unknown");
    let right = confirm(&phone.code(house.now()));
    let late = house.anonymous().post("/enrollments/confirm", right).await;
    late.refused(401, "invitation_unknown");
}

#[tokio::test]
async fn an_invitation_is_good_for_a_day_and_a_new_one_replaces_it() {
    let (house, hand) = House::manual().await;
    let invited = house.owner().post("/users", json!({ "name": "ben", "role": "viewer" })).await;
    let invited = invited.expect(201);
    let path = format!("/users/{}/invitation", text(&invited["user"]["id"]));
    let again = house.owner().order(&path).await.expect(201);
    let choose = async |token: &serde_json::Value| {
        let body = json!({ "token": token, "password": PASSWORD });
        house.anonymous().post("/enrollments", body).await
    };
    choose(&invited["invitation_token"]).await.refused(401, "invitation_unknown");
    choose(&again["invitation_token"]).await.expect(201);
    house.pass(&hand, Duration::from_secs(86_400));
    choose(&again["invitation_token"]).await.refused(401, "invitation_unknown");
}

#[tokio::test]
async fn taking_an_invitation_again_resets_everything() {
    let (house, hand) = House::manual().await;
    let (ben, browser) = house.invited("ben", "operator").await;
    let id = browser.get("/session").await.expect(200)["user"]["id"].clone();
    let path = format!("/users/{}/invitation", text(&id));
    let again = house.owner().order(&path).await.expect(201);
    // Nothing is lost before it is taken.
    browser.get("/session").await.expect(200);
    let token = text(&again["invitation_token"]);
    let body = json!({ "token": token, "password": "another horse staple 8" });
    let chosen = house.anonymous().post("/enrollments", body).await.expect(201);
    let phone = Phone { secret: text(&chosen["totp_secret"]).to_owned() };
    let body = json!({ "token": token, "code": phone.code(house.now()) });
    house.anonymous().post("/enrollments/confirm", body).await.expect(201);
    browser.get("/session").await.refused(401, "session_ended");
    house.sign_in(&ben, &hand).await.refused(401, "wrong_credentials");
    let code = phone.code(house.now());
    house.try_sign_in("ben", "another horse staple 8", &code).await.expect(201);
}
