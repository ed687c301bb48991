//! What crosses the border: the layouts that `js/module.js` writes and reads, field by field.
//!
//! Invariant: a layout is `repr(C)`, and changes only together with its counterpart in JavaScript; the
//! sizes are held by `LAYOUTS`, which JavaScript compares when it loads the module. Words are texts of the
//! module itself, so nobody has to free them.

use core::fmt::{self, Write};
use core::{mem, ptr, slice};

use tonegate_license::{
    Environment, Expect, FeatureVerdict, Identity, Outlook, Pins, Reason, State, Time, Verdict,
};

/// Bytes in linear memory.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Bytes {
    at: *const u8,
    length: usize,
}

impl Bytes {
    /// Nothing, which is not the empty text.
    pub(crate) const NONE: Self = Self { at: ptr::null(), length: 0 };

    /// # Safety
    /// `at` is null, or `length` bytes lie there that nobody writes while the slice is in use.
    pub(crate) const unsafe fn get<'a>(self) -> &'a [u8] {
        if self.at.is_null() || self.length == 0 {
            return &[];
        }
        // SAFETY: the caller's promise.
        unsafe { slice::from_raw_parts(self.at, self.length) }
    }

    /// # Safety
    /// As of [`get`](Self::get).
    pub(crate) unsafe fn text<'a>(self) -> &'a str {
        // JavaScript's encoder writes UTF-8 only; anything else is no licence either.
        // SAFETY: the caller's promise.
        str::from_utf8(unsafe { self.get() }).unwrap_or("?")
    }
}

impl From<&str> for Bytes {
    fn from(text: &str) -> Self {
        Self { at: text.as_ptr(), length: text.len() }
    }
}

/// What an app expects, and what it has stored.
#[repr(C)]
pub struct Options {
    pins: Bytes,
    issuer: Bytes,
    environment: Bytes,
    /// Of no length: none.
    identity: Bytes,
    stored: Bytes,
    /// Negative: any.
    app_id: i64,
    /// Drawn at random.
    drawn: u64,
}

/// Why options cannot be used; 0 stands for "they can".
#[derive(Clone, Copy)]
#[repr(u32)]
pub enum Fault {
    /// The pins are no two sound keys.
    Pins = 1,
    /// Neither `production` nor `test`.
    Environment = 2,
    /// No AppId.
    AppId = 3,
    /// No identity of 22 characters.
    Identity = 4,
}

/// 0, or what is wrong.
pub(crate) const fn code(fault: Fault) -> u32 {
    fault as u32
}

/// [`Options`] that were read.
pub(crate) struct Settings<'a> {
    pub(crate) pins: Pins,
    pub(crate) expect: Expect<'a>,
    pub(crate) stored: &'a [u8],
    pub(crate) drawn: u64,
}

impl Options {
    /// # Safety
    /// The bytes that the options name hold still while the settings are in use.
    pub(crate) unsafe fn read<'a>(&self) -> Result<Settings<'a>, Fault> {
        // SAFETY: the caller's promise, for each.
        let (pins, issuer, environment, identity, stored) = unsafe {
            let Self { pins, issuer, environment, identity, stored, .. } = self;
            (pins.text(), issuer.text(), environment.text(), identity.get(), stored.get())
        };
        let expect = Expect {
            issuer,
            environment: Environment::parse(environment).ok_or(Fault::Environment)?,
            app_id: match self.app_id {
                ..0 => None,
                app_id => Some(u32::try_from(app_id).map_err(|_| Fault::AppId)?),
            },
            identity: match identity {
                [] => None,
                text => Some(Identity::parse(text).ok_or(Fault::Identity)?),
            },
        };
        let pins = pins.parse().map_err(|_| Fault::Pins)?;
        Ok(Settings { pins, expect, stored, drawn: self.drawn })
    }
}

impl Settings<'_> {
    /// What was stored, or a new device's state where that cannot be read.
    pub(crate) fn state(&self) -> State {
        let [low, high, ..] = self.drawn.to_le_bytes();
        State::from_bytes(self.stored).unwrap_or(State::new(u16::from_le_bytes([low, high])))
    }
}

