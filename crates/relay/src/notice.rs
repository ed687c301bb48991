//! What somebody should be told of: refreshes that fail for good, and licences that come to their end.
//!
//! Invariant: each thing is told once: a failure until it is over, an end at 3 d, 1 d and 6 h and when it
//! is there. After a restart only the nearest of those is told again.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::Notify;
use tonegate_client::{AppId, CacheEvent, CachedLicense, FetchError, View};
use tonegate_webhook::Message;

use crate::limits::{LASTING_SECS, NO_SUCCESSOR_SECS, NOTICES_MAX};
use crate::status::ErrorStatus;

/// Something to tell.
#[derive(Debug, Clone)]
pub(crate) struct Notice {
    /// Its type, as receivers see it.
    pub(crate) kind: &'static str,
    app_id: AppId,
    /// Which notice of its app it is, from 1.
    number: u64,
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
    waiting: VecDeque<Notice>,
    dropped: u64,
    apps: HashMap<AppId, Record>,
}

/// What is known of an app, and what was told and still stands.
#[derive(Default)]
struct Record {
    notices: u64,
    /// The licence's end, and when it was first seen: by the issuer's time.
    expire_at: i64,
    expire_at_since: i64,
    /// The refresh brought a licence that does not last longer than the one before.
    has_no_successor: bool,
    /// When refreshes began to fail, monotonic seconds.
    failing_since: Option<i64>,
    told_failing: bool,
    /// The least that was left when its coming end was told, seconds.
    told_end: Option<i64>,
}

/// Seconds before the end at which it is told.
const BEFORE_END: [i64; 4] = [3 * DAY, DAY, DAY / 4, 0];
const DAY: i64 = 24 * 3600;

impl Notices {
    /// `is_on`: is there anybody to tell?
    pub(crate) fn new(is_on: bool) -> Self {
        Self { is_on, known: Mutex::default(), added: Notify::new() }
    }

    /// Takes note of what happened to an app's licence at `now`, monotonic time.
    pub(crate) fn observe(&self, app_id: AppId, event: &CacheEvent<'_>, now: Duration) {
        if !self.is_on {
            return;
        }
        let mut known = self.known();
        let record = known.apps.entry(app_id).or_default();
        let told = match event {
            CacheEvent::Refreshed(license) => record.refreshed(app_id, license),
            CacheEvent::RefreshFailed { error, .. } => {
                let now = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
                record.failed(app_id, error, now)
            }
            CacheEvent::Loaded(_) | CacheEvent::NotLoaded(..) | CacheEvent::NotWritten(..) => None,
        };
        self.add(known, told);
    }

    /// Takes note of how an app's licence stands.
    pub(crate) fn look(&self, app_id: AppId, view: &View) {
        let Some(license) = view.license.as_ref().filter(|_| self.is_on) else { return };
        let mut known = self.known();
        let record = known.apps.entry(app_id).or_default();
        let told = record.looked(app_id, license, view);
        self.add(known, told);
    }

    /// What waits to be told, and how much was dropped since the last time; waits until there is any.
    pub(crate) async fn take(&self) -> (VecDeque<Notice>, u64) {
        loop {
            let added = self.added.notified();
            {
                let mut known = self.known();
                if !known.waiting.is_empty() {
                    let waiting = std::mem::take(&mut known.waiting);
                    return (waiting, std::mem::take(&mut known.dropped));
                }
            }
            added.await;
        }
    }

    /// Is there a newer one of the same app? Then this one is not worth a repeat.
    pub(crate) fn is_superseded(&self, notice: &Notice) -> bool {
        let known = self.known();
        known.apps.get(&notice.app_id).is_some_and(|record| record.notices > notice.number)
    }

    fn add(&self, mut known: MutexGuard<'_, Known>, notice: Option<Notice>) {
        let Some(notice) = notice else { return };
        if known.waiting.len() >= NOTICES_MAX {
            known.waiting.pop_front();
            known.dropped += 1;
        }
        known.waiting.push_back(notice);
        self.added.notify_one();
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Record {
    fn refreshed(&mut self, app_id: AppId, license: &CachedLicense) -> Option<Notice> {
        let is_longer = license.expire_at > self.expire_at;
        if license.expire_at != self.expire_at {
            (self.expire_at, self.expire_at_since) = (license.expire_at, license.fetched_at);
        }
        let stands_for = license.fetched_at.saturating_sub(self.expire_at_since);
        self.has_no_successor = stands_for >= NO_SUCCESSOR_SECS;
        let was_ending = is_longer && self.told_end.take().is_some();
        let was_failing = std::mem::take(&mut self.told_failing);
        self.failing_since = None;
        let data = json!({ "app_id": app_id, "expire_at": license.expire_at });
        (was_ending || was_failing).then(|| self.notice("license.refresh_recovered", app_id, data))
    }

    fn failed(&mut self, app_id: AppId, error: &FetchError, now: i64) -> Option<Notice> {
        let since = *self.failing_since.get_or_insert(now);
        let is_lasting = now.saturating_sub(since) >= LASTING_SECS || is_final(error);
        if !is_lasting || std::mem::replace(&mut self.told_failing, true) {
            return None;
        }
        let data = json!({ "app_id": app_id, "error": json!(ErrorStatus::of(error)) });
        Some(self.notice("license.refresh_failed", app_id, data))
    }

    fn looked(&mut self, app_id: AppId, license: &CachedLicense, view: &View) -> Option<Notice> {
        if view.failures == 0 && !self.has_no_successor {
            return None;
        }
        let left = license.expire_at.saturating_sub(view.now);
        let mark = BEFORE_END.into_iter().filter(|mark| left <= *mark).min()?;
        if self.told_end.is_some_and(|told| told <= mark) {
            return None;
        }
        self.told_end = Some(mark);
        let kind = if mark == 0 { "license.ended" } else { "license.ending" };
        let error = view.state.error().map(|error| json!(ErrorStatus::of(error)));
        let data = json!({
            "app_id": app_id,
            "expire_at": license.expire_at,
            "seconds_left": left.max(0),
            // None: refreshes bring a licence that ends at the same time.
            "error": error,
        });
        Some(self.notice(kind, app_id, data))
    }

    fn notice(&mut self, kind: &'static str, app_id: AppId, data: Value) -> Notice {
        self.notices += 1;
        Notice { kind, app_id, number: self.notices, data }
    }
}

impl Notice {
    /// What a webhook is told of it at `now` (Unix seconds).
    pub(crate) fn message(&self, now: i64) -> Message {
        Message::new(self.kind, now, &self.data)
    }
}

/// Will trying again not help?
fn is_final(error: &FetchError) -> bool {
    let refused = matches!(error, FetchError::Refused { .. } | FetchError::ClockOff { .. });
    (refused && !error.passes()) || matches!(error, FetchError::BadLicense { .. })
}
