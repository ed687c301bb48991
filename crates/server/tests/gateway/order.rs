//! Every code through a real socket, alone and in pairs: the earlier check wins.

use super::faults::{FAULTS, Fault, Gauntlet, Part};

#[tokio::test]
async fn every_fault_has_its_code_by_get_and_by_post() {
    let gauntlet = Gauntlet::new().await;
    for method in ["GET", "POST"] {
        assert_eq!(gauntlet.run(method, &[]).await, 0, "{method}");
        for fault in FAULTS {
            assert_eq!(gauntlet.run(method, &[fault]).await, fault.code, "{method} {}", fault.name);
        }
    }
}

#[tokio::test]
async fn of_two_faults_the_earlier_check_wins() {
    let gauntlet = Gauntlet::new().await;
    let mut wrong = Vec::new();
    let mut pairs = 0;
    for (place, first) in FAULTS.iter().enumerate() {
        for second in FAULTS.iter().skip(place + 1).filter(|second| fit(first, second)) {
            pairs += 1;
            for method in ["GET", "POST"] {
                let code = gauntlet.run(method, &[first, second]).await;
                if code != first.code {
                    wrong.push(format!("{method} {} + {}: {code}", first.name, second.name));
                }
            }
        }
    }
    assert_eq!(wrong, [""; 0]);
    assert!(pairs > 400, "{pairs}");
}

/// Can one request have both? What is cut off before the signature verifies leaves it unused.
fn fit(first: &Fault, second: &Fault) -> bool {
    first.part != second.part && (first.part, second.part) != (Part::Repeat, Part::Network)
}
