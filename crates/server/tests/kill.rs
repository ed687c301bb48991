//! kill -9 under load, again and again.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::task::JoinSet;
use tonegate_server::model::AppSettings;

use crate::child::Child;
use crate::support::house::settings;
use crate::support::{Backend, House, unix_now};

const KILLS: usize = 20;
const CLIENTS: usize = 4;
/// Enough requests have been answered that the kill comes in the middle of others.
const ANSWERED: usize = 120;

#[tokio::test(flavor = "multi_thread")]
async fn no_signature_is_accepted_twice_and_the_next_process_is_ready_in_2_seconds() {
    let house = House::new().await;
    let busy = AppSettings { rate_per_second: 100_000, ..settings() };
    let backend = house.app(12345, busy).await;
    let mut child = Child::start(&house).await;
    let mut slowest = Duration::ZERO;
    let mut accepted = Vec::new();
    for round in 0..KILLS {
        let load = Load::on(&child, &backend);
        while load.answered.load(Ordering::Relaxed) < ANSWERED {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        child.kill().await;
        let new = load.stop().await;
        assert!(new.len() >= ANSWERED, "{}", new.len());
        child = Child::start(&house).await;
        slowest = slowest.max(child.ready_after);
        assert_eq!(child.admin("/readyz").await.status, 200);
        for query in &new {
            assert_eq!(child.get(query).await.code(), 100000005, "round {round}");
        }
        accepted.extend(new);
        assert_eq!(child.get(&backend.query(unix_now()).to_string()).await.code(), 0);
    }
    // Not from any earlier life either.
    for query in accepted.iter().step_by(7) {
        assert_eq!(child.get(query).await.code(), 100000005);
    }
    child.kill().await;
    let store = house.store().await;
    store.integrity_check().await.unwrap();
    store.close().await;
    println!("{KILLS} kills, {} signatures; slowest start {slowest:?}", accepted.len());
    assert!(slowest < Duration::from_secs(2), "{slowest:?}");
}

/// Clients that send new signed requests until the server is gone.
struct Load {
    clients: JoinSet<()>,
    answered: Arc<AtomicUsize>,
    accepted: Arc<Mutex<Vec<String>>>,
}

impl Load {
    fn on(child: &Child, backend: &Backend) -> Self {
        let (answered, accepted) = (Arc::new(AtomicUsize::new(0)), Arc::default());
        let mut clients = JoinSet::new();
        for _ in 0..CLIENTS {
            let client =
                ask_on(child.gateway, backend.clone(), answered.clone(), Arc::clone(&accepted));
            clients.spawn(client);
        }
        Self { clients, answered, accepted }
    }

    /// What was answered with a licence.
    async fn stop(mut self) -> Vec<String> {
        while self.clients.join_next().await.is_some() {}
        std::mem::take(&mut *self.accepted.lock().await)
    }
}

async fn ask_on(
    address: std::net::SocketAddr,
    backend: Backend,
    answered: Arc<AtomicUsize>,
    accepted: Arc<Mutex<Vec<String>>>,
) {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let Ok(mut stream) = tokio::net::TcpStream::connect(address).await else { return };
    loop {
        let query = backend.query(unix_now()).to_string();
        let request = format!("GET /?{query} HTTP/1.1\r\nHost: a\r\n\r\n");
        if stream.write_all(request.as_bytes()).await.is_err() {
            return;
        }
        let mut answer = vec![0; 8_192];
        match stream.read(&mut answer).await {
            Ok(read) if read > 0 => answer.truncate(read),
            _ => return,
        }
        if String::from_utf8_lossy(&answer).contains(r#"{"Code":0,"#) {
            accepted.lock().await.push(query);
            answered.fetch_add(1, Ordering::Relaxed);
        }
    }
}
