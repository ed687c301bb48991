//! What somebody should be told of: refreshes that fail for good, and licences that come to their end.
//!
//! Invariant: each thing is told once: a failure until it is over, an end at 3 d, 1 d and 6 h and when it
//! is there. After a restart only the nearest of those is told again.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::sync::Notify;
use tonegate_client::{AppId, CacheEvent, FetchError, ReturnCode, View};

use crate::limits::NOTICES_MAX;
use crate::status::ErrorStatus;

/// Something to tell.
#[derive(Debug, Clone)]
pub(crate) struct Notice {
    /// Its type, as receivers see it.
    pub(crate) kind: &'static str,
    data: Value,
}

/// What is to be told, and what was.
pub(crate) struct Notices {
    is_on: bool,
    known: Mutex<Known>,
    added: Notify,
}

#[derive(Default)]
struct Known {
    /// Oldest first.
    waiting: Vec<Notice>,
    dropped: u64,
    /// By app: what was told and still stands.
    told: HashMap<AppId, Told>,
}

#[derive(Default)]
struct Told {
    failing: bool,
    /// The least that was left when its coming end was told, seconds.
    end: Option<i64>,
}

/// Seconds before the end at which it is told.
const BEFORE_END: [i64; 4] = [3 * DAY, DAY, DAY / 4, 0];
const DAY: i64 = 24 * 3600;
/// So many failures in a row are no passing trouble.
const FAILURES: u32 = 3;

impl Notices {
    /// `is_on`: is there anybody to tell?
    pub(crate) fn new(is_on: bool) -> Self {
        Self { is_on, known: Mutex::default(), added: Notify::new() }
    }

    /// Takes note of what happened to an app's licence.
    pub(crate) fn observe(&self, app_id: AppId, event: &CacheEvent<'_>) {
        if !self.is_on {
            return;
        }
        match event {
            CacheEvent::Refreshed(license) => {
                let data = json!({ "app_id": app_id, "expire_at": license.expire_at });
                let told = self.known().told.remove(&app_id).unwrap_or_default();
                if told.failing || told.end.is_some() {
                    self.add(Notice { kind: "license.refresh_recovered", data });
                }
            }
            CacheEvent::RefreshFailed { error, failures, .. } => {
                let is_lasting = *failures >= FAILURES || is_final(error);
                let mut known = self.known();
                let told = known.told.entry(app_id).or_default();
                if is_lasting && !std::mem::replace(&mut told.failing, true) {
                    drop(known);
                    self.add(Notice {
                        kind: "license.refresh_failed",
                        data: failure(app_id, error),
                    });
                }
            }
            CacheEvent::Loaded(_) | CacheEvent::NotLoaded(..) | CacheEvent::NotWritten(..) => {}
        }
    }

    /// Takes note of how an app's licence stands.
    pub(crate) fn look(&self, app_id: AppId, view: &View) {
        let Some(license) = view.license.as_ref().filter(|_| self.is_on && view.failures > 0)
        else {
            return;
        };
        let left = license.expire_at.saturating_sub(view.now);
        let Some(mark) = BEFORE_END.into_iter().filter(|mark| left <= *mark).min() else { return };
        {
            let mut known = self.known();
            let told = known.told.entry(app_id).or_default();
            if told.end.is_some_and(|told| told <= mark) {
                return;
            }
            told.end = Some(mark);
        }
        let kind = if mark == 0 { "license.ended" } else { "license.ending" };
        let mut data = json!({
            "app_id": app_id, "expire_at": license.expire_at, "seconds_left": left.max(0),
        });
        if let (Some(error), Some(data)) = (view.state.error(), data.as_object_mut()) {
            data.insert("error".to_owned(), json!(ErrorStatus::of(error)));
        }
        self.add(Notice { kind, data });
    }

    /// What waits to be told, and how much was dropped since the last time; waits until there is any.
    pub(crate) async fn take(&self) -> (Vec<Notice>, u64) {
        loop {
            let added = self.added.notified();
            {
                let mut known = self.known();
                if !known.waiting.is_empty() {
                    return (
                        std::mem::take(&mut known.waiting),
                        std::mem::take(&mut known.dropped),
                    );
                }
            }
            added.await;
        }
    }

    fn add(&self, notice: Notice) {
        let mut known = self.known();
        if known.waiting.len() >= NOTICES_MAX {
            known.waiting.remove(0);
            known.dropped += 1;
        }
        known.waiting.push(notice);
        self.added.notify_one();
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Notice {
    /// The body of a webhook, sent at `now` (Unix seconds).
    pub(crate) fn body(&self, now: i64) -> String {
        let timestamp = Timestamp::from_second(now).unwrap_or_default().to_string();
        json!({ "type": self.kind, "timestamp": timestamp, "data": self.data }).to_string()
    }
}

fn failure(app_id: AppId, error: &FetchError) -> Value {
    json!({ "app_id": app_id, "error": json!(ErrorStatus::of(error)) })
}

/// Will trying again not help?
fn is_final(error: &FetchError) -> bool {
    let passes = matches!(
        error.return_code(),
        Some(
            ReturnCode::Busy
                | ReturnCode::RateLimited
                | ReturnCode::GatewayInternal
                | ReturnCode::ServiceInternal
        )
    );
    let refused = matches!(error, FetchError::Refused { .. } | FetchError::ClockOff { .. });
    (refused && !passes) || matches!(error, FetchError::BadLicense { .. })
}
