//! Was the audit log changed? The whole chain, then every checkpoint that was kept.
//!
//! Invariant: a verdict without a fault means that every entry follows from the one before, and that each
//! checkpoint given names an entry as it still is. Without checkpoints it cannot mean that nobody wrote
//! the log anew: who may write the database can compute every hash.

use std::collections::BTreeMap;

use tonegate_issuer::Signer as _;

use super::{AuditKey, Checkpoint, Fault, Note, NoteError};
use crate::store::{AuditHash, ChainEntry, RowFault, Store, StoreError};

/// What was kept outside of the database.
#[derive(Debug, Clone, Default)]
pub struct Evidence {
    /// Checkpoints, with the line of their file.
    pub notes: Vec<(usize, Result<Note, NoteError>)>,
    /// Who signed them; `None`: the key in the database is believed.
    pub key: Option<AuditKey>,
}

/// What was found out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// Entries that follow from one another, from the first on.
    pub entries: i64,
    /// The hash of the last of them.
    pub head: AuditHash,
    /// Checkpoints that hold.
    pub checkpoints: usize,
    /// The newest entry that a checkpoint vouches for; `None`: there was no checkpoint.
    pub proved_until: Option<i64>,
    /// The first thing that is wrong.
    pub fault: Option<Fault>,
}

/// Verifies the whole log against the evidence. `progress` hears how many entries are done, and of how
/// many.
pub async fn verify(
    store: &Store,
    evidence: &Evidence,
    mut progress: impl FnMut(i64, i64),
) -> Result<Verdict, StoreError> {
    let mut walk = store.walk_audit().await?;
    let mut log = Log::new(walk.installation_id(), walk.last(), evidence);
    let mut checked = Ok(());
    while checked.is_ok() {
        let page = walk.next_page().await?;
        if page.is_empty() {
            checked = log.check_end(walk.entries());
            break;
        }
        checked = page.into_iter().try_for_each(|entry| log.take(entry));
        progress(log.taken, walk.entries());
    }
    let mut verdict = log.verdict(checked.err());
    if verdict.fault.is_none() {
        let key = own_key(store).await?;
        verdict.fault = log.check_evidence(evidence, key, &mut verdict).err();
    }
    Ok(verdict)
}

/// The database's own key, or the fault in it.
async fn own_key(store: &Store) -> Result<Result<Option<AuditKey>, Fault>, StoreError> {
    match store.audit_key().await {
        Ok(key) => Ok(Ok(key.map(|key| AuditKey(key.public_key())))),
        Err(StoreError::Row(fault)) => Ok(Err(Fault::KeyUnreadable { fault })),
        Err(error) => Err(error),
    }
}

/// A log that is being read, entry by entry.
struct Log {
    installation_id: String,
    /// The last number that was given to an entry.
    last: i64,
    taken: i64,
    head: AuditHash,
    /// The hashes of those entries that checkpoints name, as they are met.
    named: BTreeMap<i64, Option<AuditHash>>,
}

impl Log {
    fn new(installation_id: &str, last: i64, evidence: &Evidence) -> Self {
        let notes = evidence.notes.iter().filter_map(|(_, note)| note.as_ref().ok());
        let head = AuditHash::start(installation_id);
        let mut named: BTreeMap<_, _> = notes.map(|note| (note.checkpoint().seq, None)).collect();
        named.entry(0).and_modify(|start| *start = Some(head));
        Self { installation_id: installation_id.to_owned(), last, taken: 0, head, named }
    }

    fn take(&mut self, entry: Result<ChainEntry, RowFault>) -> Result<(), Fault> {
        let next = self.taken + 1;
        let entry = entry.map_err(|fault| Fault::Unreadable { seq: next, fault })?;
        let seq = entry.seq;
        if seq < next || seq > self.last {
            return Err(Fault::Foreign { seq, last: self.last });
        }
        if seq > next {
            return Err(Fault::Gap { from: next, to: seq - 1 });
        }
        let kept = entry.hash.ok_or(Fault::NoHash { seq })?;
        if kept != entry.hash_after(&self.head) {
            return Err(Fault::Edited { seq });
        }
        (self.taken, self.head) = (seq, kept);
        self.named.entry(seq).and_modify(|hash| *hash = Some(kept));
        Ok(())
    }

