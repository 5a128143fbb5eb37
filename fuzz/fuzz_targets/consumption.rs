//! Fuzzes [`kwhen_fuzz::consumption`].
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| kwhen_fuzz::consumption(bytes));
