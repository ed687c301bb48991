//! An altered licence is refused, whatever was altered; hostile texts never cause a panic.

use proptest::prelude::*;
use tonegate_issuer::mint;
use tonegate_license::{Chain, Gate, Reason, State, Time, Token};

use crate::house::{self, ISSUER, START};

const NOW: Time = Time { wall: START + 60, elapsed: 0 };

fn gate() -> Gate {
    Gate::new(house::pins(), house::expect(), State::new(0))
}

fn licenses() -> impl Iterator<Item = String> {
    let grants = [house::grant(), house::grant_with_grace(72)];
    grants.into_iter().map(|grant| mint(&grant, START, ISSUER, &house::keyring()).unwrap().license)
}

fn assert_refused(text: &str, what: &str) {
    let verdict = gate().load(text, NOW);
    assert!(verdict.validity.is_none() && verdict.sdk_code() == 81, "{what}: {verdict:?}");
}

#[test]
fn any_flipped_bit_is_refused() {
    for license in licenses() {
        assert!(gate().load(&license, NOW).is_valid());
        for bit in 0..license.len() * 8 {
            let mut bytes = license.clone().into_bytes();
            bytes[bit / 8] ^= 1 << (bit % 8);
            // Apps hand over text: what is no UTF-8 never arrives.
            if let Ok(text) = String::from_utf8(bytes) {
                assert_refused(&text, &format!("bit {bit}"));
            }
        }
    }
}

#[test]
fn a_license_cut_short_or_lengthened_is_refused() {
    let license = licenses().next().unwrap();
    (0..license.len()).for_each(|end| assert_refused(&license[..end], "cut short"));
    for more in ["A", "=", ".", " ", "\n", "\0", "AAAA", "é"] {
        assert_refused(&format!("{license}{more}"), more);
        assert_refused(&format!("{more}{license}"), more);
    }
}

proptest! {
    #[test]
    fn any_other_text_is_refused(text in ".{0,300}") {
        assert_refused(&text, &text);
        prop_assert!(Chain::verify(&text, &house::pins()).is_err());
    }

    #[test]
    fn any_alteration_is_refused(
        at in 0_usize..2_000,
        length in 0_usize..40,
        put in "[A-Za-z0-9_.-]{0,40}",
    ) {
        let license = licenses().last().unwrap();
        let start = at % license.len();
        let end = (start + length).min(license.len());
        let altered = format!("{}{put}{}", &license[..start], &license[end..]);
        prop_assume!(altered != license);
        assert_refused(&altered, &altered);
    }

    /// What is signed by nobody, but well-formed JSON or nearly so, is taken apart without harm.
    #[test]
    fn any_claims_can_be_explained(claims in prop::collection::vec(any::<u8>(), 0..1_200)) {
        let license = licenses().next().unwrap();
        let mut segments = license.split('.');
        let (header, _, signature) = (segments.next(), segments.next(), segments.next());
        let payload = data_encoding::BASE64URL_NOPAD.encode(&claims);
        let text = format!("{}.{payload}.{}", header.unwrap(), signature.unwrap());
        match Token::parse(&text) {
            Ok(token) => prop_assert_eq!(token.unverified().err(), Some(Reason::Claims)),
            Err(reason) => prop_assert_eq!(reason, Reason::TooLong),
        }
        assert_refused(&text, "unsigned claims");
    }

    #[test]
    fn any_stored_bytes_and_any_clock_are_borne(
        stored in prop::collection::vec(any::<u8>(), 0..64),
        times in prop::collection::vec((any::<i64>(), any::<u64>()), 1..8),
    ) {
        let state = State::from_bytes(&stored).unwrap_or(State::new(9));
        let mut gate = Gate::new(house::pins(), house::expect(), state);
        for (wall, elapsed) in times {
            gate.load(&licenses().last().unwrap(), Time { wall, elapsed });
            gate.check("ans", Time { wall, elapsed: elapsed / 2 });
            prop_assert_eq!(State::from_bytes(&gate.state().to_bytes()), Some(gate.state()));
        }
    }
}
