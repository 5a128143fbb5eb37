//! The normal matrix of a relaxation with many devices: each device's chain in time is factored alone, and what is left is one dense
//! matrix of the shared rows. Its cost grows with the devices, not with their third power.
#![expect(
    clippy::indexing_slicing,
    reason = "dense linear algebra; every index is bounded by the sizes that the problem was made with"
)]

use super::linear::{Layout, Relaxation, SHARED, Variable};

/// A factored matrix.
pub(super) struct Bordered {
    chains: Vec<Chain>,
    /// The lower factor of the shared rows' matrix, by slot and row.
    border: Vec<f64>,
}

/// One device: a symmetric tridiagonal matrix in time as `L D L'`, and its coupling to the shared rows of its slots.
struct Chain {
    pivots: Vec<f64>,
    /// What a slot takes of the one before.
    lower: Vec<f64>,
    coupling: Vec<[f64; SHARED]>,
}

impl Chain {
    /// Solves in place from slot `from` on, for a right side that is nothing before it; the slots before are left as they are.
    fn solve(&self, side: &mut [f64], from: usize) {
        let count = side.len();
        for slot in from + 1..count {
            side[slot] -= self.lower[slot] * side[slot - 1];
        }
        for slot in (from..count).rev() {
            side[slot] /= self.pivots[slot];
            if slot + 1 < count {
                side[slot] -= self.lower[slot + 1] * side[slot + 1];
            }
        }
    }
}

impl Bordered {
    /// Factors the matrix for the variables' weights.
    pub(super) fn new(relaxation: &Relaxation, variables: &[Variable], layout: &Layout) -> Self {
        let (devices, rows, slots) = (relaxation.devices, relaxation.rows, relaxation.stages.len());
        let size = slots * rows;
        let mut border = vec![0.0; size * size];
        let mut diagonals = vec![vec![0.0; slots]; devices];
        let mut links = vec![vec![0.0; slots]; devices];
        let mut couplings = vec![vec![[0.0; SHARED]; slots]; devices];
        for (slot, stage) in relaxation.stages.iter().enumerate() {
            for (column, variable) in stage.columns.iter().zip(&variables[layout.columns[slot]..]) {
                let theta = variable.theta;
                for row in 0..rows {
                    let part = column.shared[row] * theta;
                    for other in 0..rows {
                        border[(slot * rows + row) * size + slot * rows + other] +=
                            part * column.shared[other];
                    }
                    if let Some((device, stored)) = column.store {
                        couplings[device][slot][row] += stored * part;
                    }
                }
                if let Some((device, stored)) = column.store {
                    diagonals[device][slot] += stored * stored * theta;
                }
            }
            let mut next = layout.levels[slot];
            for (device, stretches) in stage.levels.iter().enumerate() {
                for _ in stretches {
                    let theta = variables[next].theta;
                    links[device][slot] += theta;
                    diagonals[device][slot] += theta;
                    if slot + 1 < slots {
                        diagonals[device][slot + 1] += theta;
                    }
                    next += 1;
                }
            }
        }
        let parts = diagonals.into_iter().zip(&links).zip(couplings);
        let chains: Vec<Chain> =
            parts.map(|((diagonal, links), coupling)| Chain::new(diagonal, links, coupling)).collect();
        let mut unit = vec![0.0; slots];
        for chain in &chains {
            for slot in 0..slots {
                let own = chain.coupling[slot];
                if own.iter().all(|part| *part == 0.0) {
                    continue;
                }
                unit[slot..].fill(0.0);
                unit[slot] = 1.0;
                chain.solve(&mut unit, slot);
                for (later, value) in unit.iter().enumerate().skip(slot) {
                    for row in 0..rows {
                        let part = chain.coupling[later][row] * value;
                        if part != 0.0 {
                            for (other, own) in own.iter().enumerate().take(rows) {
                                border[(later * rows + row) * size + slot * rows + other] -= part * own;
                            }
                        }
                    }
                }
            }
        }
        factor(&mut border, size);
        Self { chains, border }
    }

    /// Solves for one right side.
    pub(super) fn solve(&self, relaxation: &Relaxation, right: &[f64], out: &mut [f64]) {
        let (devices, rows, slots) = (relaxation.devices, relaxation.rows, relaxation.stages.len());
        let stride = devices + rows;
        let mut shared = vec![0.0; slots * rows];
        for (slot, shared) in shared.chunks_exact_mut(rows).enumerate() {
            shared.copy_from_slice(&right[slot * stride + devices..(slot + 1) * stride]);
        }
        let mut side = vec![0.0; slots];
        for (device, chain) in self.chains.iter().enumerate() {
            for (slot, value) in side.iter_mut().enumerate() {
                *value = right[slot * stride + device];
            }
            chain.solve(&mut side, 0);
            for ((shared, coupling), value) in shared.chunks_exact_mut(rows).zip(&chain.coupling).zip(&side) {
                for (sum, part) in shared.iter_mut().zip(coupling) {
                    *sum -= part * value;
                }
            }
        }
        substitute(&self.border, slots * rows, &mut shared);
        for (device, chain) in self.chains.iter().enumerate() {
            let slots = side.iter_mut().zip(shared.chunks_exact(rows)).zip(&chain.coupling).enumerate();
            for (slot, ((value, shared), coupling)) in slots {
                let taken: f64 = shared.iter().zip(coupling).map(|(price, part)| price * part).sum();
                *value = right[slot * stride + device] - taken;
            }
            chain.solve(&mut side, 0);
            for (slot, value) in side.iter().enumerate() {
                out[slot * stride + device] = *value;
            }
        }
        for (slot, shared) in shared.chunks_exact(rows).enumerate() {
            out[slot * stride + devices..(slot + 1) * stride].copy_from_slice(shared);
        }
    }
}

