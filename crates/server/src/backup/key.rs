//! What opens a backup: the installation's key-encryption key, or a passphrase.
//!
//! What is in a backup was sealed with the key-encryption key already, so a backup under a passphrase
//! carries that key with it: the passphrase alone brings everything back. One under the key-encryption key
//! is of no use without the key's file, which is to be kept elsewhere.

use argon2::{Algorithm, Argon2, Params, Version};
use data_encoding::BASE64;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::BackupError;
use crate::seal::{Kek, SealError};

/// How an archive is sealed, as its first line says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Sealing {
    /// With the key-encryption key of this fingerprint.
    KeyEncryptionKey {
        /// 32 hex characters.
        fingerprint: String,
    },
    /// With a passphrase, by Argon2id.
    Passphrase {
        /// 16 random bytes, base64.
        salt: String,
        /// KiB.
        memory: u32,
        /// Passes over it.
        passes: u32,
    },
}

/// Opens one archive.
pub struct ArchiveKey(Kek);

/// A passphrase's cost: 64 MiB and three passes, some 0.2 s.
const MEMORY: u32 = 64 << 10;
const PASSES: u32 = 3;
/// Most that a first line may ask for: it comes from outside.
const MEMORY_MAX: u32 = 1 << 20;
const PASSES_MAX: u32 = 16;
const SALT_BYTES: usize = 16;
/// Characters of a passphrase.
const PASSPHRASE_MIN: usize = 12;

impl ArchiveKey {
    /// The key of a new archive under `kek`.
    #[must_use]
    pub fn of_kek(kek: Kek) -> (Self, Sealing) {
        let fingerprint = kek.fingerprint().to_owned();
        (Self(kek), Sealing::KeyEncryptionKey { fingerprint })
    }

    /// The key of a new archive under a passphrase. `Err(PassphraseShort)`.
    pub fn of_passphrase(passphrase: &str) -> Result<(Self, Sealing), BackupError> {
        if passphrase.chars().count() < PASSPHRASE_MIN {
            return Err(BackupError::PassphraseShort { least: PASSPHRASE_MIN });
        }
        let mut salt = [0; SALT_BYTES];
        aws_lc_rs::rand::fill(&mut salt).map_err(|_| SealError::Crypto)?;
        let salt = BASE64.encode(&salt);
        let sealing = Sealing::Passphrase { salt, memory: MEMORY, passes: PASSES };
        Ok((Self::again(&sealing, passphrase)?, sealing))
    }

    /// The key of an archive that is sealed so. `Err(Damaged)`: no program wrote such a line.
    pub fn again(sealing: &Sealing, passphrase: &str) -> Result<Self, BackupError> {
        const STRANGE: BackupError = BackupError::Damaged("its first line asks for a strange key");
        let Sealing::Passphrase { salt, memory, passes } = sealing else { return Err(STRANGE) };
        let salt = BASE64.decode(salt.as_bytes()).map_err(|_| STRANGE)?;
        if salt.len() != SALT_BYTES || *memory > MEMORY_MAX || *passes > PASSES_MAX {
            return Err(STRANGE);
        }
        let params = Params::new(*memory, *passes, 1, None).map_err(|_| STRANGE)?;
        let mut key = Zeroizing::new([0; 32]);
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into(passphrase.as_bytes(), &salt, &mut *key)
            .map_err(|_| SealError::Crypto)?;
        Ok(Self(Kek::from_bytes(&key)?))
    }

    pub(super) const fn kek(&self) -> &Kek {
        &self.0
    }
}
