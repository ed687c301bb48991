//! Fuzzes [`tonegate_fuzz::credential`].

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tonegate_fuzz::credential(data));
