//! What may panic in the library that ships, read from its machine code.
//!
//! The library has no unwinder: a panic would end the app. So no function may reach one, and where
//! the compiler put one, it is listed here with the reason why it cannot come to it.

use std::path::Path;
use std::process::Command;

use anyhow::ensure;

use crate::command;

/// The signature check reads tables by half of an odd digit below the table's double length, which
/// the compiler cannot see: `NafLookupTable5` and `NafLookupTable8` of curve25519-dalek, and what
/// they were made part of. SHA-512 slices its table of constants in a fixed number of rounds.
const BOUNDED_BY_ARITHMETIC: [&str; 3] =
    ["vartime_double_base", "Jws::is_signed_by", "sha2::sha512::x86_avx2::compress"];

/// Fails where another function than those can panic.
pub(super) fn check(library: &Path) -> anyhow::Result<()> {
    let mut objdump = Command::new("objdump");
    objdump.args(["--disassemble", "--demangle", "--no-show-raw-insn"]).arg(library);
    let code = command::output(&mut objdump)?;
    let callers = callers(&String::from_utf8_lossy(&code));
    let bounded = |name: &String| BOUNDED_BY_ARITHMETIC.iter().any(|known| name.contains(known));
    let unknown: Vec<_> = callers.into_iter().filter(|name| !bounded(name)).collect();
    ensure!(unknown.is_empty(), "these can panic, and so end an app:\n{}", unknown.join("\n"));
    Ok(())
}

/// The functions that call the machinery of panics, and are not of it.
fn callers(code: &str) -> Vec<String> {
    let mut callers = Vec::new();
    let mut function = "";
    for line in code.lines() {
        if let Some(name) = line.strip_suffix(">:").and_then(|line| line.split_once(" <")) {
            function = name.1;
        } else if line.split_once(" <").is_some_and(|(_, target)| is_panic(target))
            && !is_panic(function)
            && callers.last().is_none_or(|last| last != function)
        {
            callers.push(function.to_owned());
        }
    }
    callers
}

fn is_panic(name: &str) -> bool {
    ["core::panicking::", "core::slice::index::slice_", "core::option::unwrap_failed"]
        .into_iter()
        .chain(["core::option::expect_failed", "core::result::unwrap_failed", "core::cell::panic"])
        .chain(["rust_begin_unwind", "copy_from_slice_impl::len_mismatch"])
        .any(|part| name.contains(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_calls_a_panic_is_named() {
        let code = "\
0000000000006cc0 <tonegate_session_turn>:
    6cc0:\tpush   %rbp
    6ce3:\tcall   1070 <core::panicking::panic_const::panic_const_rem_by_zero>
    6ce9:\tjmp    6cc0 <tonegate_session_turn+0x10>

0000000000001059 <core::panicking::panic_bounds_check>:
    105d:\tcall   1040 <core::panicking::panic_fmt>
";
        assert_eq!(callers(code), ["tonegate_session_turn"]);
    }
}
