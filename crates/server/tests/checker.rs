//! Broken URLs: each is told what the gateway would answer, and why.

use serde_json::{Value, json};
use tonegate_protocol::{AppId, ServerSecret, Signature};
use tonegate_server::gateway::checker::{self, Report, Sent};
use tonegate_server::model::{AppSettings, Environment, NonceProfile};

use super::support::house::settings;
use super::support::{Backend, House, NOW, TestServer, manual};

const NONCE: &str = "4fd24687296dd9f3";

/// Checks a URL, and holds against the gateway that it says what that would.
async fn checked(server: &TestServer, url: &str) -> Report {
    let report = checker::check(server.service(), &Sent::read(url), None, true);
    let told = serde_json::to_string(&report).unwrap();
    for secret in secrets(server).await {
        assert!(!told.contains(&secret), "{told}");
    }
    report
}

async fn secrets(server: &TestServer) -> Vec<String> {
    let apps = server.house.store().await.list_apps(None, 9).await.unwrap();
    let secrets = apps.into_iter().flat_map(|app| app.secrets);
    secrets.map(|secret| secret.secret.unwrap().expose().to_owned()).collect()
}

fn url(query: impl std::fmt::Display) -> String {
    format!("https://issuer.example/?{query}")
}

/// The query with a signature made over these texts.
fn signed_over(backend: &Backend, parts: [&str; 3], secret: &str, at: i64) -> String {
    let query = backend.query_with(NONCE, at);
    let [first, second, third] = parts;
    // MD5 of a plain concatenation, however it is cut.
    let secret = ServerSecret::new(secret).unwrap();
    let signature = Signature::sign(first, second, &secret, third);
    query.set("Signature", &signature.to_string()).to_string()
}

fn ids(report: &Report) -> Vec<&str> {
    report.causes.iter().map(|cause| cause.id).collect()
}

fn failed(report: &Report) -> Value {
    let failed = report.checks.iter().find(|check| json!(check)["outcome"] == "failed");
    failed.map_or(Value::Null, |check| json!(check.step))
}

#[tokio::test]
async fn a_good_url_passes_every_check_and_is_as_good_afterwards() {
    let (server, _hand) = manual().await;
    let app = server.app(12_345).await;
    let query = app.query_with(NONCE, NOW).to_string();
    for _ in 0..3 {
        let report = checked(&server, &url(&query)).await;
        assert_eq!((report.would_be, ids(&report)), (Some(0), vec![]));
        assert_eq!(report.checks.len(), 18);
        assert!(report.checks.iter().all(|check| json!(check)["outcome"] == "passed"));
        let dots = "●".repeat(32);
        let expected = format!("12345{NONCE}{dots}{NOW}");
        assert_eq!(report.expected_string_to_sign.as_deref(), Some(&*expected));
    }
    assert_eq!(server.get(&query).await.code(), 0, "checking used nothing");
    let report = checked(&server, &url(&query)).await;
    assert_eq!((report.would_be, failed(&report)), (Some(100_000_005), json!("replay")));
    assert_eq!(server.get(&query).await.code(), 100_000_005);
}

#[tokio::test]
async fn broken_urls_are_told_their_causes() {
    let (server, _hand) = manual().await;
    let app = server.app(12_345).await;
    let other = server.app(777).await;
    let (good, secret) = (app.query_with(NONCE, NOW), app.secret.expose().to_owned());
    let now = NOW.to_string();
    let upper = good.get("Signature").to_uppercase();
    let late = app.query_with(NONCE, NOW - 812);
    let ms = app.query_with(NONCE, NOW * 1_000);
    let twice = app.raw(("a%2520b", "a b"), (&now, &now));
    let plus = app.raw(("a+b", "a+b"), (&now, &now));
    let float = app.raw((NONCE, NONCE), (&format!("{now}.5"), &format!("{now}.5")));
    let stranger = "0f1e2d3c4b5a69788796a5b4c3d2e1f0";
    let cases: [(&str, String, Option<u32>, &str); 24] = [
        (
            "upper case",
            url(good.clone().set("Signature", &upper)),
            Some(100_000_005),
            "signature_upper_case",
        ),
        (
            "order",
            url(signed_over(&app, ["12345", &now, NONCE], &secret, NOW)),
            Some(100_000_005),
            "wrong_order",
        ),
        ("milliseconds", url(&ms), Some(100_000_004), "timestamp_unit"),
        ("fraction", url(&float), Some(100_000_003), "timestamp_form"),
        (
            "quotes",
            url(good.clone().set("Timestamp", "%22123%22")),
            Some(100_000_003),
            "timestamp_form",
        ),
        ("clock", url(&late), Some(100_000_004), "clock_behind"),
        ("future", url(app.query_with(NONCE, NOW + 4_000)), Some(100_000_004), "clock_ahead"),
        ("encoded twice", url(&twice), Some(100_000_005), "encoded_twice"),
        ("plus", url(&plus), Some(100_000_005), "nonce_spelling"),
        (
            "other app",
            url(signed_over(&app, ["12345", NONCE, &now], other.secret.expose(), NOW)),
            Some(100_000_005),
            "secret_of_other_app",
        ),
        (
            "AppSign",
            url(signed_over(&app, ["12345", NONCE, &now], stranger, NOW)),
            Some(100_000_005),
            "no_match",
        ),
        (
            "version",
            url(good.clone().set("SignatureVersion", "1.0")),
            Some(100_000_014),
            "signature_version",
        ),
        (
            "missing",
            url(good.clone().without("SignatureNonce")),
            Some(100_000_008),
            "missing_parameter",
        ),
        (
            "misnamed",
            url(good.clone().without("AppId").and("app_id", "12345")),
            Some(100_000_001),
            "misnamed_parameter",
        ),
        ("doubled", url(good.clone().and("AppId", "12345")), Some(2), "doubled_parameter"),
        ("nonce too long", url(app.query_with(&"n".repeat(53), NOW)), Some(2), ""),
        (
            "action",
            url(good.clone().set("Action", "DescribeUserList")),
            Some(100_000_007),
            "wrong_action",
        ),
        ("path", "https://issuer.example/v1/license?AppId=1".into(), None, "wrong_path"),
        (
            "html",
            url(good.to_string().replace('&', "&amp;")),
            Some(100_000_001),
            "escaped_separators",
        ),
        (
            "fragment",
            url(good.to_string().replace("&Timestamp", "#&Timestamp")),
            Some(100_000_002),
            "fragment",
        ),
        ("no such app", url(good.clone().set("AppId", "999")), Some(100_000_010), "app_unknown"),
        ("no text", String::new(), Some(100_000_001), "missing_parameter"),
        ("blanks", format!("  '{}' ", url(late.clone())), Some(100_000_004), "text_around"),
        (
            "without AppId in MD5",
            url(signed_over(&app, ["", NONCE, &now], &secret, NOW)),
            Some(100_000_005),
            "left_out",
        ),
    ];
    for (what, url, code, cause) in cases {
        let report = checked(&server, &url).await;
        assert_eq!(report.would_be, code, "{what}: {report:?}");
        let named = cause.is_empty() || ids(&report).contains(&cause);
        assert!(named, "{what}: {:?}", ids(&report));
    }
    let report = checked(&server, &url(&late)).await;
    let detail = &report.causes[0].detail;
    assert!(detail.contains("13 min behind"), "{detail}");
}

