//! Criterion benches of kwhen's hot paths, each beside its rivals in the same run.
