//! Time-based one-time passwords: RFC 6238 with HMAC-SHA-1, 6 digits, steps of 30 s, as every
//! authenticator app has them.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::hmac;

/// Seconds of a step.
const STEP_SECS: i64 = 30;
const DIGITS: usize = 6;
/// Steps on both sides of now whose codes are taken: clocks of phones, and slow fingers.
const SLACK: i64 = 1;

/// The step after `last` whose code this is, at Unix time `now`. `None`: it is the code of no step that
/// still counts.
pub(super) fn step_of(secret: &[u8], last: i64, code: &str, now: i64) -> Option<i64> {
    let current = now.div_euclid(STEP_SECS);
    let mut found = None;
    // All of them, so that time tells nothing.
    for step in current - SLACK..=current + SLACK {
        let is_equal = verify_slices_are_equal(code_of(secret, step).as_bytes(), code.as_bytes());
        if is_equal.is_ok() && step > last {
            found = Some(step);
        }
    }
    found
}

/// The code of a step (RFC 4226, section 5.3).
fn code_of(secret: &[u8], step: i64) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret);
    let tag = hmac::sign(&key, &step.to_be_bytes());
    let tag = tag.as_ref();
    let offset = usize::from(tag.last().copied().unwrap_or_default() & 0x0f);
    let mut word = [0; 4];
    word.copy_from_slice(tag.get(offset..offset + 4).unwrap_or(&[0; 4]));
    let number = (u32::from_be_bytes(word) & 0x7fff_ffff) % 1_000_000;
    format!("{number:0DIGITS$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &[u8] = b"12345678901234567890";

    /// RFC 6238, appendix B; the last six of its eight digits.
    #[test]
    fn the_vectors_of_the_rfc_come_out() {
        for (time, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(code_of(SECRET, time / STEP_SECS), code, "{time}");
        }
    }

    #[test]
    fn one_step_of_slack_and_no_step_twice() {
        let now = 1_111_111_111;
        let step = now / STEP_SECS;
        let code = |by: i64| code_of(SECRET, step + by);
        for by in [-1, 0, 1] {
            assert_eq!(step_of(SECRET, 0, &code(by), now), Some(step + by));
        }
        for by in [-2, 2] {
            assert_eq!(step_of(SECRET, 0, &code(by), now), None);
        }
        assert_eq!(step_of(SECRET, step, &code(0), now), None);
        assert_eq!(step_of(SECRET, step, &code(-1), now), None);
        assert_eq!(step_of(SECRET, step, &code(1), now), Some(step + 1));
        for wrong in ["", "0", "05047", "0504711", "05047١"] {
            assert_eq!(step_of(SECRET, 0, wrong, now), None);
        }
    }
}