    fn check_end(&self, rows: i64) -> Result<(), Fault> {
        let Self { last, taken, .. } = *self;
        if taken != last {
            return Err(Fault::CutOff { found: taken, last });
        }
        if rows == taken { Ok(()) } else { Err(Fault::Unnumbered { rows: rows - taken }) }
    }

    fn verdict(&self, fault: Option<Fault>) -> Verdict {
        let (entries, head) = (self.taken, self.head);
        Verdict { entries, head, checkpoints: 0, proved_until: None, fault }
    }

    fn check_evidence(
        &self,
        evidence: &Evidence,
        own: Result<Option<AuditKey>, Fault>,
        verdict: &mut Verdict,
    ) -> Result<(), Fault> {
        let own = own?;
        if let (Some(expected), Some(found)) = (evidence.key, own)
            && expected != found
        {
            return Err(Fault::KeyReplaced { expected, found });
        }
        let key = evidence.key.or(own);
        for (line, note) in &evidence.notes {
            let note = note.as_ref();
            let note =
                note.map_err(|fault| Fault::NotACheckpoint { line: *line, fault: *fault })?;
            self.check_note(*line, note, &key.ok_or(Fault::KeyMissing)?)?;
            verdict.checkpoints += 1;
            verdict.proved_until = verdict.proved_until.max(Some(note.checkpoint().seq));
        }
        Ok(())
    }

