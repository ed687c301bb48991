//! Writes a compact JWS.

use data_encoding::BASE64URL_NOPAD;

use crate::signer::{SignError, Signer};

/// base64url without padding.
pub(crate) fn base64url(bytes: &[u8]) -> String {
    BASE64URL_NOPAD.encode(bytes)
}

/// Signs header and payload.
pub(crate) fn sign(header: &str, payload: &str, signer: &dyn Signer) -> Result<String, SignError> {
    let mut text = base64url(header.as_bytes());
    text.push('.');
    BASE64URL_NOPAD.encode_append(payload.as_bytes(), &mut text);
    let signature = signer.sign(text.as_bytes())?;
    text.push('.');
    BASE64URL_NOPAD.encode_append(&signature, &mut text);
    Ok(text)
}
