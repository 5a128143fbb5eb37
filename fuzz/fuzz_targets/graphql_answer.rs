//! Fuzzes [`kwhen_fuzz::graphql_answer`].
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| kwhen_fuzz::graphql_answer(bytes));
