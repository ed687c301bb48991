//! What only PostgreSQL can do to a store: servers that go away, answers that are lost, others that write.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::thread;
use std::time::Duration;

use tokio::time::{Instant, timeout};
use tonegate_testing::Postgres;

use super::testing::{Ground, House, NOW, kek, make_of_first_schema, new_database, secret};
use super::{Database, Store, StoreError};
use crate::audit::{Evidence, verify};
use crate::model::{AppId, AppStatus};
use crate::seal::Kek;

fn database(url: &str) -> Database {
    Database::Postgres(url.parse().unwrap())
}

async fn add_app(store: &Store, id: u32) -> Result<(), StoreError> {
    let mut tx = store.begin("owner", NOW).await?;
    let number = u8::try_from(id).unwrap();
    tx.create_app(AppId(id), House::settings("Karaoke"), &secret(number)).await?;
    tx.commit().await.map(drop)
}

/// A new installation on a server of its own.
async fn alone() -> (Postgres, Store) {
    let server = Postgres::start();
    server.create_database("house");
    let place = database(&server.url("house"));
    let store = Store::create(&place, kek(), House::installation(), "init", NOW).await.unwrap();
    (server, store)
}

#[tokio::test]
async fn a_turn_that_does_not_come_is_busy_after_five_seconds() {
    let house = House::new().await;
    let other = house.reopened().await;
    let tx = house.store.begin("owner", NOW).await.unwrap();
    let start = Instant::now();
    assert!(matches!(other.begin("other", NOW).await, Err(StoreError::Busy)));
    // In one's own process too.
    assert!(matches!(house.store.begin("other", NOW).await, Err(StoreError::Busy)));
    let took = start.elapsed().as_secs_f64();
    assert!((9.5..14.0).contains(&took), "{took}");
    other.revision().await.unwrap();
    drop(tx);
    add_app(&other, 1).await.unwrap();
}

#[tokio::test]
async fn a_server_that_went_away_is_said_to_and_used_again_when_it_is_back() {
    let (mut server, store) = alone().await;
    add_app(&store, 1).await.unwrap();
    server.restart();
    // Connections that ended meanwhile are nobody's trouble.
    add_app(&store, 2).await.unwrap();
    let mut tx = store.begin("owner", NOW).await.unwrap();
    server.kill();
    let lost = tx.suspend_app(AppId(1)).await.unwrap_err();
    assert!(matches!(lost, StoreError::Unreachable { .. }) && lost.is_passing(), "{lost}");
    drop(tx);

    let error = store.revision().await.unwrap_err();
    assert!(matches!(error, StoreError::Unreachable { .. }), "{error}");
    assert!(error.to_string().contains(&server.address().to_string()), "{error}");
    let start = Instant::now();
    assert!(matches!(add_app(&store, 3).await, Err(StoreError::Unreachable { .. })));
    assert!(matches!(add_app(&store, 3).await, Err(StoreError::Unreachable { .. })));
    assert!(start.elapsed() < Duration::from_secs(7), "once it is known, it is known at once");

    let unopened = Store::unopened(&database(&server.url("house")), kek()).unwrap();
    let of_other = Kek::from_bytes(&[8; 32]).unwrap();
    let of_other = Store::unopened(&database(&server.url("house")), of_other).unwrap();
    for store in [&unopened, &of_other] {
        assert!(matches!(store.meta().await, Err(StoreError::Unreachable { .. })));
    }
    server.restart();
    add_app(&store, 3).await.unwrap();
    assert_eq!(
        unopened.app(AppId(1)).await.unwrap().unwrap().app.unwrap().status,
        AppStatus::Active
    );
    assert!(matches!(of_other.meta().await, Err(StoreError::WrongKek { .. })));
    assert!(matches!(of_other.begin("o", NOW).await, Err(StoreError::WrongKek { .. })));
}

#[tokio::test]
async fn nothing_is_read_from_a_standby_nor_written_to_it_until_it_is_the_primary() {
    let (mut server, store) = alone().await;
    let standby = server.standby(true);
    add_app(&store, 1).await.unwrap();
    let on_standby = Store::unopened(&database(&standby.url("house")), kek()).unwrap();
    for error in [
        on_standby.revision().await.unwrap_err(),
        on_standby.begin("owner", NOW).await.err().unwrap(),
    ] {
        assert!(error.to_string().contains("it is a read-only standby"), "{error}");
    }
    server.kill();
    standby.promote();
    // What was acknowledged is there, though the primary had no time to say goodbye.
    assert!(on_standby.app(AppId(1)).await.unwrap().is_some());
}