    fn check_note(&self, line: usize, note: &Note, key: &AuditKey) -> Result<(), Fault> {
        let Checkpoint { installation_id, seq, hash, at } = note.checkpoint();
        let (seq, at) = (*seq, *at);
        if *installation_id != self.installation_id {
            let (expected, found) = (self.installation_id.clone(), installation_id.clone());
            return Err(Fault::OtherInstallation { line, expected, found });
        }
        if !note.is_signed_by(key) {
            return Err(Fault::NotSigned { line, key: *key });
        }
        match self.named.get(&seq).copied().flatten() {
            Some(found) if found == *hash => Ok(()),
            Some(_) => Err(Fault::Rewritten { line, seq, at }),
            None => Err(Fault::Lost { line, seq, at, last: self.taken }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{SignedCheckpoint, latest_checkpoint, read_notes};
    use super::*;
    use crate::model::AppId;
    use crate::store::testing::{House, NOW};

    /// Six entries: the installation, apps 1 to 3, the audit key, and a suspension after the checkpoint.
    async fn house() -> (House, SignedCheckpoint) {
        let house = House::with_apps([1, 2, 3]).await;
        let checkpoint = latest_checkpoint(&house.store, "owner", NOW).await.unwrap();
        let mut tx = house.store.begin("owner", NOW).await.unwrap();
        tx.suspend_app(AppId(2)).await.unwrap();
        tx.commit().await.unwrap();
        (house, checkpoint)
    }

    fn evidence(text: &str) -> Evidence {
        Evidence { notes: read_notes(text).collect(), key: None }
    }

    async fn fault_of(house: &House, evidence: &Evidence) -> (&'static str, String) {
        let verdict = verify(&house.store, evidence, |_, _| ()).await.unwrap();
        let fault = verdict.fault.expect("a fault");
        (fault.kind(), fault.to_string())
    }

    /// Hashes every entry anew, as somebody may who can write the database.
    async fn make_chain_anew(house: &House) {
        let mut walk = house.store.walk_audit().await.unwrap();
        let mut head = AuditHash::start(walk.installation_id());
        let page = walk.next_page().await.unwrap();
        drop(walk);
        for entry in page {
            let entry = entry.unwrap();
            head = entry.hash_after(&head);
            let seq = entry.seq;
            house.vandalise(&format!("UPDATE audit SET hash = x'{head}' WHERE seq = {seq}")).await;
        }
    }

    #[tokio::test]
    async fn an_untouched_log_and_its_checkpoints_hold() {
        let (house, first) = house().await;
        let second = latest_checkpoint(&house.store, "owner", NOW + 60).await.unwrap();
        let mut evidence = evidence(&format!("{}{}", first.note, second.note));
        evidence.key = Some(first.public_key);
        let mut heard = Vec::new();
        let verdict =
            verify(&house.store, &evidence, |done, all| heard.push((done, all))).await.unwrap();
        let expected = Verdict {
            entries: 6,
            head: second.hash,
            checkpoints: 2,
            proved_until: Some(6),
            fault: None,
        };
        assert_eq!((verdict, heard), (expected, vec![(6, 6)]));
        let without = verify(&house.store, &Evidence::default(), |_, _| ()).await.unwrap();
        assert_eq!((without.checkpoints, without.proved_until, without.fault), (0, None, None));
    }

    #[tokio::test]
    async fn whatever_was_done_to_the_rows_is_found_without_a_checkpoint() {
        let cases = [
            ("edited", "UPDATE audit SET detail = '{}' WHERE seq = 3", "entry 3 was edited"),
            ("edited", "UPDATE audit SET actor = 'x' WHERE seq = 1", "entry 1 was edited"),
            ("edited", "UPDATE audit SET at = at + 1 WHERE seq = 6", "entry 6 was edited"),
            ("edited", "UPDATE audit SET hash = zeroblob(32) WHERE seq = 2", "entry 2 was edited"),
            ("no_hash", "UPDATE audit SET hash = NULL WHERE seq = 2", "entry 2 has lost its hash"),
            ("no_hash", "UPDATE audit SET hash = x'00' WHERE seq = 2", "entry 2 has lost its hash"),
            ("unreadable", "UPDATE audit SET at = 'x' WHERE seq = 4", "entry 4 cannot be read"),
            (
                "unreadable",
                "UPDATE audit SET seq = 'x' WHERE seq = 4",
                "entries 4 to 4 are missing",
            ),
            ("gap", "DELETE FROM audit WHERE seq = 3", "entries 3 to 3 are missing"),
            ("gap", "DELETE FROM audit WHERE seq < 3", "entries 1 to 2 are missing"),
            ("cut_off", "DELETE FROM audit WHERE seq > 4", "ends with entry 4, and 6 were written"),
            ("cut_off", "DELETE FROM audit", "ends with entry 0, and 6 were written"),
            ("foreign", "UPDATE meta SET last_audit = 5", "entry 6 was put in"),
            ("foreign", "UPDATE audit SET seq = -1 WHERE seq = 4", "entry -1 was put in"),
            (
                "unnumbered",
                "INSERT INTO audit SELECT NULL, at, actor, action, subject, detail, hash FROM audit \
                 WHERE seq = 1",
                "1 rows of the log have no number",
            ),
            (
                "edited",
                "INSERT INTO audit SELECT 7, at, actor, action, subject, detail, hash FROM audit \
                 WHERE seq = 6; UPDATE meta SET last_audit = 7",
                "entry 7 was edited",
            ),
        ];
        for (kind, sql, words) in cases {
            let (house, _) = house().await;
            if !house.can_vandalise(sql).await {
                continue;
            }
            let (found, said) = fault_of(&house, &Evidence::default()).await;
            assert!(said.contains(words), "{sql}: {said}");
            assert!(found == kind || sql.contains("seq = 'x'"), "{sql}: {found}");
        }
    }

    #[tokio::test]
    async fn a_log_that_was_written_anew_is_found_with_a_checkpoint_alone() {
        let (house, checkpoint) = house().await;
        house.vandalise("UPDATE audit SET actor = 'nobody' WHERE seq = 3").await;
        make_chain_anew(&house).await;
        let alone = verify(&house.store, &Evidence::default(), |_, _| ()).await.unwrap();
        assert_eq!(alone.fault, None);
        let (kind, said) = fault_of(&house, &evidence(&checkpoint.note)).await;
        assert_eq!(kind, "rewritten");
        assert!(said.contains("line 1 of the checkpoints"), "{said}");
        assert!(said.contains("the log up to entry 5 was another"), "{said}");
    }

    #[tokio::test]
    async fn an_end_cut_off_with_its_counter_is_found_with_a_checkpoint_alone() {
        let (house, checkpoint) = house().await;
        house.vandalise("DELETE FROM audit WHERE seq > 4; UPDATE meta SET last_audit = 4").await;
        let alone = verify(&house.store, &Evidence::default(), |_, _| ()).await.unwrap();
        assert_eq!(alone.fault, None);
        let (kind, said) = fault_of(&house, &evidence(&checkpoint.note)).await;
        assert_eq!(kind, "lost");
        assert!(said.contains("entry 5 was there at Unix time 1763840000"), "{said}");
        assert!(said.contains("the log ends with entry 4"), "{said}");
    }

    #[tokio::test]
    async fn checkpoints_that_were_swapped_edited_or_torn_are_found() {
        let (house, checkpoint) = house().await;
        let other = latest_checkpoint(&House::new().await.store, "owner", NOW).await.unwrap();
        let good = &checkpoint.note;
        let later = good.replacen(&format!("\n{NOW}\n"), &format!("\n{}\n", NOW + 1), 1);
        let cases = [
            (
                "other_installation",
                other.note,
                "line 7 of the checkpoints: this one is of installation",
            ),
            ("not_signed", later, "line 7 of the checkpoints: this one is not signed by audit key"),
            ("not_a_checkpoint", good[..100].to_owned(), "line 7 of the checkpoints: this is no"),
        ];
        for (kind, text, words) in cases {
            let (found, said) = fault_of(&house, &evidence(&format!("{good}{text}"))).await;
            assert_eq!(found, kind, "{said}");
            assert!(said.contains(words), "{said}");
        }
    }

    #[tokio::test]
    async fn a_key_that_was_replaced_or_lost_is_found() {
        let (house, checkpoint) = house().await;
        let saved = Evidence { key: Some(checkpoint.public_key), ..evidence(&checkpoint.note) };
        house.vandalise("DELETE FROM audit_key").await;
        assert_eq!(fault_of(&house, &evidence(&checkpoint.note)).await.0, "key_missing");
        let holds = verify(&house.store, &saved, |_, _| ()).await.unwrap();
        assert_eq!((holds.fault, holds.proved_until), (None, Some(5)));

        latest_checkpoint(&house.store, "owner", NOW).await.unwrap();
        assert_eq!(fault_of(&house, &evidence(&checkpoint.note)).await.0, "not_signed");
        let (kind, said) = fault_of(&house, &saved).await;
        assert_eq!(kind, "key_replaced");
        assert!(said.contains(&checkpoint.public_key.to_string()), "{said}");

        house.vandalise("UPDATE audit_key SET public_key = 'x'").await;
        assert_eq!(fault_of(&house, &saved).await.0, "key_unreadable");
    }

    #[tokio::test]
    async fn changes_go_on_after_the_log_was_damaged_and_the_damage_stays_found() {
        let (house, _) = house().await;
        house.vandalise("DELETE FROM audit WHERE seq = 6").await;
        let mut tx = house.store.begin("owner", NOW).await.unwrap();
        tx.resume_app(AppId(2)).await.unwrap();
        tx.commit().await.unwrap();
        let (_, said) = fault_of(&house, &Evidence::default()).await;
        assert!(said.contains("entries 6 to 6 are missing"), "{said}");
    }
}
