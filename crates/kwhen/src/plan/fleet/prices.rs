//! Prices on what the devices share.

/// Prices on what the devices share, in p/kWh: by slot of what is taken and of what is given at the meter, and by circuit and slot of
/// the flow there.
#[derive(Clone, Debug)]
pub(super) struct Prices {
    pub(super) meter: Vec<(f64, f64)>,
    pub(super) circuits: Vec<Vec<f64>>,
    /// By exclusion and slot, of a whole turn.
    pub(super) turns: Vec<Vec<f64>>,
}

impl Prices {
    /// Between these and others, so much of these.
    pub(super) fn mixed(&self, others: &Self, share: f64) -> Self {
        let mix = |own: &f64, other: &f64| own * share + other * (1.0 - share);
        let meter = self.meter.iter().zip(&others.meter);
        let rows = |own: &[Vec<f64>], others: &[Vec<f64>]| {
            let row = |(own, other): (&Vec<f64>, &Vec<f64>)| {
                own.iter().zip(other).map(|(a, b)| mix(a, b)).collect()
            };
            own.iter().zip(others).map(row).collect()
        };
        Self {
            meter: meter.map(|(own, other)| (mix(&own.0, &other.0), mix(&own.1, &other.1))).collect(),
            circuits: rows(&self.circuits, &others.circuits),
            turns: rows(&self.turns, &others.turns),
        }
    }

    /// Rounded to whole counts of such a part of a penny.
    pub(super) fn rounded(&self, parts: f64) -> Self {
        let round = |price: f64| (price * parts).round() / parts;
        let rows = |rows: &[Vec<f64>]| {
            rows.iter().map(|prices| prices.iter().map(|price| round(*price)).collect()).collect()
        };
        Self {
            meter: self.meter.iter().map(|(taken, given)| (round(*taken), round(*given))).collect(),
            circuits: rows(&self.circuits),
            turns: rows(&self.turns),
        }
    }
}
