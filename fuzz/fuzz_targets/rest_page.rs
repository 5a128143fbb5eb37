//! Fuzzes [`kwhen_fuzz::rest_page`].
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| kwhen_fuzz::rest_page(bytes));
