//! What the licence has to say: codes, moments, and what becomes of a recording at the licence's end.

use std::cell::RefCell;
use std::rc::Rc;

use tonegate_license::{Environment, Expect, Reason, State, Time};
use tonegate_voice::{AnsMode, Code, Effects, FRAME, Flow, Voice, VoiceError};

use crate::sounds::Sound;

const PINS: &str =
    "EJKG3qU8fFnBPyuGFXdvuEE92YhMFmXX7SOCY7ehazs,yYepSst8npD6vt9VlFFhVrCXdWk0_uIXYX9ykDHw7rw";
/// `agc`, `ans`.
const VALID: &str = include_str!("../../../vectors/001-valid.txt");
/// `agc`, `ans`, `ans-ai`; `agc:stop`, `ans:bypass`.
const STOP: &str = include_str!("../../../vectors/257-stop.txt");
/// `agc`, `ans`; `ans:grace:10`, of which this device has half.
const GRACE: &str = include_str!("../../../vectors/262-grace-begins.txt");
const FORGED: &str = include_str!("../../../vectors/053-root-forged.txt");
/// When these licences were made, and when they end.
const MADE: i64 = 1_763_843_493;
const ENDS: i64 = 1_764_451_893;

type Errors = Rc<RefCell<Vec<VoiceError>>>;

fn voice() -> (Voice<impl FnMut(&VoiceError)>, Errors) {
    let expect = Expect {
        issuer: "tonegate-test",
        environment: Environment::Production,
        app_id: Some(12345),
        identity: None,
    };
    let errors = Errors::default();
    let told = Rc::clone(&errors);
    let on_error = move |error: &VoiceError| told.borrow_mut().push(*error);
    (Voice::new(PINS.parse().unwrap(), expect, State::new(0), on_error), errors)
}

fn at(wall: i64) -> Time {
    Time { wall, elapsed: u64::try_from(wall - MADE).unwrap() }
}

fn codes(errors: &Errors) -> Vec<u16> {
    errors.borrow_mut().drain(..).map(|error| error.code.number()).collect()
}

fn frames() -> Vec<[f32; FRAME]> {
    Sound::read("steady").samples.as_chunks().0[200..260].to_vec()
}

#[test]
fn everything_before_init_is_code_2() {
    let (mut voice, errors) = voice();
    voice.enable_ans(true, at(MADE));
    voice.enable_agc(true, at(MADE));
    voice.set_ans_mode(0, at(MADE));
    voice.start_record(at(MADE + 60));
    voice.complete_record();
    assert_eq!(codes(&errors), [2; 5]);
    assert!(!voice.is_recording());
}

#[test]
fn plain_recording_needs_no_license_and_is_untouched() {
    for license in ["", "not a licence", FORGED] {
        let (mut voice, errors) = voice();
        let verdict = voice.init(license, at(MADE));
        assert_eq!((verdict.sdk_code(), codes(&errors).len()), (81, 0), "init itself says nothing");
        voice.enable_ans(true, at(MADE));
        voice.enable_agc(true, at(MADE));
        voice.set_ans_mode(3, at(MADE));
        assert_eq!(codes(&errors), [81; 3]);
        voice.start_record(at(MADE + 60));
        assert_eq!(voice.latency(), 0);
        for frame in frames() {
            let mut heard = frame;
            assert_eq!(voice.process(&mut heard, at(MADE + 1)), Flow::Records);
            assert_eq!(heard, frame);
        }
        voice.complete_record();
        assert!(codes(&errors).is_empty());
    }
}

#[test]
fn each_switch_is_checked_when_it_is_called() {
    let (mut voice, errors) = voice();
    voice.init(VALID, at(MADE + 60));
    voice.enable_ans(true, at(ENDS - 1));
    voice.enable_agc(true, at(ENDS));
    assert_eq!(codes(&errors), [82]);
    voice.enable_ans(false, at(ENDS));
    assert!(codes(&errors).is_empty(), "switching off needs nothing");
}

