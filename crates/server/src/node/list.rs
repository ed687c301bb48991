//! The servers of an installation, as they are shown: by the admin API, in the console, by the CLI.

use serde::{Deserialize, Serialize};

use crate::limits::NODE_ALIVE_SECS;
use crate::service::Service;
use crate::store::{Node, Revision, Store, StoreError};

/// The servers of the installation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Nodes {
    /// The newest revision: what each of them should have.
    pub revision: i64,
    /// By name: each that was heard of in the last 30 days.
    pub nodes: Vec<NodeView>,
}

/// A server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct NodeView {
    /// It lies in the server's data directory: 32 hex characters.
    pub id: String,
    /// As configured, or the machine's.
    pub name: String,
    /// The program's version.
    pub release: String,
    /// Is it the one that answers this?
    pub answers_this: bool,
    /// Was it heard of lately: in the last 20 s, or where it is the only one, in the last 3 minutes?
    pub alive: bool,
    /// How long ago it was heard of, seconds.
    pub seen_secs_ago: i64,
    /// When it was started, Unix seconds.
    pub started_at: i64,
    /// The revision of its directory.
    pub revision: i64,
    /// Changes that are not in force there yet.
    pub behind: i64,
    /// Can it answer with a licence?
    pub ready: bool,
    /// Does it serve from its own copy of the directory, because the database was away when it started?
    pub from_copy: bool,
    /// What judges repeated signatures there: `local`, or `shared` with the others.
    pub replay_guard: String,
    /// What is not as it should be there, as in its `/readyz`.
    pub degraded: Vec<String>,
}

impl Nodes {
    /// As the store has them, where no server is asked.
    pub async fn of_store(store: &Store) -> Result<Self, StoreError> {
        Ok(Self::of(store.nodes().await?, store.revision().await?, None))
    }

    fn of(nodes: Vec<Node>, newest: Revision, own: Option<&str>) -> Self {
        let view = |node| NodeView::of(node, newest, own);
        Self { revision: newest.0, nodes: nodes.into_iter().map(view).collect() }
    }
}

impl NodeView {
    fn of(node: Node, newest: Revision, own: Option<&str>) -> Self {
        let answers_this = own == Some(&*node.id);
        // One that is alone says a word a minute.
        let within = node.state.heard_of_within_secs.max(NODE_ALIVE_SECS);
        let alive = answers_this || node.seen_secs_ago < within;
        Self {
            answers_this,
            alive,
            seen_secs_ago: node.seen_secs_ago.max(0),
            started_at: node.started_at,
            revision: node.revision.0,
            behind: newest.0.saturating_sub(node.revision.0).max(0),
            // What is not heard of can do nothing that anybody knows of.
            ready: alive && node.state.ready,
            from_copy: node.state.from_copy,
            replay_guard: node.state.replay_guard,
            degraded: node.state.degraded,
            id: node.id,
            name: node.name,
            release: node.release,
        }
    }
}

impl Service {
    /// Every server that was heard of in the last 30 days; this one as it is now.
    pub async fn list_nodes(&self) -> Result<Nodes, StoreError> {
        let mut nodes = self.store.nodes().await?;
        if !nodes.iter().any(|node| node.id == self.node.id) {
            // It has just started.
            let state = self.node_state();
            self.store.beat(&super::beat_of(self, &state)).await?;
            nodes = self.store.nodes().await?;
        }
        for node in nodes.iter_mut().filter(|node| node.id == self.node.id) {
            node.state = self.node_state();
            node.revision = Revision(self.directory.revision());
            node.seen_at += std::mem::take(&mut node.seen_secs_ago);
        }
        let newest = self.store.revision().await?;
        Ok(Nodes::of(nodes, newest, Some(&self.node.id)))
    }
}
