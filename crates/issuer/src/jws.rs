//! Writes a compact JWS.

use data_encoding::BASE64URL_NOPAD;

use crate::signer::{SignError, Signer};

/// 64 bytes in base64url.
const SIGNATURE_CHARS: usize = 86;

/// The signature of a compact JWS.
pub(crate) fn signature(text: &str) -> Option<[u8; 64]> {
    let (_, signature) = text.rsplit_once('.')?;
    BASE64URL_NOPAD.decode(signature.as_bytes()).ok()?.try_into().ok()
}

/// base64url without padding.
pub(crate) fn base64url(bytes: &[u8]) -> String {
    BASE64URL_NOPAD.encode(bytes)
}

/// Signs a payload under a header, which is base64url already.
pub(crate) fn sign(header: &str, payload: &str, signer: &dyn Signer) -> Result<String, SignError> {
    sign_by(header, payload, |text| signer.sign(text))
}

/// The same with whatever makes the signature.
pub(crate) fn sign_by(
    header: &str,
    payload: &str,
    signature: impl FnOnce(&[u8]) -> Result<[u8; 64], SignError>,
) -> Result<String, SignError> {
    let payload_chars = BASE64URL_NOPAD.encode_len(payload.len());
    let mut text = String::with_capacity(header.len() + payload_chars + SIGNATURE_CHARS + 2);
    text.push_str(header);
    text.push('.');
    BASE64URL_NOPAD.encode_append(payload.as_bytes(), &mut text);
    let signature = signature(text.as_bytes())?;
    text.push('.');
    BASE64URL_NOPAD.encode_append(&signature, &mut text);
    Ok(text)
}
