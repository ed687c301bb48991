//! The border, held against the verifier behind it. What a C caller sees is tested in C.

use std::collections::BTreeSet;
use std::ffi::CStr;

use tonegate::*;
use tonegate_license::Reason;

const PINS: &str =
    "EJKG3qU8fFnBPyuGFXdvuEE92YhMFmXX7SOCY7ehazs,yYepSst8npD6vt9VlFFhVrCXdWk0_uIXYX9ykDHw7rw";
/// One that the vectors' longest licence is tied to.
const IDENTITY: &str = "HHHHHHHHHHHHHHHHHHHHHA";
const AT: Time = Time { wall: 1_763_843_553, elapsed: 0 };

fn options() -> Options {
    let mut options = std::mem::MaybeUninit::uninit();
    let (pins, issuer) = (PINS.as_ptr().cast(), "tonegate-test".as_ptr().cast());
    // SAFETY: the pointers and lengths are those of two texts, and of the place to write to.
    let code =
        unsafe { tonegate_options_init(options.as_mut_ptr(), pins, PINS.len(), issuer, 13, 0) };
    assert_eq!(code, TONEGATE_OK);
    // SAFETY: it was filled.
    let mut options = unsafe { options.assume_init() };
    let identity = IDENTITY.as_ptr().cast();
    // SAFETY: as above.
    let code = unsafe { tonegate_options_set_identity(&raw mut options, identity, IDENTITY.len()) };
    assert_eq!(code, TONEGATE_OK);
    options
}

#[test]
fn every_reason_has_a_number_of_its_own() {
    let names: BTreeSet<_> = (1..=18)
        // SAFETY: the texts are constant, and end with a zero.
        .map(|number| unsafe { CStr::from_ptr(tonegate_reason_name(number)) }.to_str().unwrap())
        .collect();
    assert_eq!(names, Reason::ALL.iter().map(|reason| reason.name()).collect());
}

/// The longest licences of the vectors, so the longest that there can be to tell of them.
#[test]
fn an_explanation_fits_into_what_the_header_promises() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../vectors");
    let (options, mut longest) = (options(), 0);
    for entry in std::fs::read_dir(folder).unwrap() {
        let text = std::fs::read(entry.unwrap().path()).unwrap();
        let mut state = State { bytes: [0; TONEGATE_STATE_BYTES] };
        let mut out = [0_u8; TONEGATE_EXPLANATION_BYTES];
        let mut written = 0;
        // SAFETY: every pointer leads to a value of ours, every length is that value's.
        let code = unsafe {
            tonegate_state_new(7, &raw mut state);
            tonegate_explain(
                &raw const options,
                text.as_ptr().cast(),
                text.len(),
                AT,
                &raw const state,
                out.as_mut_ptr().cast(),
                out.len(),
                &raw mut written,
            )
        };
        assert_eq!((code, out[written], out[written - 1]), (TONEGATE_OK, 0, b'}'));
        longest = longest.max(written);
    }
    assert!((2_000..TONEGATE_EXPLANATION_BYTES / 2).contains(&longest), "{longest}");
}
