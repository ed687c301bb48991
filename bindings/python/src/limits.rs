//! The bounds of what Python hands over. Those of the format lie in `tonegate_license::limits`.

/// Longest text of pins that is read, in characters; the pins themselves take 87.
pub(crate) const PINS_CHARS_MAX: usize = 1_024;
/// Longest package name, bundle id or origin that is hashed, in characters.
pub(crate) const NAME_CHARS_MAX: usize = 1_024;
