//! Prints a document about the licence API, from the tables that the code itself uses: `openapi`
//! (docs/openapi-wire.json), `postman` (docs/license-api.postman.json) or `http`
//! (docs/license-api.http). The last two sign by themselves.

mod openapi;
mod postman;

use std::process::ExitCode;

fn main() -> ExitCode {
    let text = match std::env::args().nth(1).as_deref() {
        Some("openapi") => pretty(&openapi::document()),
        Some("postman") => pretty(&postman::collection()),
        Some("http") => include_str!("license-api.http").trim_end().to_owned(),
        _ => {
            eprintln!("which document: openapi, postman or http");
            return ExitCode::FAILURE;
        }
    };
    println!("{text}");
    ExitCode::SUCCESS
}

fn pretty(value: &serde_json::Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}
