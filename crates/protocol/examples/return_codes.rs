//! Prints docs/RETURN-CODES.md, from the table that the code itself uses.

use tonegate_protocol::ReturnCode;

fn main() {
    println!(
        "# Return codes\n\n\
         Made by `cargo xtask docs` from `crates/protocol/src/return_code.rs`; do not edit.\n\n\
         Every answer has HTTP status 200 and an integer `Code`. A `Message` may be followed by a\n\
         hint after one blank, which names the fault in words.\n\n\
         | Code | Name | Message | Meaning | What to do |\n| --- | --- | --- | --- | --- |"
    );
    for code in ReturnCode::ALL {
        let (number, name, message) = (code.number(), code.name(), code.message());
        println!("| {number} | {name} | `{message}` | {} | {} |", code.meaning(), code.cure());
    }
}
