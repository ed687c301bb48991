//! The upstream is away, or says no: what is held goes on, and everybody is told.

use tonegate_client::ReturnCode;
use tonegate_testing::Behaviour;

use crate::support::world::{manual, pass, with_two_apps};
use crate::support::{APP, DAY, HOUR, NOW, OTHER, eventually, path_of};

/// Longer than any pause between two tries.
const PAUSE: i64 = 361;

#[tokio::test]
async fn what_is_held_goes_on_as_stale_and_says_why() {
    let refused = ReturnCode::ServiceNotEnabled;
    for (behaviour, why) in [
        (Behaviour::CloseAtOnce, "unreachable".to_owned()),
        (Behaviour::Status(500), "status".to_owned()),
        (Behaviour::NotJson, "bad_answer".to_owned()),
        (Behaviour::Forged, "bad_license".to_owned()),
        (Behaviour::Code(refused), format!("refused {}", refused.number())),
    ] {
        let (world, hand) = manual().await;
        let key = world.key(&[]).text;
        let relay = world.relay().await;
        let fresh = relay.ask(&key).await;
        world.upstream.set(behaviour);
        pass(&hand, 3 * HOUR);
        relay.attend().await;
        let stale = relay.ask(&key).await;
        assert_eq!(stale.license(), fresh.license());
        assert_eq!((stale.text("Source"), stale.text("StaleBecause")), ("stale".to_owned(), why));
        assert_ne!(stale.etag(), fresh.etag(), "who keeps it shall learn of it");
        let keep = stale.number("RefreshAfter") - stale.number("ServerTime");
        assert!((300..=600).contains(&keep), "back soon: {keep}");

        world.upstream.set(Behaviour::Good);
        pass(&hand, PAUSE);
        relay.attend().await;
        assert_eq!(relay.ask(&key).await.text("Source"), "fresh");
    }
}

#[tokio::test]
async fn a_licence_is_handed_out_until_its_last_second_and_not_after() {
    let (world, hand) = manual().await;
    let key = world.key(&[]).text;
    let relay = world.relay().await;
    let fresh = relay.ask(&key).await;
    world.upstream.down().await;
    pass(&hand, fresh.number("ExpireAt") - world.now() - 1);
    relay.attend().await;
    let last = relay.ask(&key).await;
    assert_eq!((last.license(), &*last.text("Source")), (fresh.license(), "stale"));
    assert_eq!(last.header("cache-control"), Some("private, max-age=1"), "not beyond its end");
    let known = format!("If-None-Match: {}\r\n", last.etag());

    pass(&hand, 1);
    for headers in ["", &known] {
        let over = relay.get_with("/v1/license", &key, headers).await;
        over.assert_problem(503, "no_license");
        assert!(over.text("detail").contains("unreachable"), "{over:?}");
        assert!(over.retry_after().unwrap() <= 301, "{over:?}");
    }
    world.upstream.up().await;
    pass(&hand, PAUSE);
    assert_eq!(relay.ask(&key).await.text("Source"), "fresh");
}

#[tokio::test]
async fn in_its_last_hour_a_licence_without_a_successor_is_stale() {
    let (world, hand) = manual().await;
    let key = world.key(&[]).text;
    world.upstream.set_lifetime(3_600);
    let relay = world.relay().await;
    let fresh = relay.ask(&key).await;
    pass(&hand, fresh.number("ExpireAt") - world.now() - HOUR);
    assert_ne!(relay.ask(&key).await.text("Source"), "stale");
    pass(&hand, 1);
    let stale = relay.ask(&key).await;
    assert_eq!(stale.license(), fresh.license());
    assert_eq!((&*stale.text("Source"), &*stale.text("StaleBecause")), ("stale", "ends_soon"));
}

#[tokio::test]
async fn a_restart_during_the_outage_changes_nothing() {
    let (world, hand) = manual().await;
    let key = world.key(&[]).text;
    let relay = world.relay().await;
    let before = relay.ask(&key).await.license();
    assert!(relay.stop().await);
    world.upstream.down().await;
    for later in [60, HOUR, DAY] {
        pass(&hand, later);
        let relay = world.empty_relay(|_| ()).await;
        let kept = relay.ask(&key).await;
        assert_eq!(kept.license(), before, "at once, from disk");
        assert_ne!(kept.text("Source"), "fresh", "it was not refreshed since the start");
        let is_stale = async || relay.ask(&key).await.text("Source") == "stale";
        eventually("a refresh has failed", is_stale).await;
        assert_eq!(relay.ask(&key).await.text("StaleBecause"), "unreachable");
        assert!(relay.stop().await);
    }
    pass(&hand, 7 * DAY);
    let relay = world.empty_relay(|_| ()).await;
    relay.ask(&key).await.assert_problem(503, "no_license");
    assert!(relay.stop().await);

    world.upstream.up().await;
    let relay = world.relay().await;
    assert_ne!(relay.ask(&key).await.license(), before);
}

