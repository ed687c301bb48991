//! Reasons as numbers, and what they say, as texts that C can print.
//!
//! The texts are constants of the program, so nothing has to be freed or copied. The numbers are
//! this border's own: in the verifier a new reason may come to stand between two old ones.

use core::ffi::c_char;

use tonegate_license::{Reason, Validity, Verdict as Found};

use crate::border::read;
use crate::verdict::Verdict;

/// The licence is valid, or the feature runs.
pub const TONEGATE_REASON_NONE: i32 = 0;
/// No licence was given.
pub const TONEGATE_REASON_EMPTY: i32 = 1;
/// Over 2,048 bytes.
pub const TONEGATE_REASON_TOO_LONG: i32 = 2;
/// Not a licence, or damaged on its way.
pub const TONEGATE_REASON_NOT_A_LICENSE: i32 = 3;
/// The key certificate breaks the format.
pub const TONEGATE_REASON_CERTIFICATE: i32 = 4;
/// The key certificate was signed by a root that is not pinned.
pub const TONEGATE_REASON_ROOT: i32 = 5;
/// The pinned root's signature does not hold, or the licence does not fit its certificate.
pub const TONEGATE_REASON_CHAIN: i32 = 6;
/// Of another issuer.
pub const TONEGATE_REASON_ISSUER: i32 = 7;
/// The root was replaced by the standby root.
pub const TONEGATE_REASON_ROOT_SUPERSEDED: i32 = 8;
/// The signing key was withdrawn.
pub const TONEGATE_REASON_FLOOR: i32 = 9;
/// Altered, or not signed by the certified key.
pub const TONEGATE_REASON_SIGNATURE: i32 = 10;
/// The claims break the format.
pub const TONEGATE_REASON_CLAIMS: i32 = 11;
/// For the other environment.
pub const TONEGATE_REASON_ENVIRONMENT: i32 = 12;
/// For another AppId.
pub const TONEGATE_REASON_APP: i32 = 13;
/// Tied to other app identities than this app's.
pub const TONEGATE_REASON_IDENTITY: i32 = 14;
/// Not valid yet.
pub const TONEGATE_REASON_NOT_YET_VALID: i32 = 15;
/// Expired.
pub const TONEGATE_REASON_EXPIRED: i32 = 16;
/// The key certificate has ended before the licence.
pub const TONEGATE_REASON_CERTIFICATE_EXPIRED: i32 = 17;
/// The licence is good and does not name the feature.
pub const TONEGATE_REASON_FEATURE_MISSING: i32 = 18;

/// A text with a zero after it, in the program's own data.
macro_rules! zero_ended {
    ($text:expr) => {{
        const TEXT: &str = $text;
        static ENDED: [u8; TEXT.len() + 1] = zero_ended(TEXT);
        ENDED.as_ptr().cast::<c_char>()
    }};
}

/// What belongs to each number.
macro_rules! reasons {
    ($($number:ident $reason:ident,)*) => {
        /// 0 for no reason.
        pub(crate) const fn number(reason: Option<Reason>) -> i32 {
            match reason {
                None => TONEGATE_REASON_NONE,
                $(Some(Reason::$reason) => $number,)*
                // A reason without a number of its own would be refused in words only; a test
                // sees to it that there is none.
                Some(_) => TONEGATE_REASON_NOT_A_LICENSE,
            }
        }

        fn name(number: i32) -> *const c_char {
            match number {
                $($number => zero_ended!(Reason::$reason.name()),)*
                _ => zero_ended!(""),
            }
        }

        fn message(number: i32) -> *const c_char {
            match number {
                TONEGATE_REASON_NONE => zero_ended!(VALID.message()),
                $($number => zero_ended!(Reason::$reason.message()),)*
                _ => zero_ended!(""),
            }
        }

        fn next_step(number: i32) -> *const c_char {
            match number {
                TONEGATE_REASON_NONE => zero_ended!(VALID.next_step()),
                $($number => zero_ended!(Reason::$reason.next_step()),)*
                _ => zero_ended!(""),
            }
        }
    };
}

reasons! {
    TONEGATE_REASON_EMPTY Empty,
    TONEGATE_REASON_TOO_LONG TooLong,
    TONEGATE_REASON_NOT_A_LICENSE NotALicense,
    TONEGATE_REASON_CERTIFICATE Certificate,
    TONEGATE_REASON_ROOT Root,
    TONEGATE_REASON_CHAIN Chain,
    TONEGATE_REASON_ISSUER Issuer,
    TONEGATE_REASON_ROOT_SUPERSEDED RootSuperseded,
    TONEGATE_REASON_FLOOR Floor,
    TONEGATE_REASON_SIGNATURE Signature,
    TONEGATE_REASON_CLAIMS Claims,
    TONEGATE_REASON_ENVIRONMENT Environment,
    TONEGATE_REASON_APP App,
    TONEGATE_REASON_IDENTITY Identity,
    TONEGATE_REASON_NOT_YET_VALID NotYetValid,
    TONEGATE_REASON_EXPIRED Expired,
    TONEGATE_REASON_CERTIFICATE_EXPIRED CertificateExpired,
    TONEGATE_REASON_FEATURE_MISSING FeatureMissing,
}

const VALID: Found = Found { reason: None, validity: None };
/// Valid, and the next licence is due.
const DUE: Found = Found {
    reason: None,
    validity: Some(Validity { now: 0, valid_from: 0, valid_until: 0, refresh_after: 0 }),
};

/// A reason's stable name, for logs and searches, such as `expired`; empty for `TONEGATE_REASON_NONE` and for
/// what is none. The text is constant: never free it.
#[unsafe(no_mangle)]
pub extern "C" fn tonegate_reason_name(reason: i32) -> *const c_char {
    name(reason)
}

/// What is wrong, in words; empty for a number that is no reason. The text is constant: never free it.
#[unsafe(no_mangle)]
pub extern "C" fn tonegate_reason_message(reason: i32) -> *const c_char {
    message(reason)
}

/// What to do next, in one sentence; empty where `verdict` is null. The text is constant: never free it.
///
/// # Safety
///
/// `verdict` leads to a `tonegate_verdict` that was filled.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tonegate_next_step(verdict: *const Verdict) -> *const c_char {
    // SAFETY: promised by the caller.
    let Ok(verdict) = (unsafe { read(verdict) }) else { return zero_ended!("") };
    if verdict.reason == TONEGATE_REASON_NONE && verdict.now >= verdict.refresh_after {
        zero_ended!(DUE.next_step())
    } else {
        next_step(verdict.reason)
    }
}

const fn zero_ended<const N: usize>(text: &str) -> [u8; N] {
    let mut ended = [0; N];
    let (all_but_the_zero, _) = ended.split_at_mut(text.len());
    all_but_the_zero.copy_from_slice(text.as_bytes());
    ended
}