#[test]
fn ai_modes_are_a_feature_of_their_own() {
    let (mut voice, errors) = voice();
    voice.init(VALID, at(MADE + 60));
    voice.enable_ans(true, at(MADE + 60));
    voice.set_ans_mode(2, at(MADE + 60));
    assert!(codes(&errors).is_empty());
    for mode in [3, 4] {
        voice.set_ans_mode(mode, at(MADE + 60));
        let told = errors.borrow_mut().pop().unwrap();
        assert_eq!((told.code, told.feature), (Code::FeatureMissing, Some("ans-ai")));
    }
    voice.start_record(at(MADE + 60));
    assert_eq!(
        voice.running().ans,
        Some(AnsMode::Aggressive),
        "the mode that was refused is not set"
    );
}

#[test]
fn a_mode_that_is_none_is_code_4() {
    let (mut voice, errors) = voice();
    voice.init("", at(MADE));
    for mode in [-1, 5, i32::MAX, i32::MIN] {
        voice.set_ans_mode(mode, at(MADE));
    }
    assert_eq!(codes(&errors), [4; 4], "before the licence is asked for");
}

#[test]
fn a_recording_within_a_recording_is_code_4() {
    let (mut voice, errors) = voice();
    voice.init("", at(MADE));
    voice.complete_record();
    voice.start_record(at(MADE + 60));
    voice.start_record(at(MADE + 60));
    assert_eq!(codes(&errors), [4, 4]);
    assert!(voice.is_recording());
}

#[test]
fn a_change_while_recording_counts_from_the_next_recording_on() {
    let (mut voice, errors) = voice();
    let now = at(MADE + 60);
    voice.init(VALID, now);
    voice.enable_agc(true, now);
    voice.start_record(at(MADE + 60));
    voice.process(&mut frames()[0], now);
    voice.enable_agc(false, now);
    voice.enable_ans(true, now);
    voice.set_ans_mode(0, now);
    voice.process(&mut frames()[1], now);
    assert_eq!(voice.running(), Effects { ans: None, agc: true });
    voice.complete_record();
    voice.start_record(at(MADE + 60));
    assert_eq!(voice.running(), Effects { ans: Some(AnsMode::Soft), agc: false });
    assert!(codes(&errors).is_empty());
}

#[test]
fn after_its_end_the_sound_passes_untouched_and_the_app_hears_of_it_once() {
    let (mut voice, errors) = voice();
    voice.init(VALID, at(MADE + 60));
    voice.enable_ans(true, at(MADE + 60));
    voice.enable_agc(true, at(MADE + 60));
    voice.start_record(at(MADE + 60));
    let latency = voice.latency();
    let (mut heard, mut said) = (Vec::new(), Vec::new());
    for (number, frame) in frames().into_iter().enumerate() {
        let now = at(if number < 30 { ENDS - 1 } else { ENDS });
        let mut out = frame;
        assert_eq!(voice.process(&mut out, now), Flow::Records);
        heard.extend(out);
        said.extend(frame);
    }
    assert_eq!(codes(&errors), [82, 82], "once for each feature");
    let untouched = 31 * FRAME..;
    assert_eq!(heard[untouched.clone()], said[31 * FRAME - latency..said.len() - latency]);
    assert_ne!(heard[..untouched.start], said[..untouched.start]);
}

#[test]
fn a_newer_license_brings_the_effects_back_into_the_recording() {
    let (mut voice, errors) = voice();
    voice.init(VALID, at(MADE + 60));
    voice.enable_ans(true, at(MADE + 60));
    voice.start_record(at(MADE + 60));
    voice.init("", at(MADE + 61));
    voice.process(&mut frames()[0], at(MADE + 61));
    assert_eq!((voice.running().ans, codes(&errors)), (None, vec![81]));
    voice.init(VALID, at(MADE + 62));
    voice.process(&mut frames()[1], at(MADE + 62));
    assert_eq!(voice.running().ans, Some(AnsMode::Medium));
}

