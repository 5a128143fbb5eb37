//! The master of the column generation: a small linear programme by the simplex method with an explicit inverse, in floats. It steers.
//!
//! Columns that join between two solutions leave the basis as it was, so that the next solution is a few steps away.
#![expect(
    clippy::indexing_slicing,
    reason = "dense linear algebra; every index is bounded by the sizes that the problem was made with"
)]

/// A column: its cost, the most of it, and its part in rows.
#[derive(Clone, Debug)]
pub(super) struct Column {
    pub(super) cost: f64,
    pub(super) upper: f64,
    pub(super) rows: Vec<(usize, f64)>,
}

/// An optimum.
#[derive(Clone, Debug)]
pub(super) struct Point {
    pub(super) columns: Vec<f64>,
    pub(super) duals: Vec<f64>,
    pub(super) cost: f64,
}

/// Where a column stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum At {
    Lower,
    Upper,
    Basis,
}

/// Steps between two looks at whether to go on, and steps without progress until the choice is by number alone.
const LOOK: usize = 64;
const STALLED: usize = 200;

/// What counts as nothing: in a reduced cost, in a value, in a pivot.
const COST: f64 = 1e-9;
const VALUE: f64 = 1e-9;
const PIVOT: f64 = 1e-9;

/// The programme and where its solution stands.
pub(super) struct Master {
    right: Vec<f64>,
    columns: Vec<Column>,
    at: Vec<At>,
    /// The column in the basis by place, and its value.
    basis: Vec<usize>,
    values: Vec<f64>,
    /// The inverse of the basis, by row and then by place.
    inverse: Vec<f64>,
    duals: Vec<f64>,
    updates: usize,
}

impl Master {
    /// With a first basis of one column for each row, which stands in that row alone.
    pub(super) fn new(right: Vec<f64>, columns: Vec<Column>, basis: Vec<usize>) -> Self {
        let rows = right.len();
        let mut at = vec![At::Lower; columns.len()];
        for column in &basis {
            at[*column] = At::Basis;
        }
        let mut master = Self {
            at,
            basis,
            values: vec![0.0; rows],
            inverse: vec![0.0; rows * rows],
            duals: vec![0.0; rows],
            updates: 0,
            right,
            columns,
        };
        master.invert();
        master
    }

    pub(super) fn push(&mut self, column: Column) {
        self.columns.push(column);
        self.at.push(At::Lower);
    }

    /// The least cost; `None` where the numbers break down or `go_on` says no.
    pub(super) fn solve(&mut self, go_on: &mut dyn FnMut() -> bool) -> Option<Point> {
        let rows = self.right.len();
        let most = 50 * rows + 4 * self.columns.len() + 1_000;
        let (mut stalled, mut whole) = (0, false);
        for step in 0..most {
            if step % LOOK == 0 && !go_on() {
                return None;
            }
            if self.updates > rows.max(100) {
                self.invert();
            }
            let Some((entering, direction)) = self.entering(stalled > STALLED) else {
                // What updates have left off is put right before the end.
                if self.updates == 0 || whole || self.residual() < 1e-9 {
                    return Some(self.point()).filter(|point| point.cost.is_finite());
                }
                self.invert();
                whole = true;
                continue;
            };
            let moved = self.direction(entering);
            let length = self.advance(entering, direction, &moved)?;
            stalled = if length > VALUE { 0 } else { stalled + 1 };
        }
        None
    }

    /// The column that improves most for its length, and which way; by number alone where `first`.
    fn entering(&self, first: bool) -> Option<(usize, f64)> {
        let mut best: Option<(f64, usize, f64)> = None;
        for (index, (column, at)) in self.columns.iter().zip(&self.at).enumerate() {
            if *at == At::Basis || column.upper <= 0.0 {
                continue;
            }
            let mut reduced = column.cost;
            let mut norm = 1.0;
            for (row, part) in &column.rows {
                reduced -= part * self.duals[*row];
                norm += part * part;
            }
            let gain = if *at == At::Lower { -reduced } else { reduced };
            if gain <= COST * (1.0 + column.cost.abs() * 1e-3) {
                continue;
            }
            let sign = if *at == At::Lower { 1.0 } else { -1.0 };
            if first {
                return Some((index, sign));
            }
            let worth = gain * gain / norm;
            if best.is_none_or(|(most, ..)| worth > most) {
                best = Some((worth, index, sign));
            }
        }
        best.map(|(_, index, sign)| (index, sign))
    }

