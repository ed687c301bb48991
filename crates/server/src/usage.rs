//! What the licence API answered: counted, remembered for a while, and on its way to the store.
//!
//! An answer costs a count in its thread's stripe, its time in a histogram and, within an allowance, a
//! record; nothing waits, and once warm nothing is allocated. Memory is bounded by apps and codes:
//! an answer counts for an app of the directory, or for nobody, and the total of all is made where
//! it is written. Never remembered: the query, and the host bits of an address. [`keep`] writes to the
//! store every 2 s, so that is what a kill -9 loses.

mod allowance;
mod collected;
pub mod keep;
mod latency;
mod pending;
mod recent;

use std::borrow::Cow;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ipnet::IpNet;
use tonegate_protocol::{AppId, ReturnCode};

use crate::clock::Moment;
use crate::limits::{ANSWERS_KEPT_PER_SECOND, REASON_BYTES_MAX};
use crate::metrics::{Metrics, Tally};
use crate::store::{AnswerRecord, UsageBatch};
use crate::stripe;
use allowance::Allowance;
use collected::{CountKey, Mint, Stripes};
pub use latency::{Latency, Percentiles};
use pending::Pending;
use recent::Recent;
pub use recent::{CodeRate, RecentMinute};

/// What is collected of one server's answers.
#[derive(Debug)]
pub struct Usage {
    answers: Arc<Tally>,
    latency: Arc<Latency>,
    stripes: Stripes,
    successes: Allowance,
    refusals: Allowance,
    not_kept: AtomicU64,
    recent: Mutex<Recent>,
    pending: Mutex<Pending>,
    /// Held by whoever writes to the store: one at a time. What was sent and may or may not be there.
    writing: tokio::sync::Mutex<Option<Sent>>,
}

/// A batch on its way.
#[derive(Debug)]
struct Sent {
    number: i64,
    batch: UsageBatch,
}

impl Sent {
    fn new(batch: UsageBatch) -> Self {
        // 0 is what a server has that never sent one.
        Self { number: fastrand::i64(1..), batch }
    }
}

/// An answer, as it leaves.
#[derive(Debug)]
pub(crate) struct Answered<'a> {
    /// Its RequestId.
    pub(crate) request_id: u64,
    /// Gateway time when the request was there, Unix seconds.
    pub(crate) at: i64,
    /// The app that the request names; 0: none that could be read.
    pub(crate) app_id: AppId,
    /// Is that app in the directory?
    pub(crate) is_known: bool,
    /// The code.
    pub(crate) code: ReturnCode,
    /// A refusal's hint.
    pub(crate) hint: &'a Cow<'static, str>,
    /// Who asked.
    pub(crate) address: &'a IpAddr,
    /// How long it took.
    pub(crate) took: Duration,
}

impl Usage {
    /// Nothing collected yet; counts by code and times are those that `metrics` shows.
    #[must_use]
    pub fn new(metrics: &Metrics) -> Self {
        Self {
            answers: Arc::clone(metrics.tally()),
            latency: Arc::clone(metrics.latency()),
            stripes: Stripes::default(),
            successes: Allowance::new(ANSWERS_KEPT_PER_SECOND),
            refusals: Allowance::new(ANSWERS_KEPT_PER_SECOND),
            not_kept: AtomicU64::new(0),
            recent: Mutex::default(),
            pending: Mutex::default(),
            writing: tokio::sync::Mutex::default(),
        }
    }

    /// Counts an answer, and remembers it if this second has room for it.
    pub(crate) fn answered(&self, answered: &Answered<'_>) {
        let (stripe, place) = (stripe::mine(), answered.code.place());
        self.answers.count(stripe, place);
        self.latency.record(stripe, answered.took);
        // Whoever makes AppIds up must not make rows.
        let app_id = if answered.is_known { answered.app_id } else { AppId(0) };
        let allowance = match answered.code {
            ReturnCode::Success => &self.successes,
            _ => &self.refusals,
        };
        let record = allowance.take(answered.at).then(|| answered.record());
        let mut mine = self.stripes.of(stripe);
        mine.count(CountKey::of_place(app_id, place, answered.at));
        match record {
            Some(record) => mine.answers.push(record),
            None => mine.not_kept += 1,
        }
    }

