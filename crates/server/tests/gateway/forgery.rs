//! Attacks on the signature itself (docs/PROTOCOL.md §4).

use std::fmt::Write as _;

use crate::support::{Backend, TestServer};

/// MD5 with its inner state open: all that an attacker needs to go on where a signature stopped.
struct OpenMd5([u32; 4]);

impl OpenMd5 {
    /// The state that a finished hash shows.
    fn resume(digest: &str) -> Self {
        let word = |index: usize| {
            u32::from_str_radix(&digest[8 * index..8 * index + 8], 16).unwrap().swap_bytes()
        };
        Self([0, 1, 2, 3].map(word))
    }

    fn block(&mut self, block: &[u8]) {
        const SHIFTS: [[u32; 4]; 4] =
            [[7, 12, 17, 22], [5, 9, 14, 20], [4, 11, 16, 23], [6, 10, 15, 21]];
        let word =
            |index: usize| u32::from_le_bytes(block[4 * index..4 * index + 4].try_into().unwrap());
        let [mut a, mut b, mut c, mut d] = self.0;
        for step in 0..64_usize {
            let (mixed, index) = match step / 16 {
                0 => ((b & c) | (!b & d), step),
                1 => ((d & b) | (!d & c), (5 * step + 1) % 16),
                2 => (b ^ c ^ d, (3 * step + 5) % 16),
                _ => (c ^ (b | !d), (7 * step) % 16),
            };
            let constant = ((step as f64 + 1.0).sin().abs() * 4_294_967_296.0) as u32;
            let sum = a.wrapping_add(mixed).wrapping_add(constant).wrapping_add(word(index));
            (a, d, c) = (d, c, b);
            b = b.wrapping_add(sum.rotate_left(SHIFTS[step / 16][step % 4]));
        }
        for (state, worked) in self.0.iter_mut().zip([a, b, c, d]) {
            *state = state.wrapping_add(worked);
        }
    }

    fn hex(&self) -> String {
        self.0.iter().flat_map(|word| word.to_le_bytes()).fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
    }
}

/// What MD5 appends to a message of this many bytes.
fn padding(length: usize) -> Vec<u8> {
    let zeros = (119 - length % 64) % 64;
    let bits = (length as u64 * 8).to_le_bytes();
    [&[0x80][..], &vec![0; zeros], &bits].concat()
}

/// Signs "message ‖ padding ‖ suffix" from the message's signature and length alone.
fn extend(signature: &str, length: usize, suffix: &[u8]) -> String {
    let mut md5 = OpenMd5::resume(signature);
    let total = length + padding(length).len() + suffix.len();
    [suffix, &padding(total)].concat().chunks(64).for_each(|block| md5.block(block));
    md5.hex()
}

#[test]
fn the_attackers_md5_is_the_real_one() {
    let mut md5 = OpenMd5::resume("0123456789abcdeffedcba9876543210");
    md5.block(&padding(0));
    assert_eq!(md5.hex(), "d41d8cd98f00b204e9800998ecf8427e");
    let backend = vector_backend(1);
    let short = backend.sign("1", "ab", "1234");
    let long = extend(&short, 1 + 2 + 32 + 4, b"9");
    let padded = [b"1ab9193cc662a4c0ec135ec71fb57194b381234", &padding(39)[..], b"9"].concat();
    let mut whole = OpenMd5::resume("0123456789abcdeffedcba9876543210");
    [&padded[..], &padding(padded.len())].concat().chunks(64).for_each(|block| whole.block(block));
    assert_eq!(long, whole.hex(), "the extension is a true MD5 of the longer message");
}

#[tokio::test]
async fn length_extension_gains_nothing() {
    let server = TestServer::new().await;
    let backend = server.app(12345).await;
    let old = server.now() - 86_400;
    let captured = backend.query_with("4fd24687296dd9f3", old);
    let message = format!("12345{:16}{:32}{old}", "", "");
    let fresh = server.now().to_string();
    for suffix in ["0", "9", &fresh, "&Timestamp=1"] {
        let signature = extend(captured.get("Signature"), message.len(), suffix.as_bytes());
        let glue: String =
            padding(message.len()).iter().map(|byte| format!("%{byte:02x}")).collect();
        let longer = format!("{old}{glue}{}", suffix.replace('&', "%26").replace('=', "%3d"));
        let forged = captured.clone().set("Timestamp", &longer).set("Signature", &signature);
        assert_eq!(server.get(&forged.to_string()).await.code(), 100000003, "{suffix}");
        // With the glue given up, the hash is of something else.
        let forged = captured.clone().set("Timestamp", &fresh).set("Signature", &signature);
        assert_eq!(server.get(&forged.to_string()).await.code(), 100000005, "{suffix}");
    }
}

/// The published secret, for an app of this number.
fn vector_backend(app_id: u32) -> Backend {
    let secret = tonegate_protocol::ServerSecret::new("9193cc662a4c0ec135ec71fb57194b38");
    Backend::new(app_id, &secret.unwrap())
}

#[tokio::test]
async fn shifting_the_boundary_between_app_id_and_nonce_reaches_no_other_app() {
    let server = TestServer::new().await;
    let backend = server.app(12345).await;
    let neighbour = server.app(1).await;
    let now = server.now();
    let signed = backend.query_with("4fd24687296dd9f3", now);
    // V10: the same bytes are hashed for app 1 with a longer nonce.
    let shifted = signed.clone().set("AppId", "1").set("SignatureNonce", "23454fd24687296dd9f3");
    assert_eq!(
        shifted.get("Signature"),
        backend.sign("1", "23454fd24687296dd9f3", &now.to_string())
    );
    assert_eq!(server.get(&shifted.to_string()).await.code(), 100000005);
    let nobody = signed.clone().set("AppId", "123").set("SignatureNonce", "454fd24687296dd9f3");
    assert_eq!(server.get(&nobody.to_string()).await.code(), 100000010);
    assert_eq!(server.get(&signed.to_string()).await.code(), 0, "the honest one is not used up");
    assert_eq!(server.ask(&neighbour).await.code(), 0);
}

#[tokio::test]
async fn a_signature_is_bound_to_each_of_its_texts() {
    let server = TestServer::new().await;
    let backend = server.app(12345).await;
    let other = server.app(54321).await;
    let now = server.now();
    let signed = backend.query_with("4fd24687296dd9f3", now);
    for (name, value) in [
        ("AppId", "54321".to_owned()),
        ("SignatureNonce", "4fd24687296dd9f4".to_owned()),
        ("SignatureNonce", "4FD24687296DD9F3".to_owned()),
        ("SignatureNonce", "4fd24687296dd9f3%20".to_owned()),
        ("Timestamp", (now + 1).to_string()),
        ("Signature", backend.sign("12345", "4fd24687296dd9f3", &(now + 1).to_string())),
        ("Signature", other.sign("12345", "4fd24687296dd9f3", &now.to_string())),
        ("Signature", "0".repeat(32)),
        ("Signature", "x".to_owned()),
        ("Signature", "%ff".to_owned()),
        ("Signature", format!("{}0", signed.get("Signature"))),
    ] {
        let forged = signed.clone().set(name, &value);
        assert_eq!(server.get(&forged.to_string()).await.code(), 100000005, "{name}={value}");
    }
    assert_eq!(server.get(&signed.to_string()).await.code(), 0);
}
