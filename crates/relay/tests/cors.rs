//! Pages of other origins: none may ask, but those that are listed.

use crate::support::relay::request;
use crate::support::world::manual;

use super::reached;

const PAGE: &str = "https://app.example.com";

fn preflight(origin: &str) -> String {
    let headers = format!(
        "Origin: {origin}\r\nAccess-Control-Request-Method: GET\r\n\
         Access-Control-Request-Headers: authorization\r\n"
    );
    request("OPTIONS", "/v1/license", "", &headers)
}

#[tokio::test]
async fn no_page_may_ask_by_default() {
    let (world, _hand) = manual().await;
    let world = reached(world);
    let key = world.key(&[]).text;
    let relay = world.relay().await;
    let origin = format!("Origin: {PAGE}\r\n");
    let answer = relay.get_with("/v1/license", &key, &origin).await;
    assert_eq!((answer.status, answer.header("access-control-allow-origin")), (200, None));
    assert_eq!(answer.header("vary"), Some("Authorization"));
    let answer = relay.send(preflight(PAGE)).await;
    assert_eq!((answer.status, answer.header("access-control-allow-origin")), (405, None));
}

#[tokio::test]
async fn the_pages_of_a_listed_origin_may() {
    let (world, _hand) = manual().await;
    let world = reached(world);
    let key = world.key(&[]).text;
    let relay = world.empty_relay(|config| config.listen.cors_origins = vec![PAGE.into()]).await;
    relay.is_fresh().await;
    let origin = format!("Origin: {PAGE}\r\n");
    // Problems too: a page must be able to read why.
    for (credential, status) in [(&*key, 200), ("", 401)] {
        let answer = relay.get_with("/v1/license", credential, &origin).await;
        assert_eq!(answer.status, status);
        assert_eq!(answer.header("access-control-allow-origin"), Some(PAGE));
        assert_eq!(answer.header("access-control-expose-headers"), Some("etag, retry-after"));
        assert_eq!(answer.header("access-control-allow-credentials"), None);
        assert_eq!(answer.header("vary"), Some("Authorization, Origin"));
    }
    let answer = relay.send(preflight(PAGE)).await;
    assert_eq!((answer.status, answer.header("access-control-allow-origin")), (204, Some(PAGE)));
    assert_eq!(answer.header("access-control-allow-methods"), Some("GET"));
    let headers = answer.header("access-control-allow-headers").unwrap().to_owned();
    assert!(headers.contains("authorization") && headers.contains("if-none-match"), "{headers}");

    for other in ["https://evil.example.com", "http://app.example.com", "null"] {
        let headers = format!("Origin: {other}\r\n");
        let answer = relay.get_with("/v1/license", &key, &headers).await;
        assert_eq!((answer.status, answer.header("access-control-allow-origin")), (200, None));
        assert_eq!(answer.header("vary"), Some("Authorization, Origin"));
        assert_eq!(relay.send(preflight(other)).await.status, 405);
    }
    // Whoever is no page is answered as ever, and caches know that pages are not.
    let answer = relay.ask(&key).await;
    assert_eq!((answer.status, answer.header("vary")), (200, Some("Authorization, Origin")));
}
