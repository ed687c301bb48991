//! The servers of an installation: who is there, what each says of itself, and what one of them does for
//! all.
//!
//! Invariants: who is there is judged by the database's own clock, so that no server's clock makes it
//! look dead or alive; neither a heartbeat nor a claim is audited or raises the revision.

use serde::{Deserialize, Serialize};

use super::app_row::{column, json};
use super::audit_chain::{self, AuditHash};
use super::{Revision, Store, StoreError, Tx, db};
use crate::limits::{NODE_ALIVE_SECS, NODE_KEPT_SECS};

/// A server, as it told last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// 32 hex characters; they lie in its data directory.
    pub id: String,
    /// For people.
    pub name: String,
    /// The program's version.
    pub release: String,
    /// Unix seconds, by its own gateway time.
    pub started_at: i64,
    /// When it was last heard of, Unix seconds by the database's clock.
    pub seen_at: i64,
    /// How long ago that was, seconds.
    pub seen_secs_ago: i64,
    /// The revision of its directory.
    pub revision: Revision,
    /// What it says of itself.
    pub state: NodeState,
}

/// What a server says of itself. Servers of other releases may say more, or less.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct NodeState {
    /// Made anew at each start.
    pub start: String,
    /// What is not as it should be, as in `/readyz`.
    pub degraded: Vec<String>,
    /// Can it answer with a licence?
    pub ready: bool,
    /// Does it serve from its own copy of the directory?
    pub from_copy: bool,
    /// `shared` or `local`: which replay guard judges.
    pub replay_guard: String,
    /// After so many seconds without a word it may be taken for gone.
    pub heard_of_within_secs: i64,
}

/// A server tells that it is there.
#[derive(Debug, Clone)]
pub struct Beat<'a> {
    /// Its id.
    pub id: &'a str,
    /// Its name.
    pub name: &'a str,
    /// The program's version.
    pub release: &'a str,
    /// Unix seconds.
    pub started_at: i64,
    /// The revision of its directory.
    pub revision: Revision,
    /// What it says of itself.
    pub state: &'a NodeState,
}

/// What a heartbeat found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Beaten {
    /// How many servers there are, itself among them.
    pub alive: u32,
    /// Which start of a server with this id told before it; `None`: none in the last 20 s.
    pub before: Option<String>,
}

/// Where a store stands, and which store that is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position {
    /// The newest revision.
    pub revision: Revision,
    /// Whose.
    pub installation_id: String,
    /// Which key-encryption key sealed it.
    pub kek_fingerprint: String,
    /// How long ago the revision was raised, milliseconds by the database's clock; `None`: before that
    /// was kept.
    pub raised_ms_ago: Option<i64>,
    /// The database's clock, Unix seconds.
    pub clock: i64,
    /// The newest audit entry, by number and hash.
    pub audit_head: Option<AuditHead>,
    /// Does its audit log go on from the entry that the caller knew? Otherwise a backup was restored, or a
    /// standby took over that lacked the last changes.
    pub goes_on: bool,
}

/// An audit entry's number and hash.
pub type AuditHead = (i64, AuditHash);

/// The database's clock, milliseconds.
macro_rules! database_ms {
    () => {
        "CAST(unixepoch('subsec') * 1000 AS BIGINT)"
    };
}
pub(super) use database_ms;

/// The same, seconds.
macro_rules! database_secs {
    () => {
        "CAST(unixepoch('subsec') AS BIGINT)"
    };
}
pub(super) use database_secs;

impl Store {
    /// Where the store stands: one cheap read, meant for polling. Never waits for a writer.
    pub async fn position(&self, known: Option<AuditHead>) -> Result<Position, StoreError> {
        let mut tx = self.db.begin_read().await?;
        let sql = concat!(
            "SELECT revision, installation_id, kek_fingerprint, raised_at, ",
            database_ms!(),
            " - raised_at AS ago, ",
            database_secs!(),
            " AS clock FROM meta"
        );
        let row = db::query(sql).fetch_one(&mut tx).await?;
        let (raised_at, ago): (i64, i64) = (row.try_get("raised_at")?, row.try_get("ago")?);
        let (seq, hash) = audit_chain::head(&mut tx).await?;
        let audit_head = hash.map(|hash| (seq, hash));
        let goes_on = match known {
            Some((seq, hash)) if audit_head != known && seq > 0 => {
                audit_chain::kept_hash(&mut tx, seq).await? == Some(hash)
            }
            _ => true,
        };
        Ok(Position {
            revision: Revision(row.try_get("revision")?),
            installation_id: row.try_get("installation_id")?,
            kek_fingerprint: row.try_get("kek_fingerprint")?,
            raised_ms_ago: (raised_at > 0).then_some(ago),
            clock: row.try_get("clock")?,
            audit_head,
            goes_on,
        })
    }