#[tokio::test]
async fn the_gateway_says_the_same() {
    let (server, _hand) = manual().await;
    let app = server.app(12_345).await;
    let good = app.query_with(NONCE, NOW);
    for query in [
        good.clone().set("Signature", "nonsense"),
        good.clone().without("Signature"),
        good.clone().set("Timestamp", "0"),
        good.clone().set("AppId", "012345"),
        good.clone().and("Timestamp", "1"),
        good.clone().set("Action", "%ff"),
        good.clone().set("SignatureNonce", "%00"),
        good.clone().set("SignatureVersion", "%zz"),
        good.clone().set("AppId", "4"),
    ] {
        let report = checked(&server, &url(&query)).await;
        let answered = server.get(&query.to_string()).await.code();
        assert_eq!(report.would_be.map(i64::from), Some(answered), "{query}: {report:?}");
    }
}

#[tokio::test]
async fn an_apps_own_faults_are_told_apart() {
    let (server, _hand) = manual().await;
    let test = AppSettings { environment: Environment::Test, ..settings() };
    let off = AppSettings { service_enabled: false, ..settings() };
    let hex = AppSettings { nonce_profile: NonceProfile::Hex16, ..settings() };
    let none = AppSettings { features: Vec::new(), ..settings() };
    let near = AppSettings { allowed_networks: vec!["10.0.0.0/8".parse().unwrap()], ..settings() };
    let cases = [
        (1, test, 100_000_016, "other_environment"),
        (2, off, 100_000_017, "not_enabled"),
        (3, hex, 2, ""),
        (4, none, 910_002, ""),
        (5, near, 0, ""),
    ];
    for (id, settings, code, cause) in cases {
        let app = server.app_of(id, settings).await;
        let report = checked(&server, &url(app.query_with("short", NOW))).await;
        assert_eq!(report.would_be, Some(code), "{report:?}");
        assert_eq!(ids(&report), Vec::from_iter(Some(cause).filter(|cause| !cause.is_empty())));
    }
    let old = server.app(9).await;
    server.house.rotate(9, 0).await;
    server.caught_up().await;
    let report = checked(&server, &url(old.query_with(NONCE, NOW))).await;
    assert_eq!((report.would_be, ids(&report)), (Some(910_004), vec!["secret_retired"]));
}

#[tokio::test]
async fn others_secrets_are_tried_only_where_that_is_allowed() {
    let (server, _hand) = manual().await;
    let (app, other) = (server.app(1).await, server.app(2).await);
    let query = signed_over(&app, ["1", NONCE, &NOW.to_string()], other.secret.expose(), NOW);
    let sent = Sent::read(&url(query));
    let confined = checker::check(server.service(), &sent, Some(AppId(1)), false);
    assert_eq!(ids(&confined), ["no_match"]);
    let whole = checker::check(server.service(), &sent, Some(AppId(1)), true);
    assert_eq!(ids(&whole), ["secret_of_other_app"]);
}

#[tokio::test]
async fn a_host_that_is_not_ours_is_named() {
    let house = House::at(NOW).await;
    let (clock, _hand) = tonegate_server::clock::Clock::manual(NOW);
    let server = TestServer::start_with(house, clock, |config| {
        config.gateway.hosts = vec!["zim.example".to_owned()];
    })
    .await;
    let app = server.app(1).await;
    let query = app.query_with(NONCE, NOW);
    let report = checked(&server, &url(&query)).await;
    assert_eq!((report.would_be, ids(&report)), (Some(100_000_000), vec!["wrong_host"]));
    let report = checked(&server, &format!("https://ZIM.example:443/?{query}")).await;
    assert_eq!(report.would_be, Some(0));
}
