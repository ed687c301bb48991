//! Writes a compact JWS.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::signer::{SignError, Signer};

/// base64url without padding.
pub(crate) fn base64url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Signs header and payload.
pub(crate) fn sign(header: &str, payload: &str, signer: &dyn Signer) -> Result<String, SignError> {
    let mut text = base64url(header.as_bytes());
    text.push('.');
    URL_SAFE_NO_PAD.encode_string(payload, &mut text);
    let signature = signer.sign(text.as_bytes())?;
    text.push('.');
    URL_SAFE_NO_PAD.encode_string(signature, &mut text);
    Ok(text)
}
