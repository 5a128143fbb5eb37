//! Replays every corpus file through its target, as it is and in seeded mutations, on a stable toolchain.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may fail"
)]

use kwhen_fuzz::TARGETS;
use std::path::Path;

/// Mutations tried on each corpus file.
const MUTATIONS: u64 = 400;

/// A small seeded generator (SplitMix64).
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((mixed ^ (mixed >> 31)) % bound.max(1) as u64) as usize
    }
}

/// Cuts, flips, repeats and splices a piece or two.
fn mutate(bytes: &[u8], random: &mut Random) -> Vec<u8> {
    const TOKENS: [&[u8]; 12] = [
        b"null",
        b"-",
        b"1e999",
        b"\"",
        b"{",
        b"]",
        b",,",
        b"2100-01-01T00:00:00Z",
        b"+01:00",
        b"0000000000000000000001",
        b"\xff",
        b"\n",
    ];
    let mut mutated = bytes.to_vec();
    for _ in 0..=random.below(3) {
        let at = random.below(mutated.len() + 1).min(mutated.len());
        match random.below(4) {
            0 => mutated.truncate(at),
            1 => {
                if let Some(byte) = mutated.get_mut(at) {
                    *byte ^= 1 << random.below(8);
                }
            }
            2 => {
                let end = (at + random.below(40)).min(mutated.len());
                let piece = mutated[at..end].to_vec();
                mutated.splice(at..at, piece);
            }
            _ => {
                mutated.splice(at..at, TOKENS[random.below(TOKENS.len())].iter().copied());
            }
        }
    }
    mutated
}

#[test]
fn the_corpus_and_its_mutations_break_no_target() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    for (name, target) in TARGETS {
        let folder = corpus.join(name);
        let mut files: Vec<_> = std::fs::read_dir(&folder)
            .expect("a corpus folder for every target")
            .map(|entry| entry.expect("an entry").path())
            .collect();
        files.sort();
        assert!(!files.is_empty(), "no corpus in {}", folder.display());
        for (seed, file) in files.iter().enumerate() {
            let bytes = std::fs::read(file).expect("a readable corpus file");
            target(&bytes);
            let mut random = Random(seed as u64);
            for _ in 0..MUTATIONS {
                target(&mutate(&bytes, &mut random));
            }
        }
        println!("{name}: {} files, {} inputs", files.len(), files.len() as u64 * (MUTATIONS + 1));
    }
}
