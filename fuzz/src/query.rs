//! Target `query`: the query of a request, as a stranger may send it.

use tonegate_protocol::limits::NONCE_BYTES_MAX;
use tonegate_protocol::{PublicParameters, ServerSecret, signed_query};

const SECRET: &str = "9193cc662a4c0ec135ec71fb57194b38";

/// Reads `data` as a query. What is accepted keeps the published bounds, and says the same again
/// after it was signed and written anew.
pub fn query(data: &[u8]) {
    let Ok(query) = str::from_utf8(data) else { return };
    let Ok(parameters) = PublicParameters::parse(query) else { return };
    let secret = ServerSecret::new(SECRET).expect("the published example is a secret");
    let _ = parameters.is_signed_with(&secret);

    let PublicParameters { app_id, nonce, timestamp, .. } = &parameters;
    assert!((1..=NONCE_BYTES_MAX).contains(&nonce.len()), "nonce of {} bytes", nonce.len());
    assert!(!nonce.chars().any(char::is_control), "control character in the nonce");
    assert!(*timestamp >= 0, "negative timestamp");

    let again = signed_query(*app_id, nonce, &secret, *timestamp);
    let again = PublicParameters::parse(&again).expect("what we write we can read");
    assert!(again.is_signed_with(&secret));
    assert_eq!((again.app_id, &again.nonce, again.timestamp), (*app_id, nonce, *timestamp));
}
