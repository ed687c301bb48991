//! Writes a compact JWS.

use data_encoding::BASE64URL_NOPAD;

use crate::signer::{SignError, Signer};

/// 64 bytes in base64url.
const SIGNATURE_CHARS: usize = 86;

/// base64url without padding.
pub(crate) fn base64url(bytes: &[u8]) -> String {
    BASE64URL_NOPAD.encode(bytes)
}

/// Signs a payload under a header, which is base64url already.
pub(crate) fn sign(header: &str, payload: &str, signer: &dyn Signer) -> Result<String, SignError> {
    let payload_chars = BASE64URL_NOPAD.encode_len(payload.len());
    let mut text = String::with_capacity(header.len() + payload_chars + SIGNATURE_CHARS + 2);
    text.push_str(header);
    text.push('.');
    BASE64URL_NOPAD.encode_append(payload.as_bytes(), &mut text);
    let signature = signer.sign(text.as_bytes())?;
    text.push('.');
    BASE64URL_NOPAD.encode_append(&signature, &mut text);
    Ok(text)
}
