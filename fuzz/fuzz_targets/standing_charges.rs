//! Fuzzes [`kwhen_fuzz::standing_charges`].
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| kwhen_fuzz::standing_charges(bytes));
