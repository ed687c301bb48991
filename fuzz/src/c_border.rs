//! Target `c_border`: a caller in C that does what the input says, through the exported functions.
//!
//! The input is a list of calls with their arguments: licences of the vectors, whole or altered, and
//! texts, lengths, clocks, stored bytes and buffers of any kind. Pointers lead to memory of their
//! exact length, so that a sanitizer sees a step beyond it.
#![expect(unsafe_code, reason = "the functions of a C library cannot be called without it")]

use std::mem::MaybeUninit;
use std::ptr;

use tonegate::*;

const PINS: &str =
    "EJKG3qU8fFnBPyuGFXdvuEE92YhMFmXX7SOCY7ehazs,yYepSst8npD6vt9VlFFhVrCXdWk0_uIXYX9ykDHw7rw";
const ISSUER: &str = "tonegate-test";
const NOW: i64 = 1_763_843_553;
/// One that is good, one with all there can be in it, one with a grace, one of the standby root.
const LICENSES: [&str; 4] = [
    include_str!("../../vectors/001-valid.txt"),
    include_str!("../../vectors/211-at-the-limits.txt"),
    include_str!("../../vectors/265-grace-whole.txt"),
    include_str!("../../vectors/275-root-superseded.txt"),
];

/// Makes the calls that `data` spells, one after the other, and holds each answer against what the
/// header promises of it.
pub fn c_border(data: &[u8]) {
    let mut caller = Caller::new(data);
    while let Some(call) = caller.byte() {
        let code = caller.call(call % 18);
        assert!((-11..=1).contains(&code) || (81..=83).contains(&code), "call {call}: {code}");
    }
}

/// The storage of a caller, and what is left of the input.
struct Caller<'d> {
    rest: &'d [u8],
    options: Options,
    gate: Box<Gate>,
    session: Box<Session>,
    state: State,
    verdict: Verdict,
}

impl<'d> Caller<'d> {
    fn new(data: &'d [u8]) -> Self {
        // SAFETY: any bytes, all zero too, are values of these types of integers and flags.
        let mut caller: Self = Self {
            rest: data,
            options: unsafe { MaybeUninit::zeroed().assume_init() },
            gate: unsafe { Box::new_zeroed().assume_init() },
            session: unsafe { Box::new_zeroed().assume_init() },
            state: State { bytes: [0; TONEGATE_STATE_BYTES] },
            verdict: unsafe { MaybeUninit::zeroed().assume_init() },
        };
        let (pins, issuer) = (PINS.as_ptr().cast(), ISSUER.as_ptr().cast());
        let options = &raw mut caller.options;
        // SAFETY: each pointer leads to what the length beside it says, or to a value of ours.
        unsafe {
            assert_eq!(tonegate_state_new(7, &raw mut caller.state), 0);
            assert_eq!(
                tonegate_options_init(options, pins, PINS.len(), issuer, ISSUER.len(), 0),
                0
            );
        }
        caller
    }

    fn call(&mut self, call: u8) -> i32 {
        match call {
            0 => self.set_options(),
            1 => self.verify(),
            2 => self.explain(),
            // SAFETY: pointers to storage of ours, filled or all zero.
            3 => unsafe {
                tonegate_gate_new(
                    &raw mut *self.gate,
                    &raw const self.options,
                    &raw const self.state,
                )
            },
            4..=8 => self.gate(call),
            9 => self.begin(),
            10..=14 => self.session(call),
            15 => self.store(),
            16 => self.identity(),
            _ => self.spoil(),
        }
    }

    fn set_options(&mut self) -> i32 {
        let (pins, issuer) = (self.text(), self.name());
        let environment = i32::from(self.byte().unwrap_or(0)) % 3;
        let mut other = self.options_copy();
        // SAFETY: each pointer leads to what the length beside it says, or to a value of ours.
        unsafe {
            let (pins, pins_length) = (pins.as_ptr().cast(), pins.len());
            let issuer_start = issuer.as_ptr().cast();
            tonegate_options_init(
                &raw mut other,
                pins,
                pins_length,
                issuer_start,
                issuer.len(),
                environment,
            );
            tonegate_options_set_app_id(&raw mut self.options, 12_345);
            tonegate_options_set_identity(&raw mut other, issuer_start, issuer.len())
        }
    }

