//! The normal matrix of a relaxation: block tridiagonal in time, with a row a device, factored and solved.
#![expect(
    clippy::indexing_slicing,
    clippy::needless_range_loop,
    reason = "dense linear algebra; every index is bounded by the sizes that the problem was made with"
)]

use super::linear::{Layout, Relaxation, SHARED, Variable};

/// A factored matrix, by slot.
pub(super) struct Blocks {
    /// Inverse of each slot's shared block, the coupling of devices to it, the inverse of each reduced block, the links in time.
    shared: Vec<[[f64; SHARED]; SHARED]>,
    coupling: Vec<Vec<[f64; SHARED]>>,
    blocks: Vec<Vec<f64>>,
    links: Vec<Vec<f64>>,
}

impl Relaxation {
    /// Factors the matrix for the variables' weights; `None` where the numbers break down.
    pub(super) fn blocks(&self, variables: &[Variable], layout: &Layout) -> Option<Blocks> {
        let (devices, rows) = (self.devices, self.rows);
        let slots = self.stages.len();
        let mut factor = Blocks {
            shared: Vec::with_capacity(slots),
            coupling: Vec::with_capacity(slots),
            blocks: Vec::with_capacity(slots),
            links: Vec::with_capacity(slots),
        };
        let mut before = vec![0.0; devices];
        for (slot, stage) in self.stages.iter().enumerate() {
            let mut shared = [[0.0; SHARED]; SHARED];
            let mut coupling = vec![[0.0; SHARED]; devices];
            let mut block = vec![0.0; devices * devices];
            for (column, variable) in stage.columns.iter().zip(&variables[layout.columns[slot]..]) {
                let theta = variable.theta;
                for row in 0..rows {
                    let part = column.shared[row] * theta;
                    for other in 0..rows {
                        shared[row][other] += part * column.shared[other];
                    }
                }
                if let Some((device, stored)) = column.store {
                    block[device * devices + device] += stored * stored * theta;
                    for row in 0..rows {
                        coupling[device][row] += stored * column.shared[row] * theta;
                    }
                }
            }
            let mut link = vec![0.0; devices];
            let mut next = layout.levels[slot];
            for (device, stretches) in stage.levels.iter().enumerate() {
                for _ in stretches {
                    link[device] += variables[next].theta;
                    next += 1;
                }
                block[device * devices + device] += link[device] + before[device];
            }
            invert_small(&mut shared, rows);
            for i in 0..devices {
                for j in 0..devices {
                    let mut sum = 0.0;
                    for row in 0..rows {
                        for other in 0..rows {
                            sum += coupling[i][row] * shared[row][other] * coupling[j][other];
                        }
                    }
                    block[i * devices + j] -= sum;
                }
            }
            if let Some(previous) = factor.blocks.last() {
                for i in 0..devices {
                    for j in 0..devices {
                        block[i * devices + j] -= before[i] * previous[i * devices + j] * before[j];
                    }
                }
            }
            invert(&mut block, devices)?;
            factor.shared.push(shared);
            factor.coupling.push(coupling);
            factor.blocks.push(block);
            factor.links.push(link.clone());
            before = link;
        }
        Some(factor)
    }

    /// Solves for one right side.
    pub(super) fn solve_blocks(&self, factor: &Blocks, right: &[f64], out: &mut [f64]) {
        let (devices, rows) = (self.devices, self.rows);
        let stride = devices + rows;
        let slots = self.stages.len();
        // Forward: the reduced right side of each block.
        let mut reduced = vec![0.0; slots * devices];
        let mut before = vec![0.0; devices];
        let mut own = vec![0.0; devices];
        for slot in 0..slots {
            let base = slot * stride;
            let mut inner = [0.0; SHARED];
            for row in 0..rows {
                for other in 0..rows {
                    inner[row] += factor.shared[slot][row][other] * right[base + devices + other];
                }
            }
            for device in 0..devices {
                let mut sum = right[base + device];
                for row in 0..rows {
                    sum -= factor.coupling[slot][device][row] * inner[row];
                }
                if slot > 0 {
                    sum += factor.links[slot - 1][device] * before[device];
                }
                own[device] = sum;
                reduced[slot * devices + device] = sum;
            }
            for device in 0..devices {
                before[device] = (0..devices)
                    .map(|other| factor.blocks[slot][device * devices + other] * own[other])
                    .sum();
            }
        }
        // Backward.
        let mut after = vec![0.0; devices];
        for slot in (0..slots).rev() {
            let base = slot * stride;
            for device in 0..devices {
                own[device] = reduced[slot * devices + device]
                    + if slot + 1 < slots { factor.links[slot][device] * after[device] } else { 0.0 };
            }
            for device in 0..devices {
                let value = (0..devices)
                    .map(|other| factor.blocks[slot][device * devices + other] * own[other])
                    .sum();
                out[base + device] = value;
                after[device] = value;
            }
            let mut inner = [0.0; SHARED];
            for row in 0..rows {
                inner[row] = right[base + devices + row];
                for device in 0..devices {
                    inner[row] -= factor.coupling[slot][device][row] * after[device];
                }
            }
            for row in 0..rows {
                out[base + devices + row] =
                    (0..rows).map(|other| factor.shared[slot][row][other] * inner[other]).sum();
            }
        }
    }
}

/// Inverts a small symmetric block; a row without any weight stays out.
fn invert_small(block: &mut [[f64; SHARED]; SHARED], rows: usize) {
    let mut flat = vec![0.0; rows * rows];
    for row in 0..rows {
        for other in 0..rows {
            flat[row * rows + other] = block[row][other];
        }
    }
    if rows == 1 {
        block[0][0] = if flat[0] > 1e-300 { 1.0 / flat[0] } else { 0.0 };
        return;
    }
    if invert(&mut flat, rows).is_none() {
        flat.fill(0.0);
    }
    for row in 0..rows {
        for other in 0..rows {
            block[row][other] = flat[row * rows + other];
        }
    }
}

/// Inverts a symmetric positive matrix in place by Cholesky; a pivot that has vanished is taken as infinite.
fn invert(matrix: &mut [f64], size: usize) -> Option<()> {
    match size {
        0 => return Some(()),
        1 => {
            matrix[0] = if matrix[0] > 1e-300 { 1.0 / matrix[0] } else { 0.0 };
            return matrix[0].is_finite().then_some(());
        }
        _ => {}
    }
    let mut lower = vec![0.0; size * size];
    for i in 0..size {
        for j in 0..=i {
            let mut sum = matrix[i * size + j];
            for k in 0..j {
                sum -= lower[i * size + k] * lower[j * size + k];
            }
            if i == j {
                let floor = matrix[i * size + i].abs() * 1e-15;
                lower[i * size + i] = if sum > floor && sum > 1e-300 { sum.sqrt() } else { 1e100 };
            } else {
                lower[i * size + j] = sum / lower[j * size + j];
            }
        }
    }
    // The inverse of the lower factor, then its square.
    let mut inverse = vec![0.0; size * size];
    for column in 0..size {
        for i in column..size {
            let mut sum = if i == column { 1.0 } else { 0.0 };
            for k in column..i {
                sum -= lower[i * size + k] * inverse[k * size + column];
            }
            inverse[i * size + column] = sum / lower[i * size + i];
        }
    }
    for i in 0..size {
        for j in 0..size {
            matrix[i * size + j] =
                (i.max(j)..size).map(|k| inverse[k * size + i] * inverse[k * size + j]).sum();
        }
    }
    matrix.iter().all(|value| value.is_finite()).then_some(())
}
