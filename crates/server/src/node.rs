//! This server among those of its installation: its id, its name, and its heartbeat.
//!
//! The id lies in the data directory and stays for life, so that what a server has told counts once;
//! each start has a name of its own beside it, by which two servers with copies of one data directory
//! see each other. Invariants: how many servers there are is never less than one, and stays as it was
//! last known while the database is away, also over a restart; it falls only when two heartbeats in a row
//! saw fewer, since after a standstill the first to tell finds nobody. Leaves to others: what a server does with that number.

mod list;

use std::fs;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use data_encoding::HEXLOWER;

use crate::data_dir::{DataDir, write_atomically};
use crate::limits::{
    HEARTBEAT, LONELY_HEARTBEAT, LONELY_NODE_ALIVE_SECS, NODE_ALIVE_SECS, NODE_NAME_CHARS_MAX,
};
use crate::model::check_text;
use crate::service::Service;
use crate::store::{Beat, NodeState, Revision, StoreError};
pub use list::{NodeView, Nodes};

/// The program's version, as servers tell it to each other.
pub const RELEASE: &str = env!("CARGO_PKG_VERSION");

/// Who this server is.
#[derive(Debug)]
pub struct Identity {
    /// 32 hex characters, made with the first start in this data directory.
    pub id: String,
    /// For people: as configured, otherwise the machine's.
    pub name: String,
    /// 16 hex characters of this start.
    pub start: String,
    /// Unix seconds.
    pub started_at: i64,
    /// How many servers the last heartbeat found.
    pub(crate) found: AtomicU32,
    /// Was another server with this id seen?
    pub(crate) is_shared: AtomicBool,
}

/// The id cannot be read or made.
#[derive(Debug, thiserror::Error)]
#[error("this server's id in {}: {source}; check the file, or remove it to be a new server", path.display())]
pub struct IdentityError {
    /// The file.
    path: PathBuf,
    /// What is wrong.
    source: io::Error,
}

impl Identity {
    /// Reads the id, or makes it. `name`: empty for the machine's.
    pub(crate) fn open(data: &DataDir, name: &str, now: i64) -> Result<Self, IdentityError> {
        let path = data.node_id();
        let id = match fs::read_to_string(&path) {
            Ok(text) => parse_id(&text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                random::<16>().and_then(|id| {
                    write_atomically(&path, 0o600, format!("{id}\n").as_bytes()).map(|()| id)
                })
            }
            Err(error) => Err(error),
        };
        let failed = |source| IdentityError { path: path.clone(), source };
        let id = id.map_err(failed)?;
        let name = if name.is_empty() { host_name() } else { name.to_owned() };
        let start = random::<8>().map_err(failed)?;
        let (found, is_shared) = (AtomicU32::new(1), AtomicBool::new(false));
        Ok(Self { id, name, start, started_at: now, found, is_shared })
    }
}

fn parse_id(text: &str) -> io::Result<String> {
    let id = text.trim_end();
    match HEXLOWER.decode(id.as_bytes()) {
        Ok(bytes) if bytes.len() == 16 => Ok(id.to_owned()),
        _ => Err(io::Error::other("not 32 hex characters")),
    }
}

fn random<const N: usize>() -> io::Result<String> {
    let mut bytes = [0; N];
    aws_lc_rs::rand::fill(&mut bytes).map_err(io::Error::other)?;
    Ok(HEXLOWER.encode(&bytes))
}

/// As the system has it; it is for people, so any name will do.
fn host_name() -> String {
    let name = fs::read_to_string("/proc/sys/kernel/hostname")
        .or_else(|_| fs::read_to_string("/etc/hostname"))
        .unwrap_or_default();
    let name = name.trim();
    let is_name = check_text("node.name", name, 1..=NODE_NAME_CHARS_MAX).is_ok();
    if is_name { name.to_owned() } else { "tonegate".to_owned() }
}

/// Tells the others that this server is there, until it stops.
pub(crate) async fn beat(service: Arc<Service>) {
    let pause = if service.store.is_shared() { HEARTBEAT } else { LONELY_HEARTBEAT };
    let mut has_told = false;
    loop {
        match beat_once(&service, has_told).await {
            Ok(()) => has_told = true,
            // That it fails is for `watch` to say.
            Err(error) => tracing::debug!(%error, "no heartbeat: the store does not answer"),
        }
        tokio::time::sleep(pause).await;
    }
}

/// `has_told`: this start has told before.
async fn beat_once(service: &Service, has_told: bool) -> Result<(), StoreError> {
    // What another installation's database says of servers is about others.
    if service.store_is_foreign.load(Ordering::Relaxed) {
        return Ok(());
    }
    let node = &service.node;
    let state = service.node_state();
    let beaten = service.store.beat(&beat_of(service, &state)).await?;
    let found = if service.store.is_shared() { beaten.alive.max(1) } else { 1 };
    let alive = node.found.swap(found, Ordering::Relaxed).max(found);
    let before = service.nodes.swap(alive, Ordering::Relaxed);
    if before != alive {
        tracing::info!(before, nodes = alive, "the number of servers has changed");
    }
    let other = beaten.before.filter(|start| has_told && *start != node.start);
    let was_shared = node.is_shared.swap(other.is_some(), Ordering::Relaxed);
    if other.is_some() && !was_shared {
        tracing::error!(
            id = node.id,
            "another server has this server's id: its data directory was copied; stop one of the two, \
             remove `node-id` from its data directory, and start it again"
        );
    }
    Ok(())
}

