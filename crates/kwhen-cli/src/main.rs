//! The `kwhen` command.

fn main() {}
