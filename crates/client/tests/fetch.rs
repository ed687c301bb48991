//! Fetches that succeed, and what they sent.

use tonegate_client::{FetchedLicense, Upstream};

use crate::support::{Issuer, NOW, client, granted, ok, standing_at};

#[tokio::test]
async fn a_license_comes_back() {
    let issuer = Issuer::start(vec![granted()]).await;
    let client = client(Upstream::builder(&issuer.endpoint).clock(standing_at(NOW)));
    let expected = FetchedLicense {
        license: "a.b.c".to_owned(),
        request_id: Some("1234".to_owned()),
        server: issuer.endpoint.strip_prefix("http://").unwrap().to_owned(),
        fetched_at: NOW,
        server_time: None,
        clock_offset_secs: 0,
        verified: None,
    };
    assert_eq!(client.fetch().await, Ok(expected));

    let asked = &issuer.asked()[0];
    assert!(asked.contains("AppId=12345&") && asked.contains("HTTP/1.1\r\n"), "{asked}");
    let (nonce, timestamp) = &issuer.signed()[0];
    assert!(nonce.len() == 16 && nonce.bytes().all(|c| c.is_ascii_hexdigit()), "{nonce}");
    assert_eq!(*timestamp, NOW);
}

#[tokio::test]
async fn each_fetch_is_signed_anew() {
    let issuer = Issuer::start(vec![granted(), granted()]).await;
    let client = issuer.client();
    client.fetch().await.unwrap();
    client.fetch().await.unwrap();
    let signed = issuer.signed();
    assert_ne!(signed[0].0, signed[1].0);
}

/// The original service has answered without RequestId, in chunks and with members we do not know.
#[tokio::test]
async fn an_older_answer_is_read() {
    let body = r#"{"Code":0,"Message":"","Data":{"License":"opaque","More":1}}"#;
    let chunked = format!(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n{body}\r\n0\r\n\r\n",
        body.len()
    );
    let issuer = Issuer::start(vec![chunked, ok("", body)]).await;
    for _ in 0..2 {
        let fetched = issuer.client().fetch().await.unwrap();
        assert_eq!((fetched.license.as_str(), fetched.request_id), ("opaque", None));
    }
}
