//! A stop that nobody notices who had asked before.

use std::time::Duration;

use tokio::net::TcpStream;
use tonegate_testing::Behaviour;

use crate::support::relay::request;
use crate::support::world::real;
use crate::support::{APP, PATIENCE, eventually};

#[tokio::test]
async fn who_waits_is_answered_and_nobody_else_is_let_in() {
    let world = real(&[APP]).await;
    let key = world.key(&[]).text;
    world.upstream.set(Behaviour::Late(Duration::from_millis(800)));
    let relay = world.empty_relay(|_| ()).await;
    let mut waiting = relay.connect().await;
    waiting.send(request("GET", "/v1/license", &key, "")).await;
    let mut idle = relay.connect().await;
    eventually("the upstream is asked", async || world.upstream.calls() > 0).await;
    // The request is the relay's by now, not only the system's.
    tokio::time::sleep(Duration::from_millis(200)).await;

    relay.drain.begin();
    let ready = relay.admin("/readyz").await;
    assert_eq!((ready.status, &ready.json()["ready"]), (503, &false.into()));
    let answer = waiting.answer().await;
    assert_eq!(answer.header("connection"), Some("close"), "a balancer hears that it ends");
    assert_eq!(Some(answer.license()), world.upstream.last_license(APP));
    assert!(idle.is_closed().await);
    let refused = async || TcpStream::connect(relay.address).await.is_err();
    eventually("new connections are refused", refused).await;
    let (address, admin) = (relay.address, relay.admin);
    let stopped = tokio::time::timeout(PATIENCE, relay.stop()).await;
    assert!(stopped.expect("soon"), "nothing has broken");
    for address in [address, admin] {
        assert!(TcpStream::connect(address).await.is_err());
    }
}
