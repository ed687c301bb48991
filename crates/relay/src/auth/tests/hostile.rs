//! Texts that were not made to be credentials.

use std::sync::LazyLock;

use data_encoding::BASE64URL_NOPAD;
use proptest::prelude::*;
use serde_json::json;

use super::*;

/// In force and never presented whole below.
static GOOD: LazyLock<String> = LazyLock::new(|| ec(&claims()));

/// What a forger would start from: words of the grammar in any order.
fn near_misses() -> impl Strategy<Value = String> {
    let good = GOOD.replace("Bearer ", "");
    let part = prop_oneof![
        Just("Bearer ".to_owned()),
        Just("tgrk_".to_owned()),
        Just(".".to_owned()),
        "[A-Za-z0-9_-]{0,60}",
        "\\PC{0,20}",
        prop::sample::select(good.split('.').map(str::to_owned).collect::<Vec<_>>()),
        any::<(bool, u8)>().prop_map(|(array, number)| {
            let text = if array { format!("[{number}]") } else { format!("{{\"alg\":{number}}}") };
            BASE64URL_NOPAD.encode(text.as_bytes())
        }),
    ];
    prop::collection::vec(part, 0..8).prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn no_text_but_a_good_credential_is_accepted(text in prop_oneof![any::<String>(), near_misses()]) {
        let authenticator = authenticator(json!({}));
        for text in [text.clone(), format!("Bearer {text}")] {
            prop_assume!(!text.ends_with(&GOOD["Bearer ".len()..]));
            let refused = authenticator.authenticate(Some(&text), NOW).unwrap_err();
            prop_assert!(!refused.kind().is_empty() && !refused.to_string().is_empty());
        }
    }

    #[test]
    fn a_good_token_with_any_byte_changed_is_refused(at in 7_usize..200, byte in 33_u8..127) {
        let mut text = GOOD.clone().into_bytes();
        prop_assume!(at < text.len() && text[at] != byte);
        text[at] = byte;
        let text = String::from_utf8(text).unwrap();
        let outcome = authenticator(json!({})).authenticate(Some(&text), NOW);
        prop_assert!(outcome.is_err());
    }

    #[test]
    fn no_bytes_make_the_key_set_reader_panic(text in any::<Vec<u8>>(), member in "[a-z_]{1,7}", value in "[A-Za-z0-9_-]{0,50}") {
        prop_assert!(JwkSet::parse(&text).is_err());
        for kid in ["rsa", "ec", "ed"] {
            let mut key = IDP.jwk(kid);
            key[&member] = json!(value);
            let _ = JwkSet::parse(json!({ "keys": [key] }).to_string().as_bytes());
        }
    }
}
