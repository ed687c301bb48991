//! The licence API's documents that sign by themselves: what their scripts make is answered with a licence.
//!
//! Without Node a line says that this was left out; in CI it fails.

use std::process::Command;

use serde_json::Value;

use crate::support::{House, get};

const DOCS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs");

/// Runs a document's script as its tool would, with the few things that the tool gives it, and prints the
/// request's URL.
const RUNNER: &str = r#"
const { readFileSync } = require("node:fs");
const { createHash, randomBytes } = require("node:crypto");
const [, file, ...given] = process.argv;
const variables = new Map([["base", given[0]], ["app_id", given[1]], ["server_secret", given[2]]]);
const text = readFileSync(file, "utf8");
const md5 = (input) => createHash("md5").update(input).digest("hex");
let script, url;
if (file.endsWith(".json")) {
  const [item] = JSON.parse(text).item;
  script = item.event.find((event) => event.listen === "prerequest").script.exec.join("\n");
  const { raw, query } = item.request.url;
  url = raw + "?" + query.map(({ key, value }) => `${key}=${value}`).join("&");
} else {
  script = text.match(/< \{%([\s\S]*?)%\}/)[1];
  url = text.match(/^GET (.*)$/m)[1];
}
const store = { get: (name) => variables.get(name), set: (name, value) => variables.set(name, value) };
const postman = {
  MD5: (input) => ({ toString: () => md5(input) }),
  lib: { WordArray: { random: (bytes) => ({ toString: () => randomBytes(bytes).toString("hex") }) } },
};
const jetbrains = {
  md5: () => ({ updateWithText: (input) => ({ digest: () => ({ toHex: () => md5(input) }) }) }),
};
if (file.endsWith(".json")) new Function("require", "pm", script)(() => postman, { variables: store });
else new Function("request", "crypto", script)({ variables: store }, jetbrains);
console.log(url.replace(/\{\{(\w+)\}\}/g, (_, name) => variables.get(name)));
"#;

#[test]
fn collection_and_http_file_sign_requests_that_are_answered() {
    if Command::new("node").arg("--version").output().is_err() {
        assert!(std::env::var_os("CI").is_none(), "node is not installed");
        println!("left out: node is not installed");
        return;
    }
    let house = House::new();
    let secret = house.app("12345");
    let server = house.serve(&[]);
    for document in ["license-api.postman.json", "license-api.http"] {
        // Two at once: a document that signs once for all would be refused the second time.
        for _ in 0..2 {
            let url = signed(document, &server.url(), &secret);
            let answer: Value = serde_json::from_str(&get(&url)).unwrap();
            assert_eq!(answer["Code"], 0, "{document}: {answer}");
        }
    }
}

fn signed(document: &str, base: &str, secret: &str) -> String {
    let file = format!("{DOCS}/{document}");
    let node = Command::new("node").args(["-e", RUNNER, &file, base, "12345", secret]).output();
    let output = node.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}
