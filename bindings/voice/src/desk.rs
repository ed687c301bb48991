//! The desk: where texts and samples lie while they cross, in both directions.
//!
//! Invariant: the layout changes only together with its counterpart in `js/module.js`, which compares
//! [`desk_bytes`] when it loads the module. What lies there is good until the next call.

use std::cell::UnsafeCell;
use std::fmt::{self, Write};
use std::mem;

use tonegate_license::{Environment, Expect, Identity, Pins, State, Time};
use tonegate_voice::FRAME;

/// Texts that may go in with one call: pins, issuer, environment, identity, state, licence.
const TEXTS: usize = 6;
/// Bytes of all of them; JavaScript cuts what is longer.
const TEXTS_ROOM: usize = 16_384;
const ANSWER_ROOM: usize = 16_384;

/// What the desk is laid out as.
#[repr(C)]
struct Desk {
    frame: [f32; FRAME],
    /// How long each text is; they lie in `texts`, one after the other.
    lengths: [u32; TEXTS],
    texts: [u8; TEXTS_ROOM],
    answer: [u8; ANSWER_ROOM],
}

struct Place(UnsafeCell<Desk>);

// SAFETY: the module has one thread, and each function below borrows one field for as long as its call lasts.
unsafe impl Sync for Place {}

static DESK: Place = Place(UnsafeCell::new(Desk {
    frame: [0.0; FRAME],
    lengths: [0; TEXTS],
    texts: [0; TEXTS_ROOM],
    answer: [0; ANSWER_ROOM],
}));

/// Where the desk lies.
#[unsafe(no_mangle)]
pub const extern "C" fn desk() -> *mut u8 {
    DESK.0.get().cast()
}

/// Its size, which stands for its layout.
#[unsafe(no_mangle)]
pub const extern "C" fn desk_bytes() -> usize {
    mem::size_of::<Desk>()
}

/// The frame that lies on the desk.
///
/// # Safety
/// No other borrow of it is in use.
pub(crate) const unsafe fn frame<'a>() -> &'a mut [f32; FRAME] {
    // SAFETY: the caller's promise; the other fields are borrowed apart from it.
    unsafe { &mut (*DESK.0.get()).frame }
}

/// The texts that lie on the desk.
///
/// # Safety
/// Nothing writes them while they are in use; only JavaScript does, between calls.
pub(crate) unsafe fn texts<'a>() -> Texts<'a> {
    // SAFETY: the caller's promise.
    unsafe {
        let desk = DESK.0.get();
        Texts { lengths: (&raw const (*desk).lengths).read(), rest: &(*desk).texts }
    }
}

/// Writes an answer; how many bytes it has, 0 where it does not fit.
///
/// # Safety
/// No other answer is being written.
pub(crate) unsafe fn answer(write: impl FnOnce(&mut Written<'_>) -> fmt::Result) -> usize {
    // SAFETY: the caller's promise.
    let into = unsafe { &mut (*DESK.0.get()).answer };
    let mut written = Written { into, length: 0 };
    write(&mut written).map_or(0, |()| written.length)
}

/// Texts, to be taken in their order.
pub(crate) struct Texts<'a> {
    lengths: [u32; TEXTS],
    rest: &'a [u8],
}

impl<'a> Texts<'a> {
    fn bytes(&mut self) -> &'a [u8] {
        let length = self.lengths[0] as usize;
        self.lengths.rotate_left(1);
        // Lengths that do not fit are none that js/module.js writes.
        let (bytes, rest) = self.rest.split_at_checked(length).unwrap_or_default();
        self.rest = rest;
        bytes
    }

    pub(crate) fn text(&mut self) -> &'a str {
        // JavaScript writes UTF-8 only; anything else is no licence either.
        str::from_utf8(self.bytes()).unwrap_or("?")
    }

    /// Takes what an app expects, and the state that it stored.
    pub(crate) fn settings(&mut self, app_id: f64, drawn: u32) -> Result<Settings<'a>, Fault> {
        let (pins, issuer, environment) = (self.text(), self.text(), self.text());
        let (identity, stored) = (self.text(), self.bytes());
        let expect = Expect {
            issuer,
            environment: Environment::parse(environment).ok_or(Fault::Environment)?,
            // Looked at by JavaScript; negative stands for any.
            app_id: (app_id >= 0.0).then_some(app_id as u32),
            identity: match identity {
                "" => None,
                text => Some(Identity::parse(text.as_bytes()).ok_or(Fault::Identity)?),
            },
        };
        let [low, high, ..] = drawn.to_le_bytes();
        let new = State::new(u16::from_le_bytes([low, high]));
        Ok(Settings {
            pins: pins.parse().map_err(|_| Fault::Pins)?,
            expect,
            state: State::from_bytes(stored).unwrap_or(new),
        })
    }
}

/// What an app expects, read.
pub(crate) struct Settings<'a> {
    pub(crate) pins: Pins,
    pub(crate) expect: Expect<'a>,
    pub(crate) state: State,
}

/// Why options cannot be used; the numbers are below every address.
#[derive(Clone, Copy, Debug)]
#[repr(usize)]
pub(crate) enum Fault {
    /// The pins are no two sound keys.
    Pins = 1,
    /// Neither `production` nor `test`.
    Environment = 2,
    /// No identity of 22 characters.
    Identity = 3,
}

impl Fault {
    pub(crate) const fn number(self) -> usize {
        self as usize
    }
}

/// Text written into bytes that are there.
pub(crate) struct Written<'a> {
    into: &'a mut [u8],
    length: usize,
}

impl Write for Written<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let end = self.length.checked_add(text.len()).ok_or(fmt::Error)?;
        self.into.get_mut(self.length..end).ok_or(fmt::Error)?.copy_from_slice(text.as_bytes());
        self.length = end;
        Ok(())
    }
}

/// Both clocks, as they cross: whole seconds within ±2⁵³.
pub(crate) const fn time(wall: f64, elapsed: f64) -> Time {
    Time { wall: wall as i64, elapsed: elapsed as u64 }
}