#[test]
fn stop_ends_the_recording_with_a_fade() {
    let (mut voice, errors) = voice();
    voice.init(STOP, at(MADE + 60));
    voice.enable_agc(true, at(MADE + 60));
    voice.start_record(at(MADE + 60));
    let mut frame = frames()[0];
    assert_eq!(voice.process(&mut frame, at(ENDS - 1)), Flow::Records);
    let mut last = frames()[1];
    assert_eq!(voice.process(&mut last, at(ENDS)), Flow::Ended);
    assert!(last[0].abs() > 0.0 && last[FRAME - 1] == 0.0);
    let told = errors.borrow_mut().pop().unwrap();
    assert_eq!(
        (told.code, told.feature, told.reason),
        (Code::LicenseExpired, Some("agc"), Some(Reason::Expired))
    );
    assert!(!voice.is_recording());
    assert_eq!(voice.process(&mut last, at(ENDS)), Flow::Idle);
    voice.complete_record();
    assert!(codes(&errors).is_empty(), "the app's own end comes late, and is no fault");
    voice.complete_record();
    assert_eq!(codes(&errors), [4]);
}

#[test]
fn a_recording_that_begins_after_the_end_is_plain_whatever_was_switched_on_before() {
    let (mut voice, errors) = voice();
    voice.init(STOP, at(MADE + 60));
    voice.enable_ans(true, at(MADE + 60));
    voice.enable_agc(true, at(MADE + 60));
    voice.start_record(at(ENDS));
    assert_eq!(codes(&errors), [82, 82]);
    assert_eq!((voice.running(), voice.latency()), (Effects::default(), 0));
    for frame in frames() {
        let mut heard = frame;
        assert_eq!(voice.process(&mut heard, at(ENDS)), Flow::Records);
        assert_eq!(heard, frame);
    }
    assert!(codes(&errors).is_empty());
}

#[test]
fn a_bad_renewal_takes_nothing_away() {
    let (mut voice, errors) = voice();
    voice.init(VALID, at(MADE + 60));
    voice.enable_ans(true, at(MADE + 60));
    voice.start_record(at(MADE + 60));
    for bad in ["", "<html>502</html>", FORGED, VALID] {
        let refused = voice.renew(bad, at(MADE + 61)).is_err();
        assert_eq!(refused, bad != VALID);
        voice.process(&mut frames()[0], at(MADE + 61));
        assert_eq!(voice.running().ans, Some(AnsMode::Medium), "{bad}");
    }
    assert!(codes(&errors).is_empty());
}

#[test]
fn policies_of_two_features_each_have_their_own_end() {
    // `ans:bypass` beside `agc:stop`: where gain control is not used, nothing stops.
    let (mut voice, errors) = voice();
    voice.init(STOP, at(MADE + 60));
    voice.enable_ans(true, at(MADE + 60));
    voice.start_record(at(MADE + 60));
    assert_eq!(voice.process(&mut frames()[0], at(ENDS)), Flow::Records);
    assert_eq!((voice.running(), codes(&errors)), (Effects::default(), vec![82]));
}

#[test]
fn grace_goes_on_for_its_hours() {
    let (mut voice, errors) = voice();
    voice.init(GRACE, at(MADE + 60));
    voice.enable_ans(true, at(MADE + 60));
    voice.start_record(at(MADE + 60));
    let over = ENDS + 5 * 3_600;
    for (now, runs) in [(ENDS, true), (over - 1, true), (over, false)] {
        assert_eq!(voice.process(&mut frames()[0], at(now)), Flow::Records);
        assert_eq!(voice.running().ans.is_some(), runs, "{now}");
    }
    assert_eq!(codes(&errors), [82]);
}

#[test]
fn uninit_forgets_the_license_and_what_was_switched_on() {
    let (mut voice, errors) = voice();
    voice.init(VALID, at(MADE + 60));
    voice.enable_ans(true, at(MADE + 60));
    voice.start_record(at(MADE + 60));
    voice.uninit(at(MADE + 60));
    assert!(!voice.is_recording());
    voice.enable_ans(true, at(MADE + 60));
    voice.init("", at(MADE + 61));
    voice.start_record(at(MADE + 60));
    assert_eq!(voice.running(), Effects::default());
    assert_eq!(codes(&errors), [2]);
}
