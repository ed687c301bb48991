//! Guessing at sign-in: each failure costs more time, and only those who fail.

use std::time::Duration;

use serde_json::json;

use crate::support::{House, PASSWORD, Persona, eventually};

/// The seconds that an attempt has to wait; none: it was judged.
async fn wait(house: &House, name: &str, code: &str) -> Option<u64> {
    let answer = house.try_sign_in(name, "wrong", code).await;
    match answer.status {
        401 => None,
        _ => {
            answer.refused(429, "locked");
            Some(answer.header("retry-after").unwrap().parse().unwrap())
        }
    }
}

#[tokio::test]
async fn failures_lock_for_growing_time_whether_the_name_is_known_or_not() {
    let (house, hand) = House::manual().await;
    let (anna, _) = house.first_owner().await;
    for name in ["anna", "nobody"] {
        let mut waits = Vec::new();
        for failures in 1..=14 {
            assert_eq!(wait(&house, name, "000000").await, None, "{name}, {failures}");
            if failures >= 5 {
                let seconds = wait(&house, name, "000000").await.expect("a lock");
                waits.push(seconds);
                house.pass(&hand, Duration::from_secs(seconds));
            }
            // The network's own limit is not what is looked at.
            house.pass(&hand, Duration::from_millis(200));
        }
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 64, 128, 256, 512], "{name}");
    }
    // The right password waits too, and then gets in, and all is forgotten.
    house.pass(&hand, Duration::from_secs(900));
    for _ in 0..5 {
        assert_eq!(wait(&house, "anna", "000000").await, None);
    }
    let code = anna.phone.code(house.now());
    let early = house.try_sign_in("anna", PASSWORD, &code).await;
    early.refused(429, "locked");
    assert_eq!(early.header("retry-after"), Some("1"));
    house.pass(&hand, Duration::from_secs(1));
    let code = anna.phone.code(house.now());
    house.try_sign_in("anna", PASSWORD, &code).await.expect(201);
    for _ in 0..4 {
        assert_eq!(wait(&house, "anna", "000000").await, None);
    }
    assert_eq!(wait(&house, "anna", "000000").await, None);
}

#[tokio::test]
async fn what_strangers_fail_at_keeps_an_owner_out_of_nothing() {
    let (house, hand) = House::manual().await;
    let (anna, browser) = house.first_owner().await;
    for _ in 0..5 {
        house.try_sign_in("anna", "wrong", "000000").await.refused(401, "wrong_credentials");
    }
    house.try_sign_in("ANNA", PASSWORD, "000000").await.refused(429, "locked");
    house.pass(&hand, Duration::from_millis(900));
    // The session that is open steps up all the same.
    let step_up = json!({ "code": anna.phone.code(house.now() + 30), "password": PASSWORD });
    browser.post("/session/step_up", step_up).await.expect(200);
}

#[tokio::test]
async fn five_wrong_codes_end_the_session_that_sent_them() {
    let (house, hand) = House::manual().await;
    let (anna, first) = house.first_owner().await;
    let other = Persona::browser(&house, &house.sign_in(&anna, &hand).await);
    let step_up = async |browser: &Persona, code: &str| {
        browser.post("/session/step_up", json!({ "code": code })).await
    };
    for _ in 0..4 {
        step_up(&first, "000000").await.refused(401, "wrong_credentials");
    }
    house.pass(&hand, Duration::from_secs(30));
    step_up(&first, &anna.phone.code(house.now())).await.expect(200);
    for _ in 0..4 {
        step_up(&first, "000000").await.refused(401, "wrong_credentials");
    }
    step_up(&first, "000000").await.refused(401, "session_ended");
    first.get("/session").await.refused(401, "session_ended");
    other.get("/session").await.expect(200);
    // Many at once are no more.
    let (a, b, c, d, e, f, g) = tokio::join!(
        step_up(&other, "000000"),
        step_up(&other, "000000"),
        step_up(&other, "000000"),
        step_up(&other, "000000"),
        step_up(&other, "000000"),
        step_up(&other, "000000"),
        step_up(&other, "000000"),
    );
    let judged = [a, b, c, d, e, f, g];
    let judged = judged.iter().filter(|answer| answer.json()["code"] == "wrong_credentials");
    assert_eq!(judged.count(), 4);
    // Signing in is as before.
    house.sign_in(&anna, &hand).await.expect(201);
}

#[tokio::test]
async fn a_sign_in_that_waits_for_the_database_holds_nobody_else_up() {
    let house = House::new().await;
    let (anna, _) = house.first_owner().await;
    let writing = house.store.begin("test", house.now()).await.unwrap();
    let code = anna.phone.code(house.now() + 30);
    let right = || house.try_sign_in("anna", PASSWORD, &code);
    let wrong = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        let answer = house.try_sign_in("nobody", "wrong", "000000");
        let answer = tokio::time::timeout(Duration::from_secs(2), answer).await;
        drop(writing);
        answer.expect("it is judged meanwhile").refused(401, "wrong_credentials");
    };
    let _ = tokio::join!(right(), right(), wrong);
}

#[tokio::test]
async fn refusals_are_audited_once_a_minute() {
    let (house, hand) = House::manual().await;
    house.first_owner().await;
    let refusals = async |number: usize| {
        let is_there = async || {
            let actions = house.actions(50).await;
            actions.iter().filter(|action| *action == "session.refuse").count() == number
        };
        eventually("they are noted", is_there).await;
    };
    for _ in 0..3 {
        house.try_sign_in("anna", "wrong", "000000").await.refused(401, "wrong_credentials");
        house.try_sign_in("nobody", "wrong", "000000").await.refused(401, "wrong_credentials");
    }
    refusals(2).await;
    house.pass(&hand, Duration::from_secs(60));
    house.try_sign_in("anna", "wrong", "000000").await.refused(401, "wrong_credentials");
    refusals(3).await;
}
