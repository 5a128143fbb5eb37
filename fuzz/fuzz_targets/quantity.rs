//! Fuzzes [`kwhen_fuzz::quantity`].
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| kwhen_fuzz::quantity(bytes));