    /// What the basis gives up for a unit of a column.
    fn direction(&self, entering: usize) -> Vec<f64> {
        let rows = self.right.len();
        let mut moved = vec![0.0; rows];
        for (row, part) in &self.columns[entering].rows {
            let inverse = &self.inverse[row * rows..(row + 1) * rows];
            for (cell, value) in moved.iter_mut().zip(inverse) {
                *cell += part * value;
            }
        }
        moved
    }

    /// Moves as far as the first bound that is met; how far.
    fn advance(&mut self, entering: usize, direction: f64, moved: &[f64]) -> Option<f64> {
        let rows = self.right.len();
        let room = |place: usize, slack: f64| {
            let change = direction * moved[place];
            if change > PIVOT {
                (self.values[place] + slack) / change
            } else if change < -PIVOT {
                (self.columns[self.basis[place]].upper - self.values[place] + slack) / -change
            } else {
                f64::INFINITY
            }
        };
        let limit = (0..rows).map(|place| room(place, VALUE)).fold(f64::INFINITY, f64::min);
        let own = self.columns[entering].upper;
        let mut leaving: Option<(f64, usize)> = None;
        if limit < own {
            for (place, moved) in moved.iter().enumerate() {
                if room(place, 0.0) <= limit && leaving.is_none_or(|(most, _)| moved.abs() > most) {
                    leaving = Some((moved.abs(), place));
                }
            }
        }
        let length = leaving.map_or(own, |(_, place)| room(place, 0.0).max(0.0));
        if !length.is_finite() {
            return None;
        }
        for (value, moved) in self.values.iter_mut().zip(moved) {
            *value -= length * direction * moved;
        }
        let Some((_, place)) = leaving else {
            self.at[entering] = if direction > 0.0 { At::Upper } else { At::Lower };
            return Some(length);
        };
        let left = self.basis[place];
        self.at[left] = if direction * moved[place] > 0.0 { At::Lower } else { At::Upper };
        self.at[entering] = At::Basis;
        self.basis[place] = entering;
        self.values[place] = if direction > 0.0 { length } else { own - length };
        let column = &self.columns[entering];
        let reduced =
            column.cost - column.rows.iter().map(|(row, part)| part * self.duals[*row]).sum::<f64>();
        let pivot = moved[place];
        for (row, dual) in self.duals.iter_mut().enumerate() {
            let inverse = &mut self.inverse[row * rows..(row + 1) * rows];
            if inverse[place] == 0.0 {
                continue;
            }
            let part = inverse[place] / pivot;
            for (cell, moved) in inverse.iter_mut().zip(moved) {
                *cell -= part * moved;
            }
            inverse[place] = part;
            *dual += reduced * part;
        }
        self.updates += 1;
        Some(length)
    }

    /// How far the values are from the rows' sums.
    fn residual(&self) -> f64 {
        let mut sums = self.right.clone();
        for (column, at) in self.columns.iter().zip(&self.at).filter(|(_, at)| **at == At::Upper) {
            debug_assert!(*at == At::Upper);
            for (row, part) in &column.rows {
                sums[*row] -= part * column.upper;
            }
        }
        for (column, value) in self.basis.iter().zip(&self.values) {
            for (row, part) in &self.columns[*column].rows {
                sums[*row] -= part * value;
            }
        }
        sums.iter().fold(0.0, |most, sum| most.max(sum.abs()))
    }

