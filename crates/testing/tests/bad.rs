//! Every bad behaviour fails as its name says.

use std::collections::HashSet;

use tonegate_clock::Clock;
use tonegate_protocol::ReturnCode;
use tonegate_testing::{Behaviour, Upstream};

use crate::wire::{APP, START, exchange, query, read};

/// What a careful client meets, for all but the published return codes.
const MET: &[(&str, &str)] = &[
    ("hangs", "waiting"),
    ("closes at once", "nothing"),
    ("resets the connection", "reset"),
    ("a byte at a time", "waiting in between"),
    ("body cut off", "no body"),
    ("body too long", "too long"),
    ("head too long", "too long"),
    ("broken chunks", "no body"),
    ("unasked compression", "no body"),
    ("bytes that are not HTTP", "no HTTP"),
    ("another protocol", "no head"),
    ("head cut off", "no head"),
    ("two lengths", "no body"),
    ("status 403", "status 403"),
    ("status 404", "status 404"),
    ("status 429", "status 429"),
    ("status 500", "status 500"),
    ("status 502", "status 502"),
    ("status 503", "status 503"),
    ("status 204 without a body", "status 204"),
    ("status 500 over a licence", "status 500"),
    ("redirect", "status 302"),
    ("a page of HTML", "no envelope"),
    ("empty body", "no envelope"),
    ("empty object", "no envelope"),
    ("JSON null", "no envelope"),
    ("a list", "no envelope"),
    ("JSON cut off", "no envelope"),
    ("two answers in one", "no envelope"),
    ("nested without end", "no envelope"),
    ("not UTF-8", "no body"),
    ("a text as code", "no envelope"),
    ("no code", "no envelope"),
    ("code 0 without data", "no data"),
    ("data without a licence", "no envelope"),
    ("empty licence", "Empty"),
    ("a number as licence", "no envelope"),
    ("unpublished code", "code 123456789"),
    ("code below zero", "code -1"),
    ("a refusal over a licence", "code 100000017"),
    ("text that is no licence", "NotALicense"),
    ("licence too long", "TooLong"),
    ("licence cut short", "NotALicense"),
    ("forged licence", "Signature"),
    ("altered licence", "Signature"),
    ("foreign authority", "Root"),
    ("forged key certificate", "Chain"),
    ("ended key certificate", "CertificateExpired"),
    ("wrong issuer", "Issuer"),
    ("wrong environment", "Environment"),
    ("wrong app", "App"),
    ("expired licence", "Expired"),
    ("licence not yet valid", "NotYetValid"),
    ("feature missing", "FeatureMissing"),
];

fn expected(name: &str) -> String {
    let published = ReturnCode::ALL.iter().find(|code| code.name() == name);
    let met = || MET.iter().find(|(named, _)| *named == name).map(|(_, met)| (*met).to_owned());
    published.map(|code| format!("code {}", code.number())).or_else(met).unwrap()
}

#[tokio::test]
async fn each_fails_as_its_name_says() {
    let (clock, _hand) = Clock::manual(START);
    let upstream = Upstream::start(clock).await;
    for ((name, behaviour), nonce) in Behaviour::bad_ones().into_iter().zip(0..) {
        upstream.set(behaviour);
        let request = format!("GET /?{} HTTP/1.1\r\n\r\n", query(APP, nonce, START));
        let (answer, ended) = exchange(&upstream, &request).await;
        let met = read(&answer, ended, upstream.authority(), START);
        assert_eq!(met, expected(name), "{name}: {:.300}", answer);
    }
    assert_eq!(upstream.last_license(APP), None);
    upstream.set(Behaviour::Good);
    let request = format!("GET /?{} HTTP/1.1\r\n\r\n", query(APP, 999, START));
    let (answer, ended) = exchange(&upstream, &request).await;
    assert_eq!(read(&answer, ended, upstream.authority(), START), "valid");
}

#[test]
fn there_are_enough_and_their_names_differ() {
    let bad = Behaviour::bad_ones();
    let names: HashSet<_> = bad.iter().map(|(name, _)| *name).collect();
    assert_eq!(names.len(), bad.len());
    assert_eq!(bad.len(), MET.len() + ReturnCode::ALL.len() - 1);
    assert!(bad.iter().all(|(_, behaviour)| !behaviour.is_good()));
    assert!(Behaviour::bad_ones_of_opaque().iter().all(|named| bad.contains(named)));
}
