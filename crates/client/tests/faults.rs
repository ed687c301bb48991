//! Fetches that fail: each with its own error, and nothing secret in what it says.

use std::time::Duration;

use tokio::net::TcpListener;
use tonegate_client::{FetchError, ReturnCode, Upstream};

use crate::support::{Issuer, SECRET, client, ok};

/// The error of a fetch that gets `answer`; neither secret nor signature may be in it.
async fn error_of(answer: impl AsRef<[u8]> + Send + 'static) -> FetchError {
    let issuer = Issuer::start(vec![answer]).await;
    let error = issuer.client().fetch().await.unwrap_err();
    let asked = &issuer.asked()[0];
    let signature = &asked.split("Signature=").nth(1).unwrap()[..32];
    let said = format!("{error} {error:?}");
    assert!(!said.contains(SECRET) && !said.contains(signature), "{said}");
    error
}

#[tokio::test]
async fn a_refusal_keeps_its_code_and_says_the_cure() {
    let body = r#"{"Code":100000005,"Message":"Signature error. again","RequestId":"77"}"#;
    let error = error_of(ok("", body)).await;
    assert_eq!(error.return_code(), Some(ReturnCode::SignatureInvalid));
    assert!(
        matches!(&error, FetchError::Refused { code: 100000005, request_id: Some(id), .. } if id == "77")
    );
    let said = error.to_string();
    assert_eq!(
        said,
        "the issuer refused with 100000005: Signature error. again (request 77) (that is: The \
         signature does not match, or was used before); Sign lower_hex(MD5(AppId + SignatureNonce + \
         ServerSecret + Timestamp)) anew for each request, with the ServerSecret, not the AppSign."
    );
}

#[tokio::test]
async fn an_unknown_code_is_kept() {
    let error = error_of(ok("", r#"{"Code":-42,"Message":"new"}"#)).await;
    assert!(matches!(&error, FetchError::Refused { code: -42, .. }), "{error}");
    assert_eq!(error.return_code(), None);
}

/// `error_of` looks for what the server echoes here.
#[tokio::test]
async fn an_echoed_secret_is_blotted_out() {
    let body =
        format!(r#"{{"Code":100000005,"Message":"expected {SECRET}","RequestId":"{SECRET}"}}"#);
    let said = error_of(ok("", &body)).await.to_string();
    assert!(said.contains("expected …"), "{said}");
    error_of(ok("", &format!(r#"{{"Code":"{SECRET}"}}"#))).await;
}

#[tokio::test]
async fn bad_answers_say_what_is_wrong() {
    let cut = "HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\n{\"Code\":0,";
    let huge = ok("", &" ".repeat(64 * 1024 + 1));
    let endless = format!(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{}",
        format!("8000\r\n{}\r\n", " ".repeat(0x8000)).repeat(3)
    );
    let heads = format!("HTTP/1.1 200 OK\r\nX: {}\r\n\r\n", "a".repeat(1_000_000));
    for (answer, why) in [
        (cut.to_owned(), "it broke off"),
        (huge, "it is longer than 64 KiB"),
        (endless, "it is longer than 64 KiB"),
        (heads, "its head is too long"),
        ("SSH-2.0-OpenSSH_9.9\r\n".to_owned(), "it is not HTTP"),
        (ok("", "<html>hello</html>"), "not this API's JSON"),
        (ok("", ""), "not this API's JSON"),
        (ok("", r#"{"Code":0,"Message":"Success."}"#), "holds no licence"),
        (ok("", r#"{"Code":0,"Message":"","Data":{"License":""}}"#), "holds no licence"),
    ] {
        let error = error_of(answer).await;
        assert!(matches!(error, FetchError::BadAnswer { .. }), "{why}: {error}");
        assert!(error.to_string().contains(why), "{why}: {error}");
    }
}

#[tokio::test]
async fn another_status_is_told() {
    for (line, number, cure) in [
        ("302 Found\r\nLocation: http://127.0.0.1:1/", 302, "the address that it points to"),
        ("404 Not Found", 404, "the endpoint is the issuer's"),
        ("503 Service Unavailable", 503, "later"),
    ] {
        let error = error_of(format!("HTTP/1.1 {line}\r\nContent-Length: 0\r\n\r\n")).await;
        assert!(matches!(error, FetchError::Status { status, .. } if status == number), "{error}");
        assert!(error.to_string().contains(cure), "{error}");
    }
}

#[tokio::test]
async fn a_close_without_an_answer() {
    let error = error_of("").await;
    assert!(matches!(error, FetchError::Unreachable { .. }), "{error}");
    assert!(error.to_string().contains("ended without an answer"), "{error}");
}

#[tokio::test]
async fn a_refused_connection() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let error = client(Upstream::builder(format!("http://{address}"))).fetch().await.unwrap_err();
    assert!(matches!(error, FetchError::Unreachable { .. }), "{error}");
    let said = error.to_string();
    assert!(said.contains(&format!("cannot reach {address}: Connection refused")), "{said}");
}

#[tokio::test]
async fn a_silent_server() {
    // Takes the connection (the system does) and never says a word.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let time = Duration::from_millis(50);
    let client = client(Upstream::builder(&endpoint).total_timeout(time));
    let error = client.fetch().await.unwrap_err();
    assert!(matches!(error, FetchError::Timeout { after, .. } if after == time), "{error}");
}

#[test]
fn debug_shows_no_secret() {
    let shown = format!("{:?}", Upstream::builder("http://127.0.0.1:1"));
    let client = client(Upstream::builder("http://127.0.0.1:1"));
    let shown = format!("{shown} {client:?}");
    assert!(!shown.contains(SECRET) && shown.contains("12345"), "{shown}");
}
