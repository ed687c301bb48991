//! Usage and single answers in the store: sums, pages, and what is deleted when.

use std::collections::BTreeMap;

use tonegate_protocol::ReturnCode;

use super::testing::{House, NOW};
use super::{
    AnswerRecord, BatchId, RequestFilter, Resolution, UsageBatch, UsageCount, UsageCursor,
    UsageRow, UsageSort,
};
use crate::limits::{DAYS_KEPT_SECS, HOURS_KEPT_SECS, MINUTES_KEPT_SECS, REQUESTS_KEPT_SECS};
use crate::model::AppId;

use ReturnCode::{RateLimited, SecretUnavailable, SignatureInvalid, Success};

/// A day's first second.
const DAY: i64 = NOW - NOW % 86_400;

fn count(app: u32, code: ReturnCode, at: i64, count: u64) -> UsageCount {
    UsageCount { app_id: AppId(app), code, at, count }
}

fn counts(counts: Vec<UsageCount>) -> UsageBatch {
    UsageBatch { counts, ..UsageBatch::default() }
}

fn answer(number: u64, app: u32, code: ReturnCode, at: i64) -> AnswerRecord {
    AnswerRecord {
        request_id: number,
        at,
        app_id: AppId(app),
        code,
        reason: "".into(),
        network: [192, 0, 2, 0].into(),
        duration_us: 7,
    }
}

fn answers(answers: Vec<AnswerRecord>) -> UsageBatch {
    UsageBatch { answers, ..UsageBatch::default() }
}

impl House {
    async fn note(&self, batch: UsageBatch) {
        self.store.note_usage(&batch).await.unwrap();
    }

    /// Count by code of all that is shown at one resolution.
    async fn sums(&self, app: Option<u32>, resolution: Resolution) -> BTreeMap<u32, u64> {
        let (app, until) = (app.map(AppId), NOW + 10 * 86_400);
        let series = self.store.usage_series(app, resolution, 0, until).await.unwrap();
        let sum = |points: Vec<(i64, u64)>| points.iter().map(|point| point.1).sum();
        series.into_iter().map(|series| (series.code, sum(series.points))).collect()
    }

    async fn seqs(&self, filter: &RequestFilter<'_>, limit: u32) -> Vec<i64> {
        let (mut before, mut seqs) = (None, Vec::new());
        loop {
            let page = self.store.requests(filter, before, limit).await.unwrap();
            assert!(page.requests.len() <= usize::try_from(limit).unwrap());
            seqs.extend(page.requests.iter().map(|request| request.seq));
            match page.next {
                Some(next) => assert!(before.replace(next).is_none_or(|before| next < before)),
                None => return seqs,
            }
        }
    }
}

#[tokio::test]
async fn every_resolution_and_the_total_add_up_to_what_was_answered() {
    let house = House::with_apps([7, 8]).await;
    let all = [
        count(7, Success, DAY + 59, 3),
        count(7, Success, DAY + 60, 4),
        count(7, SignatureInvalid, DAY + 61, 1),
        count(8, Success, DAY + 3_600, 5),
        count(0, SecretUnavailable, DAY + 86_399, 9),
        count(8, RateLimited, DAY + 86_400, 2),
    ];
    house.note(counts(all[..3].to_vec())).await;
    house.note(counts(all[3..].to_vec())).await;
    house.note(counts(vec![all[0]])).await;
    for resolution in Resolution::ALL {
        assert_eq!(house.sums(Some(7), resolution).await, [(0, 10), (100000005, 1)].into());
        assert_eq!(house.sums(Some(8), resolution).await, [(0, 5), (7, 2)].into());
        let total = [(0, 15), (7, 2), (100000005, 1), (100000010, 9)].into();
        assert_eq!(house.sums(None, resolution).await, total, "{resolution:?}");
    }
    let minutes = house.store.usage_series(Some(AppId(7)), Resolution::Minute, DAY + 30, DAY + 60);
    let minutes = minutes.await.unwrap();
    assert_eq!(minutes[0].points, [(DAY, 6)], "the minute that holds the first second");
    assert_eq!(minutes.len(), 1);
}

#[tokio::test]
async fn a_batch_that_fails_leaves_nothing() {
    let house = House::with_apps([7]).await;
    house.vandalise("DROP TABLE issued").await;
    let issued = super::IssuedLicenses {
        app_id: AppId(7),
        rev: 1,
        serial: 1,
        first_hour: DAY,
        last_hour: DAY,
        licenses: 1,
    };
    let batch = UsageBatch {
        counts: vec![count(7, Success, NOW, 1)],
        answers: vec![answer(1, 7, Success, NOW)],
        issued: vec![issued],
    };
    house.store.note_usage(&batch).await.unwrap_err();
    assert_eq!(house.sums(None, Resolution::Day).await, BTreeMap::new());
    assert_eq!(house.store.request(1).await.unwrap(), None);
}

