//! Issuing keys in a hardware token: served from, lost, and back again.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tonegate_issuer::{Signer as _, hour_of};
use tonegate_license::{Chain, License, Token as Text};
use tonegate_pkcs11::TokenKey;
use tonegate_server::clock::{Clock, ClockHand};
use tonegate_server::keys::{RotateError, Rotation, Start, rotate};
use tonegate_server::model::{AppId, AppSettings};
use tonegate_server::seal::KekSource;
use tonegate_server::store::{Database, Store, StoreError};
use tonegate_testing::Postgres;

use crate::support::house::settings;
use crate::support::token::{Rack, alone};
use crate::support::{Backend, House, NOW, TestServer, eventually};

const HOUR: Duration = Duration::from_secs(3_600);

/// An installation whose second issuing key is in the token, and signs.
async fn house(rack: &Rack) -> House {
    let house = House::at(NOW).await;
    let store = house.store().await;
    let rotation = Rotation { in_token: true, ..Rotation::first() };
    rotate(&store, Some(&rack.token()), "operator", NOW, rotation).await.unwrap();
    store.close().await;
    house
}

async fn serve(rack: &Rack, house: House, now: i64) -> (TestServer, ClockHand) {
    let (clock, hand) = Clock::manual(now);
    (TestServer::start_with(house, clock, |config| rack.configure(config)).await, hand)
}

/// Licences that end an hour after their hour.
fn short_lived() -> AppSettings {
    AppSettings { lifetime: 3_600, ..settings() }
}

async fn is_ahead(server: &TestServer, apps: i64) {
    eventually("a day is minted ahead", async || {
        server.metric("tonegate_preminted_licenses").await >= (apps + 1) * 25
    })
    .await;
}

async fn degraded(server: &TestServer) -> serde_json::Value {
    server.admin("/readyz").await.json()["degraded"].clone()
}

async fn lose(server: &TestServer, rack: &Rack) {
    rack.unplug();
    eventually("the loss is seen", async || degraded(server).await == json!(["signer_lost"])).await;
}

/// Waits until the app gets a licence. Time goes on meanwhile, or its rate would be used up.
async fn signs_again(server: &TestServer, hand: &ClockHand, backend: &Backend) {
    eventually("it signs again", async || {
        hand.advance(Duration::from_secs(1));
        server.ask(backend).await.code() == 0
    })
    .await;
}

/// The hour that a licence is of, and the serial of its key; it passes the verifier by the pins.
fn read(server: &TestServer, license: &str) -> (i64, u32) {
    let text = Text::parse(license).unwrap();
    let chain = Chain::verify(text.certificate(), &server.installation.pins).unwrap();
    (License::verify(&text, &chain).unwrap().issued_at(), chain.serial())
}

#[test]
fn a_key_in_the_token_signs_what_the_verifier_takes() {
    alone("token::a_key_in_the_token_signs_what_the_verifier_takes", async |rack| {
        let (server, _hand) = serve(&rack, house(&rack).await, NOW).await;
        let backend = server.app(1).await;
        let license = server.ask(&backend).await.license();
        assert_eq!(read(&server, &license), (hour_of(1, NOW), 2));
        assert_eq!(server.ask(&backend).await.license(), license);
        assert_eq!(degraded(&server).await, json!([]));
        assert_eq!(server.metric("tonegate_licenses_minted_total").await, 1);
        eventually("the last use is in the store, and with it the app is seen", async || {
            server.metric("tonegate_preminted_licenses").await >= 25
        })
        .await;
    });
}

