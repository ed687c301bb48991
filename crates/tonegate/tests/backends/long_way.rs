//! What `relay.*` and `direct.*` do.

use std::thread;
use std::time::Duration;

use super::front::{Front, Mode};
use super::place::{ISSUER, Place, RELAY, WRONG_KEY};

impl Place {
    pub(super) fn it_prints_a_valid_license(&self) {
        let handed_on = self.run(&self.relay).code(0);
        assert_eq!(handed_on.stdout, format!("{}\n", self.license));
        assert_eq!(handed_on.stderr, "");
        let direct = self.run(&self.direct).code(0);
        assert_eq!(direct.stderr, "");
        for license in [handed_on.stdout, direct.stdout] {
            let expected = ["--data", "tonegate-data", "--app-id", "12345"];
            let verify = [&["license", "verify", license.trim()], &expected[..]].concat();
            self.house.run(&verify).code(0);
        }
    }

    pub(super) fn it_fails_in_one_line(&self) {
        let key = "tonegate-data/relay/backend.key";
        let secret = "tonegate-data/relay/12345.secret";
        let nobody = "http://127.0.0.1:1";
        for (block, from, to, says) in [
            (&self.relay, key, "wrong", "401 no such API key"),
            (&self.relay, key, "odd", "relay: "),
            (&self.relay, key, "no-such-file", "relay: "),
            (&self.relay, RELAY, nobody, "relay: "),
            (&self.relay, "RELAY_URL=", "OTHER=", "set RELAY_URL"),
            (&self.direct, secret, "wrong-secret", "100000005: Signature error."),
            (&self.direct, ISSUER, nobody, "issuer: "),
            (&self.direct, "ISSUER_URL=", "OTHER=", "set ISSUER_URL"),
        ] {
            self.it_fails(block, from, to, says);
        }
    }

    pub(super) fn it_outlives_an_outage_and_says_so(&self) {
        let front = Front::before(&self.relay_url, Mode::Through { life: None });
        let mut talk = self.talk(&self.relay, &front, "backend.key");
        assert_eq!(talk.again(), self.license);
        assert_eq!(front.seen(), ["200", "304"], "it says which licence it has");
        front.turn(Mode::Busy);
        assert_eq!(talk.again(), self.license);
        assert_eq!(talk.again(), self.license);
        assert_eq!(front.seen().len(), 3, "it waits as long as it was told");
        thread::sleep(Duration::from_millis(2_100));
        front.turn(Mode::Silent);
        assert_eq!(talk.again(), self.license);
        assert_eq!(talk.again(), self.license);
        assert_eq!(front.seen()[2..], ["503", "silence"]);
        let ran = talk.end().code(0);
        let told: Vec<_> = ran.stderr.lines().filter(|it| it.contains("goes on")).collect();
        assert_eq!(told.len(), 2, "an outage is not hidden: {ran:?}");
        assert!(told[0].contains("503 try later") && !ran.stderr.contains(&self.key()), "{ran:?}");
    }

    pub(super) fn it_asks_no_more_than_it_must(&self) {
        let front = Front::before(&self.relay_url, Mode::Unchanged);
        let mut talk = self.talk(&self.relay, &front, "backend.key");
        assert_eq!(talk.again(), self.license);
        assert_eq!(front.seen(), ["200"], "max-age is honoured");
        talk.end().code(0);
    }

    pub(super) fn it_hands_on_nothing_that_has_expired(&self) {
        let front = Front::before(&self.relay_url, Mode::Through { life: Some(3) });
        let mut talk = self.talk(&self.relay, &front, "backend.key");
        front.turn(Mode::Stalled);
        thread::sleep(Duration::from_millis(3_100));
        talk.ask();
        let ran = talk.end().code(1);
        assert!(ran.stdout.is_empty() && ran.stderr.contains("relay: "), "{ran:?}");
    }

    pub(super) fn it_hands_on_nothing_once_it_is_refused(&self) {
        let front = Front::before(&self.relay_url, Mode::Through { life: None });
        self.house.write("tonegate-data/relay/changing.key", &self.key());
        let mut talk = self.talk(&self.relay, &front, "changing.key");
        self.house.write("tonegate-data/relay/changing.key", WRONG_KEY);
        talk.ask();
        let ran = talk.end().code(1);
        assert_eq!(front.seen(), ["200", "401"]);
        assert!(ran.stdout.is_empty() && ran.stderr.contains("no such API key"), "{ran:?}");
        assert!(!ran.stderr.contains(WRONG_KEY), "{ran:?}");
    }
}
