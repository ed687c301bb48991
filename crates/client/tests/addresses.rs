//! URLs that somebody else wrote lead to public addresses only, however they name another.

use std::time::Duration;

use hyper::Request;
use tokio::net::TcpListener;
use tonegate_client::{AddressRule, FetchError, HttpAnswer, HttpClient, HttpConfig, HttpError};

use crate::support::{Issuer, ok};

fn client(addresses: AddressRule) -> HttpClient {
    HttpClient::new(&HttpConfig { tls: false, addresses, ..HttpConfig::default() }).unwrap()
}

async fn get(http: &HttpClient, url: &str) -> Result<HttpAnswer, HttpError> {
    http.send(Request::get(url).body("".into()).unwrap(), 1 << 10).await
}

/// Spellings of this machine, and the address that each of them is.
const HERE: [(&str, &str); 6] = [
    ("127.0.0.1", "127.0.0.1 is a loopback address"),
    // These two go by the system's resolver.
    ("localhost", "is a loopback address"),
    ("2130706433", "127.0.0.1 is a loopback address"),
    ("[::1]", "::1 is a loopback address"),
    ("[::ffff:127.0.0.1]", "::ffff:127.0.0.1 is a loopback address"),
    ("0.0.0.0", "0.0.0.0 is an unspecified address"),
];

#[tokio::test]
async fn nothing_is_connected_to_on_this_machine_under_any_of_its_names() {
    let listener = TcpListener::bind("[::]:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let http = client(AddressRule::PublicOnly);
    for (host, why) in HERE {
        let url = format!("http://{host}:{port}/");
        let error = get(&http, &url).await.unwrap_err();
        let said = error.to_string();
        assert!(matches!(error, HttpError::AddressRefused { .. }), "{host}: {said}");
        assert!(said.contains(why) && said.contains("only public addresses are allowed"), "{said}");
        assert_eq!(http.check_address(&url.parse().unwrap()).await.unwrap_err(), error);
        let as_fetch = FetchError::from(error).to_string();
        assert!(as_fetch.contains(why), "{as_fetch}");
    }
    let accepted = tokio::time::timeout(Duration::from_millis(100), listener.accept()).await;
    assert!(accepted.is_err(), "nobody came");
}

#[tokio::test]
async fn without_the_rule_a_name_of_this_machine_is_as_good_as_another() {
    let issuer = Issuer::start(vec![ok("", "{}"), ok("", "{}")]).await;
    let http = client(AddressRule::Any);
    let by_name = issuer.endpoint.replace("127.0.0.1", "localhost");
    for url in [issuer.endpoint.clone(), by_name] {
        assert_eq!(get(&http, &url).await.unwrap().status, 200);
        assert_eq!(http.check_address(&url.parse().unwrap()).await, Ok(()));
    }
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_not_followed() {
    let target = Issuer::start(vec![ok("", "{}")]).await;
    let location = &target.endpoint;
    let redirect =
        format!("HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n");
    let issuer = Issuer::start(vec![redirect]).await;
    let answer = get(&client(AddressRule::Any), &issuer.endpoint).await.unwrap();
    assert_eq!((answer.status, target.asked().len()), (302, 0));
}

#[tokio::test]
async fn a_name_that_does_not_resolve_yet_is_judged_later() {
    let http = client(AddressRule::PublicOnly);
    let url = "http://nowhere.invalid/".parse().unwrap();
    assert_eq!(http.check_address(&url).await, Ok(()));
}