    /// Tells that a server is there, and forgets those that were not for 30 days.
    pub async fn beat(&self, beat: &Beat<'_>) -> Result<Beaten, StoreError> {
        let mut tx = self.db.begin_write().await?;
        let sql = concat!(
            "SELECT state FROM nodes WHERE id = $1 AND seen_at > ",
            database_secs!(),
            " - $2"
        );
        let before: Option<String> = db::query_scalar(sql)
            .bind(beat.id)
            .bind(NODE_ALIVE_SECS)
            .fetch_optional(&mut tx)
            .await?;
        let sql = concat!(
            "INSERT INTO nodes (id, name, release, started_at, seen_at, revision, usage_batch, state) \
             VALUES ($1, $2, $3, $4, ",
            database_secs!(),
            ", $5, 0, $6) ON CONFLICT (id) DO UPDATE SET name = excluded.name, \
             release = excluded.release, started_at = excluded.started_at, \
             seen_at = excluded.seen_at, revision = excluded.revision, state = excluded.state"
        );
        db::query(sql)
            .bind(beat.id)
            .bind(beat.name)
            .bind(beat.release)
            .bind(beat.started_at)
            .bind(beat.revision.0)
            .bind(json(beat.state))
            .execute(&mut tx)
            .await?;
        let sql = concat!("DELETE FROM nodes WHERE seen_at < ", database_secs!(), " - $1");
        db::query(sql).bind(NODE_KEPT_SECS).execute(&mut tx).await?;
        let sql = concat!("SELECT COUNT(*) FROM nodes WHERE seen_at > ", database_secs!(), " - $1");
        let alive: i64 = db::query_scalar(sql).bind(NODE_ALIVE_SECS).fetch_one(&mut tx).await?;
        tx.commit().await?;
        let before = before.map(|state| state_of(&state).start);
        Ok(Beaten {
            alive: u32::try_from(alive).unwrap_or(u32::MAX),
            before: before.filter(|start| !start.is_empty()),
        })
    }

    /// Every server that was heard of in the last 30 days, by name.
    pub async fn nodes(&self) -> Result<Vec<Node>, StoreError> {
        let mut tx = self.db.begin_read().await?;
        let sql = concat!(
            "SELECT id, name, release, started_at, seen_at, revision, state, ",
            database_secs!(),
            " - seen_at AS ago FROM nodes ORDER BY name, id"
        );
        let rows = db::query(sql).fetch_all(&mut tx).await?;
        rows.iter().map(read).collect()
    }
}

impl Tx {
    /// Takes something upon this server until `ends_at` (Unix seconds), unless another has. Has it?
    pub async fn claim(
        &mut self,
        what: &str,
        node: &str,
        ends_at: i64,
    ) -> Result<bool, StoreError> {
        db::query("DELETE FROM claims WHERE ends_at <= $1")
            .bind(self.now)
            .execute(&mut self.inner)
            .await?;
        let claimed = db::query(
            "INSERT INTO claims (what, node, ends_at) VALUES ($1, $2, $3) ON CONFLICT (what) DO NOTHING",
        )
        .bind(what)
        .bind(node)
        .bind(ends_at)
        .execute(&mut self.inner)
        .await?;
        Ok(claimed == 1)
    }
}

fn read(row: &db::Row) -> Result<Node, StoreError> {
    let id: String = row.try_get("id")?;
    let at = |name| column(row, "nodes", name, "?");
    Ok(Node {
        name: at("name").get()?,
        release: at("release").get()?,
        started_at: at("started_at").get()?,
        seen_at: at("seen_at").get()?,
        seen_secs_ago: at("ago").get()?,
        revision: Revision(at("revision").get()?),
        state: state_of(at("state").get()?),
        id,
    })
}

