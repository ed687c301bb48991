//! A running server hands out checkpoints: to a file, to a URL, at most every minute.
//!
//! Invariant: what fails is tried again and never stops a change. A destination gets a checkpoint when the
//! log stands elsewhere than in its last one; also behind it, since then a backup was put back, which is
//! what the destination is there to show.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use http::header::CONTENT_TYPE;
use tonegate_client::{FetchError, HttpClient, HttpConfig, HttpError};
use tonegate_telemetry::TARGET;
use tracing::field::Empty;
use tracing::{Instrument as _, info_span};

use super::{CheckpointError, SignedCheckpoint, latest_checkpoint};
use crate::config;
use crate::limits::{CHECKPOINT_ANSWER_BYTES_MAX, CHECKPOINT_EVERY};
use crate::service::Service;
use crate::store::AuditHash;

/// Who makes the key, when a running server needs it first.
pub(crate) const ACTOR: &str = "server";

/// Why a checkpoint did not get out.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PublishError {
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    #[error("cannot write the checkpoint to {}: {source}; check the path and who may write there", path.display())]
    File { path: PathBuf, source: io::Error },
    #[error("audit.checkpoint_url is no URL")]
    NotAUrl,
    #[error("cannot post the checkpoint: {0}")]
    Trust(#[from] FetchError),
    #[error("cannot post the checkpoint: {0}")]
    Http(#[from] HttpError),
    #[error("the receiver of checkpoints answered with HTTP status {0}")]
    Status(u16),
}

/// What each destination was last given.
#[derive(Debug, Default)]
pub(crate) struct Publisher {
    file: Option<(i64, AuditHash)>,
    url: Option<(i64, AuditHash)>,
}

/// Publishes until the server stops.
pub(crate) async fn keep_publishing(service: Arc<Service>) {
    if !is_configured(&service.config.audit) {
        return std::future::pending().await;
    }
    loop {
        publish(&service).await;
        tokio::time::sleep(CHECKPOINT_EVERY).await;
    }
}

/// Publishes what is new, and says in log, metrics and readiness whether that works.
pub(crate) async fn publish(service: &Service) {
    if !is_configured(&service.config.audit) {
        return;
    }
    let span = info_span!(target: TARGET, "publish_checkpoint", failed = Empty);
    let outcome =
        async { service.publisher.lock().await.publish(service).await }.instrument(span.clone());
    let outcome = outcome.await;
    span.record("failed", outcome.is_err());
    drop(span);
    let failed = service.checkpoints_fail.swap(outcome.is_err(), Ordering::Relaxed);
    match outcome {
        Err(error) => {
            service.metrics.audit_checkpoint_failures.inc();
            if !failed {
                tracing::error!(%error, "a checkpoint of the audit log did not get out; tried again every minute");
            }
        }
        Ok(()) if failed => tracing::info!("checkpoints of the audit log get out again"),
        Ok(()) => {}
    }
}

impl Publisher {
    /// Both destinations are tried; `Err`: the first that failed.
    async fn publish(&mut self, service: &Service) -> Result<(), PublishError> {
        let checkpoint = latest_checkpoint(&service.store, ACTOR, service.time.now()).await?;
        let config = &service.config.audit;
        let at = Some((checkpoint.seq, checkpoint.hash));
        let mut outcome = Ok(());
        if !config.checkpoint_file.as_os_str().is_empty() && self.file != at {
            let written = write(&config.checkpoint_file, &checkpoint).await;
            self.file = if written.is_ok() { at } else { self.file };
            outcome = written;
        }
        if !config.checkpoint_url.is_empty() && self.url != at {
            let posted = post(&config.checkpoint_url, checkpoint).await;
            self.url = if posted.is_ok() { at } else { self.url };
            outcome = outcome.and(posted);
        }
        outcome
    }
}

fn is_configured(config: &config::Audit) -> bool {
    !config.checkpoint_file.as_os_str().is_empty() || !config.checkpoint_url.is_empty()
}

/// Disk work, off the threads that answer.
async fn write(path: &Path, checkpoint: &SignedCheckpoint) -> Result<(), PublishError> {
    let (file, note) = (path.to_owned(), checkpoint.note.clone());
    let written = tokio::task::spawn_blocking(move || append(&file, &note)).await;
    let written = written.unwrap_or_else(|error| Err(io::Error::other(error)));
    written.map_err(|source| PublishError::File { path: path.to_owned(), source })
}

/// Appends the note and has it on disk. What a full disk or a crash left half is not built upon.
fn append(path: &Path, note: &str) -> io::Result<()> {
    let is_new = !path.exists();
    let mut options = OpenOptions::new();
    let mut file = options.read(true).append(true).create(true).mode(0o600).open(path)?;
    let length = file.metadata()?.len();
    let line_end = if ends_a_line(&mut file, length)? { "" } else { "\n" };
    if let Err(error) = file.write_all(format!("{line_end}{note}").as_bytes()) {
        // A file that may only grow refuses this, and the next note begins a line of its own.
        let _ = file.set_len(length);
        return Err(error);
    }
    file.sync_all()?;
    match std::path::absolute(path)?.parent() {
        Some(directory) if is_new => File::open(directory)?.sync_all(),
        _ => Ok(()),
    }
}

fn ends_a_line(file: &mut File, length: u64) -> io::Result<bool> {
    if length == 0 {
        return Ok(true);
    }
    let mut last = [0];
    file.seek(SeekFrom::Start(length - 1))?;
    file.read_exact(&mut last)?;
    Ok(last == *b"\n")
}

async fn post(url: &str, checkpoint: SignedCheckpoint) -> Result<(), PublishError> {
    let config = HttpConfig { tls: url.starts_with("https:"), ..HttpConfig::default() };
    let request = http::Request::post(url)
        .header(CONTENT_TYPE, "text/plain; charset=utf-8")
        .body(checkpoint.note.into())
        .map_err(|_| PublishError::NotAUrl)?;
    let http = HttpClient::new(&config)?;
    match http.send(request, CHECKPOINT_ANSWER_BYTES_MAX).await?.status {
        200..=299 => Ok(()),
        status => Err(PublishError::Status(status)),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use serde_json::json;
    use tempfile::TempDir;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    use super::super::read_notes;
    use super::*;
    use crate::clock::Clock;
    use crate::config::Config;
    use crate::data_dir::DataDir;
    use crate::installation::{Installation, NewInstallation, Place, Roots};
    use crate::model::Environment;
    use crate::store::testing::NOW;

    /// A service whose log has some entries, and nothing that publishes by itself.
    async fn service(configure: impl FnOnce(&Path, &mut Config)) -> (TempDir, Arc<Service>) {
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
        configure(directory.path(), &mut config);
        let service = Service::open(config, Clock::manual(NOW).0).await.unwrap();
        (directory, service)
    }

    async fn record(service: &Service) {
        let mut tx = service.store.begin("owner", NOW).await.unwrap();
        tx.audit("test.step", "nothing", &json!({})).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// The entries that the notes name.
    fn seqs(text: &str) -> Vec<i64> {
        read_notes(text).map(|(_, note)| note.unwrap().checkpoint().seq).collect()
    }

    #[tokio::test]
    async fn what_is_new_is_published_once() {
        let (directory, service) =
            service(|path, config| config.audit.checkpoint_file = path.join("checkpoints")).await;
        let published =
            || seqs(&std::fs::read_to_string(directory.path().join("checkpoints")).unwrap());
        publish(&service).await;
        publish(&service).await;
        let first = published();
        assert_eq!(first.len(), 1);
        record(&service).await;
        record(&service).await;
        publish(&service).await;
        assert_eq!(published(), [first[0], first[0] + 2]);
        assert!(service.degraded().is_empty());
    }

    #[tokio::test]
    async fn a_failure_is_seen_tried_again_and_stops_nothing() {
        let (directory, service) =
            service(|path, config| config.audit.checkpoint_file = path.join("away/checkpoints"))
                .await;
        publish(&service).await;
        publish(&service).await;
        assert_eq!(service.degraded(), ["audit_checkpoint_failing"]);
        assert_eq!(service.metrics.audit_checkpoint_failures.get(), 2);
        record(&service).await;
        std::fs::create_dir(directory.path().join("away")).unwrap();
        publish(&service).await;
        assert!(service.degraded().is_empty());
        let file = std::fs::read_to_string(directory.path().join("away/checkpoints")).unwrap();
        assert_eq!(seqs(&file), [service.latest_checkpoint().await.unwrap().seq]);
    }

    #[tokio::test]
    async fn a_checkpoint_is_posted_until_it_is_taken() {
        let receiver = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/log", receiver.local_addr().unwrap());
        let (_directory, service) = service(|_, config| config.audit.checkpoint_url = url).await;
        for (status, failing) in [("500 no", true), ("204 taken", false)] {
            let answering = async {
                let (mut stream, _) = receiver.accept().await.unwrap();
                let mut request = String::new();
                while !request.contains("\n\n") || !request.ends_with('\n') {
                    let mut part = [0; 4096];
                    let read = stream.read(&mut part).await.unwrap();
                    request += str::from_utf8(&part[..read]).unwrap();
                }
                let answer = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n");
                stream.write_all(answer.as_bytes()).await.unwrap();
                request
            };
            let (request, ()) = tokio::join!(answering, publish(&service));
            let (head, note) = request.split_once("\r\n\r\n").unwrap();
            assert!(head.starts_with("POST /log HTTP/1.1\r\n"), "{head}");
            assert!(head.contains("content-type: text/plain; charset=utf-8"), "{head}");
            assert_eq!(note, service.latest_checkpoint().await.unwrap().note);
            assert_eq!(!service.degraded().is_empty(), failing);
        }
        // Nothing new: a third try would wait for a receiver that does not answer.
        publish(&service).await;
        assert!(service.degraded().is_empty());
    }

    #[test]
    fn notes_are_appended_whole_to_a_file_of_our_own() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("checkpoints");
        append(&path, "one\n").unwrap();
        append(&path, "two\n").unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "one\ntwo\n");
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        std::fs::write(&path, "one\nto").unwrap();
        append(&path, "three\n").unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "one\nto\nthree\n");
        assert!(append(directory.path(), "four\n").is_err());
    }
}
