//! What crosses kwhen's crates: golden bills, the command run as a user runs it.
