//! Fuzzes [`kwhen_fuzz::import_answer`].
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| kwhen_fuzz::import_answer(bytes));
