//! Why a token cannot be used.

use std::io;
use std::path::PathBuf;

use cryptoki::error::{Error, RvError};
use tonegate_issuer::SignError;

/// Why a token, or a key in it, cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// The library is not there, or is no PKCS#11 module.
    #[error("the PKCS#11 module {path} cannot be loaded: {fault}; check pkcs11.module", path = path.display())]
    Module {
        /// The file.
        path: PathBuf,
        /// What the loader said.
        fault: String,
    },
    /// No slot holds it.
    #[error("the token {0} is in no slot; put it back, or check pkcs11.token")]
    Absent(String),
    /// Two tokens have the label.
    #[error(
        "several tokens are labelled {0}; name the slot instead: pkcs11.token = \"slot:NUMBER\""
    )]
    Ambiguous(String),
    /// The file with the PIN.
    #[error("cannot read the PIN in {path}: {fault}", path = path.display())]
    PinFile {
        /// The file.
        path: PathBuf,
        /// What the system said.
        fault: String,
    },
    /// Others than its owner may read the file with the PIN.
    #[error("the PIN in {shown} may be read by others (mode {mode:o}); run: chmod 600 {shown}", shown = path.display())]
    PinExposed {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The token does not take the PIN. It is not tried again.
    #[error(
        "the token refused the PIN ({0}); it is not tried again, since tokens lock themselves: \
         write the right PIN into its file"
    )]
    PinRefused(&'static str),
    /// One wrong PIN more would lock the token.
    #[error(
        "the token has one try for its PIN left, which is not used up here: sign in once by hand, with \
         the token's own tool, so that it counts anew"
    )]
    LastTry,
    /// The token makes no Ed25519 signatures.
    #[error("the token knows no Ed25519 signatures (CKM_EDDSA)")]
    NoEdDsa,
    /// The key is not there.
    #[error("the token holds no private key with the id {0}")]
    NoKey(String),
    /// What has the key's id is another key.
    #[error("the key with the id {0} in the token is another one than its certificate says")]
    OtherKey(String),
    /// The module has not answered in time.
    #[error("the token has not answered within {0} s")]
    Slow(u64),
    /// Too many wait for it already.
    #[error("too many wait for the token")]
    Busy,
    /// The module's word for something else.
    #[error("the token failed: {0}")]
    Failed(String),
}

impl TokenError {
    /// Does the token itself fail, rather than one key in it? Then no other try is worth its time.
    pub(crate) const fn is_of_token(&self) -> bool {
        !matches!(self, Self::NoKey(_) | Self::OtherKey(_) | Self::Busy)
    }

    /// Is it about the PIN? Then only a person can help.
    pub(crate) const fn is_of_pin(&self) -> bool {
        matches!(self, Self::PinRefused(_) | Self::LastTry)
    }

    pub(crate) fn pin_file(path: &std::path::Path, error: &io::Error) -> Self {
        Self::PinFile { path: path.to_owned(), fault: error.to_string() }
    }
}

/// Functions and codes, without the standard's long explanations.
impl From<Error> for TokenError {
    fn from(error: Error) -> Self {
        Self::Failed(match error {
            Error::Pkcs11(code, function) => format!("{function:?}: {code:?}"),
            other => other.to_string(),
        })
    }
}

impl From<TokenError> for SignError {
    fn from(error: TokenError) -> Self {
        Self(error.to_string())
    }
}

/// How a PIN was refused; `None`: the failure is of another kind.
pub(crate) fn refusal(error: &Error) -> Option<&'static str> {
    let Error::Pkcs11(code, _) = error else { return None };
    match code {
        RvError::PinIncorrect => Some("it is wrong"),
        RvError::PinInvalid | RvError::PinLenRange => Some("it cannot be a PIN of this token"),
        RvError::PinLocked => Some("the token is locked"),
        RvError::PinExpired => Some("it has expired"),
        _ => None,
    }
}
