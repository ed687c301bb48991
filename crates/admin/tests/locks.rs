//! Guessing at sign-in: each failure in a row costs more time.

use std::time::Duration;

use crate::support::{House, PASSWORD};

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
        for failures in 1..=17 {
            // The network's own limit is not what is looked at.
            house.pass(&hand, Duration::from_secs(1));
            assert_eq!(wait(&house, name, "000000").await, None, "{name}, {failures}");
            if failures >= 5 {
                let seconds = wait(&house, name, "000000").await.expect("a lock");
                waits.push(seconds);
                house.pass(&hand, Duration::from_secs(seconds));
            }
        }
        let expected = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900];
        assert_eq!(waits, expected, "{name}");
    }
    // The right password waits too, and then gets in, and all is forgotten.
    house.pass(&hand, Duration::from_secs(1));
    assert_eq!(wait(&house, "anna", "000000").await, None);
    let code = anna.phone.code(house.now());
    let early = house.try_sign_in("anna", PASSWORD, &code).await;
    early.refused(429, "locked");
    assert_eq!(early.header("retry-after"), Some("900"));
    let owner = house.owner().get("/users").await.expect(200);
    assert_eq!(owner["items"][0]["locked_until"], house.now() + 900);
    house.pass(&hand, Duration::from_secs(900));
    let code = anna.phone.code(house.now());
    house.try_sign_in("anna", PASSWORD, &code).await.expect(201);
    assert_eq!(wait(&house, "anna", "000000").await, None);
    assert_eq!(wait(&house, "anna", "000000").await, None);
}

#[tokio::test]
async fn refusals_are_audited_once_a_minute() {
    let (house, hand) = House::manual().await;
    house.first_owner().await;
    let refusals = async || {
        let actions = house.actions(50).await;
        actions.iter().filter(|action| *action == "session.refuse").count()
    };
    for _ in 0..3 {
        house.try_sign_in("anna", "wrong", "000000").await.refused(401, "wrong_credentials");
        house.try_sign_in("nobody", "wrong", "000000").await.refused(401, "wrong_credentials");
    }
    assert_eq!(refusals().await, 2);
    house.pass(&hand, Duration::from_secs(60));
    house.try_sign_in("anna", "wrong", "000000").await.refused(401, "wrong_credentials");
    assert_eq!(refusals().await, 3);
}
