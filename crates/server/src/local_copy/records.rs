//! What a copy's records say: the installation, its issuing keys, policies and apps.
//!
//! Invariant: every rule of the model is checked anew on the way in, so a copy gives nothing that the
//! store could not have given. Apps that are alike share a policy, which stands before the first of
//! them under a number that is given again when there are too many.

use std::collections::HashMap;
use std::sync::Arc;

use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize as _, Zeroizing};

use super::Head;
use super::contact::Contact;
use crate::directory::Entry;
use crate::model::{
    AppId, AppSettings, AppStatus, Entitlement, Environment, Generation, Licensee, Policies,
    Policy, SecretState, ServerSecret,
};
use crate::store::{
    AuditHash, AuditHead, Found, Installation, KeyPlace, Meta, NewIssuingKey, RowFault,
    StoredIssuingKey,
};

pub(super) const INSTALLATION: u8 = b'I';
pub(super) const KEY: u8 = b'K';
pub(super) const POLICY: u8 = b'P';
pub(super) const APP: u8 = b'A';

/// Policies known by number at once.
const POLICIES_MAX: u32 = 4_096;
/// Stands for an app whose row breaks a rule.
const UNUSABLE: u32 = u32::MAX;

/// What a copy says of its installation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct InstallationRecord {
    /// The issuer's name.
    pub(crate) issuer: String,
    /// The world it answers for.
    pub(crate) environment: Environment,
    /// As `pins.json` has them.
    pub(crate) pins: String,
    /// Does it keep its own roots?
    pub(crate) auto_root: bool,
    /// When the database was last heard of, as the copy was written.
    pub(crate) contact: Contact,
    /// The newest audit entry that was known then: its number and its hash in hex. A database whose log
    /// does not go on from it has another past.
    pub(crate) audit_head: Option<(i64, String)>,
}

impl InstallationRecord {
    /// `None`: not known.
    pub(crate) fn audit_head(&self) -> Option<AuditHead> {
        let (seq, hash) = self.audit_head.as_ref()?;
        let hash = HEXLOWER.decode(hash.as_bytes()).ok()?;
        Some((*seq, AuditHash::from_bytes(&hash)?))
    }

    /// As the store would say it.
    pub(crate) fn meta(self, head: &Head) -> Meta {
        Meta {
            installation_id: head.installation.clone(),
            installation: Installation {
                iss: self.issuer,
                environment: self.environment,
                pins: self.pins.split(',').map(str::to_owned).collect(),
            },
            kek_fingerprint: head.kek.clone(),
            // Nothing that serves asks for it.
            created_at: 0,
        }
    }
}

/// An issuing key. Its seed is sealed with all the rest.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyRecord {
    serial: u32,
    kid: String,
    certificate: String,
    /// `None`: it lives in a token.
    seed: Option<String>,
    token_label: Option<String>,
    sign_from: i64,
    exp: i64,
    added_at: i64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PolicyRecord {
    number: u32,
    status: AppStatus,
    settings: AppSettings,
}

/// JSON that is wiped.
pub(super) fn key_record(stored: &StoredIssuingKey) -> Zeroizing<Vec<u8>> {
    let key = &stored.key;
    let mut record = KeyRecord {
        serial: key.serial,
        kid: key.kid.clone(),
        certificate: key.certificate.clone(),
        seed: match &key.place {
            KeyPlace::Seed(seed) => Some(BASE64URL_NOPAD.encode(&**seed)),
            KeyPlace::Token(_) => None,
        },
        token_label: match &key.place {
            KeyPlace::Seed(_) => None,
            KeyPlace::Token(label) => Some(label.clone()),
        },
        sign_from: key.sign_from,
        exp: key.exp,
        added_at: stored.added_at,
    };
    let json = Zeroizing::new(serde_json::to_vec(&record).unwrap_or_default());
    record.seed.zeroize();
    json
}

/// `None`: it says something else.
pub(super) fn read_key(body: &[u8]) -> Option<StoredIssuingKey> {
    let record: KeyRecord = serde_json::from_slice(body).ok()?;
    let place = match (record.seed.map(Zeroizing::new), record.token_label) {
        (Some(text), None) => {
            let seed = Zeroizing::new(BASE64URL_NOPAD.decode(text.as_bytes()).ok()?);
            KeyPlace::Seed(Zeroizing::new(seed.as_slice().try_into().ok()?))
        }
        (None, Some(label)) => KeyPlace::Token(label),
        _ => return None,
    };
    let key = NewIssuingKey {
        serial: record.serial,
        kid: record.kid,
        certificate: record.certificate,
        place,
        sign_from: record.sign_from,
        exp: record.exp,
    };
    Some(StoredIssuingKey { key, added_at: record.added_at })
}

/// Writes apps, each policy once.
#[derive(Default)]
pub(super) struct Encoder {
    /// By address: policies in use are shared, and kept by the directory that is written.
    numbers: HashMap<usize, u32>,
    app: Zeroizing<Vec<u8>>,
}

