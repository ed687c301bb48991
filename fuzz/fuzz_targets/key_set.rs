//! Fuzzes [`tonegate_fuzz::key_set`].

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tonegate_fuzz::key_set(data));
