//! The generator's own source of randomness: the same numbers on every machine and in every release.

/// SplitMix64 (Steele, Lea, Flood 2014): one 64-bit state, one multiply-and-shift mix a draw.
#[derive(Debug, Clone)]
pub struct SplitMix64 {
    state: u64,
}

impl SplitMix64 {
    /// The stream of one subject. Each subject has its own, so that a change to one leaves the others as they were.
    #[must_use]
    pub fn stream(seed: u64, subject: &str) -> Self {
        // FNV-1a, 64 bits.
        let hash = subject.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        Self { state: seed ^ hash }
    }

    fn draw(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A whole number from `low` to `high`, both included.
    pub fn between(&mut self, low: i64, high: i64) -> i64 {
        let count = u128::from(high.abs_diff(low)) + 1;
        let offset = (u128::from(self.draw()) * count) >> 64;
        low + i64::try_from(offset).unwrap_or(0)
    }

    /// True `in_thousand` times out of 1000.
    pub fn chance(&mut self, in_thousand: i64) -> bool {
        self.between(0, 999) < in_thousand
    }

    /// A bell-shaped number about zero with the given standard deviation: twelve uniform draws added up.
    pub fn bell(&mut self, deviation: i64) -> i64 {
        let sum: i64 = (0..12).map(|_| self.between(0, 65_535)).sum();
        (sum - 6 * 65_535) * deviation / 65_536
    }
}

#[cfg(test)]
mod tests {
    use super::SplitMix64;

    #[test]
    fn draws_match_the_published_sequence() {
        // Vigna's splitmix64.c with the seed 1234567.
        let mut random = SplitMix64 { state: 1_234_567 };
        assert_eq!(random.draw(), 6_457_827_717_110_365_317);
        assert_eq!(random.draw(), 3_203_168_211_198_807_973);
    }

    #[test]
    fn between_reaches_both_ends_and_nothing_else() {
        let mut random = SplitMix64::stream(1, "ends");
        let mut seen = [0; 3];
        for _ in 0..300 {
            seen[usize::try_from(random.between(-1, 1) + 1).unwrap()] += 1;
        }
        assert!(seen.iter().all(|&count| count > 50), "{seen:?}");
    }
}