    /// As C copies: bytes.
    fn options_copy(&self) -> Options {
        // SAFETY: options point nowhere, and may be copied, as the header says.
        unsafe { ptr::read(&raw const self.options) }
    }

    fn verify(&mut self) -> i32 {
        let (text, time) = (self.text(), self.time());
        let altered = !LICENSES.iter().any(|license| license.as_bytes() == &*text);
        // SAFETY: each pointer leads to what the length beside it says, or to a value of ours.
        let code = unsafe {
            let start = text.as_ptr().cast();
            tonegate_verify(
                &raw const self.options,
                start,
                text.len(),
                time,
                &raw mut self.state,
                &raw mut self.verdict,
            )
        };
        assert!(code != TONEGATE_OK || !altered, "a licence that nobody signed is good");
        assert!(code < 0 || code == self.verdict.sdk_code);
        code
    }

    fn explain(&mut self) -> i32 {
        let (text, time) = (self.text(), self.time());
        let mut out = vec![0xa5_u8; usize::from(self.byte().unwrap_or(0)) * 16];
        let mut written = 0;
        // SAFETY: each pointer leads to what the length beside it says, or to a value of ours.
        let code = unsafe {
            let (start, buffer) = (text.as_ptr().cast(), out.as_mut_ptr().cast());
            let (options, state) = (&raw const self.options, &raw const self.state);
            tonegate_explain(
                options,
                start,
                text.len(),
                time,
                state,
                buffer,
                out.len(),
                &raw mut written,
            )
        };
        assert!(written < TONEGATE_EXPLANATION_BYTES);
        assert!(code != TONEGATE_OK || (out.get(written) == Some(&0) && out[written - 1] == b'}'));
        code
    }

    fn gate(&mut self, call: u8) -> i32 {
        let (text, name, time) = (self.text(), self.name(), self.time());
        let (start, name_start) = (text.as_ptr().cast(), name.as_ptr().cast());
        let (gate, verdict) = (&raw mut *self.gate, &raw mut self.verdict);
        let (mut feature, mut outlook, mut in_force) =
            (MaybeUninit::uninit(), MaybeUninit::uninit(), false);
        // SAFETY: each pointer leads to what the length beside it says, or to a value of ours.
        unsafe {
            match call {
                4 => tonegate_gate_load(gate, start, text.len(), time, verdict),
                5 => tonegate_gate_renew(gate, start, text.len(), time, verdict, &raw mut in_force),
                6 => tonegate_gate_check(gate, name_start, name.len(), time, feature.as_mut_ptr()),
                7 => tonegate_gate_outlook(gate, name_start, name.len(), outlook.as_mut_ptr()),
                _ => {
                    tonegate_gate_verdict(gate, time, verdict);
                    tonegate_gate_state(gate, &raw mut self.state)
                }
            }
        }
    }

    fn begin(&mut self) -> i32 {
        let (stored, time) = (self.text(), self.time());
        let (session, options) = (&raw mut *self.session, &raw const self.options);
        // SAFETY: each pointer leads to what the length beside it says, or to a value of ours.
        unsafe { tonegate_session_begin(session, options, stored.as_ptr(), stored.len(), 7, time) }
    }

    fn session(&mut self, call: u8) -> i32 {
        let (text, name, time) = (self.text(), self.name(), self.time());
        let (start, name_start) = (text.as_ptr().cast(), name.as_ptr().cast());
        let (session, verdict) = (&raw mut *self.session, &raw mut self.verdict);
        let (mut feature, mut outlook) = (MaybeUninit::uninit(), MaybeUninit::uninit());
        let (mut turn, mut in_force) = (MaybeUninit::<Turn>::uninit(), false);
        // SAFETY: each pointer leads to what the length beside it says, or to a value of ours.
        unsafe {
            match call {
                10 => {
                    let code = tonegate_session_turn(session, time, turn.as_mut_ptr());
                    let waits = || (1..=60).contains(&turn.assume_init_ref().wait_secs);
                    assert!(code < 0 || waits(), "a wait that is none");
                    code
                }
                11 => tonegate_session_fetched(
                    session,
                    start,
                    text.len(),
                    time,
                    verdict,
                    &raw mut in_force,
                ),
                12 => tonegate_session_failed(session, time.elapsed, time),
                13 => tonegate_session_check(
                    session,
                    name_start,
                    name.len(),
                    time,
                    feature.as_mut_ptr(),
                ),
                _ => {
                    tonegate_session_hasten(session);
                    tonegate_session_verdict(session, time, verdict);
                    tonegate_session_outlook(session, name_start, name.len(), outlook.as_mut_ptr())
                }
            }
        }
    }

