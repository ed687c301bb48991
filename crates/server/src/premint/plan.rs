//! Which licences are minted ahead next: every app's next hour before any app's hour after.

use std::collections::{BTreeMap, VecDeque};

use tonegate_issuer::limits::HOUR_SECS;
use tonegate_issuer::{Keyring, hour_of, is_granted};
use tonegate_protocol::AppId;

use super::Preminted;
use crate::grant;
use crate::model::Licensee;

/// A licence that is to be minted ahead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Wish {
    pub(super) app_id: AppId,
    pub(super) hour: i64,
}

/// What is missing, and how far what is there reaches.
#[derive(Debug, Default)]
pub(super) struct Plan {
    pub(super) wishes: VecDeque<Wish>,
    /// More is missing than that.
    pub(super) is_cut: bool,
    /// Full hours for which all of these apps have licences, from now on.
    pub(super) hours: i64,
}

/// So many at a time; then it is looked again.
const WISHES_MAX: usize = 10_000;

impl Plan {
    /// For these apps, of whose hours those up to `hours` after this one are to be covered.
    pub(super) fn of<'a>(
        apps: impl Iterator<Item = &'a Licensee>,
        keys: &Keyring,
        preminted: &Preminted,
        now: i64,
        hours: u8,
    ) -> Self {
        let mut rounds = BTreeMap::<i64, Vec<Wish>>::new();
        let (mut least, mut missed) = (None, 0_usize);
        for app in apps {
            let first = hour_of(app.id.0, now);
            let missing = missing(app, keys, preminted, first, hours);
            let end = missing.first().copied();
            let covered = end.unwrap_or(first + (i64::from(hours) + 1) * HOUR_SECS) - now;
            least = Some(least.map_or(covered, |least: i64| least.min(covered)));
            missed += missing.len();
            for hour in missing {
                let round = rounds.entry((hour - first) / HOUR_SECS).or_default();
                if round.len() < WISHES_MAX {
                    round.push(Wish { app_id: app.id, hour });
                }
            }
        }
        let wishes: VecDeque<_> = rounds.into_values().flatten().take(WISHES_MAX).collect();
        let hours = (least.unwrap_or(0).max(0) / HOUR_SECS).min(i64::from(hours));
        Self { is_cut: wishes.len() < missed, wishes, hours }
    }
}

/// The hours of an app that something is granted in and nothing is minted for.
fn missing(
    app: &Licensee,
    keys: &Keyring,
    preminted: &Preminted,
    first: i64,
    hours: u8,
) -> Vec<i64> {
    let mut grant = None;
    let all = (0..=i64::from(hours)).map(|number| first + number * HOUR_SECS);
    all.filter(|hour| {
        // Without a key, or with one in software, there is nothing to do for the hour.
        let key = keys.signer_of(*hour).filter(|key| key.signer().token_label().is_some());
        let Some(key) = key else { return false };
        let serial = key.chain().serial();
        preminted.find(app.id, app.rev, *hour, serial).is_none()
            && is_granted(grant.get_or_insert_with(|| grant::of(app)), *hour)
    })
    .collect()
}