/// What cannot be read says nothing: it is for people.
fn state_of(text: &str) -> NodeState {
    serde_json::from_str(text).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::testing::{House, NOW};
    use super::*;
    use crate::model::AppId;

    fn state(start: &str) -> NodeState {
        NodeState { start: start.into(), ready: true, ..NodeState::default() }
    }

    fn beat<'a>(id: &'a str, state: &'a NodeState) -> Beat<'a> {
        Beat { id, name: id, release: "1", started_at: NOW, revision: Revision(3), state }
    }

    #[tokio::test]
    async fn servers_are_counted_while_they_are_heard_of_and_then_forgotten() {
        let house = House::new().await;
        let (one, two) = (state("1"), state("2"));
        let first = house.store.beat(&beat("a", &one)).await.unwrap();
        assert_eq!(first, Beaten { alive: 1, before: None });
        assert_eq!(house.store.beat(&beat("b", &two)).await.unwrap().alive, 2);
        let again = house.store.beat(&beat("a", &two)).await.unwrap();
        assert_eq!(again, Beaten { alive: 2, before: Some("1".into()) }, "another start");
        let nodes = house.store.nodes().await.unwrap();
        assert_eq!((nodes.len(), &*nodes[0].id, nodes[0].revision), (2, "a", Revision(3)));
        assert_eq!(nodes[0].state, two);
        assert!((0..3).contains(&nodes[0].seen_secs_ago), "{nodes:?}");

        house.vandalise("UPDATE nodes SET seen_at = seen_at - 21 WHERE id = 'b'").await;
        assert_eq!(house.store.beat(&beat("a", &two)).await.unwrap().alive, 1);
        assert_eq!(house.store.nodes().await.unwrap().len(), 2, "still shown");
        house.vandalise("UPDATE nodes SET seen_at = seen_at - 2592000 WHERE id = 'b'").await;
        house.store.beat(&beat("a", &two)).await.unwrap();
        assert_eq!(house.store.nodes().await.unwrap().len(), 1);
    }

    #[tokio::test]
    async fn what_a_server_of_another_release_says_of_itself_is_read_as_far_as_it_is_known() {
        let house = House::new().await;
        house.store.beat(&beat("a", &state("1"))).await.unwrap();
        for (text, ready) in [("{\"ready\":true,\"new\":1}", true), ("{}", false), ("x", false)] {
            house.vandalise(&format!("UPDATE nodes SET state = '{text}'")).await;
            assert_eq!(house.store.nodes().await.unwrap()[0].state.ready, ready, "{text}");
        }
    }

    #[tokio::test]
    async fn neither_a_heartbeat_nor_a_claim_is_a_change() {
        let house = House::new().await;
        let before = house.store.position(None).await.unwrap();
        house.store.beat(&beat("a", &state("1"))).await.unwrap();
        assert!(claimed(&house, "a", NOW).await);
        assert_eq!(house.store.position(None).await.unwrap().revision, before.revision);
    }

    async fn claimed(house: &House, node: &str, now: i64) -> bool {
        let mut tx = house.store.begin("server", now).await.unwrap();
        let claimed = tx.claim("renew", node, now + 60).await.unwrap();
        tx.commit().await.unwrap();
        claimed
    }

    #[tokio::test]
    async fn what_one_server_has_claimed_is_not_another_s_until_it_ends() {
        let house = House::new().await;
        assert!(claimed(&house, "a", NOW).await);
        assert!(!claimed(&house, "b", NOW + 59).await);
        assert!(!claimed(&house, "a", NOW + 59).await, "once");
        assert!(claimed(&house, "b", NOW + 60).await);
    }

    #[tokio::test]
    async fn a_position_says_whose_it_is_and_how_old_the_last_change_is() {
        let house = House::with_apps([1]).await;
        let position = house.store.position(None).await.unwrap();
        let meta = house.store.meta().await.unwrap();
        assert_eq!(position.revision, house.store.revision().await.unwrap());
        assert_eq!(position.installation_id, meta.installation_id);
        assert_eq!(position.kek_fingerprint, meta.kek_fingerprint);
        assert!((0..5_000).contains(&position.raised_ms_ago.unwrap()), "{position:?}");
    }

    #[tokio::test]
    async fn a_store_with_another_past_is_told_from_one_that_goes_on() {
        let house = House::with_apps([1]).await;
        let known = house.store.position(None).await.unwrap().audit_head;
        let mut tx = house.store.begin("alice", NOW).await.unwrap();
        tx.suspend_app(AppId(1)).await.unwrap();
        tx.commit().await.unwrap();
        let position = house.store.position(known).await.unwrap();
        assert!(position.goes_on && position.audit_head != known);
        house.vandalise("UPDATE audit SET hash = x'00' || hash WHERE seq < 3").await;
        assert!(!house.store.position(known).await.unwrap().goes_on);
        let cut_off = Some((99, known.unwrap().1));
        assert!(!house.store.position(cut_off).await.unwrap().goes_on);
    }
}
