//! The hash chain through the audit log, and the walk that reads it as it lies in the database.
//!
//! The hash of an entry is SHA-256 over a domain separator, the hash of the entry before, and the entry's
//! own fields, each after its length. Entry 0 stands for the installation. So whoever knows the hash of
//! one entry knows all entries up to it. Invariant: hashes are written in the transaction that writes
//! their entries. Leaves to others: what a broken chain means, and what holds it from outside (`audit`).

use std::fmt;

use aws_lc_rs::digest::{Context, SHA256};
use data_encoding::HEXLOWER;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::app_row::column;
use super::{RowFault, Store, StoreError, db};

/// Schemas before this one had no hashes.
pub(super) const FIRST_SCHEMA: i64 = 2;

const START: &[u8] = b"tonegate audit start 1\0";
const ENTRY: &[u8] = b"tonegate audit entry 1\0";
/// Entries read at a time, by the walk and when a database of an older schema is opened.
const PAGE: i64 = 1_000;

/// SHA-256 over an entry of the audit log and all entries before it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct AuditHash([u8; 32]);

/// An entry as it lies in the database, its detail unread.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainEntry {
    /// Its number, from 1.
    pub seq: i64,
    /// Unix seconds.
    pub at: i64,
    /// Who.
    pub actor: String,
    /// What.
    pub action: String,
    /// To what.
    pub subject: String,
    /// JSON, byte for byte.
    pub detail: String,
    /// What is kept as its hash; `None`: nothing that is one.
    pub hash: Option<AuditHash>,
}

/// The whole log, oldest entry first, as it stood when the walk began.
pub struct AuditWalk {
    tx: db::ReadTransaction,
    installation_id: String,
    last: i64,
    entries: i64,
    after: Option<i64>,
}

impl AuditHash {
    /// What the first entry follows.
    #[must_use]
    pub fn start(installation_id: &str) -> Self {
        let mut context = Context::new(&SHA256);
        context.update(START);
        context.update(installation_id.as_bytes());
        Self::of(context)
    }

    /// Of 32 bytes that were kept. `None`: they are not 32.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// The bytes to keep.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    fn of(context: Context) -> Self {
        let mut hash = [0; 32];
        hash.copy_from_slice(context.finish().as_ref());
        Self(hash)
    }
}

impl ChainEntry {
    /// The hash that this entry has after one with the hash `previous`.
    #[must_use]
    pub fn hash_after(&self, previous: &AuditHash) -> AuditHash {
        let mut context = Context::new(&SHA256);
        context.update(ENTRY);
        context.update(previous.as_bytes());
        let (seq, at) = (self.seq.to_be_bytes(), self.at.to_be_bytes());
        let texts = [&self.actor, &self.action, &self.subject, &self.detail];
        let fields = [seq.as_slice(), &at].into_iter().chain(texts.map(|text| text.as_bytes()));
        for field in fields {
            context.update(&u64::try_from(field.len()).unwrap_or(u64::MAX).to_be_bytes());
            context.update(field);
        }
        AuditHash::of(context)
    }
}

impl Store {
    /// Begins to read the whole log, as it stands now.
    pub async fn walk_audit(&self) -> Result<AuditWalk, StoreError> {
        let mut tx = self.db.begin_read().await?;
        let meta = db::query("SELECT installation_id, last_audit FROM meta");
        let meta = meta.fetch_one(&mut tx).await?;
        let entries = db::query_scalar("SELECT COUNT(*) FROM audit").fetch_one(&mut tx).await?;
        Ok(AuditWalk {
            tx,
            installation_id: meta.try_get("installation_id")?,
            last: meta.try_get("last_audit")?,
            entries,
            after: None,
        })
    }

    /// The newest entry's number, and its hash (`None`: it has none, or is gone).
    /// Without any entry: 0, and the hash that the first one follows.
    pub async fn audit_head(&self) -> Result<(i64, Option<AuditHash>), StoreError> {
        head(&mut *self.db.begin_read().await?).await
    }
}

/// The same as [`Store::audit_head`].
pub(super) async fn head(
    conn: &mut db::Connection,
) -> Result<(i64, Option<AuditHash>), StoreError> {
    let meta = db::query("SELECT installation_id, last_audit FROM meta");
    let meta = meta.fetch_one(conn).await?;
    let seq: i64 = meta.try_get("last_audit")?;
    if seq == 0 {
        return Ok((0, Some(AuditHash::start(meta.try_get("installation_id")?))));
    }
    Ok((seq, kept_hash(conn, seq).await?))
}