    /// What is saved is what the next start goes on with.
    fn store(&mut self) -> i32 {
        let mut out = vec![0xa5_u8; usize::from(self.byte().unwrap_or(0)) * 16];
        let (mut written, session) = (0, &raw mut *self.session);
        // SAFETY: each pointer leads to what the length beside it says, or to a value of ours.
        unsafe {
            tonegate_session_license(session, out.as_mut_ptr().cast(), out.len(), &raw mut written);
            let code =
                tonegate_session_save(session, out.as_mut_ptr(), out.len(), &raw mut written);
            assert!(code != TONEGATE_OK || tonegate_session_is_unsaved(session) == 0);
            assert!(written <= TONEGATE_STORED_BYTES);
            tonegate_state_read(
                out.as_ptr(),
                out.len().min(TONEGATE_STATE_BYTES),
                &raw mut self.state,
            );
            code
        }
    }

    fn identity(&mut self) -> i32 {
        let text = self.text();
        let mut out = vec![0xa5_u8; usize::from(self.byte().unwrap_or(0)) % 32];
        let (start, buffer) = (text.as_ptr().cast(), out.as_mut_ptr().cast());
        // SAFETY: each pointer leads to what the length beside it says, or to a value of ours.
        unsafe {
            tonegate_identity_ios(start, text.len(), buffer, out.len());
            tonegate_identity_web(start, text.len(), buffer, out.len());
            tonegate_identity_android(
                start,
                text.len(),
                self.state.bytes.as_ptr(),
                buffer,
                out.len(),
            )
        }
    }

    /// Storage that none of the functions filled: any bytes, but the mark at the front.
    fn spoil(&mut self) -> i32 {
        let bytes = self.text();
        let length = bytes.len().min(tonegate_gate_size());
        // SAFETY: as many bytes as both have, into storage of ours.
        unsafe {
            let start = (&raw mut *self.gate).cast::<u8>();
            ptr::copy_nonoverlapping(bytes.as_ptr(), start, length);
            start.cast::<u64>().write(0);
            let code =
                tonegate_gate_verdict(&raw mut *self.gate, self.time(), &raw mut self.verdict);
            assert_eq!(code, TONEGATE_E_STORAGE);
            code
        }
    }

    /// A licence of ours, one with a byte changed, or what the input says.
    fn text(&mut self) -> Box<[u8]> {
        let kind = usize::from(self.byte().unwrap_or(0));
        let Some(license) = LICENSES.get(kind % 8) else {
            let length = self.number();
            return self.take(length).into();
        };
        let mut text: Box<[u8]> = license.as_bytes().into();
        if kind >= 8 {
            let (place, change) = (self.number(), self.byte().unwrap_or(0));
            let place = place % text.len();
            text[place] ^= change;
        }
        text
    }

    fn name(&mut self) -> Box<[u8]> {
        match self.byte().unwrap_or(0) {
            0 => b"ans".to_vec().into(),
            length => self.take(length.into()).into(),
        }
    }

    fn time(&mut self) -> Time {
        match self.byte() {
            Some(255) => Time { wall: i64::MIN, elapsed: u64::MAX },
            Some(254) => Time { wall: i64::MAX, elapsed: 0 },
            Some(hours) => {
                Time { wall: NOW + i64::from(hours) * 7_200, elapsed: u64::from(hours) * 3_600 }
            }
            None => Time { wall: NOW, elapsed: 0 },
        }
    }

    fn number(&mut self) -> usize {
        let [low, high] = [self.byte(), self.byte()].map(|byte| usize::from(byte.unwrap_or(0)));
        high * 256 + low
    }

    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*first)
    }

    fn take(&mut self, length: usize) -> &'d [u8] {
        let (taken, rest) = self.rest.split_at(length.min(self.rest.len()));
        self.rest = rest;
        taken
    }
}
