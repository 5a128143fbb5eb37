//! Fuzzes [`kwhen_fuzz::statement`].
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| kwhen_fuzz::statement(bytes));
