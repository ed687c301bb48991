//! The apps that ask: numbers and secrets that whoever knows the rule can tell without a database.

use data_encoding::HEXLOWER;
use md5::{Digest as _, Md5};
use tonegate_server::model::{ModelError, NewSecret};

/// All AppIds have ten digits, so that a request's length never changes.
pub(crate) const FIRST: u32 = 1_000_000_000;
/// No app has a number from here on.
pub(crate) const UNKNOWN: u32 = 2_000_000_000;

/// One app, as its backend knows it.
#[derive(Clone, Debug)]
pub(crate) struct App {
    /// Its number.
    pub(crate) id: u32,
    /// Its secret.
    pub(crate) secret: [u8; 32],
}

impl App {
    /// The app number `index`, counted from 0.
    pub(crate) fn nth(index: u32) -> anyhow::Result<Self> {
        let mut secret = [0; 32];
        secret.copy_from_slice(secret_of(index)?.secret().expose().as_bytes());
        Ok(Self { id: FIRST + index, secret })
    }

    /// The first `count` apps.
    pub(crate) fn first(count: u32) -> anyhow::Result<Vec<Self>> {
        (0..count).map(Self::nth).collect()
    }
}

/// The secret of the app number `index`: a hash, and the next one where chance made it look weak.
pub(crate) fn secret_of(index: u32) -> Result<NewSecret, ModelError> {
    let mut attempt = 0;
    loop {
        let hash: [u8; 16] = Md5::digest(format!("tonegate bench {index} {attempt}")).into();
        match NewSecret::import(&HEXLOWER.encode(&hash)) {
            Err(ModelError::SecretWeak(_)) => attempt += 1,
            other => return other,
        }
    }
}
