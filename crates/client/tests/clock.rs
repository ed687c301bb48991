//! A machine whose clock is off.

use tonegate_client::{Clock, FetchError, ReturnCode};

use crate::support::{Issuer, NOW, builder, granted, ok};

const NOW_AS_DATE: &str = "Date: Sat, 22 Nov 2025 19:06:40 GMT\r\n";

fn expired(headers: &str) -> String {
    ok(headers, r#"{"Code":100000004,"Message":"Signature expired.","RequestId":"1"}"#)
}

#[tokio::test]
async fn the_request_is_repeated_once_with_the_issuers_time() {
    let answers = vec![expired(NOW_AS_DATE), granted(), granted()];
    let issuer = Issuer::start(answers).await;
    let client = builder(&issuer.endpoint).clock(Clock::new(|| NOW - 5000)).build().unwrap();

    let fetched = client.fetch().await.unwrap();
    assert_eq!((fetched.fetched_at, fetched.clock_offset_secs), (NOW - 5000, 5000));
    // The difference is kept: the next fetch needs no repeat.
    assert_eq!(client.fetch().await.unwrap().clock_offset_secs, 5000);

    let signed = issuer.signed();
    let timestamps: Vec<i64> = signed.iter().map(|(_, timestamp)| *timestamp).collect();
    assert_eq!(timestamps, [NOW - 5000, NOW, NOW]);
    assert_ne!(signed[0].0, signed[1].0, "the repeat has a nonce of its own");
}

#[tokio::test]
async fn a_second_refusal_is_final_and_teaches_nothing() {
    let answers = vec![expired(NOW_AS_DATE), expired(NOW_AS_DATE), granted()];
    let issuer = Issuer::start(answers).await;
    let client = builder(&issuer.endpoint).clock(Clock::new(|| NOW + 5000)).build().unwrap();

    let error = client.fetch().await.unwrap_err();
    assert_eq!(error, FetchError::ClockOff { offset_secs: Some(-5000) });
    assert_eq!(error.return_code(), Some(ReturnCode::SignatureExpired));
    assert_eq!(issuer.asked().len(), 2);
    let said = error.to_string();
    assert!(said.contains("it is 5000 s ahead of the issuer's; synchronise"), "{said}");

    client.fetch().await.unwrap();
    assert_eq!(issuer.signed()[2].1, NOW + 5000);
}

#[tokio::test]
async fn what_cannot_be_corrected_is_not_repeated() {
    let a_day_off = "Date: Sun, 23 Nov 2025 19:06:41 GMT\r\n";
    for (headers, offset_secs) in
        [("", None), ("Date: soon\r\n", None), (a_day_off, Some(24 * 3600 + 1))]
    {
        let issuer = Issuer::start(vec![expired(headers), granted()]).await;
        let client = builder(&issuer.endpoint).clock(Clock::new(|| NOW)).build().unwrap();
        let error = client.fetch().await.unwrap_err();
        assert_eq!(error, FetchError::ClockOff { offset_secs });
        assert_eq!(issuer.asked().len(), 1);
    }
}
