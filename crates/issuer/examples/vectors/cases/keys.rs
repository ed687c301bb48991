//! Roots and floors over several licences: rotation, withdrawal, the standby's turn.

use crate::case::{At, Case, Kept, Times};
use crate::forge::{Certificate, EXP, IAT, License};
use crate::keys::{ACTIVE_ROOT, FIRST, SECOND, STANDBY_ROOT, TestKey};

fn license(key: TestKey, serial: u32, root: TestKey, floor: u32) -> String {
    let certificate = Certificate::of(key, serial, root).with("floor", &floor.to_string());
    License::sample().under(&certificate, key).text()
}

/// A valid load that leaves these floors and this mark of the standby.
fn valid(case: Case, text: &str, floors: [u32; 2], standby_seen: bool) -> Case {
    let now = IAT + 60;
    case.loads(text, At(now, 0), None, Times::at(now), |kept| {
        *kept = Kept { floors, standby_seen, time: now + 60, newest_exp: EXP, ..*kept };
    })
}

pub(super) fn cases() -> Vec<Case> {
    let old = license(FIRST, 1, ACTIVE_ROOT, 0);
    let new = license(SECOND, 2, ACTIVE_ROOT, 0);
    let raising = license(SECOND, 2, ACTIVE_ROOT, 2);
    let standby = license(FIRST, 1, STANDBY_ROOT, 0);
    let standby_floor = license(SECOND, 2, STANDBY_ROOT, 2);
    let active_floor_9 = license(SECOND, 9, ACTIVE_ROOT, 9);
    let forged = {
        let certificate = Certificate::of(SECOND, 2, ACTIVE_ROOT).with("floor", "2");
        let mut license = License::sample().under(&certificate, SECOND);
        license.key = FIRST;
        license.text()
    };
    let case = Case::new;
    let rotated = valid(
        case("rotation", "Both keys are good while both certificates are."),
        &old,
        [0, 0],
        false,
    );
    let rotated = valid(rotated, &new, [0, 0], false);
    let withdrawn =
        valid(case("floor", "A raised floor withdraws the older key."), &raising, [2, 0], false);
    let withdrawn = withdrawn.refused(&old, "floor").restarts().refused(&old, "floor");
    let at_floor =
        valid(case("at-floor", "A serial at the floor is good."), &raising, [2, 0], false);
    let at_floor = valid(at_floor, &new, [2, 0], false);
    let noted = case("floor-noted", "A certificate's floor counts, though the licence is forged.")
        .refused_noting(&forged, "signature", |kept| kept.floors = [2, 0])
        .refused(&old, "floor");
    let per_pin = valid(
        case("floor-per-pin", "The active root's floor does not bind the standby."),
        &active_floor_9,
        [9, 0],
        false,
    );
    let per_pin = valid(per_pin, &standby, [9, 0], true);
    let standby_first = valid(
        case("standby", "The standby root's certificate is good at once."),
        &standby,
        [0, 0],
        true,
    );
    let superseded = valid(
        case("root-superseded", "Once the standby was seen, the active root is refused."),
        &standby,
        [0, 0],
        true,
    );
    let superseded =
        superseded.refused(&old, "root_superseded").restarts().refused(&new, "root_superseded");
    let own_floor = valid(
        case("standby-floor", "The standby has a floor of its own."),
        &standby_floor,
        [0, 2],
        true,
    );
    let own_floor = own_floor.refused(&standby, "floor");
    let stored = Kept { floors: [7, 0], ..Kept::NEW };
    vec![
        rotated,
        withdrawn,
        at_floor,
        noted,
        per_pin,
        standby_first,
        superseded,
        own_floor,
        case("floor-stored", "A floor seen long ago.").begins_with(stored).refused(&new, "floor"),
    ]
}
