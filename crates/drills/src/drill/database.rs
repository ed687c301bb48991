//! PostgreSQL behind one address: a primary, perhaps with a synchronous standby, and HAProxy, which leads to
//! whichever of the two is the primary.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::process::Command;
use tokio::task::{JoinHandle, block_in_place};
use tonegate_testing::Postgres;

use crate::process::{self, Process};
use crate::stage::Stage;
use crate::{clock, haproxy};

/// The database of the installation.
const NAME: &str = "tonegate";
/// How long anything here may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// The servers.
pub(super) struct Database {
    /// The one address that nodes know.
    pub(super) url: String,
    /// Both; which is the primary changes.
    servers: [Option<Postgres>; 2],
    primary: usize,
    doors: Option<Doors>,
    _relay: Process,
}

/// What HAProxy asks which server is the primary, and how it is told where one is.
struct Doors {
    /// The port of each server; 0: none.
    ports: Arc<Mutex<[u16; 2]>>,
    socket: std::path::PathBuf,
    answering: Vec<JoinHandle<()>>,
}

impl std::fmt::Debug for Database {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Database").field("primary", &self.primary).finish_non_exhaustive()
    }
}

impl Database {
    /// Makes it; it keeps what it acknowledges.
    pub(super) async fn open(stage: &Stage, standby: bool) -> anyhow::Result<Self> {
        let address = stage.network.free()?;
        let primary = block_in_place(Postgres::start_durable);
        block_in_place(|| primary.create_database(NAME));
        let standby = standby.then(|| block_in_place(|| primary.standby(true)));
        let first = primary.address().port();
        let (text, doors) = match &standby {
            None => (format!("  server a 127.0.0.1:{first}\n"), None),
            Some(standby) => {
                let doors = Doors::open(stage, [first, standby.address().port()]).await?;
                (doors.1, Some(doors.0))
            }
        };
        let socket = stage.path("postgres.sock");
        let config = format!(
            "global\n  stats socket {} level admin\ndefaults\n  mode tcp\n  timeout connect 1s\n  \
             timeout client 1h\n  timeout server 1h\n  timeout check 2s\nlisten postgres\n  bind {address}\n{text}",
            socket.display()
        );
        let relay = haproxy::start(stage, "postgres", &config).await?;
        let url = format!("postgres://tonegate@{address}/{NAME}?sslmode=disable");
        let database =
            Self { url, servers: [Some(primary), standby], primary: 0, doors, _relay: relay };
        database.wait_until_reached(address).await?;
        if database.doors.is_some() {
            database.wait_until_in_step().await?;
        }
        Ok(database)
    }

    /// In words.
    pub(super) fn kind(&self) -> &'static str {
        match self.doors {
            Some(_) => {
                "PostgreSQL, a primary and a synchronous standby that promises to have flushed, behind HAProxy, which asks each \
                 every 500 ms whether it is the primary"
            }
            None => "one PostgreSQL server (fsync on)",
        }
    }

    /// Kills the primary as a power cut would.
    pub(super) fn kill_primary(&mut self) {
        if let Some(primary) = &mut self.servers[self.primary] {
            block_in_place(|| primary.kill());
        }
    }

    /// Starts the server that was killed again, where it was.
    pub(super) fn restart(&mut self) {
        if let Some(primary) = &mut self.servers[self.primary] {
            block_in_place(|| primary.restart());
        }
    }

    /// Makes the standby the primary. The old one is forgotten.
    pub(super) fn promote(&mut self) -> anyhow::Result<()> {
        let other = 1 - self.primary;
        let standby = self.servers[other].as_ref().context("there is no standby")?;
        block_in_place(|| standby.promote());
        self.servers[self.primary] = None;
        self.primary = other;
        Ok(())
    }

    /// A new standby in the old primary's place, by pg_basebackup; back when it is in step.
    pub(super) async fn rejoin(&mut self) -> anyhow::Result<()> {
        let primary = self.servers[self.primary].as_ref().context("there is no primary")?;
        let standby = block_in_place(|| primary.standby(true));
        let other = 1 - self.primary;
        if let Some(doors) = &self.doors {
            doors.lead(other, standby.address().port()).await?;
        }
        self.servers[other] = Some(standby);
        self.wait_until_in_step().await
    }

    /// Runs a statement on the primary.
    pub(super) fn sql(&self, statement: &str) -> anyhow::Result<String> {
        let primary = self.servers[self.primary].as_ref().context("there is no primary")?;
        Ok(block_in_place(|| primary.sql(NAME, statement)))
    }

    async fn wait_until_reached(&self, address: SocketAddr) -> anyhow::Result<()> {
        let port = address.port();
        let ask = async || is_primary(&address.ip().to_string(), port).await.then_some(());
        clock::until("PostgreSQL through HAProxy", PATIENCE, ask).await.map(|_| ())
    }

    /// Nothing is acknowledged any more that the standby does not have.
    async fn wait_until_in_step(&self) -> anyhow::Result<()> {
        const STATE: &str = "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'";
        let ask = async || self.sql(STATE).is_ok_and(|count| count == "1").then_some(());
        clock::until("a synchronous standby", PATIENCE, ask).await.map(|_| ())
    }
}

