//! The border itself: pointers and lengths of somebody else's, looked at before they are used.
//!
//! Invariant: nothing is read or written through a pointer that is null or misaligned, and no
//! length is believed beyond its bound. What no code can see, whether a pointer leads to memory
//! that is the caller's, stays the caller's promise: the `# Safety` of each function.

use core::ptr::NonNull;
use core::slice;

use tonegate_license::limits::{FEATURE_CHARS_MAX, LICENSE_CHARS_MAX};

use crate::codes::Misuse;
use crate::limits::TONEGATE_TEXT_BYTES;

/// What an exported function comes to.
pub(crate) type Answer = Result<i32, Misuse>;

/// Runs the body of an exported function; misuse becomes its number.
pub(crate) fn answer(body: impl FnOnce() -> Answer) -> i32 {
    match body() {
        Ok(code) => code,
        Err(misuse) => misuse.code(),
    }
}

/// A place of the caller's to write to. It may hold anything before, so it is never read.
pub(crate) struct Out<T>(NonNull<T>);

impl<T> Out<T> {
    /// # Safety
    ///
    /// `place` is null, or leads to memory that is the caller's to write a `T` to.
    pub(crate) unsafe fn new(place: *mut T) -> Result<Self, Misuse> {
        aligned(place).map(Self)
    }

    pub(crate) fn put(&self, value: T) {
        // SAFETY: `new` was promised that it is writable, and saw that it is aligned.
        unsafe { self.0.write(value) };
    }
}

/// A buffer of the caller's for text or bytes, and the place for the length that it takes.
pub(crate) struct Buffer {
    start: Option<NonNull<u8>>,
    capacity: usize,
    length: Out<usize>,
}

impl Buffer {
    /// No buffer at all is one of capacity 0: so callers ask how much it takes.
    ///
    /// # Safety
    ///
    /// `start` is null or leads to `capacity` writable bytes; `length` as for [`Out::new`].
    pub(crate) unsafe fn new(
        start: *mut u8,
        capacity: usize,
        length: *mut usize,
    ) -> Result<Self, Misuse> {
        // SAFETY: promised by the caller.
        let length = unsafe { Out::new(length) }?;
        let start = NonNull::new(start);
        if start.is_none() && capacity > 0 {
            return Err(Misuse::Null);
        }
        Ok(Self { start, capacity, length })
    }

    /// Writes `content` whole, or nothing of it. Either way the caller learns its length.
    pub(crate) fn put(&mut self, content: &[u8]) -> Answer {
        self.length.put(content.len());
        if !self.put_at(0, content) {
            return Err(Misuse::Short);
        }
        Ok(0)
    }

    /// Writes a text and a final zero; the length told does not count the zero.
    pub(crate) fn put_text(&mut self, text: &str) -> Answer {
        if text.len() < self.capacity {
            self.put_at(0, text.as_bytes());
        }
        self.end_text(text.len())
    }

    /// Ends a text that was written in parts. Where it did not fit, the empty text takes its place.
    pub(crate) fn end_text(&mut self, length: usize) -> Answer {
        self.length.put(length);
        if self.put_at(length, &[0]) {
            return Ok(0);
        }
        self.put_at(0, &[0]);
        Err(Misuse::Short)
    }

    /// Writes `content` from `place` on, where there is room for all of it.
    pub(crate) fn put_at(&mut self, place: usize, content: &[u8]) -> bool {
        let room = self.capacity.checked_sub(place).is_some_and(|room| room >= content.len());
        let Some(start) = self.start.filter(|_| room) else { return false };
        // SAFETY: `new` was promised `capacity` writable bytes, and `content` is ours.
        unsafe { start.add(place).copy_from(NonNull::from(content).cast(), content.len()) };
        true
    }
}

/// # Safety
///
/// `place` is null, or leads to a `T` that may be read.
pub(crate) unsafe fn read<T: Copy>(place: *const T) -> Result<T, Misuse> {
    let place = aligned(place.cast_mut())?;
    // SAFETY: promised by the caller, and aligned.
    Ok(unsafe { place.read() })
}

/// A licence's text. What is longer than any licence is not read, and what is no text becomes one
/// that is refused: hostile input is a verdict.
///
/// # Safety
///
/// `start` is null or leads to `length` bytes, which stay as they are for `'a`.
pub(crate) unsafe fn license<'a>(start: *const u8, length: usize) -> Result<&'a str, Misuse> {
    // SAFETY: promised by the caller.
    match unsafe { bytes(start, length, LICENSE_CHARS_MAX) } {
        Ok(text) => Ok(str::from_utf8(text).unwrap_or("?")),
        Err(Misuse::Length) => Ok(OVERLONG),
        Err(misuse) => Err(misuse),
    }
}

/// A feature's name; what cannot be one is as a name that no licence has.
///
/// # Safety
///
/// As for [`license`].
pub(crate) unsafe fn feature<'a>(start: *const u8, length: usize) -> Result<&'a str, Misuse> {
    // SAFETY: promised by the caller.
    match unsafe { bytes(start, length, FEATURE_CHARS_MAX) } {
        Ok(name) => Ok(str::from_utf8(name).unwrap_or_default()),
        Err(Misuse::Length) => Ok(""),
        Err(misuse) => Err(misuse),
    }
}

/// A text of the app's own: pins, an issuer, a package name.
///
/// # Safety
///
/// As for [`license`].
pub(crate) unsafe fn text<'a>(start: *const u8, length: usize) -> Result<&'a str, Misuse> {
    // SAFETY: promised by the caller.
    let bytes = unsafe { bytes(start, length, TONEGATE_TEXT_BYTES) }?;
    str::from_utf8(bytes).map_err(|_| Misuse::Text)
}

/// At most `most` bytes. Null stands for none where `length` is 0: so many languages write it.
///
/// # Safety
///
/// As for [`license`].
pub(crate) unsafe fn bytes<'a>(
    start: *const u8,
    length: usize,
    most: usize,
) -> Result<&'a [u8], Misuse> {
    if length == 0 {
        return Ok(&[]);
    }
    let start = NonNull::new(start.cast_mut()).ok_or(Misuse::Null)?;
    if length > most {
        return Err(Misuse::Length);
    }
    // SAFETY: promised by the caller; `most` is far below the longest slice there can be.
    Ok(unsafe { slice::from_raw_parts(start.as_ptr(), length) })
}

pub(crate) fn aligned<T>(place: *mut T) -> Result<NonNull<T>, Misuse> {
    let place = NonNull::new(place).ok_or(Misuse::Null)?;
    if place.is_aligned() { Ok(place) } else { Err(Misuse::Misaligned) }
}

/// Stands for any text that is too long.
const OVERLONG: &str = match str::from_utf8(&[b'?'; LICENSE_CHARS_MAX + 1]) {
    Ok(text) => text,
    Err(_) => "",
};
