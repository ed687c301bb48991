//! The console's files as browsers get them: types, policy, and nothing beside them.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::support::House;

/// The head and the body of an answer.
async fn get(admin: SocketAddr, path: &str) -> (String, Vec<u8>) {
    let mut stream = TcpStream::connect(admin).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    let end = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n").unwrap();
    let body = answer.split_off(end + 4);
    (String::from_utf8(answer).unwrap().to_lowercase(), body)
}

#[tokio::test]
async fn the_verifier_for_browsers_is_the_packages() {
    let house = House::new().await;
    let package = concat!(env!("CARGO_MANIFEST_DIR"), "/../../bindings/wasm");
    for (file, kind) in [
        ("index.js", "text/javascript; charset=utf-8"),
        ("js/module.js", "text/javascript; charset=utf-8"),
        ("tonegate.wasm", "application/wasm"),
    ] {
        let (head, body) = get(house.admin, &format!("/wasm/{file}")).await;
        assert!(head.starts_with("http/1.1 200 "), "{file}: {head}");
        assert!(head.contains(&format!("\r\ncontent-type: {kind}\r\n")), "{file}: {head}");
        assert_eq!(body, std::fs::read(format!("{package}/{file}")).unwrap(), "{file}");
    }
    for absent in ["Cargo.toml", "src/lib.rs", "node.js", "package.json", "", "../c/Cargo.toml"] {
        let (head, _) = get(house.admin, &format!("/wasm/{absent}")).await;
        assert!(head.starts_with("http/1.1 404 "), "{absent}: {head}");
    }
}

#[tokio::test]
async fn the_voice_for_browsers_is_the_packages() {
    let house = House::new().await;
    let package = concat!(env!("CARGO_MANIFEST_DIR"), "/../../bindings/voice");
    for (file, kind) in [
        ("index.js", "text/javascript; charset=utf-8"),
        ("worklet.js", "text/javascript; charset=utf-8"),
        ("voice.wasm", "application/wasm"),
        ("playground/playground.js", "text/javascript; charset=utf-8"),
        ("playground/page.css", "text/css; charset=utf-8"),
        ("playground/licenses.json", "application/json"),
        ("sounds/steady.wav", "audio/wav"),
    ] {
        let (head, body) = get(house.admin, &format!("/voice/{file}")).await;
        assert!(head.starts_with("http/1.1 200 "), "{file}: {head}");
        assert!(head.contains(&format!("\r\ncontent-type: {kind}\r\n")), "{file}: {head}");
        assert!(body == std::fs::read(format!("{package}/{file}")).unwrap(), "{file}");
    }
    for absent in ["Cargo.toml", "src/lib.rs", "package.json", "test/house.mjs", "playground/"] {
        let (head, _) = get(house.admin, &format!("/voice/{absent}")).await;
        assert!(head.starts_with("http/1.1 404 "), "{absent}: {head}");
    }
}

#[tokio::test]
async fn the_microphone_is_for_its_own_pages_alone() {
    let house = House::new().await;
    let (head, _) = get(house.admin, "/").await;
    let wanted = "\r\npermissions-policy: camera=(), microphone=(self), geolocation=()\r\n";
    assert!(head.contains(wanted), "{head}");
}

#[tokio::test]
async fn its_policy_lets_webassembly_compile_and_no_text() {
    let house = House::new().await;
    let (head, _) = get(house.admin, "/").await;
    for wanted in [
        "default-src 'none'",
        "script-src 'self' 'wasm-unsafe-eval';",
        "require-trusted-types-for 'script'",
    ] {
        assert!(head.contains(wanted), "{wanted}: {head}");
    }
    assert!(!head.contains("'unsafe-eval'") && !head.contains("'unsafe-inline'"), "{head}");
}
