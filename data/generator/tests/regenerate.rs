//! The data in the repository is what the generator makes, and its README says what it holds.

use std::path::PathBuf;

use kwhen_data_generator::summary::summary;
use kwhen_data_generator::table::{SEED, Sample};

fn data() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..")
}

#[test]
fn the_committed_files_are_the_generated_ones() {
    for table in Sample::new(SEED).tables() {
        let held = std::fs::read_to_string(data().join(table.name)).unwrap();
        assert!(held == table.text, "{}: run `cargo run -p kwhen-data-generator -- check`", table.name);
    }
}

#[test]
fn the_readme_shows_the_summary() {
    let readme = std::fs::read_to_string(data().join("README.md")).unwrap();
    let summary = summary(&Sample::new(SEED));
    assert!(readme.contains(&summary), "data/README.md should hold:\n{summary}");
}

#[test]
fn another_seed_makes_another_sample() {
    let (ours, other) = (Sample::new(SEED), Sample::new(SEED + 1));
    assert_ne!(ours.prices.import, other.prices.import);
    assert_ne!(ours.consumption, other.consumption);
    assert_ne!(ours.solar, other.solar);
}
