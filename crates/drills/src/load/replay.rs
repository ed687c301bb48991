//! URLs that were answered with a licence, kept as somebody on the way could keep them, and sent again.

use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};

use serde_json::Value;

use crate::http::Connection;

/// How many are kept for each node.
const KEPT: usize = 2_000;
/// What a repeated signature is told, or one that is too old to be checked for it.
const REFUSED: [u64; 2] = [100_000_005, 100_000_004];

/// What was accepted lately, by node.
#[derive(Debug, Default)]
pub(super) struct Accepted(Mutex<HashMap<String, VecDeque<String>>>);

/// What became of URLs that were sent again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Replayed {
    /// Answered with a licence once more.
    pub(crate) accepted: usize,
    /// Refused, as they must be.
    pub(crate) refused: usize,
    /// Not answered, or with something else.
    pub(crate) other: usize,
}

impl Accepted {
    pub(super) fn keep(&self, node: &str, target: String) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = kept.entry(node.to_owned()).or_default();
        if kept.len() == KEPT {
            kept.pop_front();
        }
        kept.push_back(target);
    }

    pub(super) fn last(&self, node: &str, count: usize) -> Vec<String> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.get(node).into_iter().flat_map(|kept| kept.iter().rev().take(count).cloned()).collect()
    }
}

impl Replayed {
    /// All that were sent.
    pub(crate) fn all(&self) -> usize {
        self.accepted + self.refused + self.other
    }
}

impl std::ops::AddAssign for Replayed {
    fn add_assign(&mut self, other: Self) {
        self.accepted += other.accepted;
        self.refused += other.refused;
        self.other += other.other;
    }
}

/// Sends these once more, straight to this server.
pub(crate) async fn replay(address: SocketAddr, targets: &[String]) -> Replayed {
    let mut replayed = Replayed::default();
    let mut connection = None;
    for target in targets {
        match once_more(&mut connection, address, target).await {
            Some(0) => replayed.accepted += 1,
            Some(code) if REFUSED.contains(&code) => replayed.refused += 1,
            _ => replayed.other += 1,
        }
    }
    replayed
}

/// The return code.
async fn once_more(
    kept: &mut Option<Connection>,
    address: SocketAddr,
    target: &str,
) -> Option<u64> {
    let mut connection = match kept.take() {
        Some(connection) if connection.is_open() => connection,
        _ => Connection::open(address).await.ok()?,
    };
    let request = format!("GET {target} HTTP/1.1\r\nHost: {address}\r\n\r\n");
    let answer = connection.exchange(request.as_bytes()).await.ok()?;
    *kept = Some(connection);
    serde_json::from_str::<Value>(&answer.body).ok()?["Code"].as_u64()
}
