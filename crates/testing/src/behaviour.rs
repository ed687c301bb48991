//! What an upstream can be told to do to a request.
//!
//! The variants say what the other side meets; `answer.rs` makes the bytes. Those that carry a
//! licence check the request first and refuse a bad one with its code; the others answer anything.

use std::time::Duration;

use tonegate_protocol::ReturnCode;

/// How requests are answered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Behaviour {
    /// As the protocol says: a good licence for a good request.
    #[default]
    Good,
    /// Good, but only after this much real time.
    Late(Duration),
    /// Good, without a `Date` header.
    DateMissing,
    /// Good, with a `Date` header that is none.
    DateGarbage,

    /// Reads the request and never answers.
    Hang,
    /// Reads the request and closes the connection.
    CloseAtOnce,
    /// Reads the request and resets the connection.
    Reset,
    /// A good answer at one byte every 200 ms: for minutes.
    SlowLoris,
    /// A good answer whose `Content-Length` promises more, then closed.
    Truncated,
    /// A good answer whose JSON is 1 MiB long.
    TooLong,
    /// A good answer behind 1 MiB of headers.
    HeadTooLong,
    /// A good answer in chunks whose sizes are no numbers.
    BrokenChunks,
    /// `Content-Encoding: gzip`, which nobody asked for, and damaged.
    WrongContentEncoding,
    /// These bytes in place of an HTTP answer.
    Garbage(Vec<u8>),

    /// This HTTP status with a page of HTML.
    Status(u16),
    /// This HTTP status with a body of one's own.
    StatusWithBody(u16, Vec<u8>),
    /// This HTTP status over an otherwise good answer.
    StatusWithLicense(u16),
    /// Status 302 to this address.
    Redirect(String),

    /// Status 200 with a body of one's own.
    Body(Vec<u8>),
    /// Status 200 with a page of HTML, as a captive portal has it.
    NotJson,
    /// `{}`.
    EmptyObject,
    /// Code 0 and nothing else.
    CodeZeroWithoutData,
    /// Code 0 with an empty licence.
    EmptyLicense,
    /// Code 0 with a number as licence.
    LicenseNotAString,

    /// This return code, as published, to any request.
    Code(ReturnCode),
    /// A return code that is not published.
    CodeNumber(i64),
    /// This return code over a good licence.
    CodeWithLicense(ReturnCode),
    /// Return code 7.
    RateLimited,

    /// Code 0 with this text as licence; it must need no escapes in JSON.
    License(String),
    /// A licence of 20,000 characters.
    LicenseTooLong,
    /// The first half of a good licence.
    LicenseCutShort,
    /// A licence whose signature is broken.
    Forged,
    /// A licence that was changed after it was signed.
    Altered,
    /// A licence of another authority that bears the same issuer name.
    ForeignAuthority,
    /// A licence whose key certificate no root signed.
    ForgedChain,
    /// A licence whose key certificate has ended.
    ExpiredChain,
    /// A licence of another issuer under the same roots.
    WrongIssuer,
    /// A good licence of the test environment.
    WrongEnvironment,
    /// A good licence of another app.
    WrongApp,
    /// A licence that ended days ago.
    ExpiredLicense,
    /// A licence that is good in the last second of its life only.
    NotYetValidLicense,
    /// A good licence that lacks this feature (`ans` or `agc`).
    WithoutFeature(&'static str),
}

impl Behaviour {
    /// Does it bring a good request a good licence, sooner or later?
    #[must_use]
    pub fn is_good(&self) -> bool {
        matches!(self, Self::Good | Self::Late(_) | Self::DateMissing | Self::DateGarbage)
    }

    /// Answers that bring no usable licence, each with a name of its own.
    ///
    /// For clients that verify; they must ask for the feature `ans`, and need a short time limit:
    /// two of these never end.
    #[must_use]
    pub fn bad_ones() -> Vec<(&'static str, Self)> {
        [broken_connections(), wrong_statuses(), wrong_bodies(), refusals(), bad_licenses()]
            .concat()
    }

    /// Those of [`bad_ones`](Self::bad_ones) that are bad whatever the licence says: for clients of
    /// an upstream whose licences nobody can read.
    #[must_use]
    pub fn bad_ones_of_opaque() -> Vec<(&'static str, Self)> {
        [broken_connections(), wrong_statuses(), wrong_bodies(), refusals()].concat()
    }
}

