//! A client as plain as can be: one signed request, and what came back, byte by byte or in a word.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tonegate_license::{Environment, Expect, FeatureVerdict, Gate, State, Time};
use tonegate_protocol::limits::ANSWER_BYTES_MAX;
use tonegate_protocol::{AppId, Envelope, ServerSecret, signed_query};
use tonegate_testing::{Authority, ISSUER, SECRET, Upstream};

pub(crate) const APP: u32 = 12345;
pub(crate) const START: i64 = 1_763_843_553;

/// The query of a good request; `nonce` makes it another one.
pub(crate) fn query(app_id: u32, nonce: u64, timestamp: i64) -> String {
    let secret = ServerSecret::new(SECRET).unwrap();
    signed_query(AppId(app_id), &format!("{nonce:016x}"), &secret, timestamp)
}

/// What a GET of this query brings.
pub(crate) async fn get(upstream: &Upstream, query: &str) -> String {
    exchange(upstream, &format!("GET /?{query} HTTP/1.1\r\nHost: a\r\n\r\n")).await.0
}

/// The licence, or the code and message, that a GET of this query brings.
pub(crate) async fn fetch(upstream: &Upstream, query: &str) -> Result<String, (i64, String)> {
    let answer = get(upstream, query).await;
    let envelope = Envelope::parse(body_of(&answer).as_bytes()).unwrap();
    envelope.data.map(|data| data.license).ok_or((envelope.code, envelope.message))
}

/// All that comes back within a second and a half; and how it ended, where not by a close.
pub(crate) async fn exchange(upstream: &Upstream, request: &str) -> (String, &'static str) {
    let address = upstream.endpoint().replace("http://", "");
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    let read = timeout(Duration::from_millis(1_500), stream.read_to_end(&mut answer)).await;
    let ended = match read {
        Ok(Ok(_)) => "",
        Ok(Err(_)) => "reset",
        Err(_) => "waiting",
    };
    (String::from_utf8_lossy(&answer).into_owned(), ended)
}

/// What a careful client would say of this answer.
pub(crate) fn read(answer: &str, ended: &str, authority: &Authority, now: i64) -> String {
    match (ended, answer) {
        ("", "") => return "nothing".into(),
        ("", _) => {}
        (_, "") => return ended.into(),
        _ => return format!("{ended} in between"),
    }
    let Some((head, body)) = answer.split_once("\r\n\r\n") else { return "no head".into() };
    let Some(status) = head.strip_prefix("HTTP/1.1 ") else { return "no HTTP".into() };
    let named = |name: &str| head.lines().filter_map(|line| line.strip_prefix(name)).next_back();
    let length = named("Content-Length: ").map(|length| length.parse::<usize>().unwrap());
    if head.len() > ANSWER_BYTES_MAX || body.len() > ANSWER_BYTES_MAX {
        "too long".into()
    } else if length != Some(body.len()) || named("Content-Encoding: ").is_some() {
        "no body".into()
    } else if !status.starts_with("200") {
        format!("status {}", &status[..3])
    } else {
        read_body(body, authority, now)
    }
}

fn read_body(body: &str, authority: &Authority, now: i64) -> String {
    match Envelope::parse(body.as_bytes()) {
        Err(_) => "no envelope".into(),
        Ok(envelope) if envelope.code != 0 => format!("code {}", envelope.code),
        Ok(envelope) => {
            envelope.data.map_or("no data".into(), |data| verdict(&data.license, authority, now))
        }
    }
}

/// What the shipped verifier says of a licence on a new device.
pub(crate) fn verdict(license: &str, authority: &Authority, now: i64) -> String {
    let (environment, app_id) = (Environment::Production, Some(APP));
    let expect = Expect { issuer: ISSUER, environment, app_id, identity: None };
    let mut gate = Gate::new(authority.pins_text().parse().unwrap(), expect, State::new(7));
    let time = Time { wall: now, elapsed: 0 };
    gate.load(license, time);
    match gate.check("ans", time) {
        FeatureVerdict::Run => "valid".into(),
        FeatureVerdict::Bypass(reason) => format!("{reason:?}"),
        other => format!("{other:?}"),
    }
}

pub(crate) fn body_of(answer: &str) -> &str {
    answer.split_once("\r\n\r\n").unwrap().1
}
