//! Every bound of client authentication, in one place.

/// Longest credential, bytes; a token of an identity provider is rarely above 2 KiB.
pub(crate) const TOKEN_BYTES_MAX: usize = 8 * 1024;

/// Largest key set of an identity provider, bytes.
pub(crate) const JWKS_BYTES_MAX: usize = 256 * 1024;
/// Most keys in such a set, those left out included.
pub(crate) const JWKS_KEYS_MAX: usize = 64;
/// Longest `kid` of a key, bytes.
pub(crate) const KID_BYTES_MAX: usize = 256;
/// Most keys tried for one token: each costs a verification on an event loop.
pub(crate) const KEYS_TRIED_MAX: usize = 8;
/// Smallest RSA modulus, bits (RFC 7518, section 3.3).
pub(crate) const RSA_BITS_MIN: usize = 2_048;
/// Largest RSA modulus, bits: the cost of a verification grows with its square.
pub(crate) const RSA_BITS_MAX: usize = 8_192;

/// Seconds after which a key set is fetched again.
pub(crate) const KEYS_FETCH_SECS: i64 = 3_600;
/// Least seconds between a fetch and the next one that an unknown `kid` asks for.
pub(crate) const KEYS_FETCH_ASKED_SECS: i64 = 60;
/// Seconds after the first failed fetch; doubles with each.
pub(crate) const KEYS_RETRY_MIN_SECS: i64 = 10;
/// Most seconds after a failed fetch.
pub(crate) const KEYS_RETRY_MAX_SECS: i64 = 300;

/// Seconds that a provider's clock may be off, unless configured.
pub(crate) const LEEWAY_SECS: u32 = 60;
/// Most of it: a token lives that much longer than its provider meant.
pub(crate) const LEEWAY_SECS_MAX: u32 = 600;

/// Verified tokens that are remembered: some 16 MiB when full.
pub(crate) const REMEMBERED_MAX: usize = 65_536;
/// Locks they are spread over.
pub(crate) const REMEMBERED_SHARDS: usize = 16;

/// Largest file of API keys, bytes: some 15,000 keys.
pub(crate) const KEY_FILE_BYTES_MAX: usize = 4 << 20;
/// Longest name of an API key, characters.
pub(crate) const KEY_NAME_CHARS_MAX: usize = 100;