/// A [`Verdict`], laid out.
#[repr(C)]
pub struct FoundVerdict {
    state: Bytes,
    reason: Bytes,
    message: Bytes,
    next_step: Bytes,
    sdk_code: u32,
    retryable: u32,
    /// Are there times?
    authentic: u32,
    /// Of a licence offered: is it in force now?
    in_force: u32,
    now: i64,
    valid_from: i64,
    valid_until: i64,
    seconds_left: i64,
    refresh_after: i64,
}

impl From<Verdict> for FoundVerdict {
    fn from(verdict: Verdict) -> Self {
        let times = verdict.validity;
        let time = |of: fn(&tonegate_license::Validity) -> i64| times.as_ref().map_or(0, of);
        Self {
            state: verdict.state().into(),
            reason: words(verdict.reason),
            message: verdict.message().into(),
            next_step: verdict.next_step().into(),
            sdk_code: verdict.sdk_code().into(),
            retryable: verdict.retryable().into(),
            authentic: times.is_some().into(),
            in_force: 0,
            now: time(|validity| validity.now),
            valid_from: time(|validity| validity.valid_from),
            valid_until: time(|validity| validity.valid_until),
            seconds_left: time(tonegate_license::Validity::seconds_left),
            refresh_after: time(|validity| validity.refresh_after),
        }
    }
}

impl From<Result<Verdict, Verdict>> for FoundVerdict {
    fn from(offered: Result<Verdict, Verdict>) -> Self {
        let in_force = offered.is_ok().into();
        let (Ok(verdict) | Err(verdict)) = offered;
        Self { in_force, ..verdict.into() }
    }
}

/// The verdict of a slot that holds nothing.
pub(crate) const NO_LICENSE: Verdict = Verdict { reason: Some(Reason::Empty), validity: None };

/// A [`FeatureVerdict`], laid out.
#[repr(C)]
pub struct FoundFeature {
    answer: Bytes,
    reason: Bytes,
    sdk_code: u32,
    runs: u32,
    /// Seconds of grace; negative: it is none.
    seconds_left: i64,
}

impl From<FeatureVerdict> for FoundFeature {
    fn from(verdict: FeatureVerdict) -> Self {
        Self {
            answer: verdict.answer().into(),
            reason: words(verdict.reason()),
            sdk_code: verdict.sdk_code().into(),
            runs: verdict.runs().into(),
            seconds_left: verdict.grace_left().unwrap_or(-1),
        }
    }
}

/// An [`Outlook`], laid out.
#[repr(C)]
pub struct FoundOutlook {
    on_expiry: [u8; 12],
    /// 0: nothing is known of the feature.
    on_expiry_length: u32,
    runs_until: i64,
}

impl From<Option<Outlook>> for FoundOutlook {
    fn from(outlook: Option<Outlook>) -> Self {
        let mut found = Self { on_expiry: [0; 12], on_expiry_length: 0, runs_until: 0 };
        if let Some(Outlook { on_expiry, runs_until }) = outlook {
            found.runs_until = runs_until;
            let mut written = Written { into: &mut found.on_expiry, length: 0 };
            if write!(written, "{on_expiry}").is_ok() {
                found.on_expiry_length = u32::try_from(written.length).unwrap_or(0);
            }
        }
        found
    }
}

/// Text written into bytes that are there.
pub(crate) struct Written<'a> {
    pub(crate) into: &'a mut [u8],
    pub(crate) length: usize,
}

impl Write for Written<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let end = self.length.checked_add(text.len()).ok_or(fmt::Error)?;
        let room = self.into.get_mut(self.length..end).ok_or(fmt::Error)?;
        room.copy_from_slice(text.as_bytes());
        self.length = end;
        Ok(())
    }
}

/// Both clocks, as they cross.
pub(crate) const fn time(wall: i64, elapsed: u64) -> Time {
    Time { wall, elapsed }
}

fn words(reason: Option<Reason>) -> Bytes {
    reason.map_or(Bytes::NONE, |reason| reason.name().into())
}

/// The sizes of what crosses, one after the other in bytes of eight: options, verdict, feature, outlook.
/// The module has them as its layout's version.
#[unsafe(no_mangle)]
pub extern "C" fn layouts() -> u64 {
    let sizes = [
        mem::size_of::<Options>(),
        mem::size_of::<FoundVerdict>(),
        mem::size_of::<FoundFeature>(),
        mem::size_of::<FoundOutlook>(),
    ];
    sizes.iter().fold(0, |all, size| all << 8 | u64::try_from(*size).unwrap_or(0))
}
