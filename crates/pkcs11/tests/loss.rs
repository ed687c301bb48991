//! Tokens that go away, and come back.

use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tonegate_issuer::Signer;
use tonegate_pkcs11::limits::{SESSIONS, SIGN_TIME};
use tonegate_pkcs11::{Token, TokenKey};

use crate::house::{alone, eventually, key, plain, signs, turned};

/// Signs with 8 threads while `during` happens: how many failed.
fn under_load(key: &TokenKey, during: impl FnOnce()) -> usize {
    let over = AtomicBool::new(false);
    let failed = std::sync::atomic::AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                while !over.load(Ordering::Relaxed) {
                    if signs(key).is_err() {
                        failed.fetch_add(1, Ordering::Relaxed);
                        std::thread::sleep(Duration::from_millis(5));
                    }
                }
            });
        }
        during();
        over.store(true, Ordering::Relaxed);
    });
    failed.into_inner()
}

fn is_back(key: &TokenKey) {
    eventually("it signs again", || signs(key).is_ok());
    assert_eq!(under_load(key, || std::thread::sleep(Duration::from_millis(300))), 0);
}

#[test]
fn unplugged_under_load_and_put_back() {
    alone("loss::unplugged_under_load_and_put_back", |house| {
        let token = Token::new(turned(&house));
        let key = key(&token);
        for _ in 0..3 {
            let failed = under_load(&key, || {
                std::thread::sleep(Duration::from_millis(200));
                house.turn("unplugged", true);
                eventually("it is missed", || token.lost().is_some());
                std::thread::sleep(Duration::from_millis(300));
                house.turn("unplugged", false);
                eventually("it is back", || token.lost().is_none());
            });
            assert!(failed > 0);
            is_back(&key);
        }
    });
}

#[test]
fn the_tokens_directory_moved_away_under_load_and_back() {
    alone("loss::the_tokens_directory_moved_away_under_load_and_back", |house| {
        let token = Token::new(plain(&house));
        let key = key(&token);
        let failed = under_load(&key, || {
            fs::rename(house.path("tokens"), house.path("away")).unwrap();
            eventually("it is missed", || token.lost().is_some() || signs(&key).is_err());
            std::thread::sleep(Duration::from_secs(1));
            fs::rename(house.path("away"), house.path("tokens")).unwrap();
        });
        assert!(failed > 0);
        is_back(&key);
    });
}

#[test]
fn a_key_that_was_deleted_is_no_loss_of_the_token() {
    alone("loss::a_key_that_was_deleted_is_no_loss_of_the_token", |house| {
        let token = Token::new(plain(&house));
        let (gone, other) = (key(&token), key(&token));
        signs(&gone).unwrap();
        Token::new(plain(&house)).destroy(gone.public_key()).unwrap();
        let error = signs(&gone).unwrap_err();
        assert!(error.contains("no private key with the id"), "{error}");
        assert_eq!(token.lost(), None);
        signs(&other).unwrap();
    });
}

#[test]
fn a_module_that_hangs_costs_its_time_limit_and_no_more() {
    alone("loss::a_module_that_hangs_costs_its_time_limit_and_no_more", |house| {
        let token = Token::new(turned(&house));
        let key = key(&token);
        signs(&key).unwrap();
        house.turn("hang", true);
        let (done, finished) = std::sync::mpsc::channel();
        std::thread::scope(|scope| {
            for _ in 0..2 * SESSIONS {
                let (key, done) = (&key, done.clone());
                scope.spawn(move || done.send(signs(key).unwrap_err()).unwrap());
            }
            for _ in 0..2 * SESSIONS {
                let error = finished.recv_timeout(SIGN_TIME + Duration::from_secs(1)).unwrap();
                assert!(error.contains("not answered within 2 s"), "{error}");
            }
        });
        assert!(signs(&key).is_err(), "and who asks later is told at once");
        house.turn("hang", false);
        is_back(&key);
    });
}

#[test]
fn a_process_that_ends_while_its_tokens_sign_ends_well() {
    alone("loss::a_process_that_ends_while_its_tokens_sign_ends_well", |house| {
        let token = Token::new(plain(&house));
        let keys: Vec<_> = (0..SESSIONS).map(|_| key(&token)).collect();
        for key in keys {
            std::thread::spawn(move || while signs(&key).is_ok() {});
        }
        std::thread::sleep(Duration::from_millis(200));
    });
}
