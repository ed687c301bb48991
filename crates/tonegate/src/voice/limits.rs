//! Bounds for audio files, which come from outside.

/// Sound in a file, seconds: 2 h. A voice message has up to 2 minutes.
pub(super) const SECONDS_MAX: u64 = 2 * 3_600;
/// Samples per second.
pub(super) const RATES: std::ops::RangeInclusive<u32> = 8_000..=192_000;
/// Channels that are mixed to one.
pub(super) const CHANNELS_MAX: usize = 8;
/// Bytes of sound in a WAV file, whose length field has 32 bits; the head needs a few.
pub(super) const WAV_BYTES_MAX: u64 = 0xFFFF_FFFF - 1_024;
/// Bytes of a tag, or of the picture on a cover, that are looked at.
pub(super) const TAG_BYTES_MAX: usize = 64 * 1024;
