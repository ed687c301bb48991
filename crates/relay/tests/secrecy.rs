//! A secret never shows: not in logs at their most talkative, nor in metrics, status, answers or
//! files.

use std::path::Path;

use data_encoding::{BASE64, HEXLOWER};
use serde_json::json;
use tonegate_testing::Behaviour;

use crate::support::child::Child;
use crate::support::identity_provider::{ISSUER, claims};
use crate::support::relay::request;
use crate::support::world::real;
use crate::support::{
    APP, Answer, IdentityProvider, Loopback, OTHER, Wire, World, eventually, path_of,
};

/// The right one of `APP`.
const MARKED: &str = "mArKeDs3cr3tQw7Zx9PlB2vN5tYh8uKd";
/// The wrong one of `OTHER`.
const WRONG: &str = "wR0nGs3cr3tQw7Zx9PlB2vN5tYh8uKdX";
const WEBHOOK: &[u8; 32] = b"wEbH00k s3cr3t of 32 bytes here.";
/// Files that hold a secret because the operator has put it there.
const OPERATORS: [&str; 3] = ["12345.secret", "777.secret", "webhook.secret"];

#[tokio::test]
async fn a_full_run_shows_no_secret_anywhere() {
    let provider = IdentityProvider::start().await;
    let receiver = Loopback::start(204, "").await;
    let world = marked(&provider, &receiver).await;
    let (good, revoked) = (world.key(&[]), world.key(&[APP]));
    let token = provider.token("ES256", &claims("user-1", world.now()));
    let foreign = json!({"iss": ISSUER, "aud": "x", "sub": "user-2", "exp": world.now() + 300});
    let foreign = provider.token("EdDSA", &foreign);
    let secrets = [good.text.clone(), revoked.text.clone(), token, foreign];

    let mut seen = Vec::new();
    for run in 0..2 {
        let child = Child::start(&world, &world.toml(), &[]).await;
        let taken = async || child.get(&path_of(APP), &secrets[2]).await.status == 200;
        eventually("the key set is there", taken).await;
        child.get(&path_of(OTHER), &good.text).await.assert_problem(503, "no_license");
        eventually("the webhook", async || receiver.requests().len() > run).await;
        seen.extend(ask_all(&child, &secrets).await);
        if run == 0 {
            world.keys_file().revoke(&revoked.id).unwrap();
            let gone = async || child.get(&path_of(APP), &revoked.text).await.status == 401;
            eventually("the key is revoked", gone).await;
            // The upstream repeats what it should not, the next time that it is asked.
            let body = format!(r#"{{"Code":100000005,"Message":"{WRONG} is no secret of 777's"}}"#);
            world.upstream.set_for(OTHER, Behaviour::Body(body.into_bytes()));
        }
        child.kill().await;
    }
    for request in receiver.requests().into_iter().chain(provider.server.requests()) {
        seen.extend([request.head, request.body]);
    }
    let log = std::fs::read_to_string(world.path("log")).unwrap();
    for said in ["licence refreshed", "licence read from the cache", "no licence came", "key set"] {
        assert!(log.contains(said), "it did log: {said}: {log}");
    }
    let webhook = BASE64.encode(WEBHOOK);
    let secrets = secrets.iter().map(String::as_str).chain([MARKED, WRONG, &webhook]);
    let mut forms: Vec<String> = secrets.flat_map(forms_of).collect();
    forms.push(String::from_utf8(WEBHOOK.to_vec()).unwrap());
    for form in forms {
        seen.iter().for_each(|text| assert!(!text.contains(&form), "{form} in {text}"));
        assert_eq!(files_with(world.directory(), form.as_bytes()), [""; 0], "{form}");
    }
    // The search finds what is there.
    assert!(seen.iter().any(|text| text.contains("unknown_key")));
    assert!(seen.iter().any(|text| text.contains("license.refresh_failed")));
    assert!(!files_with(world.directory(), b"web shop").is_empty(), "the key's name");
    assert!(seen.iter().any(|text| text.contains("is no secret of 777's")));
    let license = world.upstream.last_license(APP).unwrap();
    assert!(!files_with(world.directory(), license.as_bytes()).is_empty(), "the cache");
}

async fn marked(provider: &IdentityProvider, receiver: &Loopback) -> World {
    let world = real(&[APP, OTHER]).await;
    world.upstream.set_secret(APP, MARKED);
    world.write_secret(APP, MARKED);
    world.write_secret(OTHER, WRONG);
    let secret = format!("whsec_{}", BASE64.encode(WEBHOOK));
    let file = world.write_private("webhook.secret", &secret).display().to_string();
    let url = receiver.url();
    let webhook = format!("[webhook]\nurl = \"{url}\"\nsecret_file = \"{file}\"\n");
    world.with(&provider.section("")).with(&webhook)
}

/// Good and bad requests, with credentials also where they should not stand.
async fn ask_all(child: &Child, credentials: &[String]) -> Vec<String> {
    let mut requests = vec!["garbage\r\n\r\n".to_owned()];
    for credential in credentials {
        let damaged = format!("{credential}x");
        let basic = format!("Authorization: Basic {credential}\r\n");
        let wrong_field = format!("X-Api-Key: {credential}\r\nCookie: key={credential}\r\n");
        let twice = format!("Authorization: Bearer {credential}\r\n");
        requests.extend([
            request("GET", &path_of(APP), credential, ""),
            request("GET", &path_of(OTHER), credential, ""),
            request("GET", "/v1/license", credential, "Origin: https://a.example\r\n"),
            request("GET", &path_of(APP), &damaged, ""),
            request("GET", &path_of(APP), "", &basic),
            request("GET", &path_of(APP), "", &wrong_field),
            request("GET", &path_of(APP), credential, &twice),
            request("GET", &format!("/v1/license?key={credential}"), "", ""),
            request("GET", &format!("/v1/apps/{credential}/license"), "", ""),
            request("POST", &path_of(APP), credential, ""),
            request("OPTIONS", &path_of(APP), credential, ""),
        ]);
    }
    let mut seen = Vec::new();
    for request in requests {
        let mut wire = Wire::connect(child.address, None).await;
        wire.send(request).await;
        let Answer { head, body, .. } = wire.answer().await;
        seen.extend([head, body]);
    }
    for path in ["/metrics", "/status", "/readyz", "/livez"] {
        let Answer { head, body, .. } = child.admin(path).await;
        seen.extend([head, body]);
    }
    seen
}

/// A secret, its hex, its base64, and half of it.
fn forms_of(secret: &str) -> [String; 4] {
    let half = match secret.rsplit_once('.') {
        // A token is worth something only with its signature.
        Some((_, signature)) => signature.to_owned(),
        None => secret[..secret.len() / 2].to_owned(),
    };
    let bytes = secret.as_bytes();
    [secret.to_owned(), HEXLOWER.encode(bytes), BASE64.encode(bytes), half]
}

/// The files under `folder`, but the operator's, that hold these bytes.
fn files_with(folder: &Path, bytes: &[u8]) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files_with(&path, bytes));
        } else if !OPERATORS.iter().any(|name| path.ends_with(name))
            && std::fs::read(&path).unwrap().windows(bytes.len()).any(|part| part == bytes)
        {
            found.push(path.display().to_string());
        }
    }
    found
}
