//! Sealing: what keeps ServerSecrets and private keys unreadable outside this process.
//!
//! One key-encryption key ([`Kek`]) per installation; four subkeys are derived from it (HKDF) and
//! the key itself is forgotten at once. Invariants: a sealed value opens only under the [`Label`] it
//! was sealed under, so rows cannot be swapped; the same secret always has the same keyed hash, so
//! the database can hold "no two apps share a secret" without knowing one; nothing here prints.
//! Leaves to others: where sealed bytes are kept (`store`), rotation of the key itself.

mod kek_file;
mod stream;

use std::path::PathBuf;

use aws_lc_rs::aead::{AES_256_GCM, Aad, Nonce, RandomizedNonceKey};
use aws_lc_rs::{hkdf, hmac};
use data_encoding::HEXLOWER;
use zeroize::Zeroizing;

pub use kek_file::KekSource;
pub use stream::{SealedReader, SealedWriter};

/// The key-encryption key, as derived subkeys.
pub struct Kek {
    sealing: RandomizedNonceKey,
    hashing: hmac::Key,
    streams: Zeroizing<[u8; 32]>,
    fingerprint: String,
}

/// Bytes that only a [`Kek`] opens: format 1, nonce (12), ciphertext, tag (16).
#[derive(Clone, PartialEq, Eq)]
pub struct Sealed(Vec<u8>);

/// What a sealed value is, and whose. Sealed under one label, it opens under no other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Label<'a> {
    /// A ServerSecret in its row.
    ServerSecret {
        /// AppId.
        app: u32,
        /// 0 or 1.
        slot: u8,
        /// The secret's number within the app.
        generation: u32,
    },
    /// The 32-byte seed of an issuing key.
    IssuingKey {
        /// Key id, 16 hex characters.
        kid: &'a str,
    },
    /// The 32-byte seed of a root key kept on the server (`auto-root`).
    RootKey {
        /// Key id, 16 hex characters.
        kid: &'a str,
    },
    /// The secret of somebody's second factor.
    Totp {
        /// The user's id, or the invitation's hash in hex while they enrol.
        of: &'a str,
    },
    /// An answer that is remembered under a caller's key.
    Answer {
        /// Who, by a name without control characters.
        caller: &'a str,
        /// The caller's key.
        key: &'a str,
    },
    /// The secret that signs a webhook's messages.
    Webhook {
        /// The webhook's id.
        id: &'a str,
    },
    /// The 32-byte seed of the key that signs checkpoints of the audit log.
    AuditKey,
    /// Signatures of licences minted ahead.
    Preminted {
        /// The number of their hour.
        number: u32,
    },
    /// A backup, as a stream.
    Backup,
    /// The directory's copy on disk, as a stream.
    Copy {
        /// The copy's first line: which copy it is, of which installation and revision.
        head: &'a str,
    },
    /// When the database was last heard of.
    Contact {
        /// The installation's id.
        installation: &'a str,
    },
}

/// Why a key-encryption key or a sealed value is of no use.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SealError {
    /// No file there.
    #[error(
        "the key-encryption key {} does not exist; restore it from its backup \
         (without it the ServerSecrets in the database cannot be read)", path.display()
    )]
    KekMissing {
        /// The file.
        path: PathBuf,
    },
    /// Others than its owner may read or write the file.
    #[error(
        "the key-encryption key {0} may be read by others (mode {mode:o}); run: chmod 600 {0}",
        path.display()
    )]
    KekExposed {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// Not 64 hex characters.
    #[error(
        "the key-encryption key {} is damaged: 64 hex characters (32 bytes) are expected; \
         restore it from its backup", path.display()
    )]
    KekDamaged {
        /// The file.
        path: PathBuf,
    },
    /// Reading or writing the file failed.
    #[error("the key-encryption key {}: {source}", path.display())]
    KekFile {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Sealed by another key, under another label, or changed since.
    #[error("does not open: sealed under another key, moved from another row, or damaged")]
    Closed,
    /// The cryptographic library failed, which it does only without randomness or memory.
    #[error("the cryptographic library failed")]
    Crypto,
}

