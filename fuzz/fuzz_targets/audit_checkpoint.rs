//! Fuzzes [`tonegate_fuzz::audit_checkpoint`].

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tonegate_fuzz::audit_checkpoint(data));
