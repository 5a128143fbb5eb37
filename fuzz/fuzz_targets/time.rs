//! Fuzzes [`kwhen_fuzz::time`].
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| kwhen_fuzz::time(bytes));
