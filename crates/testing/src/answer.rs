//! The bytes of each behaviour's answer.
//!
//! A pure function of the behaviour and what was asked, but for the RequestId. How they are
//! delivered is `connection.rs`.

use std::time::Duration;

use tonegate_protocol::{Data, Envelope, Refusal, RequestId, ReturnCode};

use crate::authority::Authority;
use crate::behaviour::Behaviour;
use crate::limits::{LONG_LICENSE_CHARS, TOO_LONG_BYTES};

/// What becomes of a connection whose request was read.
pub(crate) enum Reply {
    /// These bytes, then closed.
    Whole(Vec<u8>),
    /// As `Whole`, after a time.
    Late(Duration, Vec<u8>),
    /// These bytes, one at a time.
    Dripping(Vec<u8>),
    /// Nothing, for as long as the other side waits.
    Silence,
    /// Closed without a byte.
    Closed,
    /// Reset.
    Reset,
}

/// A request, as far as its answer depends on it.
pub(crate) struct Asked<'a> {
    pub(crate) app_id: u32,
    /// Unix seconds at this upstream.
    pub(crate) now: i64,
    pub(crate) lifetime: u32,
    pub(crate) authority: &'a Authority,
    /// Bears the same issuer name, and is trusted by nobody.
    pub(crate) stranger: &'a Authority,
    /// Why it gets no licence.
    pub(crate) refusal: Option<Refusal>,
    /// What a good answer carries.
    pub(crate) license: String,
}

/// What `behaviour` makes of a request.
pub(crate) fn reply(behaviour: &Behaviour, asked: &Asked<'_>) -> Reply {
    match behaviour {
        Behaviour::Hang => Reply::Silence,
        Behaviour::CloseAtOnce => Reply::Closed,
        Behaviour::Reset => Reply::Reset,
        Behaviour::SlowLoris => Reply::Dripping(asked.ok(&asked.good())),
        Behaviour::Late(after) => Reply::Late(*after, asked.ok(&asked.good())),
        Behaviour::Garbage(bytes) => Reply::Whole(bytes.clone()),
        other => Reply::Whole(asked.http(other)),
    }
}

/// An answer to a request that is none of this API: another path or method.
pub(crate) fn misdirected(status: u16, now: i64) -> Reply {
    Reply::Whole(http(status, &date(now), b""))
}

