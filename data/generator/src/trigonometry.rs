//! Cosines from a written-out table, since a machine's own may differ in the last digit.

/// One: the scale of the cosines.
pub const ONE: i64 = 10_000;
/// A full turn in hundredths of a degree.
pub const TURN: i64 = 36_000;

/// cos of 0, 5, 10 ... 90 degrees in ten-thousandths.
const QUARTER: [i64; 19] = [
    10_000, 9_962, 9_848, 9_659, 9_397, 9_063, 8_660, 8_192, 7_660, 7_071, 6_428, 5_736, 5_000, 4_226, 3_420,
    2_588, 1_736, 872, 0,
];

/// The cosine, in ten-thousandths, of an angle in hundredths of a degree; straight lines between 5-degree points.
#[must_use]
pub fn cosine(hundredths: i64) -> i64 {
    let turned = hundredths.rem_euclid(TURN);
    let folded = turned.min(TURN - turned);
    if folded > TURN / 4 { -quarter(TURN / 2 - folded) } else { quarter(folded) }
}

/// The sine, in ten-thousandths, of an angle in hundredths of a degree.
#[must_use]
pub fn sine(hundredths: i64) -> i64 {
    cosine(hundredths - TURN / 4)
}

fn quarter(hundredths: i64) -> i64 {
    let entry = usize::try_from(hundredths / 500).unwrap_or(0);
    let at = |entry: usize| QUARTER.get(entry).copied().unwrap_or(0);
    at(entry) + (at(entry + 1) - at(entry)) * (hundredths % 500) / 500
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_circle_closes() {
        assert_eq!(
            [0, 6_000, 9_000, 12_000, 18_000, 24_000, 30_000, -6_000].map(cosine),
            [10_000, 5_000, 0, -5_000, -10_000, -5_000, 5_000, 5_000]
        );
        assert_eq!([0, 3_000, 9_000, 18_000, 27_000].map(sine), [0, 5_000, 10_000, 0, -10_000]);
    }

    #[test]
    fn between_the_points_it_stays_within_a_hundredth_of_the_true_cosine() {
        for hundredths in (0..TURN).step_by(37) {
            let exact = (hundredths as f64 / 100.0).to_radians().cos() * 10_000.0;
            assert!((cosine(hundredths) as f64 - exact).abs() < 15.0, "{hundredths}");
        }
    }
}
