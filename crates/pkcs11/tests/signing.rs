//! Making keys, signing with them, getting in.

use std::fs;

use tonegate_issuer::Signer;
use tonegate_pkcs11::{Token, TokenConfig, TokenError, TokenKey, Which};
use tonegate_testing::SoftHsm;

use crate::house::{alone, eventually, key, plain, signs, turned};

#[test]
fn a_key_is_made_in_the_token_and_signs_as_rfc_8032_says() {
    alone("signing::a_key_is_made_in_the_token_and_signs_as_rfc_8032_says", |house| {
        let token = Token::new(plain(&house));
        let facts = token.check().unwrap();
        assert_eq!(facts.label, SoftHsm::LABEL);
        let key = key(&token);
        signs(&key).unwrap();
        assert_eq!(key.token_label(), Some(SoftHsm::LABEL));
        let twice = [key.sign(b"x").unwrap(), key.sign(b"x").unwrap()];
        assert_eq!(twice[0], twice[1], "the same bytes, whoever asks");
        assert!(!format!("{token:?} {key:?}").contains(SoftHsm::PIN));
        drop(token);
        let again = Token::new(plain(&house));
        signs(&TokenKey::new(again, key.public_key(), SoftHsm::LABEL.into())).unwrap();
    });
}

#[test]
fn a_private_key_cannot_leave_and_bears_its_name() {
    alone("signing::a_private_key_cannot_leave_and_bears_its_name", |house| {
        let key = key(&Token::new(plain(&house)));
        let kid = tonegate_license::KeyId::of(&key.public_key()).to_string();
        let mut tool = std::process::Command::new("pkcs11-tool");
        tool.arg("--module").arg(plain(&house).module);
        tool.args([
            "--login",
            "--pin",
            SoftHsm::PIN,
            "--token-label",
            SoftHsm::LABEL,
            "--list-objects",
        ]);
        let Ok(output) = tool.output() else { panic!("pkcs11-tool: apt-get install opensc") };
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.contains(&format!("ID:         {kid}")), "{text}");
        assert!(text.contains(&format!("label:      tonegate {kid}")), "{text}");
        assert!(text.contains("sensitive, always sensitive, never extractable, local"), "{text}");
    });
}

#[test]
fn eight_threads_sign_at_once() {
    alone("signing::eight_threads_sign_at_once", |house| {
        let token = Token::new(turned(&house));
        let keys = [key(&token), key(&token)];
        std::thread::scope(|scope| {
            for thread in 0..8 {
                let key = &keys[thread % 2];
                scope.spawn(move || (0..50).for_each(|_| signs(key).unwrap()));
            }
        });
        assert!(house.sign_ins() <= 8, "at most one a session: {}", house.sign_ins());
    });
}

#[test]
fn a_wrong_pin_is_tried_once_until_its_file_changes() {
    alone("signing::a_wrong_pin_is_tried_once_until_its_file_changes", |house| {
        let right = Token::new(turned(&house));
        let public = key(&right).public_key();
        drop(right);
        eventually("its sessions are closed", || Token::new(turned(&house)).lost().is_none());
        std::thread::sleep(std::time::Duration::from_millis(200));
        let before = house.sign_ins();
        house.set_pin("000000");
        let token = Token::new(turned(&house));
        let key = TokenKey::new(token.clone(), public, SoftHsm::LABEL.into());
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    let error = signs(&key).unwrap_err();
                    assert!(error.contains("refused the PIN (it is wrong)"), "{error}");
                });
            }
        });
        // Longer than the mending thread looks at the file again.
        std::thread::sleep(std::time::Duration::from_secs(5));
        assert_eq!(house.sign_ins(), before + 1, "tokens lock themselves");
        house.set_pin(SoftHsm::PIN);
        eventually("the right PIN is taken up", || signs(&key).is_ok());
    });
}

#[test]
fn what_is_misconfigured_is_said() {
    alone("signing::what_is_misconfigured_is_said", |house| {
        let failure = |config: TokenConfig| Token::new(config).check().unwrap_err();
        let config = |change: fn(&mut TokenConfig)| {
            let mut config = plain(&house);
            change(&mut config);
            config
        };
        let absent = failure(config(|it| it.which = Which::parse("right rack")));
        assert_eq!(absent, TokenError::Absent("right rack".into()));
        let absent = failure(config(|it| it.which = Which::parse("slot:7")));
        assert_eq!(absent, TokenError::Absent("slot:7".into()));
        let missing = failure(config(|it| it.module = "/nowhere.so".into()));
        assert!(missing.to_string().contains("/nowhere.so"), "{missing}");
        let libm = "/lib/x86_64-linux-gnu/libm.so.6";
        if fs::exists(libm).unwrap() {
            let other = failure(config(|it| it.module = "/lib/x86_64-linux-gnu/libm.so.6".into()));
            assert!(matches!(other, TokenError::Module { .. }), "{other}");
        }
        fs::remove_file(house.path("pin")).unwrap();
        assert!(matches!(failure(plain(&house)), TokenError::PinFile { .. }));
    });
}
