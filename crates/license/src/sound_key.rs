//! Ed25519 public keys that are points of the curve and not of small order, and what they signed.
//!
//! The strict check (FORMAT.md §1: S < L, the cofactorless equation, neither key nor R of small
//! order), exactly as `verify_strict` of ed25519-dalek decides it, without taking R apart. The
//! equation yields R as the 32 bytes that a point has, and they must be those of the signature: so
//! R is a point, in its one encoding, and of small order only if it is one of the eight below.

use ed25519_dalek::{Signature, Verifier as _, VerifyingKey};

/// A public key that signatures can be checked with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SoundKey(VerifyingKey);

impl SoundKey {
    /// `None`: no point of the curve, or one of small order.
    pub(crate) fn new(bytes: &[u8; 32]) -> Option<Self> {
        let key = VerifyingKey::from_bytes(bytes).ok()?;
        (!key.is_weak()).then_some(Self(key))
    }

    pub(crate) fn as_bytes(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }

    /// Did this key sign `message`?
    pub(crate) fn signed(&self, message: &[u8], signature: &[u8; 64]) -> bool {
        let signature = Signature::from_bytes(signature);
        !is_small_order(signature.r_bytes()) && self.0.verify(message, &signature).is_ok()
    }
}

/// The y coordinates of the eight points of small order, little-endian.
const SMALL_ORDER: [[u8; 32]; 5] = [
    // The neutral point: y = 1.
    [
        1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0,
    ],
    // Order 2: y = −1.
    [
        0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        0xff, 0x7f,
    ],
    // Order 4, two points: y = 0.
    [0; 32],
    // Order 8, two points each.
    [
        0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98,
        0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53,
        0xfc, 0x05,
    ],
    [
        0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67,
        0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac,
        0x03, 0x7a,
    ],
];

/// Of a point in its one encoding (RFC 8032 §5.1.2): y, and above it the sign of x.
fn is_small_order(encoded: &[u8; 32]) -> bool {
    let mut y = *encoded;
    let [.., last] = &mut y;
    *last &= 0x7f;
    SMALL_ORDER.contains(&y)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::hex;

    /// A point of mixed order: only with such a key can R be any of the eight.
    const MIXED_KEY: &str = "8520fa7ea134682d94905ffc145c8b69178960c20ee3f7a1b8f3878b4b267dcf";
    /// A message of one byte, R of small order, and the S that solves the equation for them.
    const SMALL_R: [(u8, &str, &str); 8] = [
        (
            2,
            "0100000000000000000000000000000000000000000000000000000000000000",
            "6e7cfab943cf8978572887a1e912480b1644d33fc8192892d895f6c3964f6b0b",
        ),
        (
            15,
            "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
            "18cceb5cd6bbad77cfe675ae6064cd4d99c0f2f93bbfa7924e6d960004855a02",
        ),
        (
            11,
            "0000000000000000000000000000000000000000000000000000000000000000",
            "a865154a0eb07b9f573199535a7a1ab860b3134024dc8b8e527de4f5519f730a",
        ),
        (
            15,
            "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
            "62b61a992b4fa6977c6fdcda6a07338a0caaee79a7d2ffda557e2dab57306307",
        ),
        (
            0,
            "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
            "3755944dd7b6953514c495feebd8b573fe20e833198d9ef3d9f611a3b8ee9504",
        ),
        (
            3,
            "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
            "550fd184377ea1912aabf300d9b6e03bd93f2b47de41065efbebc64cfc8b4204",
        ),
        (
            9,
            "0000000000000000000000000000000000000000000000000000000000000080",
            "aa5c214a9e5682e829852eeffece5c87e14cdf51b24b25af0a2fa5bf7d348806",
        ),
        (
            7,
            "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
            "8cf82e0d8dd14ac06fefccbb57216cdefe2630b0b5c842cd0a6a63ae3391770d",
        ),
    ];

    fn bytes(hex_digits: &str) -> [u8; 32] {
        hex(hex_digits.as_bytes()).unwrap()
    }

    fn joined(r: [u8; 32], s: [u8; 32]) -> [u8; 64] {
        let mut signature = [0; 64];
        signature[..32].copy_from_slice(&r);
        signature[32..].copy_from_slice(&s);
        signature
    }

    #[test]
    fn r_of_small_order_is_refused_though_the_equation_holds() {
        let key = SoundKey::new(&bytes(MIXED_KEY)).unwrap();
        for (message, r, s) in SMALL_R {
            let signature = joined(bytes(r), bytes(s));
            let lax = key.0.verify(&[message], &Signature::from_bytes(&signature));
            assert!(lax.is_ok(), "the equation does not hold for {r}");
            assert!(!key.signed(&[message], &signature), "{r}");
        }
    }

    #[test]
    fn exactly_the_points_of_small_order_are_listed() {
        for (_, r, _) in SMALL_R {
            assert!(is_small_order(&bytes(r)), "{r}");
            assert_eq!(SoundKey::new(&bytes(r)), None, "{r}");
        }
        let points = SMALL_ORDER.map(|y| VerifyingKey::from_bytes(&y).unwrap());
        assert!(points.iter().all(VerifyingKey::is_weak));
        assert!(!is_small_order(&bytes(MIXED_KEY)));
    }

    #[test]
    fn it_decides_as_verify_strict_does() {
        // RFC 8032 §7.1, TEST 2, every bit of it turned.
        let key = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c";
        let r = "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da";
        let s = "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00";
        let key = SoundKey::new(&bytes(key)).unwrap();
        let signature = joined(bytes(r), bytes(s));
        assert!(key.signed(&[0x72], &signature));
        for bit in 0..512 {
            let mut turned = signature;
            turned[bit / 8] ^= 1 << (bit % 8);
            let strict = key.0.verify_strict(&[0x72], &Signature::from_bytes(&turned)).is_ok();
            assert_eq!(key.signed(&[0x72], &turned), strict, "bit {bit}");
        }
    }
}
