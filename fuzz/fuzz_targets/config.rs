//! Fuzzes [`tonegate_fuzz::config`].

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tonegate_fuzz::config(data));
