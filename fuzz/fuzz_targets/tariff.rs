//! Fuzzes [`kwhen_fuzz::tariff`].
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| kwhen_fuzz::tariff(bytes));
