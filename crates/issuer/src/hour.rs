//! An app's hours: each begins at a phase of its own, so that mints spread evenly.

use aws_lc_rs::digest;

use crate::limits::HOUR_SECS;

/// The beginning of the app's hour that `now` falls in, Unix seconds.
///
/// The phase is the first 8 bytes (big-endian) of SHA-256("tonegate hour " ‖ AppId) mod 3,600.
#[must_use]
pub fn hour_of(app_id: u32, now: i64) -> i64 {
    let phase = phase(app_id);
    (now - phase).div_euclid(HOUR_SECS) * HOUR_SECS + phase
}

fn phase(app_id: u32) -> i64 {
    let hash = digest::digest(&digest::SHA256, format!("tonegate hour {app_id}").as_bytes());
    let mut first = [0; 8];
    first.iter_mut().zip(hash.as_ref()).for_each(|(to, from)| *to = *from);
    (u64::from_be_bytes(first) % HOUR_SECS.unsigned_abs()).cast_signed()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_hour_holds_now_and_begins_at_the_apps_phase() {
        for app_id in [0, 1, 12345, u32::MAX] {
            for now in [0, 1_763_840_000, 1_763_843_599] {
                let hour = hour_of(app_id, now);
                assert!((hour..hour + HOUR_SECS).contains(&now));
                assert_eq!(hour.rem_euclid(HOUR_SECS), phase(app_id));
            }
        }
    }

    #[test]
    fn phases_spread_over_the_hour() {
        let mut quarters = [0; 4];
        (0..4_000).for_each(|app_id| quarters[usize::try_from(phase(app_id) / 900).unwrap()] += 1);
        assert!(quarters.iter().all(|count| (800..1_200).contains(count)), "{quarters:?}");
    }
}
