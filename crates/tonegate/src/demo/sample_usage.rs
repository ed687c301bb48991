//! Sample apps and a month of sample usage, so that the console has something to show.
//!
//! Invariant: every sample app is named and tagged as one; nothing is made where there is one already.

use tonegate_protocol::{AppId, ReturnCode};
use tonegate_server::model::{AppSettings, FeatureGrant, NewSecret};
use tonegate_server::store::{IssuedLicenses, UsageBatch, UsageCount};

use tonegate_server::installation::Place;

use crate::data::{self, Opened};

/// Name, features, requests an hour at noon, and of a thousand those that fail.
type Sample = (&'static str, &'static [&'static str], u64, u64);

const SAMPLES: [Sample; 12] = [
    ("Sample: Karaoke", &["agc", "ans", "ans-ai"], 900, 4),
    ("Sample: Voice rooms", &["ans", "ans-ai"], 640, 9),
    ("Sample: Online classes", &["agc", "ans"], 420, 2),
    ("Sample: Telehealth", &["ans"], 260, 1),
    ("Sample: Game chat", &["agc", "ans-ai"], 780, 30),
    ("Sample: Podcast studio", &["agc", "ans", "ans-ai"], 90, 3),
    ("Sample: Call centre", &["ans"], 510, 6),
    ("Sample: 在线课堂", &["agc", "ans"], 330, 5),
    ("Sample: Interpreter", &["ans", "ans-ai"], 70, 12),
    ("Sample: Smart speaker", &["agc"], 150, 2),
    ("Sample: Radio", &["agc", "ans"], 40, 8),
    ("Sample: Switched off", &["ans"], 25, 700),
];
const FIRST_ID: u32 = 200_001;
const DAYS: i64 = 30;
const HOUR: i64 = 3_600;
const TAG: &str = "sample";
/// Counts written in one transaction.
const AT_ONCE: usize = 1_000;

/// Makes what is not there yet.
pub(super) async fn make(place: &Place) -> anyhow::Result<()> {
    let opened = data::open(place).await?;
    if opened.store.app(AppId(FIRST_ID)).await?.is_none() {
        make_apps(&opened).await?;
        make_usage(&opened).await?;
    }
    opened.store.close().await;
    Ok(())
}

fn samples() -> impl Iterator<Item = (AppId, Sample)> {
    (FIRST_ID..).map(AppId).zip(SAMPLES)
}

async fn make_apps(opened: &Opened) -> anyhow::Result<()> {
    let mut tx = opened.begin().await?;
    for (id, (name, features, _, failing)) in samples() {
        let mut settings = AppSettings::named(name);
        settings.environment = opened.installation.environment;
        settings.tags = vec![TAG.to_owned()];
        "Sample data of `tonegate demo`; nobody uses it.".clone_into(&mut settings.note);
        settings.service_enabled = failing < 500;
        for feature in features {
            settings.features.push(FeatureGrant::unlimited(feature.parse()?));
        }
        tx.create_app(id, settings, &NewSecret::generate()?).await?;
    }
    tx.commit().await?;
    Ok(())
}

async fn make_usage(opened: &Opened) -> anyhow::Result<()> {
    let this_hour = opened.now.div_euclid(HOUR) * HOUR;
    let hours: Vec<i64> = (1..=DAYS * 24).map(|hour| this_hour - hour * HOUR).collect();
    let counts: Vec<_> = hours.iter().flat_map(|hour| of_hour(*hour)).collect();
    for counts in counts.chunks(AT_ONCE) {
        let batch = UsageBatch { counts: counts.to_vec(), ..UsageBatch::default() };
        opened.store.note_usage(&batch).await?;
    }
    opened
        .store
        .note_usage(&UsageBatch { issued: issued(&hours), ..UsageBatch::default() })
        .await?;
    Ok(())
}

/// More by day than by night, less at weekends, and no two hours alike.
fn of_hour(at: i64) -> Vec<UsageCount> {
    let (hour, day) = (at.div_euclid(HOUR).rem_euclid(24), at.div_euclid(24 * HOUR).rem_euclid(7));
    let by_day = u64::try_from(12 - (hour - 13).abs()).unwrap_or(0) + 2;
    let weekend = if day == 2 || day == 3 { 6 } else { 10 };
    let mut counts = Vec::new();
    for (app_id, (_, _, at_noon, failing)) in samples() {
        let requests = at_noon * by_day * weekend * fastrand::u64(85..115) / 14_000;
        let failures = requests * failing / 1_000 + u64::from(fastrand::u64(..1_000) < failing);
        let refusal = match (failing, fastrand::u8(..4)) {
            (500.., _) => ReturnCode::ServiceNotEnabled,
            (_, 0) => ReturnCode::SignatureExpired,
            (_, 1) => ReturnCode::RateLimited,
            _ => ReturnCode::SignatureInvalid,
        };
        let answers =
            [(ReturnCode::Success, requests.saturating_sub(failures)), (refusal, failures)];
        let answers = answers.into_iter().filter(|(_, count)| *count > 0);
        counts.extend(answers.map(|(code, count)| UsageCount { app_id, code, at, count }));
    }
    counts
}

/// One licence an hour each, of the first key.
fn issued(hours: &[i64]) -> Vec<IssuedLicenses> {
    let (last_hour, first_hour) = (hours[0], hours[hours.len() - 1]);
    let licenses = u64::try_from(hours.len()).unwrap_or(0);
    let of =
        |(app_id, _)| IssuedLicenses { app_id, rev: 1, serial: 1, first_hour, last_hour, licenses };
    samples().filter(|(_, sample)| sample.3 < 500).map(of).collect()
}