    /// The inverse, the values and the duals from nothing.
    fn invert(&mut self) {
        let rows = self.right.len();
        // The basis, by place and row, beside what becomes its inverse.
        let mut matrix = vec![0.0; rows * rows];
        for (place, column) in self.basis.iter().enumerate() {
            for (row, part) in &self.columns[*column].rows {
                matrix[place * rows + row] = *part;
            }
        }
        let inverse = &mut self.inverse;
        inverse.fill(0.0);
        // Gauss and Jordan on the transposed: rows of `matrix` are columns of the basis.
        for place in 0..rows {
            inverse[place * rows + place] = 1.0;
        }
        for step in 0..rows {
            let pivot = (step..rows)
                .max_by(|a, b| matrix[a * rows + step].abs().total_cmp(&matrix[b * rows + step].abs()));
            let pivot = pivot.unwrap_or(step);
            if pivot != step {
                for cell in 0..rows {
                    matrix.swap(pivot * rows + cell, step * rows + cell);
                    inverse.swap(pivot * rows + cell, step * rows + cell);
                }
            }
            let divisor = matrix[step * rows + step];
            for cell in 0..rows {
                matrix[step * rows + cell] /= divisor;
                inverse[step * rows + cell] /= divisor;
            }
            for other in 0..rows {
                let factor = matrix[other * rows + step];
                if other == step || factor == 0.0 {
                    continue;
                }
                for cell in step..rows {
                    let own = matrix[step * rows + cell];
                    matrix[other * rows + cell] -= factor * own;
                }
                for cell in 0..rows {
                    let own = inverse[step * rows + cell];
                    if own != 0.0 {
                        inverse[other * rows + cell] -= factor * own;
                    }
                }
            }
        }
        // `inverse` is that of the transposed: by row of the programme, then by place.
        self.updates = 0;
        let mut sums = self.right.clone();
        for (column, at) in self.columns.iter().zip(&self.at) {
            if *at == At::Upper {
                for (row, part) in &column.rows {
                    sums[*row] -= part * column.upper;
                }
            }
        }
        self.values.fill(0.0);
        for (row, sum) in sums.iter().enumerate() {
            let inverse = &self.inverse[row * rows..(row + 1) * rows];
            for (value, part) in self.values.iter_mut().zip(inverse) {
                *value += sum * part;
            }
            self.duals[row] =
                self.basis.iter().zip(inverse).map(|(column, part)| self.columns[*column].cost * part).sum();
        }
    }

    fn point(&self) -> Point {
        let mut values: Vec<f64> = self
            .columns
            .iter()
            .zip(&self.at)
            .map(|(column, at)| if *at == At::Upper { column.upper } else { 0.0 })
            .collect();
        for (column, value) in self.basis.iter().zip(&self.values) {
            values[*column] = value.max(0.0);
        }
        let cost = self.columns.iter().zip(&values).map(|(column, value)| column.cost * value).sum();
        Point { columns: values, duals: self.duals.clone(), cost }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::expect_used, reason = "a test may fail")]

    use super::{Column, Master};

    fn column(cost: f64, upper: f64, rows: &[(usize, f64)]) -> Column {
        Column { cost, upper, rows: rows.to_vec() }
    }

    /// One unit less of the dear, one more of the cheap; a column that joins is taken from where the solution stood.
    #[test]
    fn a_column_joins_an_optimum() {
        let dear =
            [column(1_000.0, f64::INFINITY, &[(0, 1.0)]), column(1_000.0, f64::INFINITY, &[(1, -1.0)])];
        let own = [
            column(1.0, 2.0, &[(0, 1.0)]),
            column(2.0, f64::INFINITY, &[(0, 1.0), (1, -1.0)]),
            column(0.25, 4.0, &[(1, -1.0)]),
        ];
        let mut master = Master::new(vec![3.0, -1.5], dear.into_iter().chain(own).collect(), vec![0, 1]);
        let point = master.solve(&mut || true).expect("an optimum");
        // Two of the first, one of the second, half of the third: 2 + 2 + 0.125.
        assert!((point.cost - 4.125).abs() < 1e-9, "{point:?}");
        assert!((point.duals[1] + 0.25).abs() < 1e-9 && (point.duals[0] - 1.75).abs() < 1e-9, "{point:?}");
        master.push(column(0.5, 1.0, &[(0, 1.0)]));
        let point = master.solve(&mut || true).expect("an optimum");
        // The new one takes the place of the second: 2 + 0.5 + 1.5 × 0.25.
        assert!((point.cost - 2.875).abs() < 1e-9, "{point:?}");
    }

    #[test]
    fn a_stop_is_heeded() {
        let dear = vec![column(1.0, f64::INFINITY, &[(0, 1.0)])];
        assert!(Master::new(vec![1.0], dear, vec![0]).solve(&mut || false).is_none());
    }
}
