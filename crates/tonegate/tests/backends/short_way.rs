//! What `hand_on.*` does.

use super::front::{Front, Mode};
use super::place::{Place, RELAY, WRONG_KEY};

impl Place {
    pub(super) fn short_prints_what_the_relay_hands_out(&self) {
        let ran = self.run(&self.hand_on).code(0);
        assert_eq!(ran.stdout, format!("{}\n", self.license));
        assert_eq!(ran.stderr, "");
    }

    pub(super) fn short_fails_in_one_line(&self) {
        let key = "tonegate-data/relay/backend.key";
        for (from, to, says) in [
            (key, "wrong", "401"),
            (key, "odd", "relay: "),
            (key, "no-such-file", "relay: "),
            (RELAY, "http://127.0.0.1:1", "relay: "),
            ("RELAY_URL=", "OTHER=", "set RELAY_URL"),
        ] {
            self.it_fails(&self.hand_on, from, to, says);
        }
        let front = Front::before(&self.relay_url, Mode::Busy);
        self.it_fails(&self.hand_on, RELAY, &format!("http://{}", front.address), "503");
    }

    pub(super) fn short_goes_on_with_the_last_license(&self) {
        let front = Front::before(&self.relay_url, Mode::Unchanged);
        let mut talk = self.talk(&self.hand_on, &front, "backend.key");
        for mode in [Mode::Busy, Mode::Silent, Mode::Stalled, Mode::Unchanged] {
            front.turn(mode);
            assert_eq!(talk.again(), self.license);
        }
        assert_eq!(front.seen(), ["200", "503", "silence", "200", "200"], "it asks each time");
        assert_eq!(talk.end().code(0).stderr, "");
    }

    pub(super) fn short_does_not_hide_that_it_is_refused(&self) {
        let front = Front::before(&self.relay_url, Mode::Unchanged);
        self.house.write("tonegate-data/relay/refused.key", &self.key());
        let mut talk = self.talk(&self.hand_on, &front, "refused.key");
        self.house.write("tonegate-data/relay/refused.key", WRONG_KEY);
        talk.ask();
        let ran = talk.end().code(1);
        assert!(ran.stdout.is_empty() && ran.stderr.contains("401"), "{ran:?}");
        assert!(!ran.stderr.contains(WRONG_KEY), "{ran:?}");
    }

    /// By either way.
    pub(super) fn it_takes_its_key_to_no_other_host(&self) {
        let elsewhere = Front::before(&self.relay_url, Mode::Unchanged);
        let front = Front::before(&self.relay_url, Mode::Moved { to: elsewhere.address });
        for block in [&self.hand_on, &self.relay] {
            self.it_fails(block, RELAY, &format!("http://{}", front.address), "relay: ");
        }
        assert_eq!(front.seen(), ["302", "302"]);
        // Where a redirect is followed, it is without the key.
        assert!(elsewhere.seen().iter().all(|seen| seen == "401"), "{:?}", elsewhere.seen());
    }
}