impl Chain {
    /// A pivot that has vanished is taken as infinite, so that its row stays out.
    fn new(diagonal: Vec<f64>, links: &[f64], coupling: Vec<[f64; SHARED]>) -> Self {
        let mut lower = vec![0.0; diagonal.len()];
        let mut pivots = diagonal;
        for slot in 0..pivots.len() {
            let whole = pivots[slot];
            if slot > 0 {
                lower[slot] = -links[slot - 1] / pivots[slot - 1];
                pivots[slot] += lower[slot] * links[slot - 1];
            }
            if pivots[slot] <= whole.abs() * 1e-15 || pivots[slot] <= 1e-300 {
                pivots[slot] = 1e200;
            }
        }
        Self { pivots, lower, coupling }
    }
}

/// Cholesky in place; a pivot that has vanished is taken as infinite, so that its row stays out.
fn factor(matrix: &mut [f64], size: usize) {
    for j in 0..size {
        let diagonal = matrix[j * size + j];
        let mut sum = diagonal;
        for k in 0..j {
            sum -= matrix[j * size + k] * matrix[j * size + k];
        }
        let pivot = if sum > diagonal.abs() * 1e-14 && sum > 1e-300 { sum.sqrt() } else { 1e100 };
        matrix[j * size + j] = pivot;
        for i in j + 1..size {
            let mut sum = matrix[i * size + j];
            for k in 0..j {
                sum -= matrix[i * size + k] * matrix[j * size + k];
            }
            matrix[i * size + j] = sum / pivot;
        }
    }
}

/// Solves in place with what `factor` left.
fn substitute(matrix: &[f64], size: usize, side: &mut [f64]) {
    for i in 0..size {
        for k in 0..i {
            side[i] -= matrix[i * size + k] * side[k];
        }
        side[i] /= matrix[i * size + i];
    }
    for i in (0..size).rev() {
        for k in i + 1..size {
            side[i] -= matrix[k * size + i] * side[k];
        }
        side[i] /= matrix[i * size + i];
    }
}

#[cfg(test)]
mod tests {
    use super::super::linear::{Column, Stage, Stretch};
    use super::*;
    use proptest::prelude::{ProptestConfig, prop, prop_assert, proptest};

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]

        /// Both ways to factor the matrix give the same solution.
        #[test]
        fn both_factors_agree(
            weights in prop::collection::vec(0.01_f64..10.0, 60),
            right in prop::collection::vec(-5.0_f64..5.0, 20),
        ) {
            // Four slots of three devices that charge and discharge, on two shared rows.
            let column = |store, [first, second]: [f64; 2]| {
                let mut shared = [0.0; SHARED];
                (shared[0], shared[1]) = (first, second);
                Column { store, cost: 0.0, upper: 1.0, meter: None, shared }
            };
            let mut stage = Stage { drawn: vec![0.0; 3], ..Stage::default() };
            for device in 0..3 {
                stage.columns.push(column(Some((device, 0.9)), [1.0, 0.0]));
                stage.columns.push(column(Some((device, -1.1)), [-1.0, 0.5]));
            }
            stage.columns.push(column(None, [-1.0, 0.0]));
            stage.columns.push(column(None, [0.2, -1.0]));
            stage.levels = vec![vec![Stretch { length: 1.0, cost: 0.0 }]; 3];
            let relaxation = Relaxation { devices: 3, rows: 2, stages: vec![stage; 4] };
            let layout = Layout { columns: vec![0, 11, 22, 33], levels: vec![8, 19, 30, 41] };
            let mut variables = vec![Variable::default(); weights.len()];
            variables.iter_mut().zip(&weights).for_each(|(variable, theta)| variable.theta = *theta);
            let (mut one, mut two) = (vec![0.0; 20], vec![0.0; 20]);
            let blocks = relaxation.blocks(&variables, &layout).unwrap();
            relaxation.solve_blocks(&blocks, &right, &mut one);
            Bordered::new(&relaxation, &variables, &layout).solve(&relaxation, &right, &mut two);
            for (a, b) in one.iter().zip(&two) {
                prop_assert!((a - b).abs() <= 1e-6 * (1.0 + a.abs()), "{one:?} {two:?}");
            }
        }
    }
}
