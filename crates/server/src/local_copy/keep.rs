//! When a copy is written, and when the moment of the last contact is.
//!
//! A copy follows a change within seconds, but not each of many: writing a million apps takes a second
//! of a core and 90 MB of disk, so the more apps there are, the longer it waits. Invariant: what is on
//! disk is told by its id, so the contact that is written goes with that copy.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use arc_swap::{ArcSwap, ArcSwapOption};
use data_encoding::HEXLOWER;
use tokio::sync::Mutex;

use super::contact::LastContact;
use super::{Contents, Head, InstallationRecord};
use crate::limits::{CONTACT_WRITE, COPY_EVERY, COPY_EVERY_PER_APP};
use crate::service::Service;
use crate::store::{AuditHead, StoredIssuingKey};

/// How often a running server looks whether a copy is due, and whether it may go on at all.
const LOOK: Duration = Duration::from_secs(1);

/// What a server knows of its own copy.
#[derive(Debug)]
pub(crate) struct LocalCopy {
    /// When the database was last heard of.
    pub(crate) contact: LastContact,
    /// Issuing keys as the store has them, to be copied.
    pub(crate) keys: ArcSwap<Vec<StoredIssuingKey>>,
    /// The newest audit entry that was seen: whether a store goes on from it says whether it is the one
    /// that the directory in memory came from.
    pub(crate) audit_head: ArcSwapOption<AuditHead>,
    /// Does the copy on disk come from another past than the directory in memory? Revisions do not tell.
    pub(crate) is_of_another_past: AtomicBool,
    /// Did this server start from its copy, and has the database not answered since?
    pub(crate) is_in_use: AtomicBool,
    /// Did the last copy fail?
    pub(crate) fails: AtomicBool,
    on_disk: Mutex<OnDisk>,
}

/// What lies there, as far as this life of the server knows.
#[derive(Debug, Default)]
struct OnDisk {
    copy: Option<Head>,
    tried_at: Option<Duration>,
    contact_at: Option<Duration>,
}

impl LocalCopy {
    /// `copy`: what this server started from.
    pub(crate) fn new(
        contact: LastContact,
        keys: Vec<StoredIssuingKey>,
        copy: Option<Head>,
    ) -> Self {
        Self {
            contact,
            keys: ArcSwap::from_pointee(keys),
            audit_head: ArcSwapOption::empty(),
            is_of_another_past: AtomicBool::new(false),
            is_in_use: AtomicBool::new(copy.is_some()),
            fails: AtomicBool::new(false),
            on_disk: Mutex::new(OnDisk { copy, ..OnDisk::default() }),
        }
    }
}

/// Keeps the copy and the last contact on disk until the server stops; and judges by the contact.
pub(crate) async fn keep(service: Arc<Service>) {
    loop {
        tokio::time::sleep(LOOK).await;
        judge(&service);
        if service.store.is_shared() {
            look(&service).await;
        }
    }
}

/// Has what this server knows in the end on disk.
pub(crate) async fn finish(service: &Arc<Service>) {
    if !service.store.is_shared() {
        return;
    }
    let mut on_disk = service.local_copy.on_disk.lock().await;
    if on_disk.is_outdated(service) {
        write_copy(service, &mut on_disk).await;
    }
    write_contact(service, &mut on_disk).await;
}

/// Says once when the database was last heard of too long ago, and once when it is back.
fn judge(service: &Service) {
    let contact = &service.local_copy.contact;
    if !contact.look(service.time.moment()) {
        return;
    }
    if contact.is_too_old() {
        let hours = service.config.directory.serve_without_database_hours;
        tracing::error!(
            hours,
            "the database was last heard of longer ago than directory.serve_without_database_hours: \
             no licence is issued until it answers"
        );
    } else {
        tracing::info!("the database answers: licences are issued again");
    }
}