#[test]
fn many_ask_at_once_and_the_token_signs_once() {
    alone("token::many_ask_at_once_and_the_token_signs_once", async |rack| {
        let house = house(&rack).await;
        let (clock, _hand) = Clock::manual(NOW);
        let server = TestServer::start_with(house, clock, |config| {
            rack.configure(config);
            config.pkcs11.premint_hours = 0;
        })
        .await;
        let backend = server.app(1).await;
        let asked = (0..16).map(|_| server.ask(&backend));
        let mut licenses = std::collections::HashSet::new();
        for answer in join_all(asked).await {
            licenses.insert(answer.license());
        }
        assert_eq!(licenses.len(), 1);
        assert_eq!(server.metric("tonegate_licenses_minted_total").await, 1);
    });
}

/// All at once, in one task.
async fn join_all<F: Future>(all: impl Iterator<Item = F>) -> Vec<F::Output> {
    let mut waiting: Vec<_> = all.map(|one| (Box::pin(one), None)).collect();
    std::future::poll_fn(|context| {
        let mut ready = true;
        for (one, output) in &mut waiting {
            if output.is_none() {
                match one.as_mut().poll(context) {
                    std::task::Poll::Ready(done) => *output = Some(done),
                    std::task::Poll::Pending => ready = false,
                }
            }
        }
        if ready { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
    waiting.into_iter().filter_map(|(_, output)| output).collect()
}

#[test]
fn a_token_lost_for_a_day_goes_unnoticed_and_then_is_missed() {
    alone("token::a_token_lost_for_a_day_goes_unnoticed_and_then_is_missed", async |rack| {
        let house = house(&rack).await;
        let backend = house.app(1, short_lived()).await;
        let (server, hand) = serve(&rack, house, NOW).await;
        server.ask(&backend).await.license();
        let unseen = server.app(2).await;
        is_ahead(&server, 1).await;
        eventually("it is shown", async || server.metric("tonegate_preminted_hours").await >= 23)
            .await;
        lose(&server, &rack).await;
        for _ in 0..24 {
            hand.advance(HOUR);
            let license = server.ask(&backend).await.license();
            assert_eq!(read(&server, &license), (hour_of(1, server.now()), 2));
            assert_eq!(server.admin("/readyz").await.status, 200);
        }
        assert_eq!(server.metric("tonegate_answers_held_beyond_hour_total").await, 0);
        assert_eq!(server.ask(&unseen).await.code(), 910003);
        hand.advance(2 * HOUR);
        assert_eq!(server.ask(&backend).await.code(), 910003, "the last of them has ended");
        rack.plug_in();
        signs_again(&server, &hand, &backend).await;
        eventually("it is whole", async || degraded(&server).await == json!([])).await;
    });
}

#[test]
fn a_restart_without_the_token() {
    alone("token::a_restart_without_the_token", async |rack| {
        let house = house(&rack).await;
        let backends = [house.app(1, settings()).await, house.app(2, settings()).await];
        let (server, hand) = serve(&rack, house, NOW).await;
        for backend in &backends {
            server.ask(backend).await.license();
        }
        is_ahead(&server, 2).await;
        hand.advance(HOUR);
        let license = server.ask(&backends[0]).await.license();
        rack.unplug();
        let house = server.stop().await;
        let (server, hand) = serve(&rack, house, NOW + 3_600).await;
        assert_eq!(server.admin("/readyz").await.status, 200);
        assert_eq!(degraded(&server).await, json!(["signer_lost"]));
        assert_eq!(server.ask(&backends[0]).await.license(), license, "the same bytes");
        let change = |settings: &mut AppSettings| settings.lifetime = 7_200;
        server.house.change(async |tx| tx.update_app(AppId(2), None, change).await.unwrap()).await;
        server.caught_up().await;
        assert_eq!(server.ask(&backends[1]).await.code(), 910003, "of its old revision");
        hand.advance(30 * HOUR);
        assert_eq!(server.ask(&backends[0]).await.code(), 0, "the newest, until it ends");
        assert_eq!(server.metric("tonegate_answers_held_beyond_hour_total").await, 1);
    });
}

#[test]
fn a_restart_without_the_token_after_another_key_took_over() {
    alone("token::a_restart_without_the_token_after_another_key_took_over", async |rack| {
        let house = house(&rack).await;
        let backend = house.app(1, settings()).await;
        let (server, _hand) = serve(&rack, house, NOW).await;
        server.ask(&backend).await.license();
        is_ahead(&server, 1).await;
        let house = server.stop().await;
        let later = NOW + 3 * 3_600;
        let rotation = Rotation { in_token: true, ..Rotation::first() };
        let (store, token) = (house.store().await, rack.token());
        rotate(&store, Some(&token), "operator", later, rotation).await.unwrap();
        rack.unplug();
        let (server, _hand) = serve(&rack, house, later).await;
        let (hour, serial) = read(&server, &server.ask(&backend).await.license());
        assert_eq!(serial, 2, "the key before");
        assert!(hour >= hour_of(1, later) - 3_600, "the newest that it may still sign");
        let withdrawn = Rotation { raise_floor: true, ..rotation };
        let house = server.stop().await;
        rack.plug_in();
        rotate(&store, Some(&token), "operator", later, withdrawn).await.unwrap();
        store.close().await;
        rack.unplug();
        let (server, _hand) = serve(&rack, house, later).await;
        assert_eq!(server.ask(&backend).await.code(), 910003, "it is withdrawn");
    });
}

#[test]
fn a_start_without_token_and_licenses_waits_for_it() {
    alone("token::a_start_without_token_and_licenses_waits_for_it", async |rack| {
        let house = house(&rack).await;
        let backend = house.app(1, settings()).await;
        rack.unplug();
        let (server, _hand) = serve(&rack, house, NOW).await;
        assert_eq!(server.admin("/readyz").await.status, 503);
        assert_eq!(server.ask(&backend).await.code(), 910003);
        rack.plug_in();
        eventually("ready", async || server.admin("/readyz").await.status == 200).await;
        assert_eq!(server.ask(&backend).await.code(), 0);
    });
}

#[test]
fn a_token_that_hangs_holds_up_nobody_whose_license_is_held() {
    alone("token::a_token_that_hangs_holds_up_nobody_whose_license_is_held", async |rack| {
        let house = house(&rack).await;
        let (one, two) = (house.app(1, settings()).await, house.app(2, settings()).await);
        let (server, hand) = serve(&rack, house, NOW).await;
        assert_eq!(server.ask(&one).await.code(), 0);
        rack.hang(true);
        let (slow, ()) = tokio::join!(server.ask(&two), async {
            for _ in 0..12 {
                let held = tokio::time::timeout(Duration::from_millis(500), server.ask(&one));
                assert_eq!(held.await.expect("held").code(), 0);
                tokio::time::sleep(Duration::from_millis(170)).await;
            }
        });
        assert_eq!(slow.code(), 910003);
        rack.hang(false);
        signs_again(&server, &hand, &two).await;
    });
}

#[test]
fn every_server_mints_the_same_bytes_ahead_or_not() {
    alone("token::every_server_mints_the_same_bytes_ahead_or_not", async |rack| {
        let house = house(&rack).await;
        let backend = house.app(1, settings()).await;
        let twin = house.copy();
        let (ahead, ahead_hand) = serve(&rack, house, NOW).await;
        let (clock, live_hand) = Clock::manual(NOW);
        let live = TestServer::start_with(twin, clock, |config| {
            rack.configure(config);
            config.pkcs11.premint_hours = 0;
        })
        .await;
        ahead.ask(&backend).await;
        is_ahead(&ahead, 1).await;
        for _ in 0..5 {
            ahead_hand.advance(HOUR);
            live_hand.advance(HOUR);
            assert_eq!(ahead.ask(&backend).await.license(), live.ask(&backend).await.license());
        }
        assert!(live.metric("tonegate_preminted_licenses").await <= 12, "its own mints alone");
    });
}

#[test]
fn of_two_who_certify_the_next_key_one_is_told_that_it_is_done() {
    alone("token::of_two_who_certify_the_next_key_one_is_told_that_it_is_done", async |rack| {
        let house = house(&rack).await;
        let (one, two, token) = (house.store().await, house.store().await, rack.token());
        let rotation = Rotation { start: Start::Planned, in_token: true, ..Rotation::first() };
        let (first, second) = tokio::join!(
            rotate(&one, Some(&token), "auto-root", NOW, rotation),
            rotate(&two, Some(&token), "auto-root", NOW, rotation)
        );
        let (won, lost) = if first.is_ok() { (first, second) } else { (second, first) };
        assert_eq!(won.unwrap().serial, 3);
        let taken = matches!(&lost, Err(RotateError::Store(StoreError::SerialTaken { serial: 3 })));
        assert!(taken, "{:?}", lost.err());
        assert_eq!(one.issuing_keys().await.unwrap().len(), 3);
    });
}

/// Between a store and PostgreSQL: once armed, the COMMIT of a change gets there and its answer does not
/// come back.
async fn wire(server: SocketAddr) -> (SocketAddr, Arc<AtomicBool>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, armed) = (listener.local_addr().unwrap(), Arc::new(AtomicBool::new(false)));
    let is_armed = Arc::clone(&armed);
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let server = TcpStream::connect(server).await.unwrap();
            let ((mut from, mut back), (mut answers, mut to)) =
                (client.into_split(), server.into_split());
            let answers = tokio::spawn(async move {
                let _ = tokio::io::copy(&mut answers, &mut back).await;
            });
            let is_armed = Arc::clone(&is_armed);
            tokio::spawn(async move {
                let mut bytes = [0; 16 << 10];
                while let Ok(length @ 1..) = from.read(&mut bytes).await {
                    let text = String::from_utf8_lossy(&bytes[..length]);
                    let is_change = text.contains("pg_notify") && text.contains("COMMIT");
                    let is_last = is_change && is_armed.load(Ordering::SeqCst);
                    if is_last {
                        answers.abort();
                    }
                    if to.write_all(&bytes[..length]).await.is_err() || is_last {
                        break;
                    }
                }
                drop(from);
                // The server finishes what it got.
                tokio::time::sleep(Duration::from_millis(200)).await;
            });
        }
    });
    (address, armed)
}

