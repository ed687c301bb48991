//! What clients really send, and what nobody should: each with its exact code.

use crate::support::{TestServer, unix_now};

const NONCE: &str = "4fd24687296dd9f3";

#[tokio::test]
async fn every_spelling_that_real_clients_use_is_accepted() {
    let server = TestServer::new().await;
    let backend = server.app(12345).await;
    let now = server.now().to_string();
    let time = (now.as_str(), now.as_str());
    for (sent, meant) in [
        ("a+b%2Bc%2F%3D%26%25", "a b+c/=&%"),
        ("%E9%9A%8F%e6%9c%ba", "随机"),
        ("%61%62", "ab"),
        ("[x]", "[x]"),
        ("%5By%5d", "[y]"),
        ("a=b==", "a=b=="),
        ("a?b", "a?b"),
        ("a%20", "a "),
        ("15215528852396", "15215528852396"),
        ("ahlpo16xdkb", "ahlpo16xdkb"),
        ("%2525", "%25"),
        (&"n".repeat(52), &"n".repeat(52)),
    ] {
        let query = backend.raw((sent, meant), time);
        assert_eq!(server.get(&query.to_string()).await.code(), 0, "{sent}");
    }
    let digits: String = now.bytes().map(|digit| format!("%{digit:02x}")).collect();
    let escaped = backend.raw((NONCE, NONCE), (&digits, &now));
    assert_eq!(server.get(&escaped.to_string()).await.code(), 0);
}

#[tokio::test]
async fn unknown_parameters_are_passed_over() {
    let server = TestServer::new().await;
    let backend = server.app(12345).await;
    for more in [
        "&IsTest=false",
        "&RoomId[]=r1&RoomId[]=r2",
        "&RoomId%5B%5D=r1",
        "&timestamp=0",
        "&appid=7",
        "&=",
        "&&&",
        "&x=%ff%zz",
        "&%ff=1",
        "&Signature%20=1",
    ] {
        let query = backend.query(server.now());
        assert_eq!(server.get(&format!("{query}{more}")).await.code(), 0, "{more}");
    }
    let reversed: Vec<_> =
        backend.query(server.now()).to_string().split('&').rev().map(str::to_owned).collect();
    assert_eq!(server.get(&reversed.join("&")).await.code(), 0, "any order");
}

#[tokio::test]
async fn a_public_parameter_given_twice_is_code_2() {
    let server = TestServer::new().await;
    let backend = server.app(12345).await;
    for name in ["AppId", "Timestamp", "SignatureNonce", "SignatureVersion", "Signature", "Action"]
    {
        let query = backend.query(server.now());
        let same = query.get(name).to_owned();
        for again in [&*same, "", "x"] {
            let doubled = query.clone().and(name, again);
            assert_eq!(server.get(&doubled.to_string()).await.code(), 2, "{name}={again}");
        }
        let hidden = name.replace('t', "%74").replace("App", "%41pp").replace("Nonce", "Nonc%65");
        let doubled = query.clone().and(&hidden, "x");
        assert_eq!(server.get(&doubled.to_string()).await.code(), 2, "{hidden}");
    }
}

#[tokio::test]
async fn a_nonce_has_1_to_52_bytes_without_control_characters() {
    let server = TestServer::new().await;
    let backend = server.app(12345).await;
    let now = server.now().to_string();
    let long = "n".repeat(53);
    let wide = "%E9%9A%8F".repeat(18);
    for (sent, meant, code) in [
        (&*long, &*long, 2),
        (&*wide, &*"随".repeat(18), 2),
        ("a%0Ab", "a\nb", 2),
        ("a%00", "a\0", 2),
        ("a%7f", "a\u{7f}", 2),
        ("%c2%85", "\u{85}", 2),
        ("%ff", "", 2),
        ("%e9%9a", "", 2),
        ("a%", "", 2),
        ("a%4", "", 2),
        ("a%zz", "", 2),
        ("%c0%80", "", 2),
        ("", "", 100000008),
    ] {
        let query = backend.raw((sent, meant), (&now, &now));
        assert_eq!(server.get(&query.to_string()).await.code(), code, "{sent}");
    }
}