impl AuditWalk {
    /// Whose log it is.
    #[must_use]
    pub fn installation_id(&self) -> &str {
        &self.installation_id
    }

    /// The number of the last entry that was ever written.
    #[must_use]
    pub const fn last(&self) -> i64 {
        self.last
    }

    /// How many entries there are.
    #[must_use]
    pub const fn entries(&self) -> i64 {
        self.entries
    }

    /// The next entries, at most a thousand; none: that was all. An entry that cannot be read says why,
    /// and is the last of its page.
    pub async fn next_page(&mut self) -> Result<Vec<Result<ChainEntry, RowFault>>, StoreError> {
        let rows = page_after(&mut self.tx, self.after).await?;
        let mut entries = Vec::with_capacity(rows.len());
        for row in &rows {
            let entry = read(row);
            let stops = entry.is_err();
            self.after = entry.as_ref().ok().map(|entry| entry.seq).or(self.after);
            entries.push(entry);
            if stops {
                break;
            }
        }
        Ok(entries)
    }
}

/// The hash kept with entry `seq`, if there is one.
pub(super) async fn kept_hash(
    conn: &mut db::Connection,
    seq: i64,
) -> Result<Option<AuditHash>, StoreError> {
    let hash: Option<Option<Vec<u8>>> = db::query_scalar("SELECT hash FROM audit WHERE seq = $1")
        .bind(seq)
        .fetch_optional(conn)
        .await?;
    Ok(hash.flatten().and_then(|hash| AuditHash::from_bytes(&hash)))
}

/// Gives every entry its hash, in the transaction that brings the schema to [`FIRST_SCHEMA`].
pub(super) async fn fill(tx: &mut db::Transaction) -> Result<(), StoreError> {
    let id: Option<String> =
        db::query_scalar("SELECT installation_id FROM meta").fetch_optional(tx).await?;
    // Without its one row it is a database that is being made.
    let Some(id) = id else { return Ok(()) };
    let (mut previous, mut after) = (AuditHash::start(&id), None);
    loop {
        let rows = page_after(tx, after).await?;
        if rows.is_empty() {
            return Ok(());
        }
        for row in &rows {
            let entry = read(row)?;
            previous = entry.hash_after(&previous);
            after = Some(entry.seq);
            db::query("UPDATE audit SET hash = $2 WHERE seq = $1")
                .bind(entry.seq)
                .bind(previous.as_bytes().to_vec())
                .execute(tx)
                .await?;
        }
    }
}

async fn page_after(
    conn: &mut db::Connection,
    after: Option<i64>,
) -> Result<Vec<db::Row>, StoreError> {
    // Twice, so that no number is too small to be met, and the index is still used.
    let condition = match after {
        Some(_) => {
            "SELECT seq, at, actor, action, subject, detail, hash FROM audit \
             WHERE seq > $1 ORDER BY seq LIMIT $2"
        }
        None => {
            "SELECT seq, at, actor, action, subject, detail, hash FROM audit \
             WHERE seq >= $1 ORDER BY seq LIMIT $2"
        }
    };
    let page = db::query(condition).bind(after.unwrap_or(i64::MIN)).bind(PAGE);
    page.fetch_all(conn).await
}

fn read(row: &db::Row) -> Result<ChainEntry, RowFault> {
    let seq: i64 = column(row, "audit", "seq", "?").get()?;
    let text = |name| column(row, "audit", name, seq).get::<String>();
    let hash: Option<Vec<u8>> = column(row, "audit", "hash", seq).get()?;
    Ok(ChainEntry {
        seq,
        at: column(row, "audit", "at", seq).get()?,
        actor: text("actor")?,
        action: text("action")?,
        subject: text("subject")?,
        detail: text("detail")?,
        hash: hash.and_then(|hash| AuditHash::from_bytes(&hash)),
    })
}

/// 64 hex characters.
impl fmt::Display for AuditHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&HEXLOWER.encode(&self.0))
    }
}

impl fmt::Debug for AuditHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AuditHash({self})")
    }
}

