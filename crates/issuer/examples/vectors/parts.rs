//! The small parts of a verifier, each with inputs of its own: pins, stored states, identities.

use serde_json::{Value, json};

use crate::case::Kept;
use crate::forge::{EXP, IAT};
use crate::keys::{ACTIVE_ROOT, base64url, pins};

/// Texts of pins, and whether an app can use them.
pub(crate) fn pins_texts() -> Value {
    let good = pins();
    let active = base64url(&ACTIVE_ROOT.public());
    let mut small_order = [0; 32];
    small_order[0] = 1;
    let weak = base64url(&small_order);
    json!([
        { "text": good, "sound": true, "why": "Two keys." },
        { "text": format!(" {good}\n"), "sound": true, "why": "Blanks around them are trimmed." },
        { "text": active, "sound": false, "why": "One key." },
        { "text": format!("{active},{active}"), "sound": false, "why": "The same key twice." },
        { "text": format!("{active},{weak}"), "sound": false, "why": "A key of small order." },
        { "text": format!("{good},{active}"), "sound": false, "why": "Three keys." },
        { "text": good.replace(',', "=,"), "sound": false, "why": "Padding." },
        { "text": "", "sound": false, "why": "Nothing." },
    ])
}

/// Stored states, and whether they are read. A device whose state is not begins anew.
pub(crate) fn states() -> Value {
    let kept =
        Kept { spread: 4660, standby_seen: true, floors: [3, 5], time: IAT, newest_exp: EXP };
    let hex = kept.hex();
    let other_version = kept.hex_beginning_with(2, 1);
    let neither = kept.hex_beginning_with(1, 2);
    let flipped = format!("{}f{}", &hex[..20], &hex[21..]);
    json!([
        { "hex": hex, "sound": true, "why": "Every field set." },
        { "hex": Kept::NEW.hex(), "sound": true, "why": "A new device." },
        { "hex": &hex[..62], "sound": false, "why": "A byte short." },
        { "hex": format!("{hex}00"), "sound": false, "why": "A byte long." },
        { "hex": other_version, "sound": false, "why": "Another version." },
        { "hex": neither, "sound": false, "why": "Neither seen nor not seen." },
        { "hex": flipped, "sound": false, "why": "A damaged byte; the checksum tells." },
        { "hex": "", "sound": false, "why": "Nothing." },
    ])
}

/// App identities, computed with another SHA-512.
pub(crate) fn identities() -> Value {
    json!([
        {
            "platform": "android",
            "package": "com.example.karaoke",
            "certificate_sha256": "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
            "identity": "kc0wNVuBLf6zCHWFao8ogA",
        },
        {
            "platform": "ios",
            "bundle_id": "com.example.karaoke",
            "identity": "-hwO_RwxXRILFiY5jhsuRw",
        },
        {
            "platform": "web",
            "origin": "https://app.example.com",
            "identity": "aa8R4wLDmIFA1N6gdYysPQ",
        },
    ])
}