/// Chosen once; a second format would get another number, and both would be read.
const FORMAT: u8 = 1;
const NONCE: std::ops::Range<usize> = 1..13;

impl Kek {
    /// Derives the subkeys from 32 random bytes.
    pub fn from_bytes(key: &[u8; 32]) -> Result<Self, SealError> {
        let root = hkdf::Salt::new(hkdf::HKDF_SHA256, b"tonegate kek 1").extract(key);
        let mut fingerprint = [0; 16];
        fingerprint.copy_from_slice(&subkey(&root, b"fingerprint")?[..16]);
        Ok(Self {
            sealing: RandomizedNonceKey::new(&AES_256_GCM, &*subkey(&root, b"sealing")?)
                .map_err(|_| SealError::Crypto)?,
            hashing: hmac::Key::new(hmac::HMAC_SHA256, &*subkey(&root, b"hashing")?),
            streams: subkey(&root, b"streams")?,
            fingerprint: HEXLOWER.encode(&fingerprint),
        })
    }

    /// Names the key without telling it: 32 hex characters, derived. May be stored and shown.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// Seals `plain` under `label`, with a fresh random nonce.
    pub fn seal(&self, label: Label<'_>, plain: &[u8]) -> Result<Sealed, SealError> {
        let mut text = Zeroizing::new(Vec::with_capacity(plain.len() + 16));
        text.extend_from_slice(plain);
        let nonce = self
            .sealing
            .seal_in_place_append_tag(Aad::from(label.to_bytes()), &mut *text)
            .map_err(|_| SealError::Crypto)?;
        Ok(Sealed([&[FORMAT], nonce.as_ref().as_slice(), &text].concat()))
    }

    /// Opens what was sealed under the same `label`. `Err(Closed)`: it was not.
    pub fn open(&self, label: Label<'_>, sealed: &Sealed) -> Result<Zeroizing<Vec<u8>>, SealError> {
        let mut bytes = Zeroizing::new(sealed.0.clone());
        Ok(Zeroizing::new(self.open_in_place(label, &mut bytes)?.to_vec()))
    }

    /// The same without a copy: the plain bytes are a part of `sealed`, for the caller to wipe.
    pub fn open_in_place<'s>(
        &self,
        label: Label<'_>,
        sealed: &'s mut [u8],
    ) -> Result<&'s mut [u8], SealError> {
        let (head, text) = sealed.split_at_mut_checked(NONCE.end).ok_or(SealError::Closed)?;
        let nonce =
            Nonce::try_assume_unique_for_key(&head[NONCE]).map_err(|_| SealError::Closed)?;
        if head[0] != FORMAT {
            return Err(SealError::Closed);
        }
        self.sealing
            .open_in_place(nonce, Aad::from(label.to_bytes()), text)
            .map_err(|_| SealError::Closed)
    }

    /// HMAC-SHA-256 under a subkey: tells equal secrets, and nothing else, to who lacks the key.
    pub fn keyed_hash(&self, secret: &[u8]) -> [u8; 32] {
        let mut hash = [0; 32];
        hash.copy_from_slice(hmac::sign(&self.hashing, secret).as_ref());
        hash
    }
}

impl Sealed {
    /// Bytes as they came out of the database; nothing is checked before `open`.
    pub fn from_bytes(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// The bytes to keep.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl std::fmt::Debug for Kek {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Kek({})", self.fingerprint)
    }
}

impl std::fmt::Debug for Sealed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Sealed({} bytes)", self.0.len())
    }
}

impl Label<'_> {
    /// No two labels have the same bytes: the purpose comes first, and what follows it has either
    /// a fixed length or no follower.
    fn to_bytes(self) -> Vec<u8> {
        match self {
            Label::ServerSecret { app, slot, generation } => [
                b"server-secret\0".as_slice(),
                &app.to_be_bytes(),
                &[slot],
                &generation.to_be_bytes(),
            ]
            .concat(),
            Label::IssuingKey { kid } => [b"issuing-key\0".as_slice(), kid.as_bytes()].concat(),
            Label::RootKey { kid } => [b"root-key\0".as_slice(), kid.as_bytes()].concat(),
            Label::Totp { of } => [b"totp\0".as_slice(), of.as_bytes()].concat(),
            Label::Answer { caller, key } => {
                [b"answer\0".as_slice(), caller.as_bytes(), b"\0", key.as_bytes()].concat()
            }
            Label::Webhook { id } => [b"webhook\0".as_slice(), id.as_bytes()].concat(),
            Label::AuditKey => b"audit-key\0".to_vec(),
            Label::Preminted { number } => {
                [b"preminted\0".as_slice(), &number.to_be_bytes()].concat()
            }
            Label::Backup => b"backup\0".to_vec(),
            Label::Copy { head } => [b"directory-copy\0".as_slice(), head.as_bytes()].concat(),
            Label::Contact { installation } => {
                [b"last-contact\0".as_slice(), installation.as_bytes()].concat()
            }
        }
    }
}

