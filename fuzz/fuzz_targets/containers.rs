//! Fuzzes [`kwhen_fuzz::containers`].
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| kwhen_fuzz::containers(bytes));
