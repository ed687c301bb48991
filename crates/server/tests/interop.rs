//! Libraries that know nothing of us verify a licence with the key from `/.well-known/jwks.json`.
//!
//! `cargo xtask interop` readies them and names the place; without it these tests say so and pass.

use std::path::PathBuf;

use tokio::process::Command;

use crate::support::TestServer;

/// Where `cargo xtask interop` put the libraries and the scripts that call them.
fn place() -> Option<PathBuf> {
    let place = std::env::var_os("XTASK_INTEROP").map(PathBuf::from);
    if place.is_none() {
        println!("skipped: XTASK_INTEROP is not set; `cargo xtask interop` readies this test");
    }
    place
}

/// Has the program verify a new licence, then an altered one.
async fn check(program: PathBuf, script: PathBuf) {
    let server = TestServer::new().await;
    let backend = server.app(12345).await;
    let license = server.ask(&backend).await.license();
    let keys = format!("http://{}/.well-known/jwks.json", server.gateway);
    let run = async |license: &str| {
        let output = Command::new(&program).arg(&script).args([&keys, license]).output().await;
        let output = output.unwrap();
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        (output.status.success(), String::from_utf8(output.stdout).unwrap(), text)
    };
    let (accepted, claims, complaint) = run(&license).await;
    assert!(accepted, "{complaint}");
    let claims: serde_json::Value = serde_json::from_str(&claims).unwrap();
    assert_eq!((&claims["sub"], &claims["aud"]), (&"12345".into(), &"zim-audio".into()));
    assert_eq!(claims["features"], serde_json::json!(["agc", "ans"]));

    let (body, signature) = license.rsplit_once('.').unwrap();
    let other = if signature.starts_with('A') { "B" } else { "A" };
    let (accepted, ..) = run(&format!("{body}.{other}{}", &signature[1..])).await;
    assert!(!accepted, "an altered licence is refused");
}

#[tokio::test]
async fn pyjwt_accepts_a_license() {
    if let Some(place) = place() {
        check(place.join("venv/bin/python"), place.join("pyjwt.py")).await;
    }
}

#[tokio::test]
async fn jose_accepts_a_license() {
    if let Some(place) = place() {
        check("node".into(), place.join("jose.mjs")).await;
    }
}
