//! What a caller keeps for us: memory of the caller's, marked at both ends.
//!
//! A mark says that one of our functions filled the storage, so memory that holds anything else is
//! an error and never a value of a type that it is not. Nothing inside points anywhere, so a filled
//! storage may be copied, moved and thrown away as any bytes; a copy goes its own way.

use core::mem::{align_of, size_of};
use core::ptr::NonNull;

use tonegate_license as verifier;

use crate::border::aligned;
use crate::codes::Misuse;
use crate::limits::{TONEGATE_GATE_WORDS, TONEGATE_OPTIONS_WORDS, TONEGATE_SESSION_WORDS};
use crate::options::Expected;

/// What an app expects of its licences; `tonegate_options_init` fills it.
#[repr(C)]
pub struct Options {
    /// Not for callers.
    opaque: [u64; TONEGATE_OPTIONS_WORDS],
}

/// Holds a licence and answers at each use of a feature; `tonegate_gate_new` fills it.
#[repr(C)]
pub struct Gate {
    /// Not for callers.
    opaque: [u64; TONEGATE_GATE_WORDS],
}

/// Keeps one app's licence fresh; `tonegate_session_begin` fills it.
#[repr(C)]
pub struct Session {
    /// Not for callers.
    opaque: [u64; TONEGATE_SESSION_WORDS],
}

/// Storage that the header knows the size of, and what of ours it holds.
pub(crate) trait Storage {
    type Content;
    const MARK: u64;
}

impl Storage for Options {
    type Content = Expected;
    const MARK: u64 = mark(*b"options\0");
}

impl Storage for Gate {
    type Content = verifier::Gate;
    const MARK: u64 = mark(*b"gate\0\0\0\0");
}

impl Storage for Session {
    type Content = verifier::Session;
    const MARK: u64 = mark(*b"session\0");
}

/// How the content lies in the storage.
#[repr(C)]
struct Marked<T> {
    front: u64,
    content: T,
    back: u64,
}

/// Fills the storage, whatever it held.
///
/// # Safety
///
/// `place` is null, or leads to memory of `S`'s size that is the caller's to write to.
pub(crate) unsafe fn fill<S: Storage>(place: *mut S, content: S::Content) -> Result<(), Misuse> {
    const { assert!(fits::<S>()) };
    let filled = Marked { front: S::MARK, content, back: !S::MARK };
    // SAFETY: promised by the caller, and it fits.
    unsafe { aligned(place)?.cast::<Marked<S::Content>>().write(filled) };
    Ok(())
}

/// The content of a filled storage.
///
/// # Safety
///
/// `place` is null, or leads to memory of `S`'s size that is the caller's, that nothing else reads
/// or writes during `'a`, and that holds what [`fill`] left there, or bytes without its marks.
pub(crate) unsafe fn content<'a, S: Storage>(place: *mut S) -> Result<&'a mut S::Content, Misuse> {
    // SAFETY: promised by the caller.
    let mut filled = unsafe { marked(place) }?;
    // SAFETY: both marks are there, so `fill` wrote it.
    Ok(unsafe { &mut filled.as_mut().content })
}

/// The content of a filled storage, to read.
///
/// # Safety
///
/// As for [`content`], but that others may read it.
pub(crate) unsafe fn content_to_read<'a, S: Storage>(
    place: *const S,
) -> Result<&'a S::Content, Misuse> {
    // SAFETY: promised by the caller.
    let filled = unsafe { marked(place.cast_mut()) }?;
    // SAFETY: both marks are there, so `fill` wrote it.
    Ok(unsafe { &filled.as_ref().content })
}

unsafe fn marked<S: Storage>(place: *mut S) -> Result<NonNull<Marked<S::Content>>, Misuse> {
    let filled = aligned(place)?.cast::<Marked<S::Content>>();
    // SAFETY: the memory is readable, and any bytes are a number.
    let marks = unsafe { ((*filled.as_ptr()).front, (*filled.as_ptr()).back) };
    if marks == (S::MARK, !S::MARK) { Ok(filled) } else { Err(Misuse::Storage) }
}

const fn fits<S: Storage>() -> bool {
    size_of::<Marked<S::Content>>() <= size_of::<S>()
        && align_of::<Marked<S::Content>>() <= align_of::<S>()
}

/// A storage's kind, and the version of what lies in it.
const fn mark(kind: [u8; 8]) -> u64 {
    u64::from_le_bytes(kind) ^ 0x746f_6e65_6761_7431
}
