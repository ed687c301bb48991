//! Fuzzes [`tonegate_fuzz::c_border`].

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tonegate_fuzz::c_border(data));