#[tokio::test]
async fn the_busiest_apps_of_a_day_come_with_their_names() {
    let house = House::with_apps([7, 8, 9]).await;
    house
        .note(counts(vec![
            count(7, Success, DAY, 10),
            count(8, Success, DAY + 5, 6),
            count(8, RateLimited, DAY + 6, 6),
            count(9, Success, DAY + 86_400, 100),
            count(0, SecretUnavailable, DAY, 100),
        ]))
        .await;
    let top = async |sort, limit| {
        let apps = house.store.usage_by_app(DAY + 77, sort, limit).await.unwrap();
        apps.into_iter()
            .map(|it| (it.app_id.0, it.name, it.requests, it.failures, it.licenses))
            .collect::<Vec<_>>()
    };
    let (seven, eight) = ((7, "Karaoke".into(), 10, 0, 10), (8, "Karaoke".into(), 12, 6, 6));
    assert_eq!(top(UsageSort::Requests, 9).await, [eight.clone(), seven]);
    assert_eq!(top(UsageSort::Failures, 9).await, std::slice::from_ref(&eight), "7 had none");
    assert_eq!(top(UsageSort::Requests, 1).await, [eight]);
}

#[tokio::test]
async fn an_export_shows_every_row_once_whatever_the_pages() {
    let house = House::with_apps([7, 8, 9]).await;
    let mut all = Vec::new();
    for (app, minute) in [(7, 0), (7, 1), (7, 2), (9, 1), (9, 2)] {
        for code in [Success, RateLimited] {
            all.push(count(app, code, DAY + 60 * minute, 1));
        }
    }
    house.note(counts(all)).await;
    for limit in [1, 2, 3, 4, 100] {
        for (app, rows) in [(None, 10), (Some(AppId(7)), 6), (Some(AppId(8)), 0)] {
            let (mut after, mut seen) = (None::<UsageCursor>, Vec::<UsageRow>::new());
            loop {
                let page = house.store.usage_rows(
                    app,
                    Resolution::Minute,
                    DAY..DAY + 86_400,
                    after,
                    limit,
                );
                let page = page.await.unwrap();
                seen.extend(page.rows);
                after = page.next;
                if after.is_none() {
                    break;
                }
            }
            assert_eq!(seen.len(), rows, "{app:?} by {limit}");
            assert!(seen.is_sorted_by_key(|row| (row.app_id, row.at, row.code)));
            assert!(seen.iter().all(|row| row.count == 1));
        }
    }
}

#[tokio::test]
async fn requests_are_found_newest_first_by_app_code_and_time() {
    let house = House::with_apps([7, 8]).await;
    let kinds = [(7, Success), (8, Success), (7, RateLimited), (8, RateLimited), (5, Success)];
    let all = (0..100).zip(kinds.iter().cycle()).map(|(number, (app, code))| {
        answer(1_000 + number, *app, *code, NOW + 10 * i64::try_from(number).unwrap())
    });
    house.note(answers(all.collect())).await;
    let (apps, seven) = ([AppId(7), AppId(8)], [AppId(7)]);
    let all = RequestFilter::default();
    for limit in [1, 3, 7, 100] {
        let seqs = house.seqs(&all, limit).await;
        assert_eq!((seqs.len(), seqs[0], seqs[99]), (100, 100, 1));
        let of = RequestFilter { apps: Some(&seven), ..all };
        assert_eq!(house.seqs(&of, limit).await.len(), 40);
        let of = RequestFilter { apps: Some(&seven), code: Some(7), ..all };
        assert_eq!(house.seqs(&of, limit).await.len(), 20);
        let of = RequestFilter { apps: Some(&apps), ..all };
        let seqs = house.seqs(&of, limit).await;
        assert!(seqs.len() == 80 && seqs.is_sorted_by(|a, b| a > b), "{seqs:?}");
        let of = RequestFilter { code: Some(0), ..all };
        assert_eq!(house.seqs(&of, limit).await.len(), 60);
        let of = RequestFilter { from: Some(NOW + 200), until: Some(NOW + 401), ..all };
        let seqs = house.seqs(&of, limit).await;
        assert_eq!((seqs.len(), seqs[0], seqs[20]), (21, 41, 21));
        let of = RequestFilter {
            from: Some(NOW + 200),
            until: Some(NOW + 401),
            apps: Some(&apps),
            code: Some(7),
        };
        assert_eq!(house.seqs(&of, limit).await.len(), 8);
    }
    let none = RequestFilter { apps: Some(&[]), ..all };
    assert_eq!(house.seqs(&none, 5).await, [0; 0], "a caller with no apps sees nothing");
    let found = house.store.request(1_041).await.unwrap().unwrap();
    assert_eq!((found.seq, found.app_id, found.network.as_str()), (42, AppId(8), "192.0.2.0"));
    assert_eq!(house.store.request(7).await.unwrap(), None);
}