fn subkey(root: &hkdf::Prk, purpose: &'static [u8]) -> Result<Zeroizing<[u8; 32]>, SealError> {
    let mut key = Zeroizing::new([0; 32]);
    root.expand(&[purpose], hkdf::HKDF_SHA256)
        .and_then(|okm| okm.fill(&mut *key))
        .map_err(|_| SealError::Crypto)?;
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LABEL: Label<'_> = Label::ServerSecret { app: 12345, slot: 0, generation: 1 };

    fn kek() -> Kek {
        Kek::from_bytes(&[7; 32]).unwrap()
    }

    #[test]
    fn opens_what_it_sealed_and_never_seals_alike() {
        let kek = kek();
        let (one, two) = (kek.seal(LABEL, b"hello").unwrap(), kek.seal(LABEL, b"hello").unwrap());
        assert_ne!(one, two);
        assert_eq!(kek.open(LABEL, &one).unwrap().as_slice(), b"hello");
        assert!(!one.as_bytes().windows(5).any(|window| window == b"hello"));
    }

    #[test]
    fn opens_under_no_other_label_and_no_other_key() {
        let sealed = kek().seal(LABEL, b"hello").unwrap();
        let others = [
            Label::ServerSecret { app: 12346, slot: 0, generation: 1 },
            Label::ServerSecret { app: 12345, slot: 1, generation: 1 },
            Label::ServerSecret { app: 12345, slot: 0, generation: 2 },
            Label::IssuingKey { kid: "0123456789abcdef" },
            Label::RootKey { kid: "0123456789abcdef" },
            Label::Answer { caller: "a", key: "b" },
            Label::Webhook { id: "0123456789abcdef" },
            Label::AuditKey,
            Label::Preminted { number: 12345 },
            Label::Totp { of: "0123456789abcdef" },
            Label::Copy { head: "" },
            Label::Contact { installation: "0123456789abcdef" },
        ];
        for label in others {
            assert!(matches!(kek().open(label, &sealed), Err(SealError::Closed)), "{label:?}");
        }
        let other = Kek::from_bytes(&[8; 32]).unwrap();
        assert!(matches!(other.open(LABEL, &sealed), Err(SealError::Closed)));
    }

    #[test]
    fn a_flipped_bit_or_a_cut_anywhere_closes_it() {
        let kek = kek();
        let sealed = kek.seal(LABEL, b"hello").unwrap().0;
        for bit in 0..sealed.len() * 8 {
            let mut bent = sealed.clone();
            bent[bit / 8] ^= 1 << (bit % 8);
            assert!(kek.open(LABEL, &Sealed(bent)).is_err(), "bit {bit}");
        }
        for length in 0..sealed.len() {
            assert!(kek.open(LABEL, &Sealed(sealed[..length].to_vec())).is_err(), "cut {length}");
        }
    }

    #[test]
    fn fingerprint_and_hash_differ_by_key_and_tell_neither_key_nor_secret() {
        let (one, two) = (kek(), Kek::from_bytes(&[8; 32]).unwrap());
        assert_ne!(one.fingerprint(), two.fingerprint());
        assert_eq!(one.fingerprint(), kek().fingerprint());
        assert_ne!(one.keyed_hash(b"secret"), two.keyed_hash(b"secret"));
        assert_eq!(one.keyed_hash(b"secret"), kek().keyed_hash(b"secret"));
        assert!(!format!("{one:?}").contains("0707"));
    }
}