#[test]
fn a_key_outlives_the_lost_answer_to_what_keeps_it() {
    alone("token::a_key_outlives_the_lost_answer_to_what_keeps_it", async |rack| {
        let postgres = Postgres::start();
        let house = House::on_postgres(&postgres.url("postgres"), NOW).await;
        let (near, token) = (house.store().await, rack.token());
        let (address, armed) = wire(postgres.address()).await;
        let port = |address: SocketAddr| format!(":{}/", address.port());
        let url = postgres.url("postgres").replace(&port(postgres.address()), &port(address));
        let kek = KekSource::find(None, None, house.data().path()).load().unwrap();
        let far = Store::open(&Database::Postgres(url.parse().unwrap()), kek).await.unwrap();
        armed.store(true, Ordering::SeqCst);
        let rotation = Rotation { in_token: true, ..Rotation::first() };
        let error = rotate(&far, Some(&token), "operator", NOW, rotation).await.err().unwrap();
        let unknown = matches!(&error, RotateError::Store(StoreError::CommitUnknown { .. }));
        assert!(unknown, "{error}");
        eventually("it is kept", async || near.issuing_keys().await.unwrap().len() == 2).await;
        let pins = near.meta().await.unwrap().installation.pins.join(",").parse().unwrap();
        let kept = near.issuing_keys().await.unwrap().remove(1).key;
        let public = *Chain::verify(&kept.certificate, &pins).unwrap().public_key();
        let key = TokenKey::new(token, public, String::new());
        key.sign(b"anything").expect("the certified key is in the token");
    });
}