async fn prune(house: &House, now: i64) {
    let mut after = None;
    while let Some(last) = house.store.prune_usage(after, now).await.unwrap() {
        after = Some(last);
    }
    while house.store.prune_requests(now).await.unwrap() > 0 {}
}

#[tokio::test]
async fn each_resolution_goes_when_its_time_is_over_and_no_sooner() {
    let house = House::with_apps([7]).await;
    house.note(counts(vec![count(7, Success, DAY, 1)])).await;
    let shown = async |app| {
        let mut shown = Vec::new();
        for resolution in Resolution::ALL {
            shown.push(!house.sums(app, resolution).await.is_empty());
        }
        shown
    };
    for (age, left) in [
        (0, [true, true, true]),
        (MINUTES_KEPT_SECS, [true, true, true]),
        (MINUTES_KEPT_SECS + 1, [false, true, true]),
        (HOURS_KEPT_SECS, [false, true, true]),
        (HOURS_KEPT_SECS + 1, [false, false, true]),
        (DAYS_KEPT_SECS, [false, false, true]),
        (DAYS_KEPT_SECS + 1, [false, false, false]),
    ] {
        prune(&house, DAY + age).await;
        assert_eq!(shown(Some(7)).await, left, "{age}");
        assert_eq!(shown(None).await, left, "totals, {age}");
    }
}

#[tokio::test]
async fn requests_go_after_a_week_or_when_there_are_too_many() {
    let house = House::with_apps([7]).await;
    let of = |numbers: std::ops::Range<u64>| {
        let answer = |number| answer(number, 7, Success, NOW + i64::try_from(number).unwrap());
        answers(numbers.map(answer).collect())
    };
    house.note(of(0..2_500)).await;
    prune(&house, NOW + REQUESTS_KEPT_SECS + 2_400).await;
    assert_eq!(house.store.request(2_399).await.unwrap(), None);
    assert!(house.store.request(2_400).await.unwrap().is_some());
    // As if a million had come in between.
    house.vandalise("UPDATE requests SET seq = seq + 1000000 - 90 WHERE seq = 2500").await;
    if !house.is_sqlite() {
        // There the next number is not the highest and one.
        let highest =
            "setval(pg_get_serial_sequence('requests', 'seq'), (SELECT MAX(seq) FROM requests))";
        house.vandalise(&format!("SELECT {highest}")).await;
    }
    house.note(of(2_500..2_520)).await;
    let seqs = house.seqs(&RequestFilter::default(), 200).await;
    assert!(seqs.len() < 120 && *seqs.last().unwrap() > 2_420, "{seqs:?}");
    prune(&house, NOW).await;
    let left = house.seqs(&RequestFilter::default(), 200).await;
    let (newest, oldest) = (left[0], *left.last().unwrap());
    assert_eq!((newest - oldest, left.len()), (999_999, 91 - 20 + 20 - 1), "{left:?}");
}

#[tokio::test]
async fn a_batch_that_is_sent_again_counts_once_and_those_of_servers_add_up() {
    let house = House::with_apps([1]).await;
    let batch = || UsageBatch {
        answers: vec![answer(1, 1, Success, NOW)],
        ..counts(vec![count(1, Success, NOW, 3)])
    };
    for (node, number) in [("a", 7), ("a", 7), ("b", 7), ("a", 7), ("a", 8), ("b", 7)] {
        let id = BatchId { node, number };
        house.store.note_usage_once(id, &batch()).await.unwrap();
    }
    assert_eq!(house.sums(Some(1), Resolution::Day).await, [(0, 9)].into());
    assert_eq!(house.sums(None, Resolution::Minute).await, [(0, 9)].into());
    assert_eq!(house.seqs(&RequestFilter::default(), 9).await.len(), 3);
}