fn broken_connections() -> Vec<(&'static str, Behaviour)> {
    let garbage = |bytes: &[u8]| Behaviour::Garbage(bytes.to_vec());
    vec![
        ("hangs", Behaviour::Hang),
        ("closes at once", Behaviour::CloseAtOnce),
        ("resets the connection", Behaviour::Reset),
        ("a byte at a time", Behaviour::SlowLoris),
        ("body cut off", Behaviour::Truncated),
        ("body too long", Behaviour::TooLong),
        ("head too long", Behaviour::HeadTooLong),
        ("broken chunks", Behaviour::BrokenChunks),
        ("unasked compression", Behaviour::WrongContentEncoding),
        ("bytes that are not HTTP", garbage(b"\x00\xff\xfe\x01 no HTTP at all \r\n\r\n")),
        ("another protocol", garbage(b"SSH-2.0-OpenSSH_9.9\r\n")),
        ("head cut off", garbage(b"HTTP/1.1 200 OK\r\nContent-Type: appli")),
        (
            "two lengths",
            garbage(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 9\r\n\r\n{}"),
        ),
    ]
}

fn wrong_statuses() -> Vec<(&'static str, Behaviour)> {
    vec![
        ("status 403", Behaviour::Status(403)),
        ("status 404", Behaviour::Status(404)),
        ("status 429", Behaviour::Status(429)),
        ("status 500", Behaviour::Status(500)),
        ("status 502", Behaviour::Status(502)),
        ("status 503", Behaviour::Status(503)),
        ("status 204 without a body", Behaviour::StatusWithBody(204, Vec::new())),
        ("status 500 over a licence", Behaviour::StatusWithLicense(500)),
        ("redirect", Behaviour::Redirect("http://127.0.0.1:9/".to_owned())),
    ]
}

fn wrong_bodies() -> Vec<(&'static str, Behaviour)> {
    let body = |text: &str| Behaviour::Body(text.as_bytes().to_vec());
    vec![
        ("a page of HTML", Behaviour::NotJson),
        ("empty body", body("")),
        ("empty object", Behaviour::EmptyObject),
        ("JSON null", body("null")),
        ("a list", body(r#"[{"Code":0}]"#)),
        ("JSON cut off", body(r#"{"Code":0,"Message":"Success.","Data":{"License":"eyJhbGciOi"#)),
        ("two answers in one", body(r#"{"Code":7,"Message":""}{"Code":7,"Message":""}"#)),
        ("nested without end", Behaviour::Body(b"[".repeat(10_000))),
        (
            "not UTF-8",
            Behaviour::Body(b"{\"Code\":0,\"Data\":{\"License\":\"\xff\xfe\"}}".to_vec()),
        ),
        ("a text as code", body(r#"{"Code":"0","Message":"Success.","Data":{"License":"x"}}"#)),
        ("no code", body(r#"{"Message":"Success.","Data":{"License":"x"}}"#)),
        ("code 0 without data", Behaviour::CodeZeroWithoutData),
        ("data without a licence", body(r#"{"Code":0,"Message":"Success.","Data":{}}"#)),
        ("empty licence", Behaviour::EmptyLicense),
        ("a number as licence", Behaviour::LicenseNotAString),
    ]
}

fn refusals() -> Vec<(&'static str, Behaviour)> {
    let named = |code: &ReturnCode| (code.name(), Behaviour::Code(*code));
    let published = ReturnCode::ALL.iter().filter(|code| **code != ReturnCode::Success);
    let others = [
        ("unpublished code", Behaviour::CodeNumber(123_456_789)),
        ("code below zero", Behaviour::CodeNumber(-1)),
        ("a refusal over a licence", Behaviour::CodeWithLicense(ReturnCode::ServiceNotEnabled)),
    ];
    published.map(named).chain(others).collect()
}

fn bad_licenses() -> Vec<(&'static str, Behaviour)> {
    vec![
        ("text that is no licence", Behaviour::License("bm90IGEgbGljZW5jZQ==".to_owned())),
        ("licence too long", Behaviour::LicenseTooLong),
        ("licence cut short", Behaviour::LicenseCutShort),
        ("forged licence", Behaviour::Forged),
        ("altered licence", Behaviour::Altered),
        ("foreign authority", Behaviour::ForeignAuthority),
        ("forged key certificate", Behaviour::ForgedChain),
        ("ended key certificate", Behaviour::ExpiredChain),
        ("wrong issuer", Behaviour::WrongIssuer),
        ("wrong environment", Behaviour::WrongEnvironment),
        ("wrong app", Behaviour::WrongApp),
        ("expired licence", Behaviour::ExpiredLicense),
        ("licence not yet valid", Behaviour::NotYetValidLicense),
        ("feature missing", Behaviour::WithoutFeature("ans")),
    ]
}