impl Serialize for AuditHash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for AuditHash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let bytes = HEXLOWER.decode(String::deserialize(deserializer)?.as_bytes()).ok();
        let hash = bytes.and_then(|bytes| Self::from_bytes(&bytes));
        hash.ok_or_else(|| serde::de::Error::custom("a hash is 64 hex characters"))
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Ground, House, NOW, empty, kek, make_of_first_schema};
    use super::*;

    fn entry() -> ChainEntry {
        let text = |text: &str| text.to_owned();
        ChainEntry {
            seq: 1,
            at: NOW,
            actor: text("init"),
            action: text("installation.create"),
            subject: text("installation"),
            detail: text("{}"),
            hash: None,
        }
    }

    /// Computed by another program; they may never change, or old checkpoints would prove nothing.
    #[test]
    fn the_hash_is_the_documented_one() {
        let start = AuditHash::start("00112233445566778899aabbccddeeff");
        assert_eq!(
            start.to_string(),
            "773ac1a4437158530e6b44bdfd25a28150d0cc12d3833e6578ce9a442a9293e7"
        );
        assert_eq!(
            entry().hash_after(&start).to_string(),
            "adc21e8928ba182268c33d95f9bb8cdbff385036625aa9db98bb0c8108852c0f"
        );
    }

    #[test]
    fn every_field_and_its_place_count() {
        let start = AuditHash::start("a");
        let hash = entry().hash_after(&start);
        let text = |text: &str| text.to_owned();
        let changed = [
            ChainEntry { seq: 2, ..entry() },
            ChainEntry { at: NOW + 1, ..entry() },
            ChainEntry { actor: text("init2"), ..entry() },
            ChainEntry { actor: text("initinstallation"), action: text(".create"), ..entry() },
            ChainEntry { subject: text("x"), ..entry() },
            ChainEntry { detail: text("{ }"), ..entry() },
        ];
        for other in changed {
            assert_ne!(other.hash_after(&start), hash, "{other:?}");
        }
        assert_ne!(entry().hash_after(&AuditHash::start("b")), hash);
    }

    /// The hashes of the log, checked one after another.
    async fn hashes(store: &Store) -> Vec<AuditHash> {
        let mut walk = store.walk_audit().await.unwrap();
        let mut previous = AuditHash::start(walk.installation_id());
        let mut hashes = Vec::new();
        for entry in walk.next_page().await.unwrap() {
            let entry = entry.unwrap();
            previous = entry.hash_after(&previous);
            assert_eq!(entry.hash, Some(previous), "{entry:?}");
            hashes.push(previous);
        }
        hashes
    }

    #[tokio::test]
    async fn each_entry_is_chained_in_its_own_transaction() {
        let house = House::with_apps([1, 2]).await;
        let found = hashes(&house.store).await;
        assert_eq!(found.len(), 3);
        assert_eq!(house.store.audit_head().await.unwrap(), (3, Some(found[2])));
    }

    #[tokio::test]
    async fn the_walk_is_one_moment_and_pages_through_all_of_it() {
        let house = House::new().await;
        let mut tx = house.store.begin("owner", NOW).await.unwrap();
        for step in 0..PAGE + 5 {
            tx.audit("test.step", "nothing", &step).await.unwrap();
        }
        tx.commit().await.unwrap();
        let mut walk = house.store.walk_audit().await.unwrap();
        let first = walk.next_page().await.unwrap();
        let mut tx = house.store.begin("owner", NOW).await.unwrap();
        tx.audit("test.late", "nothing", &()).await.unwrap();
        tx.commit().await.unwrap();
        let second = walk.next_page().await.unwrap();
        assert_eq!((first.len(), second.len(), walk.entries()), (1_000, 6, PAGE + 6));
        assert!(walk.next_page().await.unwrap().is_empty());
    }

    #[tokio::test]
    async fn a_database_of_the_first_schema_gets_its_hashes_when_it_is_opened() {
        let directory = tempfile::tempdir().unwrap();
        let ground = Ground(empty(directory.path()).await);
        make_of_first_schema(&ground.0, 2_500).await;
        let store = Store::open(&ground.0, kek()).await.unwrap();
        let (seq, head) = store.audit_head().await.unwrap();
        assert_eq!(seq, 2_500);
        let mut tx = store.begin("owner", NOW).await.unwrap();
        tx.audit("test.step", "nothing", &()).await.unwrap();
        tx.commit().await.unwrap();
        let mut walk = store.walk_audit().await.unwrap();
        let (mut previous, mut seen) = (AuditHash::start(walk.installation_id()), Vec::new());
        loop {
            let page = walk.next_page().await.unwrap();
            if page.is_empty() {
                break;
            }
            for entry in page {
                let entry = entry.unwrap();
                previous = entry.hash_after(&previous);
                assert_eq!(entry.hash, Some(previous));
                seen.push(previous);
            }
        }
        assert_eq!((seen.len(), Some(seen[2_499])), (2_501, head));
    }
}
