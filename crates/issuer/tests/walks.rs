//! No walk of clocks, kills and reloads of older licences gives more than 300 s beyond the end.
//!
//! While the state is kept. docs/FORMAT.md §7 has the rules, docs/adr/0002 why they hold.

use std::sync::LazyLock;

use proptest::prelude::*;
use tonegate_issuer::{Grant, mint};

use crate::device::{Device, FEATURES, Hoarded, Move};
use crate::house::{self, HOUR, ISSUER, START};

/// What a walk may gain: issue 2's bound, in seconds.
const EXCESS_MAX: i64 = 300;

fn hoarded(grant: &Grant, hour: i64) -> Hoarded {
    let minted = mint(grant, hour, ISSUER, &house::keyring()).unwrap();
    let graces = FEATURES.map(|name| {
        let policy = grant.on_expiry.iter().find(|(feature, _)| feature == name);
        match policy {
            Some((_, tonegate_license::OnExpiry::Grace(hours))) => i64::from(*hours) * HOUR,
            _ => 0,
        }
    });
    Hoarded { text: minted.license, expires_at: minted.expires_at, graces }
}

/// Licences of successive hours: without grace, with a short one, with a long one.
fn hoard(hours: i64) -> Vec<Hoarded> {
    let grants = [house::grant(), house::grant_with_grace(1), house::grant_with_grace(3)];
    let of_hour = |hour: i64| grants.iter().map(move |grant| hoarded(grant, START + hour * HOUR));
    (0..hours).flat_map(of_hour).collect()
}

static HOARD: LazyLock<Vec<Hoarded>> = LazyLock::new(|| hoard(4));

/// A week of hourly licences that last a week each.
static WEEK: LazyLock<Vec<Hoarded>> = LazyLock::new(|| {
    let grant = Grant { lifetime: 604_800, ..house::grant_with_grace(72) };
    (0..168).map(|hour| hoarded(&grant, START + hour * HOUR)).collect()
});

fn walk(hoard: &[Hoarded], steps: impl IntoIterator<Item = Move>) -> Device {
    let mut device = Device::new();
    for step in steps {
        device.make(hoard, step);
        assert!(device.excess() <= EXCESS_MAX, "{} s too much after {step:?}", device.excess());
    }
    device
}

fn any_move() -> impl Strategy<Value = Move> {
    let around = |hours: std::ops::Range<i64>| (hours, -61_i64..61);
    prop_oneof![
        3 => around(-2..12).prop_map(|(hour, more)| Move::Wall(START + hour * HOUR + more)),
        1 => prop_oneof![Just(0), Just(i64::MAX), Just(i64::MIN), Just(START + 10_000_000)]
            .prop_map(Move::Wall),
        3 => (0_usize..64).prop_map(Move::Load),
        6 => (0_usize..2).prop_map(Move::Check),
        6 => prop_oneof![Just(1), Just(59), Just(60), Just(240), Just(301), 1_u64..4_000]
            .prop_map(Move::Pass),
        3 => Just(Move::Restart),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn no_random_walk_gains(steps in prop::collection::vec(any_move(), 1..160)) {
        walk(&HOARD, steps);
    }

    #[test]
    fn no_walk_with_a_week_of_licenses_gains(
        steps in prop::collection::vec(any_move(), 1..160),
        stretch in 1_u64..40_000,
    ) {
        let longer = steps.into_iter().map(|step| match step {
            Move::Pass(seconds) => Move::Pass(seconds * (1 + stretch / 4_000)),
            other => other,
        });
        walk(&WEEK, longer);
    }
}

/// Every short habit, repeated until the licences give nothing more.
#[test]
fn no_habit_gains() {
    let hoard = [hoarded(&house::grant_with_grace(1), START), hoarded(&house::grant(), START + 60)];
    let habits = [
        Move::Restart,
        Move::Wall(START),
        Move::Wall(START + 10_000_000),
        Move::Load(0),
        Move::Load(1),
        Move::Check(1),
        Move::Pass(1),
        Move::Pass(59),
        Move::Pass(60),
    ];
    let start = [Move::Load(0), Move::Load(1)];
    for first in habits {
        for second in habits {
            let again = [Move::Restart, first, Move::Load(0), Move::Check(1), second];
            let round = again.into_iter().chain([Move::Pass(59)]);
            walk(&hoard, start.into_iter().chain(round.cycle().take(600)));
        }
    }
}

/// Starting again and again, with the clock one second ahead of where it was.
#[test]
fn starting_over_gains_nothing() {
    let round = |n: i64| {
        let wall = Move::Wall(START + n);
        [Move::Restart, wall, Move::Load(0), Move::Check(1), Move::Pass(59)]
    };
    let device = walk(&HOARD, (0..400).flat_map(round));
    assert!((7_000..=7_260).contains(&device.used()), "{}", device.used());
}

/// A long grace of an old licence is not renewed by newer ones, nor by another one's long life.
#[test]
fn graces_do_not_add_up() {
    for last in 1..HOARD.len() {
        let use_up = |index: usize| {
            let round = [
                Move::Restart,
                Move::Wall(START),
                Move::Load(index),
                Move::Check(0),
                Move::Check(1),
                Move::Pass(59),
            ];
            round.into_iter().cycle().take(6 * 60)
        };
        let older = [Move::Load(last)].into_iter().chain((0..=last).flat_map(use_up));
        walk(&HOARD, older);
    }
}

/// Nor does each of many ends, used up one after the other, give a little.
#[test]
fn every_end_is_paid_for() {
    let older = (0..30).map(|n| hoarded(&house::grant_with_grace(1), START + 61 * n));
    let hoard: Vec<_> =
        [hoarded(&house::grant(), START + 1_800)].into_iter().chain(older).collect();
    let use_up = |index: usize| {
        let round = [Move::Restart, Move::Load(index), Move::Check(1), Move::Pass(59)];
        [Move::Wall(START)].into_iter().chain(round.into_iter().cycle().take(if index == 1 {
            1_200
        } else {
            16
        }))
    };
    walk(&hoard, [Move::Load(0)].into_iter().chain((1..hoard.len()).flat_map(use_up)));
}

/// The owner loses nothing either: an honest week, an app started often, a refresh a day.
#[test]
fn an_honest_device_is_never_refused() {
    let mut device = Device::new();
    for minute in 0..7 * 24 * 60 {
        let wall = START + minute * 60;
        device.make(&WEEK, Move::Wall(wall));
        if minute % 20 == 0 {
            device.make(&WEEK, Move::Restart);
            let today = usize::try_from(minute / (24 * 60) * 24).unwrap();
            device.make(&WEEK, Move::Load(today));
        }
        device.make(&WEEK, Move::Check(1));
        let before = device.used();
        device.make(&WEEK, Move::Pass(60));
        assert_eq!(device.used(), before + 60, "minute {minute}");
    }
}

/// A clock that stood years ahead costs the licence of that day, not the next one.
#[test]
fn the_next_license_heals_a_clock_that_stood_ahead() {
    let device = walk(
        &HOARD,
        [
            Move::Wall(START + 100_000_000),
            Move::Load(0),
            Move::Check(0),
            Move::Pass(60),
            Move::Wall(START + HOUR),
            Move::Load(3),
            Move::Check(0),
            Move::Pass(60),
        ],
    );
    assert_eq!(device.used(), 60);
}