#[tokio::test]
async fn a_commit_without_its_answer_is_neither_done_nor_undone() {
    let house = House::on_postgres().await.and_apps([1]).await;
    let Database::Postgres(url) = house.database() else { panic!("not PostgreSQL") };
    for (fault, is_kept) in [(Fault::BeforeCommit, false), (Fault::AfterCommit, true)] {
        let options = url.options();
        let wire = Wire::to((Ipv4Addr::LOCALHOST, options.get_port()).into());
        let text = format!(
            "postgres://{}@{}/{}?sslmode=disable",
            options.get_username(),
            wire.address,
            options.get_database().unwrap()
        );
        let store = Store::open(&database(&text), kek()).await.unwrap();
        let before = house.store.revision().await.unwrap();
        let mut tx = store.begin("owner", NOW).await.unwrap();
        tx.audit("test.step", "nothing", &()).await.unwrap();
        tx.update_app(AppId(1), None, |it| it.note = format!("{fault:?}")).await.unwrap();
        wire.fault.store(fault as u8, Ordering::SeqCst);
        let error = tx.commit().await.unwrap_err();
        assert!(matches!(error, StoreError::CommitUnknown { .. }), "{error}");
        assert!(!error.is_passing(), "nobody may just do it again");
        assert!(error.to_string().contains("not known"), "{error}");
        // The server may be at it still.
        let kept = async {
            while house.store.revision().await.unwrap() == before {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let patience = Duration::from_millis(if is_kept { 20_000 } else { 500 });
        assert_eq!(timeout(patience, kept).await.is_ok(), is_kept, "{fault:?}");
        // And the next one goes its way.
        wire.fault.store(0, Ordering::SeqCst);
        store.touch_secrets(&[]).await.unwrap();
        store.meta().await.unwrap();
    }
}

#[tokio::test]
async fn a_refused_statement_is_no_commit() {
    let house = House::on_postgres().await.and_apps([1]).await;
    let mut tx = house.store.begin("owner", NOW).await.unwrap();
    tx.suspend_app(AppId(1)).await.unwrap();
    let broken = super::db::query("SELECT 1 / 0").execute(&mut tx.inner).await;
    assert!(matches!(broken, Err(StoreError::Database(_))));
    let error = tx.commit().await.unwrap_err();
    assert!(matches!(error, StoreError::Database(_)), "{error}");
    assert_eq!(house.only_app().await.app.unwrap().status, AppStatus::Active);
}

#[tokio::test]
async fn a_change_is_heard_of_by_others_and_not_by_who_made_it() {
    let house = House::on_postgres().await;
    let other = house.reopened().await;
    assert!(house.store.is_shared());
    for store in [&house.store, &other] {
        let began = timeout(Duration::from_secs(9), store.changed_elsewhere()).await;
        began.expect("when listening begins, something may have been missed");
    }
    let quiet = timeout(Duration::from_millis(300), other.changed_elsewhere()).await;
    assert!(quiet.is_err());
    // What raises no revision is told to nobody.
    house.store.touch_session("ses_1", NOW).await.unwrap();
    assert!(timeout(Duration::from_millis(300), other.changed_elsewhere()).await.is_err());
    add_app(&house.store, 1).await.unwrap();
    timeout(Duration::from_secs(2), other.changed_elsewhere()).await.expect("it is heard");
    let own = timeout(Duration::from_millis(300), house.store.changed_elsewhere()).await;
    assert!(own.is_err(), "not by oneself");
}

#[tokio::test]
async fn sqlite_hears_of_nothing() {
    let house = House::on_sqlite().await;
    assert!(!house.store.is_shared());
    add_app(&house.reopened().await, 1).await.unwrap();
    assert!(timeout(Duration::from_millis(200), house.store.changed_elsewhere()).await.is_err());
    assert!(matches!(
        Store::unopened(&house.database(), kek()).err().unwrap(),
        StoreError::NotShared
    ));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn servers_that_start_at_once_bring_a_schema_up_to_date_once() {
    let ground = Ground(new_database("template0").await);
    make_of_first_schema(&ground.0, 1_200).await;
    let mut starts = tokio::task::JoinSet::new();
    for _ in 0..4 {
        let database = ground.0.clone();
        starts.spawn(async move { Store::open(&database, kek()).await.unwrap() });
    }
    let stores = starts.join_all().await;
    let verdict = verify(&stores[3], &Evidence::default(), |_, _| ()).await.unwrap();
    assert_eq!((verdict.entries, verdict.fault), (1_200, None));
}

#[tokio::test]
async fn an_installation_is_made_in_an_empty_database_alone() {
    let house = House::on_postgres().await;
    let create = async |database: &Database| {
        Store::create(database, kek(), House::installation(), "init", NOW).await.err().unwrap()
    };
    assert!(matches!(create(&house.database()).await, StoreError::Taken { .. }));
    let ground = Ground(new_database("template0").await);
    let error = Store::open(&ground.0, kek()).await.err().unwrap();
    assert!(matches!(error, StoreError::Empty { .. }), "{error}");
    let Database::Postgres(url) = &ground.0 else { panic!("not PostgreSQL") };
    let mut conn = sqlx::ConnectOptions::connect(url.options()).await.unwrap();
    sqlx::raw_sql("CREATE TABLE users (id int)").execute(&mut conn).await.unwrap();
    let error = create(&ground.0).await.to_string();
    assert!(error.contains("holds a table `users` of something else"), "{error}");
}

#[tokio::test]
async fn a_password_is_in_no_error() {
    let house = House::on_postgres().await;
    let Database::Postgres(url) = house.database() else { panic!("not PostgreSQL") };
    let port = url.options().get_port();
    for (text, answers) in [
        (format!("postgres://nobody:hunter2@127.0.0.1:{port}/postgres?sslmode=disable"), true),
        ("postgres://nobody:hunter2@127.0.0.1:1/postgres".to_owned(), false),
        (format!("postgres://tonegate:hunter2@127.0.0.1:{port}/no_such?sslmode=disable"), true),
    ] {
        let error = Store::open(&database(&text), kek()).await.err().unwrap();
        let is_right = match answers {
            true => matches!(error, StoreError::Refused { .. }) && !error.is_passing(),
            false => matches!(error, StoreError::Unreachable { .. }),
        };
        assert!(is_right, "{error}");
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
    }
    assert!(!format!("{:?}", house.store).contains("hunter2"));
}

/// What happens to the connection at the next commit.
#[derive(Debug, Clone, Copy)]
enum Fault {
    BeforeCommit = 1,
    AfterCommit = 2,
}

/// Between a store and its server.
struct Wire {
    address: SocketAddr,
    fault: Arc<AtomicU8>,
}

impl Wire {
    fn to(server: SocketAddr) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let fault = Arc::new(AtomicU8::new(0));
        let wire = Self { address, fault: Arc::clone(&fault) };
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let server = TcpStream::connect(server).unwrap();
                let (from, to) = (server.try_clone().unwrap(), client.try_clone().unwrap());
                let fault = Arc::clone(&fault);
                thread::spawn(move || forward(from, to, |_| true));
                thread::spawn(move || {
                    forward(client.try_clone().unwrap(), server, |bytes| {
                        let is_commit = bytes.windows(6).any(|word| word == b"COMMIT");
                        match (is_commit, fault.load(Ordering::SeqCst)) {
                            (true, 1) => {
                                _ = client.shutdown(Shutdown::Both);
                                false
                            }
                            (true, 2) => {
                                _ = client.shutdown(Shutdown::Both);
                                true
                            }
                            _ => true,
                        }
                    });
                });
            }
        });
        wire
    }
}

/// Everything that `passes`; the server's end stays open a while, so that it finishes what it got.
fn forward(mut from: TcpStream, mut to: TcpStream, passes: impl Fn(&[u8]) -> bool) {
    let mut bytes = [0; 16 << 10];
    while let Ok(length @ 1..) = from.read(&mut bytes) {
        if !passes(&bytes[..length]) || to.write_all(&bytes[..length]).is_err() {
            break;
        }
    }
    thread::sleep(Duration::from_millis(100));
    _ = to.shutdown(Shutdown::Both);
}
