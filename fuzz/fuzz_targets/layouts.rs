//! Fuzzes [`kwhen_fuzz::layouts`].
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| kwhen_fuzz::layouts(bytes));