fn beat_of<'a>(service: &'a Service, state: &'a NodeState) -> Beat<'a> {
    let node = &service.node;
    Beat {
        id: &node.id,
        name: &node.name,
        release: RELEASE,
        started_at: node.started_at,
        revision: Revision(service.directory.revision()),
        state,
    }
}

impl Service {
    /// What this server says of itself.
    pub(crate) fn node_state(&self) -> NodeState {
        NodeState {
            start: self.node.start.clone(),
            degraded: self.degraded().into_iter().map(str::to_owned).collect(),
            ready: self.is_ready(),
            from_copy: self.local_copy.is_in_use.load(Ordering::Relaxed),
            replay_guard: match &self.shared_guard {
                Some(shared) if !shared.is_lost() => "shared".to_owned(),
                _ => "local".to_owned(),
            },
            heard_of_within_secs: match self.store.is_shared() {
                true => NODE_ALIVE_SECS,
                false => LONELY_NODE_ALIVE_SECS,
            },
        }
    }

    /// Servers that were heard of in the last 20 s, itself among them.
    #[must_use]
    pub fn node_count(&self) -> u32 {
        self.nodes.load(Ordering::Relaxed).max(1)
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use tempfile::TempDir;

    use super::*;
    use crate::clock::Clock;
    use crate::config::Config;
    use crate::installation::{Installation, NewInstallation, Place, Roots};
    use crate::model::Environment;
    use crate::store::testing::NOW;

    async fn house() -> (TempDir, Config) {
        let directory = tempfile::tempdir().unwrap();
        let data = DataDir::new(&directory.path().join("data"));
        let new = NewInstallation {
            issuer: "tonegate".into(),
            environment: Environment::Test,
            roots: Roots::Auto,
        };
        Installation::make(&Place::in_directory(&data), new, NOW).await.unwrap();
        let mut config = Config::default();
        config.data.directory = data.path().to_owned();
        (directory, config)
    }

    async fn service(config: &Config) -> Arc<Service> {
        Service::open(config.clone(), Clock::manual(NOW).0).await.unwrap()
    }

    #[tokio::test]
    async fn a_server_keeps_its_id_and_each_start_has_a_name_of_its_own() {
        let (_directory, mut config) = house().await;
        config.node.name = "gateway-1".into();
        let first = service(&config).await;
        let (id, start) = (first.node.id.clone(), first.node.start.clone());
        let file = first.installation.data.node_id();
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        drop(first);
        let second = service(&config).await;
        assert_eq!((second.node.id.as_str(), second.node.name.as_str()), (&*id, "gateway-1"));
        assert_ne!(second.node.start, start);
        drop(second);
        fs::write(&file, "not an id").unwrap();
        let refused = Service::open(config.clone(), Clock::manual(NOW).0).await.err().unwrap();
        assert!(refused.to_string().contains("node-id"), "{refused}");
    }

    #[tokio::test]
    async fn a_server_shows_itself_from_its_first_moment_and_as_it_is_now() {
        let (_directory, config) = house().await;
        let service = service(&config).await;
        for told in [false, true] {
            let Nodes { revision, nodes } = service.list_nodes().await.unwrap();
            assert_eq!(nodes.len(), 1, "{nodes:?}");
            let node = &nodes[0];
            assert_eq!((&node.id, &*node.release), (&service.node.id, RELEASE));
            assert!(node.answers_this && node.alive && !node.name.is_empty());
            assert_eq!((node.seen_secs_ago, node.revision, node.behind), (0, revision, 0));
            beat_once(&service, told).await.unwrap();
        }
        assert_eq!(service.node_count(), 1);
        // By the CLI's eyes, which are no server's.
        let nodes = Nodes::of_store(&service.store).await.unwrap().nodes;
        assert!(nodes[0].alive && !nodes[0].answers_this);
    }

    #[tokio::test]
    async fn two_servers_with_one_id_see_each_other() {
        let (_directory, config) = house().await;
        let service = service(&config).await;
        beat_once(&service, false).await.unwrap();
        beat_once(&service, true).await.unwrap();
        assert!(service.degraded().is_empty(), "its own last word");
        let other = NodeState { start: "another".into(), ..NodeState::default() };
        service.store.beat(&beat_of(&service, &other)).await.unwrap();
        beat_once(&service, true).await.unwrap();
        assert_eq!(service.degraded(), ["node_id_shared"]);
        beat_once(&service, true).await.unwrap();
        assert!(service.degraded().is_empty(), "the other is gone");
        service.store.beat(&beat_of(&service, &other)).await.unwrap();
        beat_once(&service, false).await.unwrap();
        assert!(service.degraded().is_empty(), "its own life before this start");
    }
}