#[tokio::test]
async fn a_timestamp_is_seconds_in_plain_digits() {
    let server = TestServer::new().await;
    let backend = server.app(12345).await;
    let now = server.now();
    for (sent, meant, code) in [
        (format!("{now}000"), format!("{now}000"), 100000004),
        (format!("{now}.0"), format!("{now}.0"), 100000003),
        (format!("%2B{now}"), format!("+{now}"), 100000003),
        (format!("+{now}"), format!(" {now}"), 100000003),
        (format!("-{now}"), format!("-{now}"), 100000003),
        (format!("0{now}"), format!("0{now}"), 100000003),
        (format!("{now}%20"), format!("{now} "), 100000003),
        (format!("{now}+"), format!("{now} "), 100000003),
        (format!("{now}%0A"), format!("{now}\n"), 100000003),
        (format!("{now}%0d%0a"), format!("{now}\r\n"), 100000003),
        (format!("{now}%00"), format!("{now}\0"), 100000003),
        (format!("{now}%80"), String::new(), 100000003),
        (format!("%ff{now}"), String::new(), 100000003),
        ("%EF%BC%91".into(), "１".into(), 100000003),
        ("9223372036854775807".into(), "9223372036854775807".into(), 100000004),
        ("9223372036854775808".into(), "9223372036854775808".into(), 100000003),
        ("99999999999999999999".into(), "99999999999999999999".into(), 100000003),
        ("0".into(), "0".into(), 100000004),
    ] {
        let query = backend.raw((NONCE, NONCE), (&sent, &meant));
        assert_eq!(server.get(&query.to_string()).await.code(), code, "{sent}");
    }
    let milliseconds = backend.query(now * 1_000);
    let hint = server.get(&milliseconds.to_string()).await.message();
    assert!(hint.contains("milliseconds"), "{hint}");
}

#[tokio::test]
async fn an_app_id_is_a_uint32_in_plain_digits() {
    let server = TestServer::new().await;
    let backend = server.app(12345).await;
    for (app_id, code) in [
        ("12345%20", 100000001),
        ("12345%0A", 100000001),
        ("+12345", 100000001),
        ("-1", 100000001),
        ("012345", 100000001),
        ("1.2345e4", 100000001),
        ("0x3039", 100000001),
        ("4294967296", 100000001),
        ("99999999999999999999", 100000001),
        ("%ff", 100000001),
        ("", 100000001),
        ("4294967295", 100000010),
        ("0", 100000010),
        ("%312345", 0),
    ] {
        let query = backend.query(server.now()).set("AppId", app_id);
        assert_eq!(server.get(&query.to_string()).await.code(), code, "{app_id}");
    }
}

#[tokio::test]
async fn the_other_parameters_are_exact_texts() {
    let server = TestServer::new().await;
    let backend = server.app(12345).await;
    for (name, value, code) in [
        ("SignatureVersion", "2", 100000014),
        ("SignatureVersion", "2.0%20", 100000014),
        ("SignatureVersion", "%ff", 100000014),
        ("SignatureVersion", "", 100000013),
        ("Signature", "", 100000009),
        ("Action", "", 100000006),
        ("Action", "%ff", 2),
        ("Action", "CgiDescribeZIMAudioLicense%20", 100000007),
        ("Action", "CgiDescribeZIMAudioLicense%0A", 100000007),
        ("Action", "DescribeUserNum", 100000007),
    ] {
        let query = backend.query(server.now()).set(name, value);
        assert_eq!(server.get(&query.to_string()).await.code(), code, "{name}={value}");
    }
    let query = backend.query(server.now());
    for tail in ["%20", "%0A", "+"] {
        let signature = format!("{}{tail}", query.get("Signature"));
        let spoilt = query.clone().set("Signature", &signature);
        assert_eq!(server.get(&spoilt.to_string()).await.code(), 100000005, "{tail}");
    }
}

#[tokio::test]
async fn a_second_question_mark_belongs_to_the_first_name() {
    let server = TestServer::new().await;
    let backend = server.app(12345).await;
    let query = backend.query(server.now()).to_string();
    assert!(query.starts_with("Action="));
    assert_eq!(server.get(&format!("?{query}")).await.code(), 100000006, "/??Action=…");
    assert_eq!(server.get(&format!("&{query}")).await.code(), 0, "/?&Action=…");
    let tail = format!("{}?", backend.query(server.now()));
    assert_eq!(server.get(&tail).await.code(), 100000005, "…&Signature=…?");
}

#[tokio::test]
async fn a_target_that_begins_with_the_question_mark_is_the_same() {
    let server = TestServer::new().await;
    let backend = server.app(12345).await;
    let query = backend.query(unix_now());
    let absolute = server
        .send(format!(
            "GET http://zim-api.example?{query} HTTP/1.1\r\nHost: zim-api.example\r\n\r\n"
        ))
        .await;
    assert_eq!(absolute.code(), 0);
    // Only URLs may lack the slash; on the request line every client library puts it in.
    let raw = server.send(format!("GET ?{query} HTTP/1.1\r\nHost: a\r\n\r\n")).await;
    assert_eq!(raw.status, 400, "{raw:?}");
}
