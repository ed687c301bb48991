//! A public key as tokens give it: 32 bytes as they are, or in a DER octet string (PKCS#11 3.1, §6.3.5).

/// The 32 bytes in a `CKA_EC_POINT`; `None`: it is no Ed25519 point.
pub(crate) fn public_key(point: &[u8]) -> Option<[u8; 32]> {
    // Some tokens write a bit string, as X.509 does.
    let bytes = match point {
        [0x04, 0x20, rest @ ..] | [0x03, 0x21, 0x00, rest @ ..] if point.len() > 32 => rest,
        bare => bare,
    };
    bytes.try_into().ok()
}

/// `CKA_EC_PARAMS` of edwards25519: its name in a printable string, which is what PKCS#11 3.0 says.
pub(crate) const CURVE_NAME: &[u8] = b"\x13\x0cedwards25519";
/// The same as an object identifier, 1.3.101.112, which is what 3.1 says.
pub(crate) const CURVE_OID: &[u8] = &[0x06, 0x03, 0x2b, 0x65, 0x70];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_is_read_bare_and_wrapped() {
        let key: [u8; 32] = std::array::from_fn(|place| u8::try_from(place).unwrap() + 4);
        assert_eq!(public_key(&key), Some(key), "though it begins with 04");
        assert_eq!(public_key(&[&[0x04, 0x20], &key[..]].concat()), Some(key));
        assert_eq!(public_key(&[&[0x03, 0x21, 0x00], &key[..]].concat()), Some(key));
        let mut unlucky = key;
        (unlucky[0], unlucky[1]) = (0x04, 0x20);
        assert_eq!(public_key(&unlucky), Some(unlucky), "a bare one that looks wrapped");
        for bad in [&[][..], &key[1..], &[0x04, 0x21], &[&[0x04, 0x21], &key[..]].concat()] {
            assert_eq!(public_key(bad), None, "{bad:02x?}");
        }
    }
}