impl Doors {
    /// Two doors, and the part of HAProxy's configuration that uses them.
    async fn open(stage: &Stage, ports: [u16; 2]) -> anyhow::Result<(Self, String)> {
        let shared = Arc::new(Mutex::new(ports));
        let mut text = "  option httpchk GET /\n  default-server inter 500ms fall 1 rise 1 \
                        on-marked-down shutdown-sessions\n"
            .to_owned();
        let mut answering = Vec::new();
        for (slot, name) in ["a", "b"].into_iter().enumerate() {
            let door = TcpListener::bind("127.0.0.1:0").await?;
            let at = door.local_addr()?.port();
            text += &format!("  server {name} 127.0.0.1:{} check port {at}\n", ports[slot]);
            answering.push(tokio::spawn(answer(door, Arc::clone(&shared), slot)));
        }
        let socket = stage.path("postgres.sock");
        Ok((Self { ports: shared, socket, answering }, text))
    }

    /// Another server stands behind this door.
    async fn lead(&self, slot: usize, port: u16) -> anyhow::Result<()> {
        self.ports.lock().unwrap_or_else(PoisonError::into_inner)[slot] = port;
        let name = ["a", "b"][slot];
        let mut socket = UnixStream::connect(&self.socket).await?;
        let command = format!("set server postgres/{name} addr 127.0.0.1 port {port}\n");
        socket.write_all(command.as_bytes()).await?;
        let mut said = String::new();
        socket.read_to_string(&mut said).await?;
        let done = said.contains("changed") || said.trim().is_empty();
        ensure!(done, "HAProxy did not take the server: {said}");
        Ok(())
    }
}

impl Drop for Doors {
    fn drop(&mut self) {
        self.answering.iter().for_each(JoinHandle::abort);
    }
}

/// 200: the server behind this door is the primary.
async fn answer(door: TcpListener, ports: Arc<Mutex<[u16; 2]>>, slot: usize) {
    while let Ok((mut stream, _)) = door.accept().await {
        let port = ports.lock().unwrap_or_else(PoisonError::into_inner)[slot];
        let status = match is_primary("127.0.0.1", port).await {
            true => "200 OK",
            false => "503 Service Unavailable",
        };
        // Who asked will ask again.
        let _ = say(&mut stream, status).await;
    }
}

async fn say(stream: &mut TcpStream, status: &str) -> std::io::Result<()> {
    let answer = format!("HTTP/1.0 {status}\r\nContent-Length: 0\r\n\r\n");
    stream.write_all(answer.as_bytes()).await?;
    stream.shutdown().await
}

async fn is_primary(host: &str, port: u16) -> bool {
    let mut psql = Command::new("psql");
    psql.args(["--no-psqlrc", "--quiet", "--tuples-only", "--no-align"]);
    psql.args(["--username=tonegate", "--dbname=postgres", "--host", host]);
    psql.args(["--port", &port.to_string(), "--command=SELECT pg_is_in_recovery()"]);
    psql.env("PGCONNECT_TIMEOUT", "2");
    let asked = tokio::time::timeout(Duration::from_secs(2), process::output(psql)).await;
    asked.is_ok_and(|said| said.is_ok_and(|said| said.trim() == "f"))
}