async fn look(service: &Arc<Service>) {
    let mut on_disk = service.local_copy.on_disk.lock().await;
    let now = service.time.monotonic();
    let is_past =
        |then: Option<Duration>, pause| then.is_none_or(|then| now.saturating_sub(then) >= pause);
    if on_disk.is_outdated(service) && is_past(on_disk.tried_at, pause(service.directory.len())) {
        write_copy(service, &mut on_disk).await;
    }
    if is_past(on_disk.contact_at, CONTACT_WRITE) {
        write_contact(service, &mut on_disk).await;
    }
}

fn pause(apps: usize) -> Duration {
    COPY_EVERY + COPY_EVERY_PER_APP.saturating_mul(u32::try_from(apps).unwrap_or(u32::MAX))
}

impl OnDisk {
    /// Is there something newer in memory, or nothing on disk?
    fn is_outdated(&self, service: &Service) -> bool {
        let newest = service.directory.revision();
        let is_of_another_past = &service.local_copy.is_of_another_past;
        self.copy.as_ref().is_none_or(|copy| copy.revision != newest)
            || is_of_another_past.load(Ordering::Relaxed)
            || !service.installation.data.copy().exists()
    }
}

async fn write_copy(service: &Arc<Service>, on_disk: &mut OnDisk) {
    on_disk.tried_at = Some(service.time.monotonic());
    let writer = Arc::clone(service);
    let (copy, metrics) = (&service.local_copy, &service.metrics);
    // Before the directory is read: if it goes back meanwhile, there is another copy to be written.
    let replaces_another_past = copy.is_of_another_past.swap(false, Ordering::Relaxed);
    let written = tokio::task::spawn_blocking(move || write_now(&writer)).await;
    let written = written.unwrap_or_else(|error| Err(std::io::Error::other(error)));
    if written.is_err() && replaces_another_past {
        copy.is_of_another_past.store(true, Ordering::Relaxed);
    }
    let failed_before = copy.fails.swap(written.is_err(), Ordering::Relaxed);
    match written {
        Ok(head) => {
            metrics.directory_copies.inc();
            // It says itself when the database was last heard of.
            (on_disk.copy, on_disk.contact_at) = (Some(head), on_disk.tried_at);
            if failed_before {
                tracing::info!("the directory is copied to disk again");
            }
        }
        Err(error) => {
            metrics.directory_copy_failures.inc();
            if !failed_before {
                let path = service.installation.data.copy();
                tracing::error!(
                    path = %path.display(),
                    %error,
                    "the directory was not copied to disk: a start without the database would \
                     lack what changed since; check space and owner of the data directory"
                );
            }
        }
    }
}

fn write_now(service: &Service) -> std::io::Result<Head> {
    let installation = &service.installation;
    // Before the apps: an older entry is of the same past, a newer one might not be theirs.
    let audit_head = service.local_copy.audit_head.load_full();
    let audit_head = audit_head.map(|head| (head.0, HEXLOWER.encode(head.1.as_bytes())));
    let apps = service.directory.keep();
    let contents = Contents {
        installation_id: &installation.id,
        installation: InstallationRecord {
            issuer: installation.issuer.clone(),
            environment: installation.environment,
            pins: installation.pins_text(),
            auto_root: installation.auto_root,
            contact: service.local_copy.contact.as_of(service.time.moment(), service.node_count()),
            audit_head,
        },
        keys: &service.local_copy.keys.load(),
        apps,
    };
    super::write(&installation.data, service.store.kek(), &contents)
}

async fn write_contact(service: &Arc<Service>, on_disk: &mut OnDisk) {
    let Some(copy) = on_disk.copy.clone() else { return };
    on_disk.contact_at = Some(service.time.monotonic());
    let writer = Arc::clone(service);
    let written = tokio::task::spawn_blocking(move || {
        let contact = writer.local_copy.contact.as_of(writer.time.moment(), writer.node_count());
        super::write_contact(&writer.installation.data, writer.store.kek(), &copy, contact)
    });
    let written = written.await.unwrap_or_else(|error| Err(std::io::Error::other(error)));
    if let Err(error) = written {
        // What is on disk is older, so a start would give itself less time, not more.
        tracing::warn!(%error, "when the database was last heard of was not written");
    }
}
