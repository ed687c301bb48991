//! Whatever stands in the headers that say who one is: nobody gets in by it, and nothing breaks.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use tokio::runtime::Runtime;

use crate::support::House;

/// Pieces that come near to a credential, and any other text.
fn header() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("__Host-tonegate_session=".to_owned()),
        Just("Bearer ".to_owned()),
        Just("tgt_".to_owned()),
        Just("; ".to_owned()),
        "[A-Za-z0-9_-]{43}",
        "[ -~]{0,20}",
        "[\\x09\\x20-\\x7e\u{80}-\u{ff}]{0,20}",
    ];
    prop::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat())
}

#[test]
fn no_header_authenticates_by_chance() {
    let runtime = Runtime::new().unwrap();
    let (house, hand) = runtime.block_on(House::manual());
    let mut runner = TestRunner::new(Config { cases: 300, ..Config::default() });
    let asked = runner.run(&(header(), header(), any::<bool>()), |(cookie, other, both)| {
        // So that the network's limit hides nothing.
        house.pass(&hand, std::time::Duration::from_secs(1));
        let mut caller = house.anonymous().with("Cookie", &cookie);
        if both {
            caller = caller.with("Authorization", &other);
        }
        let answer = runtime.block_on(caller.get("/session"));
        prop_assert!(matches!(answer.status, 400 | 401), "{:?}", answer);
        Ok(())
    });
    asked.unwrap();
    runtime.block_on(async {
        house.viewer().get("/session").await.expect(200);
    });
}