    /// Notes that a licence was minted for an app: `hour`: Unix seconds, where its hour begins.
    pub(crate) fn minted(&self, app_id: AppId, rev: u32, serial: u32, hour: i64) {
        self.stripes.of(stripe::mine()).mints.push(Mint { app_id, rev, serial, hour });
    }

    /// Answers per second, by code, in the mean of the last 10 s.
    #[must_use]
    pub fn rates(&self, at: Moment) -> Vec<CodeRate> {
        lock(&self.recent).rates(&self.answers.all(), at)
    }

    /// How long the answers of the last minute took. `None`: there was none.
    #[must_use]
    pub fn latency(&self, at: Moment) -> Option<Percentiles> {
        self.latency.percentiles(at.monotonic)
    }

    /// The last 60 minutes, oldest first; the last is not over. After a start they are the store's.
    #[must_use]
    pub fn recent_minutes(&self, at: Moment) -> Vec<RecentMinute> {
        let mut recent = lock(&self.recent);
        recent.look(&self.answers.all(), at);
        recent.minutes(at)
    }

    /// Single answers that were counted and not kept, since the start: more than 500 of a second, or
    /// more than fit while the store does not answer.
    #[must_use]
    pub fn requests_not_kept(&self) -> u64 {
        self.drain();
        self.not_kept.load(Ordering::Relaxed)
    }

    /// Looks at the counts. To be called every second.
    pub(crate) fn tick(&self, at: Moment) {
        self.latency.put_by(at.monotonic);
        lock(&self.recent).look(&self.answers.all(), at);
    }

    /// Brings together what the threads have collected.
    fn drain(&self) {
        let mut pending = lock(&self.pending);
        self.stripes.drain(|collected| {
            let lost = std::mem::take(&mut collected.not_kept) + pending.absorb(collected);
            self.not_kept.fetch_add(lost, Ordering::Relaxed);
        });
    }
}

impl Answered<'_> {
    fn record(&self) -> AnswerRecord {
        AnswerRecord {
            request_id: self.request_id,
            at: self.at,
            app_id: self.app_id,
            code: self.code,
            reason: reason(self.hint, *self.address),
            network: network_of(*self.address),
            duration_us: u64::try_from(self.took.as_micros()).unwrap_or(u64::MAX),
        }
    }
}

/// The hint, bounded, since some repeat what the caller sent; and where one names the caller's address,
/// its network instead.
#[expect(clippy::ptr_arg, reason = "a hint that is borrowed stays so")]
fn reason(hint: &Cow<'static, str>, address: IpAddr) -> Cow<'static, str> {
    match hint {
        Cow::Borrowed(hint) => Cow::Borrowed(bounded(hint)),
        Cow::Owned(hint) => {
            let network = network_of(address).to_string();
            Cow::Owned(bounded(&hint.replace(&address.to_string(), &network)).to_owned())
        }
    }
}

fn bounded(text: &str) -> &str {
    &text[..text.floor_char_boundary(REASON_BYTES_MAX)]
}

/// The address without its host bits: IPv4 /24, IPv6 /48.
fn network_of(address: IpAddr) -> IpAddr {
    let address = address.to_canonical();
    let prefix = if address.is_ipv4() { 24 } else { 48 };
    IpNet::new(address, prefix).map_or(address, |network| network.network())
}

fn lock<T>(state: &Mutex<T>) -> MutexGuard<'_, T> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn host_bits_are_cut() {
        for (address, network) in [
            ("192.0.2.77", "192.0.2.0"),
            ("::ffff:192.0.2.77", "192.0.2.0"),
            ("2001:db8:1:2:3::4", "2001:db8:1::"),
        ] {
            assert_eq!(network_of(address.parse().unwrap()).to_string(), network);
        }
    }

    #[test]
    fn a_reason_is_bounded_and_names_no_host() {
        let address = [192, 0, 2, 77].into();
        let long = reason(&Cow::Owned("ä".repeat(REASON_BYTES_MAX)), address);
        assert!(long.len() <= REASON_BYTES_MAX && long.len() > REASON_BYTES_MAX - 2);
        let named = Cow::Owned("192.0.2.77 is not among the app's allowed networks".to_owned());
        let shown = "192.0.2.0 is not among the app's allowed networks";
        assert_eq!(reason(&named, address), shown);
        assert_eq!(reason(&Cow::Borrowed("the app is suspended"), address), "the app is suspended");
    }
}