#[tokio::test]
async fn while_nobody_knows_how_late_it_is_a_licence_is_stale() {
    let (world, hand) = manual().await;
    let key = world.key(&[]).text;
    let relay = world.relay().await;
    let fresh = relay.ask(&key).await;
    // An operator sets this machine's clock; the issuer's is as it was.
    hand.step_wall(2 * HOUR);
    world.upstream.set_skew(-2 * HOUR);
    let stale = relay.ask(&key).await;
    assert_eq!(stale.license(), fresh.license());
    assert_eq!((&*stale.text("Source"), &*stale.text("StaleBecause")), ("stale", "clock_moved"));
    relay.attend().await;
    let again = relay.ask(&key).await;
    assert_eq!(again.text("Source"), "fresh");
    assert_eq!(again.number("ServerTime"), NOW, "the issuer's time, not this machine's");
    assert_eq!(relay.admin("/status").await.json()["upstreams"][0]["clock_offset"], -2 * HOUR);
}

#[tokio::test]
async fn what_is_kept_on_disk_is_its_owners_alone() {
    let (world, _hand) = manual().await;
    assert!(world.relay().await.stop().await);
    let mode = |path: &std::path::Path| {
        std::os::unix::fs::PermissionsExt::mode(&path.metadata().unwrap().permissions()) & 0o777
    };
    let directory = world.path("cache");
    assert_eq!(mode(&directory), 0o700);
    let files = std::fs::read_dir(&directory).unwrap().map(|entry| entry.unwrap().path());
    let files: Vec<_> = files.collect();
    assert_eq!(files, [directory.join(format!("{APP}.json"))]);
    assert_eq!(mode(&files[0]), 0o600);
}

#[tokio::test]
async fn a_damaged_or_foreign_file_in_the_cache_is_as_none() {
    let (world, _hand) = manual().await;
    let key = world.key(&[]).text;
    let relay = world.relay().await;
    let good = relay.ask(&key).await.license();
    assert!(relay.stop().await);
    let file = world.path("cache").join(format!("{APP}.json"));
    let kept = std::fs::read_to_string(&file).unwrap();
    world.upstream.down().await;
    let middle = good.len() / 2;
    let other = format!("{}{}{}", &good[..middle], "AAAA", &good[middle + 4..]);
    for text in ["", "{", &kept[..kept.len() / 2], &kept.replace(&good, &other)] {
        std::fs::write(&file, text).unwrap();
        let relay = world.empty_relay(|_| ()).await;
        relay.ask(&key).await.assert_problem(503, "no_license");
        assert!(relay.stop().await);
    }
    std::fs::write(&file, &kept).unwrap();
    let relay = world.empty_relay(|_| ()).await;
    assert_eq!(relay.ask(&key).await.license(), good);
}

#[tokio::test]
async fn one_app_that_is_refused_does_not_harm_another() {
    let (world, hand) = with_two_apps().await;
    let rotated = "R0tAtEdSeCrEt0000000000000000000";
    world.upstream.set_secret(OTHER, rotated);
    let key = world.key(&[]).text;
    let relay = world.empty_relay(|_| ()).await;
    eventually("both were asked for", async || {
        let good = relay.get(&path_of(APP), &key).await.status == 200;
        good && world.upstream.calls_of(OTHER) > 0
    })
    .await;
    let code = ReturnCode::SignatureInvalid.number();
    let refused = relay.get(&path_of(OTHER), &key).await;
    refused.assert_problem(503, "no_license");
    assert!(refused.text("detail").contains(&format!("refused {code}")), "{refused:?}");

    let ready = relay.admin("/readyz").await;
    assert_eq!((ready.status, &ready.json()["ready"]), (200, &true.into()));
    assert_eq!(ready.json()["degraded"]["expired"], serde_json::json!([OTHER]));
    let status = relay.admin("/status").await.json();
    let of = |app_id: u32| {
        let apps = status["apps"].as_array().unwrap();
        apps.iter().find(|app| app["app_id"] == app_id).unwrap().clone()
    };
    assert_eq!((&of(APP)["state"], &of(APP)["failures"]), (&"fresh".into(), &0.into()));
    assert_eq!(
        (&of(OTHER)["state"], &of(OTHER)["error"]["code"]),
        (&"expired".into(), &code.into())
    );
    let message = of(OTHER)["error"]["message"].as_str().unwrap().to_owned();
    assert!(message.to_lowercase().contains("secret"), "it names the cure: {message}");

    // The operator mends the file; nothing need be restarted.
    world.write_secret(OTHER, rotated);
    eventually("the new secret is taken", async || {
        pass(&hand, 10);
        relay.get(&path_of(OTHER), &key).await.status == 200
    })
    .await;
}