impl Encoder {
    /// Tells the records of an app to `write`: its policy, if it is not known, and itself.
    pub(super) fn app<E>(
        &mut self,
        entry: &Entry,
        mut write: impl FnMut(u8, &[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        let number = match &entry.app {
            None => UNUSABLE,
            Some(app) => self.policy(&app.policy, &mut write)?,
        };
        self.app.clear();
        let out = &mut *self.app;
        out.extend_from_slice(&entry.app_id.0.to_be_bytes());
        out.extend_from_slice(&number.to_be_bytes());
        if let Some(app) = &entry.app {
            out.extend_from_slice(&app.rev.to_be_bytes());
            put_time(out, app.entitlement.from());
            put_time(out, app.entitlement.until());
        }
        for secret in entry.secrets().into_iter().flatten() {
            out.extend_from_slice(&secret.generation.0.to_be_bytes());
            let (state, until) = match secret.state() {
                SecretState::Active => (b'a', None),
                SecretState::Retiring { until } => (b't', Some(until)),
                SecretState::Revoked => (b'r', None),
            };
            out.push(state);
            put_time(out, until);
            out.extend_from_slice(secret.secret.expose().as_bytes());
        }
        write(APP, out)
    }

    fn policy<E>(
        &mut self,
        policy: &Arc<Policy>,
        write: &mut impl FnMut(u8, &[u8]) -> Result<(), E>,
    ) -> Result<u32, E> {
        let address = Arc::as_ptr(policy).addr();
        if let Some(number) = self.numbers.get(&address) {
            return Ok(*number);
        }
        let mut number = u32::try_from(self.numbers.len()).unwrap_or(POLICIES_MAX);
        if number >= POLICIES_MAX {
            self.numbers.clear();
            number = 0;
        }
        self.numbers.insert(address, number);
        let record = PolicyRecord { number, status: policy.status, settings: policy.settings() };
        write(POLICY, &serde_json::to_vec(&record).unwrap_or_default())?;
        Ok(number)
    }
}

/// Reads what [`Encoder`] wrote.
#[derive(Default)]
pub(super) struct Decoder {
    policies: Policies,
    numbered: Vec<Arc<Policy>>,
}

impl Decoder {
    /// What was shared between the apps that were read.
    pub(super) fn into_policies(self) -> Policies {
        self.policies
    }

    /// `None`: it says something else, or breaks a rule.
    pub(super) fn policy(&mut self, body: &[u8]) -> Option<()> {
        let record: PolicyRecord = serde_json::from_slice(body).ok()?;
        let policy = Policy::of(record.status, record.settings.checked().ok()?);
        let policy = self.policies.share(policy);
        let number = usize::try_from(record.number).ok()?;
        if let Some(place) = self.numbered.get_mut(number) {
            *place = policy;
        } else if number == self.numbered.len() && record.number < POLICIES_MAX {
            self.numbered.push(policy);
        } else {
            return None;
        }
        Some(())
    }

    /// Tells an app and its secrets. `None`: it says something else, or breaks a rule.
    pub(super) fn app(&self, body: &[u8], found: &mut impl FnMut(Found)) -> Option<()> {
        let mut body = Bytes(body);
        let id = AppId(body.number()?);
        let app = match body.number()? {
            UNUSABLE => Err(unusable(id)),
            number => {
                let policy = self.numbered.get(usize::try_from(number).ok()?)?;
                let rev = body.number()?;
                let entitlement = Entitlement::new(body.time()?, body.time()?).ok()?;
                Ok(Licensee { id, rev, entitlement, policy: Arc::clone(policy) })
            }
        };
        found(Found::App { id, app });
        while !body.0.is_empty() {
            let generation = Generation(body.number()?);
            let [state] = body.take()?;
            let state = match (state, body.time()?) {
                (b'a', None) => SecretState::Active,
                (b't', Some(until)) => SecretState::Retiring { until },
                (b'r', None) => SecretState::Revoked,
                _ => return None,
            };
            let text: [u8; 32] = body.take()?;
            let secret = ServerSecret::new(str::from_utf8(&text).ok()?).ok()?;
            found(Found::Secret { app: id, generation, state, secret });
        }
        Some(())
    }
}

/// As the store said when the copy was written.
fn unusable(id: AppId) -> RowFault {
    let fault = "could not be used when the directory was copied".to_owned();
    RowFault { table: "apps", column: "id", row: id.to_string(), fault }
}

fn put_time(out: &mut Vec<u8>, time: Option<i64>) {
    // No time of the model is negative.
    out.extend_from_slice(&time.unwrap_or(-1).to_be_bytes());
}

/// What is left of a record.
struct Bytes<'a>(&'a [u8]);

impl Bytes<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (first, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*first)
    }

    fn number(&mut self) -> Option<u32> {
        self.take().map(u32::from_be_bytes)
    }

    fn time(&mut self) -> Option<Option<i64>> {
        let time = i64::from_be_bytes(self.take()?);
        Some((time >= 0).then_some(time))
    }
}

/// Hides nothing but the seed.
impl std::fmt::Debug for KeyRecord {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "KeyRecord(serial {}, kid {})", self.serial, self.kid)
    }
}
