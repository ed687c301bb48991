//! Target `envelope`: an issuer's answer, as a client reads it.

use tonegate_protocol::Envelope;

/// Reads `data` as an answer. What is read says the same again after it was written anew.
pub fn envelope(data: &[u8]) {
    let Ok(read) = Envelope::parse(data) else { return };
    let again = Envelope::parse(read.to_json().as_bytes()).expect("what we write we can read");
    assert_eq!(again.to_json(), read.to_json());
}
