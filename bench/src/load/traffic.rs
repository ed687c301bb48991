//! What is asked, one request after another, and which return code each must get.

use std::sync::Arc;

use tonegate_protocol::ReturnCode;

use super::apps::{App, UNKNOWN};
use super::request::Request;

/// Kinds of requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Freshly signed, one app after another, over and over.
    Signed,
    /// Freshly signed, each app once; then there are no more.
    Once,
    /// A known app, a random signature.
    Forged,
    /// An AppId that nobody has.
    Unknown,
    /// One signed request for each app, again and again: the first time counts, no other does.
    Replayed,
    /// As they were prepared, one after another, over and over.
    Prepared,
}

/// A request, and who is to be answered how.
#[derive(Debug)]
pub(crate) struct Asked<'t> {
    /// The bytes to send.
    pub(crate) bytes: &'t [u8],
    /// The expected return code.
    pub(crate) code: u32,
    /// The AppId that a licence in the answer must name.
    pub(crate) app_id: u32,
}

/// The source of a run's requests.
#[derive(Debug)]
pub(crate) struct Traffic {
    kind: Kind,
    apps: Arc<[App]>,
    prepared: Arc<[Vec<u8>]>,
    request: Request,
    cursor: usize,
    random: fastrand::Rng,
    /// When replayed requests were signed, Unix seconds; 0: not yet.
    signed_at: u64,
}

impl Traffic {
    /// Requests of `apps` to the server that is addressed as `host`.
    pub(crate) fn new(kind: Kind, apps: &Arc<[App]>, host: &str) -> anyhow::Result<Self> {
        Ok(Self {
            kind,
            apps: Arc::clone(apps),
            prepared: Arc::default(),
            request: Request::new(host)?,
            cursor: 0,
            random: fastrand::Rng::new(),
            signed_at: 0,
        })
    }

    /// With the requests of [`Kind::Prepared`].
    pub(crate) fn with(self, prepared: &Arc<[Vec<u8>]>) -> Self {
        Self { prepared: Arc::clone(prepared), ..self }
    }

    /// The next request, made at `now` (Unix seconds); `None`: there are no more.
    pub(crate) fn next(&mut self, now: u64) -> Option<Asked<'_>> {
        let turn = self.cursor;
        if self.kind == Kind::Once && turn >= self.apps.len() {
            return None;
        }
        self.cursor += 1;
        let app = &self.apps[turn % self.apps.len()];
        let is_first = turn < self.apps.len();
        let nonce = self.random.u64(..);
        let (bytes, code) = match self.kind {
            Kind::Signed | Kind::Once => (self.request.sign(app, nonce, now), ReturnCode::Success),
            Kind::Forged => {
                let signature = self.random.u128(..);
                (self.request.forge(app.id, nonce, now, signature), ReturnCode::SignatureInvalid)
            }
            Kind::Unknown => {
                let app_id = UNKNOWN + self.random.u32(..1_000_000_000);
                let bytes = self.request.forge(app_id, nonce, now, self.random.u128(..));
                (bytes, ReturnCode::SecretUnavailable)
            }
            Kind::Replayed => {
                if self.signed_at == 0 {
                    self.signed_at = now;
                }
                let code =
                    if is_first { ReturnCode::Success } else { ReturnCode::SignatureInvalid };
                (self.request.sign(app, app.id.into(), self.signed_at), code)
            }
            Kind::Prepared => {
                let bytes = self.prepared.get(turn % self.prepared.len().max(1))?;
                (bytes.as_slice(), ReturnCode::Success)
            }
        };
        Some(Asked { bytes, code: code as u32, app_id: app.id })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn traffic(kind: Kind) -> Traffic {
        Traffic::new(kind, &App::first(2).unwrap().into(), "a").unwrap()
    }

    fn next(traffic: &mut Traffic) -> (String, u32) {
        let asked = traffic.next(1_763_840_000).unwrap();
        (String::from_utf8(asked.bytes.to_vec()).unwrap(), asked.code)
    }

    #[test]
    fn fresh_requests_never_repeat_and_replayed_ones_do() {
        let mut fresh = traffic(Kind::Signed);
        let (first, _, third) = (next(&mut fresh), next(&mut fresh), next(&mut fresh));
        assert!(first.0 != third.0 && first.1 == 0 && third.1 == 0);
        let mut replayed = traffic(Kind::Replayed);
        let (first, _, third) = (next(&mut replayed), next(&mut replayed), next(&mut replayed));
        assert_eq!((&first.0, first.1, third.1), (&third.0, 0, 100_000_005));
    }

    #[test]
    fn each_app_once_is_the_end() {
        let mut once = traffic(Kind::Once);
        assert!(next(&mut once) != next(&mut once));
        assert!(once.next(1_763_840_000).is_none());
    }

    #[test]
    fn refusals_are_expected_by_their_codes() {
        assert_eq!(next(&mut traffic(Kind::Forged)).1, 100_000_005);
        let unknown = next(&mut traffic(Kind::Unknown));
        assert!(unknown.0.contains("AppId=2") && unknown.1 == 100_000_010);
    }
}
