//! The master of the column generation: a small dense linear programme by an interior-point method, in floats. It steers.
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

/// Where the method ended.
#[derive(Clone, Debug)]
pub(super) struct Point {
    pub(super) columns: Vec<f64>,
    pub(super) duals: Vec<f64>,
    pub(super) cost: f64,
}

const ITERATIONS: usize = 60;

/// The least cost of `columns` with the row sums `right`, to a relative gap; `None` where the numbers break down or `go_on` says no.
pub(super) fn solve(
    columns: &[Column],
    right: &[f64],
    tolerance: f64,
    go_on: &mut dyn FnMut() -> bool,
) -> Option<Point> {
    let rows = right.len();
    let count = columns.len();
    let steep = columns.iter().map(|column| column.cost.abs()).fold(1.0, f64::max);
    // What half the columns do not cost: those that stand for what is unmet are dearer by far.
    let mut costs: Vec<f64> = columns.iter().map(|column| column.cost.abs()).collect();
    costs.sort_by(f64::total_cmp);
    let usual = 1.0 + costs.get(count / 2).copied().unwrap_or(0.0);
    let mut x: Vec<f64> = columns.iter().map(|column| column.upper / 2.0).collect();
    let mut w = x.clone();
    let (mut z, mut v) = (vec![steep; count], vec![steep; count]);
    let mut duals = vec![0.0; rows];
    let mut theta = vec![0.0; count];
    let mut residual = vec![0.0; count];
    let (mut dx, mut dz, mut dv) = (vec![0.0; count], vec![0.0; count], vec![0.0; count]);
    let mut matrix = vec![0.0; rows * rows];
    let times = |columns: &[Column], duals: &[f64], index: usize| -> f64 {
        columns[index].rows.iter().map(|(row, part)| part * duals[*row]).sum()
    };
    for _ in 0..ITERATIONS {
        if !go_on() {
            return None;
        }
        let mut primal = right.to_vec();
        let (mut mu, mut cost, mut worst) = (0.0, 0.0, 0.0_f64);
        for (index, column) in columns.iter().enumerate() {
            for (row, part) in &column.rows {
                primal[*row] -= part * x[index];
            }
            residual[index] = column.cost - times(columns, &duals, index) - z[index] + v[index];
            worst = worst.max(residual[index].abs());
            mu += x[index] * z[index] + w[index] * v[index];
            cost += column.cost * x[index];
            theta[index] = 1.0 / (z[index] / x[index] + v[index] / w[index]);
        }
        let infeasible = primal.iter().fold(0.0_f64, |most, value| most.max(value.abs()));
        if !f64::is_finite(mu) || !infeasible.is_finite() {
            return None;
        }
        if mu < tolerance * (1.0 + f64::abs(cost)) && infeasible < 1e-9 && worst < 1e-10 * usual {
            break;
        }
        mu /= 2.0 * count as f64;
        matrix.fill(0.0);
        for (index, column) in columns.iter().enumerate() {
            for (row, part) in &column.rows {
                for (other, second) in &column.rows {
                    matrix[row * rows + other] += part * second * theta[index];
                }
            }
        }
        factor(&mut matrix, rows);
        let solve_with = |matrix: &[f64],
                          lower: &[f64],
                          upper: &[f64],
                          residual: &[f64],
                          x: &[f64],
                          w: &[f64],
                          theta: &[f64]| {
            let mut side = primal.clone();
            for (index, column) in columns.iter().enumerate() {
                let weight =
                    theta[index] * (residual[index] - lower[index] / x[index] + upper[index] / w[index]);
                for (row, part) in &column.rows {
                    side[*row] += part * weight;
                }
            }
            substitute(matrix, rows, &mut side);
            side
        };
        let mut lower: Vec<f64> = (0..count).map(|i| -x[i] * z[i]).collect();
        let mut upper: Vec<f64> = (0..count).map(|i| -w[i] * v[i]).collect();
        let mut change = Vec::new();
        for pass in 0..2 {
            change = solve_with(&matrix, &lower, &upper, &residual, &x, &w, &theta);
            for i in 0..count {
                let product = times(columns, &change, i);
                dx[i] = theta[i] * (product - residual[i] + lower[i] / x[i] - upper[i] / w[i]);
                dz[i] = (lower[i] - z[i] * dx[i]) / x[i];
                dv[i] = (upper[i] + v[i] * dx[i]) / w[i];
            }
            if pass == 0 {
                let (p, d) = steps(&x, &w, &z, &v, (&dx, &dz, &dv), 1.0);
                let ahead: f64 = (0..count)
                    .map(|i| {
                        (x[i] + p * dx[i]) * (z[i] + d * dz[i]) + (w[i] - p * dx[i]) * (v[i] + d * dv[i])
                    })
                    .sum::<f64>()
                    / (2.0 * count as f64);
                let target = mu * (ahead / mu).powi(3);
                for i in 0..count {
                    lower[i] = target - x[i] * z[i] - dx[i] * dz[i];
                    upper[i] = target - w[i] * v[i] + dx[i] * dv[i];
                }
            }
        }
        let (p, d) = steps(&x, &w, &z, &v, (&dx, &dz, &dv), 0.9995);
        for i in 0..count {
            x[i] += p * dx[i];
            w[i] -= p * dx[i];
            z[i] += d * dz[i];
            v[i] += d * dv[i];
        }
        for (dual, change) in duals.iter_mut().zip(&change) {
            *dual += d * change;
        }
    }
    let cost = columns.iter().zip(&x).map(|(column, x)| column.cost * x).sum();
    Some(Point { columns: x, duals, cost })
}

fn steps(
    x: &[f64],
    w: &[f64],
    z: &[f64],
    v: &[f64],
    (dx, dz, dv): (&[f64], &[f64], &[f64]),
    share: f64,
) -> (f64, f64) {
    let (mut primal, mut dual) = (f64::INFINITY, f64::INFINITY);
    for i in 0..x.len() {
        if dx[i] < 0.0 {
            primal = primal.min(-x[i] / dx[i]);
        } else if dx[i] > 0.0 {
            primal = primal.min(w[i] / dx[i]);
        }
        if dz[i] < 0.0 {
            dual = dual.min(-z[i] / dz[i]);
        }
        if dv[i] < 0.0 {
            dual = dual.min(-v[i] / dv[i]);
        }
    }
    ((primal * share).min(1.0), (dual * share).min(1.0))
}

/// Cholesky in place; a pivot that has vanished is taken as infinite, so that its row stays out.
pub(super) fn factor(matrix: &mut [f64], size: usize) {
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
pub(super) fn substitute(matrix: &[f64], size: usize, side: &mut [f64]) {
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
