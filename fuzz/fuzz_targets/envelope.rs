//! Fuzzes [`tonegate_fuzz::envelope`].

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tonegate_fuzz::envelope(data));
