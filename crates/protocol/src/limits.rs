//! Every bound of the wire, in one place (docs/PROTOCOL.md §2, §4).

/// Longest SignatureNonce, bytes: AppId and nonce stay inside one MD5 block, before the secret.
pub const NONCE_BYTES_MAX: usize = 52;
/// Most digits of a Timestamp.
pub const TIMESTAMP_DIGITS_MAX: usize = 19;
/// Length of a ServerSecret, ASCII characters.
pub const SECRET_CHARS: usize = 32;
/// Seconds that a Timestamp may differ from the server's time.
pub const WINDOW_SECS: i64 = 600;
/// Longest answer that a client reads, bytes.
pub const ANSWER_BYTES_MAX: usize = 64 * 1024;
