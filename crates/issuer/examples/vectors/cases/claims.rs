//! The claims: each one missing, mistyped, doubled and misplaced, and what the profile refuses.

use crate::case::Case;
use crate::forge::{License, array, quoted};

pub(super) fn cases() -> Vec<Case> {
    let mut cases = members();
    cases.extend(spelling());
    cases.extend(values());
    cases.extend(lists());
    cases.extend(at_the_limits());
    cases.extend(extensions());
    cases
}

fn refused(name: &str, why: &str, license: &License) -> Case {
    Case::new(name, why).refused(&license.text(), "claims")
}

fn members() -> Vec<Case> {
    let sample = License::sample();
    let mut cases = Vec::new();
    for member in sample.claims.names() {
        let mut missing = sample.clone();
        missing.claims.remove(&member);
        let mut doubled = sample.clone();
        doubled.claims.double(&member);
        let mut misplaced = sample.clone();
        misplaced.claims.misplace(&member);
        let other_type = if sample.claims.value(&member).starts_with('"') { "1" } else { r#""1""# };
        let mistyped = sample.clone().with(&member, other_type);
        cases.push(refused(&format!("without-{member}"), "Every claim is required.", &missing));
        cases.push(refused(&format!("doubled-{member}"), "No claim stands twice.", &doubled));
        cases.push(refused(
            &format!("misplaced-{member}"),
            "Claims in alphabetical order.",
            &misplaced,
        ));
        cases.push(refused(
            &format!("mistyped-{member}"),
            "Each claim has its one type.",
            &mistyped,
        ));
    }
    cases
}

/// Payloads that a JSON parser may well read as the same claims.
fn spelling() -> Vec<Case> {
    let sample = License::sample();
    let json = sample.claims.json();
    let end = json.len() - 1;
    [
        ("blank-inside", "No blanks.", json.replace(',', ", ")),
        ("blank-after", "Nothing after the object.", format!("{json} ")),
        ("second-object", "Least of all another object.", format!("{json}{{}}")),
        ("unclosed", "Nothing left open.", json[..end].to_owned()),
        ("comma-at-end", "No comma before the end.", format!("{},}}", &json[..end])),
        ("escape", "No escapes, also where they mean the same.", json.replace("zim", r"\u007aim")),
        ("control-character", "No control characters.", json.replace("zim", "zim\u{1}")),
        ("not-ascii", "ASCII only.", json.replace("\"ans\"", "\"änß\"")),
        ("empty-claims", "An empty object.", "{}".to_owned()),
        ("array-claims", "An object it is.", format!("[{json}]")),
        ("null", "null is no claim.", json.replace(r#""rev":1"#, r#""rev":null"#)),
    ]
    .into_iter()
    .map(|(name, why, payload)| Case::new(name, why).refused(&sample.text_over(&payload), "claims"))
    .collect()
}

fn values() -> Vec<Case> {
    let iss33 = quoted(&"i".repeat(33));
    let list: &[(&str, &str, &str, &str)] = &[
        ("float", "Integers are plain: no fraction.", "rev", "1.0"),
        ("exponent", "No exponent.", "rev", "1e0"),
        ("negative", "No sign.", "rev", "-1"),
        ("leading-zero", "No leading zero.", "rev", "01"),
        ("rev-over-u32", "rev has 32 bits.", "rev", "4294967296"),
        ("exp-over-2-53", "2⁵³ is more than every reader holds.", "exp", "9007199254740992"),
        ("exp-over-i64", "Nothing wraps around.", "exp", "18446744075475299493"),
        ("version-2", "Another version.", "ver", "2"),
        ("audience", "Another audience.", "aud", r#""zim-video""#),
        ("environment-unknown", "There are two environments.", "env", r#""staging""#),
        ("issuer-too-long", "33 characters.", "iss", &iss33),
        ("issuer-empty", "An issuer has a name.", "iss", r#""""#),
        ("sub-leading-zero", "An AppId has one spelling.", "sub", r#""012345""#),
        ("sub-over-u32", "An AppId has 32 bits.", "sub", r#""4294967296""#),
        ("sub-empty", "An AppId has a digit.", "sub", r#""""#),
        ("jti-short", "jti has 32 digits.", "jti", r#""0123456789abcdef0123456789abcde""#),
        ("jti-upper", "In lower case.", "jti", r#""0123456789ABCDEF0123456789ABCDEF""#),
        ("exp-at-iat", "A licence lasts at least a second.", "exp", "1763843493"),
        ("exp-at-nbf", "And is valid for one.", "nbf", "1764451893"),
        ("unknown-claim", "An unknown claim without x_.", "nonce", "1"),
        ("unknown-first", "Also before the first one.", "act", r#""a""#),
    ];
    list.iter()
        .map(|(name, why, member, value)| {
            refused(name, why, &License::sample().with(member, value))
        })
        .collect()
}

fn lists() -> Vec<Case> {
    let names: Vec<_> = (b'a'..=b'q').map(|c| char::from(c).to_string()).collect();
    let seventeen = array(&names.iter().map(String::as_str).collect::<Vec<_>>());
    let nine: Vec<_> =
        (b'A'..=b'I').map(|c| format!("{}A", char::from(c).to_string().repeat(21))).collect();
    let nine = array(&nine.iter().map(String::as_str).collect::<Vec<_>>());
    let list: &[(&str, &str, &str, &str)] = &[
        ("no-features", "At least one feature.", "features", "[]"),
        ("features-17", "At most 16.", "features", &seventeen),
        ("features-unsorted", "In ascending order.", "features", r#"["ans","agc"]"#),
        ("features-repeated", "Each once.", "features", r#"["ans","ans"]"#),
        ("feature-upper", "Lower case.", "features", r#"["ANS"]"#),
        ("feature-long", "At most 16 characters.", "features", r#"["abcdefghijklmnopq"]"#),
        ("feature-empty", "At least one character.", "features", r#"[""]"#),
        ("feature-number", "Strings.", "features", "[1]"),
        ("features-comma", "No comma at the end.", "features", r#"["ans",]"#),
        ("bind-empty", "An empty bind is left out.", "bind", "[]"),
        ("bind-9", "At most 8.", "bind", &nine),
        ("bind-short", "Each of 22 characters.", "bind", r#"["AAAA"]"#),
        ("bind-unused-bits", "Unused bits zero.", "bind", r#"["AAAAAAAAAAAAAAAAAAAAAB"]"#),
        ("policy-empty", "An empty on_expiry is left out.", "on_expiry", "[]"),
        ("policy-unknown", "stop, bypass or grace.", "on_expiry", r#"["ans:mute"]"#),
        ("policy-bare", "A feature alone says nothing.", "on_expiry", r#"["ans"]"#),
        ("policy-twice", "One for each feature.", "on_expiry", r#"["ans:bypass","ans:stop"]"#),
        ("grace-0", "At least an hour.", "on_expiry", r#"["ans:grace:0"]"#),
        ("grace-73", "At most 72.", "on_expiry", r#"["ans:grace:73"]"#),
        ("grace-01", "Without leading zero.", "on_expiry", r#"["ans:grace:01"]"#),
        ("grace-no-hours", "With its hours.", "on_expiry", r#"["ans:grace:"]"#),
    ];
    list.iter()
        .map(|(name, why, member, value)| {
            refused(name, why, &License::sample().with(member, value))
        })
        .collect()
}

/// The most of everything that still is a licence.
fn at_the_limits() -> Vec<Case> {
    let names: Vec<_> = (b'a'..=b'p').map(|c| char::from(c).to_string().repeat(16)).collect();
    let features = array(&names.iter().map(String::as_str).collect::<Vec<_>>());
    let identities: Vec<_> =
        (b'A'..=b'H').map(|c| format!("{}A", char::from(c).to_string().repeat(21))).collect();
    let bind = array(&identities.iter().map(String::as_str).collect::<Vec<_>>());
    let full = License::sample().with("bind", &bind).with("features", &features);
    // Policies and padding fill what is left: an entry has 24 characters, an extension up to 200.
    let filled = |policies: usize, pad: usize| {
        let policies: Vec<_> =
            names[..policies].iter().map(|name| format!("{name}:stop")).collect();
        let policies = array(&policies.iter().map(String::as_str).collect::<Vec<_>>());
        let mut license = full.clone().with("on_expiry", &policies);
        license.claims.append("x_a", &quoted(&"t".repeat(pad)));
        license.text()
    };
    let mut all = (1..=16)
        .flat_map(|policies| (0..190).map(move |pad| (policies, pad)))
        .map(|(policies, pad)| filled(policies, pad));
    let longest = all.find(|text| text.len() == 2_048).expect("some filling fits exactly");
    vec![
        Case::new("at-the-limits", "16 features, 8 identities, 2,048 characters.")
            .with_identity(&identities[7])
            .valid(&longest),
    ]
}

fn extensions() -> Vec<Case> {
    let with = |members: &[(&str, &str)]| {
        let mut license = License::sample();
        members.iter().for_each(|(name, value)| license.claims.append(name, value));
        license
    };
    let sized = |characters: usize| {
        let frame = r#","x_a":"""#.len();
        with(&[("x_a", &quoted(&"t".repeat(characters - frame)))])
    };
    let good =
        |name: &str, why: &str, license: License| Case::new(name, why).valid(&license.text());
    vec![
        good(
            "extensions",
            "An integer, a string, an array of strings.",
            with(&[("x_a", "0"), ("x_b", r#""text, with: {signs}""#), ("x_c", r#"["u","v"]"#)]),
        ),
        good("extensions-200", "200 characters in all.", sized(200)),
        refused("extensions-201", "And no more.", &sized(201)),
        refused("extension-nameless", "x_ alone is no name.", &with(&[("x_", "1")])),
        refused("extension-upper", "Lower-case names.", &with(&[("x_A", "1")])),
        refused("extensions-unsorted", "In order.", &with(&[("x_b", "1"), ("x_a", "1")])),
        refused("extension-twice", "Each once.", &with(&[("x_a", "1"), ("x_a", "1")])),
        refused("extension-null", "No null.", &with(&[("x_a", "null")])),
        refused("extension-true", "No booleans.", &with(&[("x_a", "true")])),
        refused("extension-object", "No objects.", &with(&[("x_a", r#"{"b":1}"#)])),
        refused("extension-escape", "No escapes here either.", &with(&[("x_a", r#""\u0041""#)])),
        refused("extension-empty-array", "No empty arrays.", &with(&[("x_a", "[]")])),
        refused("extension-numbers", "Arrays of strings.", &with(&[("x_a", "[1]")])),
        refused(
            "claim-after-extension",
            "After the others.",
            &with(&[("x_a", "1"), ("zone", "1")]),
        ),
    ]
}
