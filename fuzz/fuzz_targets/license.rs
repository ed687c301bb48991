//! Fuzzes [`tonegate_fuzz::license`].

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tonegate_fuzz::license(data));
