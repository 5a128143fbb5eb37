//! Fuzzes [`kwhen_fuzz::tables`].
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| kwhen_fuzz::tables(bytes));
