//! Fuzzes [`tonegate_fuzz::query`].

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tonegate_fuzz::query(data));
