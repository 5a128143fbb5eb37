//! Makes the sample data.

fn main() {}