impl Asked<'_> {
    fn http(&self, behaviour: &Behaviour) -> Vec<u8> {
        let (date, good) = (date(self.now), self.good());
        match behaviour {
            Behaviour::DateMissing => http(200, "", &good),
            Behaviour::DateGarbage => http(200, "Date: the day before yesterday\r\n", &good),
            Behaviour::Truncated => {
                let length = format!("{date}Content-Length: {}\r\n", good.len() + 100);
                message(200, &length, &good)
            }
            Behaviour::HeadTooLong => {
                http(200, &format!("{date}X-Padding: {}\r\n", "x".repeat(TOO_LONG_BYTES)), &good)
            }
            Behaviour::BrokenChunks => message(
                200,
                &format!("{date}Transfer-Encoding: chunked\r\n"),
                &[b"many\r\n", &*good].concat(),
            ),
            Behaviour::WrongContentEncoding => {
                http(200, &format!("{date}Content-Encoding: gzip\r\n"), b"\x1f\x8b\x08\0damaged")
            }
            Behaviour::Status(status) => http(*status, &date, b"<html>out of order</html>"),
            Behaviour::StatusWithBody(status, body) => http(*status, &date, body),
            Behaviour::StatusWithLicense(status) => http(*status, &date, &good),
            Behaviour::Redirect(to) => http(302, &format!("{date}Location: {to}\r\n"), b""),
            other => self.ok(&self.body(other, good)),
        }
    }

    fn body(&self, behaviour: &Behaviour, good: Vec<u8>) -> Vec<u8> {
        match behaviour {
            Behaviour::Body(body) => body.clone(),
            Behaviour::NotJson => b"<!doctype html><title>Sign in to the network</title>".to_vec(),
            Behaviour::EmptyObject => b"{}".to_vec(),
            Behaviour::CodeZeroWithoutData => refused(&ReturnCode::Success.into()),
            Behaviour::EmptyLicense => granted(""),
            Behaviour::LicenseNotAString => {
                br#"{"Code":0,"Message":"Success.","Data":{"License":7}}"#.to_vec()
            }
            Behaviour::TooLong => [good, b" ".repeat(TOO_LONG_BYTES)].concat(),
            Behaviour::Code(code) => refused(&(*code).into()),
            Behaviour::RateLimited => refused(&ReturnCode::RateLimited.into()),
            Behaviour::CodeNumber(code) => with_code(*code, None),
            Behaviour::CodeWithLicense(code) => {
                with_code(code.number().into(), Some(self.license.clone()))
            }
            other => self.bad_license(other).map_or(good, |license| self.granted(&license)),
        }
    }

    /// The licence of a behaviour whose only fault it is.
    fn bad_license(&self, behaviour: &Behaviour) -> Option<String> {
        let Self { authority, app_id, now, lifetime, .. } = *self;
        let license = match behaviour {
            Behaviour::License(text) => text.clone(),
            Behaviour::LicenseTooLong => "A".repeat(LONG_LICENSE_CHARS),
            Behaviour::LicenseCutShort => {
                self.license.chars().take(self.license.len() / 2).collect()
            }
            Behaviour::Forged => authority.forged(app_id, now, lifetime),
            Behaviour::Altered => authority.altered(app_id, now, lifetime),
            Behaviour::ForeignAuthority => self.stranger.mint(app_id, now, lifetime),
            Behaviour::ForgedChain => authority.forged_chain(app_id, now, lifetime),
            Behaviour::ExpiredChain => authority.expired_chain(app_id, now, lifetime),
            Behaviour::WrongIssuer => authority.of_other_issuer(app_id, now, lifetime),
            Behaviour::WrongEnvironment => authority.of_other_environment(app_id, now, lifetime),
            Behaviour::WrongApp => authority.mint(app_id ^ 1, now, lifetime),
            Behaviour::ExpiredLicense => authority.expired(app_id, now),
            Behaviour::NotYetValidLicense => authority.not_yet_valid(app_id, now, lifetime),
            Behaviour::WithoutFeature(feature) => authority.without(feature, app_id, now, lifetime),
            _ => return None,
        };
        Some(license)
    }

    fn good(&self) -> Vec<u8> {
        self.granted(&self.license)
    }

    /// The answer with this licence, where the request deserves one.
    fn granted(&self, license: &str) -> Vec<u8> {
        self.refusal.as_ref().map_or_else(|| granted(license), refused)
    }

    fn ok(&self, body: &[u8]) -> Vec<u8> {
        http(200, &date(self.now), body)
    }
}

fn granted(license: &str) -> Vec<u8> {
    let mut json = Vec::new();
    Envelope::write_success(&mut json, request_id(), license);
    json
}

fn refused(refusal: &Refusal) -> Vec<u8> {
    let mut json = Vec::new();
    Envelope::write_refusal(&mut json, request_id(), refusal);
    json
}

fn with_code(code: i64, license: Option<String>) -> Vec<u8> {
    let request_id = Some(request_id().to_string());
    let data = license.map(|license| Data { license });
    Envelope { code, message: "Told to.".to_owned(), request_id, data }.to_json().into_bytes()
}

fn request_id() -> RequestId {
    RequestId::from_random(fastrand::u64(..))
}

fn date(now: i64) -> String {
    let since = Duration::from_secs(u64::try_from(now).unwrap_or_default());
    format!("Date: {}\r\n", httpdate::fmt_http_date(std::time::UNIX_EPOCH + since))
}

fn http(status: u16, headers: &str, body: &[u8]) -> Vec<u8> {
    message(status, &format!("{headers}Content-Length: {}\r\n", body.len()), body)
}

/// A message whose headers say how its body ends. The reason phrase may be left empty.
fn message(status: u16, headers: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "HTTP/1.1 {status} \r\n{headers}Content-Type: application/json\r\n\
         Cache-Control: no-store\r\nConnection: close\r\n\r\n"
    );
    [head.as_bytes(), body].concat()
}
