//! Writes `vectors/`: numbered cases that a verifier in any language must agree with.
//!
//! `cargo run -p tonegate-issuer --example vectors -- DIR`. The same bytes every time: keys come
//! from seeds in `keys.rs`, times from constants in `forge.rs`.
#![expect(clippy::expect_used, reason = "a generator that fails is repaired, not handled")]

mod case;
mod cases;
mod forge;
mod keys;
mod minted;
mod parts;

use std::fs;
use std::io;
use std::path::Path;

use serde_json::json;

const README: &str = include_str!("README.md");

fn main() -> io::Result<()> {
    let folder = std::env::args_os().nth(1).ok_or_else(|| io::Error::other("which folder?"))?;
    let folder = Path::new(&folder);
    fs::create_dir_all(folder)?;
    let cases = cases::all();
    assert_eq!(
        forge::License::sample().text(),
        minted::license(),
        "what is forged is the issuer's"
    );
    let numbered = || cases.iter().zip(1..);
    for (case, number) in numbered() {
        let text = case.license.as_deref().unwrap_or_default();
        fs::write(folder.join(format!("{number:03}-{}.txt", case.name)), text)?;
    }
    let all = json!({
        "format": 1,
        "pins": keys::pins(),
        "pins_texts": parts::pins_texts(),
        "states": parts::states(),
        "identities": parts::identities(),
        "cases": numbered().map(|(case, number)| case.json(number)).collect::<Vec<_>>(),
    });
    fs::write(folder.join("cases.json"), format!("{all:#}\n"))?;
    fs::write(folder.join("README.md"), README)
}