#[tokio::test]
async fn operators_see_how_it_stands() {
    let (world, hand) = with_two_apps().await;
    let key = world.key(&[]).text;
    world.upstream.set(Behaviour::Status(503));
    let relay = world.empty_relay(|_| ()).await;
    assert_eq!(relay.admin("/livez").await.status, 200);
    assert_eq!(relay.admin("/readyz").await.status, 503, "there is nothing to hand out");
    relay.assert_metric("ready 0").await;

    world.upstream.set(Behaviour::Good);
    eventually("it heals", async || {
        pass(&hand, 10);
        relay.attend().await;
        relay.admin("/readyz").await.status == 200
    })
    .await;
    relay.is_fresh().await;
    for _ in 0..2 {
        let known = relay.ask(&key).await.etag();
        relay.get_with(&path_of(APP), &key, &format!("If-None-Match: {known}\r\n")).await;
        relay.ask("").await;
    }
    relay.assert_metric("ready 1").await;
    relay.assert_metric("licenses_total 2").await;
    relay.assert_metric("not_modified_total 2").await;
    relay.assert_metric(r#"problems_total{answer="no_credential"} 2"#).await;
    let fetched_at = relay.admin("/status").await.json()["server_time"].as_i64().unwrap();
    relay.assert_metric(&format!("license_state{{app_id=\"{APP}\",state=\"fresh\"}} 1")).await;
    relay.assert_metric(&format!("license_state{{app_id=\"{APP}\",state=\"stale\"}} 0")).await;
    relay.assert_metric(r#"upstream_hosts_left_alone{upstream="zego"} 0"#).await;
    let success = format!("refreshes_total{{app_id=\"{OTHER}\",outcome=\"success\"}} 1");
    relay.assert_metric(&success).await;
    assert!(fetched_at >= world.now());

    world.upstream.down().await;
    pass(&hand, 3 * HOUR);
    relay.attend().await;
    let ready = relay.admin("/readyz").await;
    assert_eq!(ready.status, 200, "stale is better than nothing");
    assert_eq!(ready.json()["degraded"]["stale"], serde_json::json!([OTHER, APP]));
    relay.assert_metric(&format!("license_state{{app_id=\"{APP}\",state=\"stale\"}} 1")).await;
    relay.assert_metric(&format!("license_state{{app_id=\"{APP}\",state=\"fresh\"}} 0")).await;
    let status = relay.admin("/status").await.json();
    let app = &status["apps"][0];
    assert_eq!((&app["app_id"], &app["upstream"]), (&OTHER.into(), &"zego".into()));
    assert_eq!(app["error"]["kind"], "unreachable");
    assert!(app["age"].as_i64().unwrap() >= 3 * HOUR);
    assert!(app["expires_in"].as_i64().unwrap() > 6 * DAY);
    assert_eq!(app["expire_at_basis"], "license");
    let host = world.upstream.endpoint().replace("http://", "");
    assert_eq!(status["upstreams"][0]["hosts"][0]["host"], host);

    pass(&hand, 8 * DAY);
    let ready = relay.admin("/readyz").await;
    assert_eq!((ready.status, &ready.json()["ready"]), (503, &false.into()));
    assert_eq!(ready.json()["degraded"]["expired"], serde_json::json!([OTHER, APP]));
    assert_eq!(relay.admin("/livez").await.status, 200, "a restart would not help");
    assert_eq!(relay.admin("/nowhere").await.status, 404);
}
