//! Fuzzes [`kwhen_fuzz::unit_rates`].
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| kwhen_fuzz::unit_rates(bytes));
