//! The linear relaxation of a fleet by an interior-point method: it steers, in floats, and proves nothing.
//!
//! Rows: one of every device's store in every slot, `level before + what the slot's columns store = level after`, and a few of every slot
//! that its columns share (the bus). All columns have an upper bound. In order of time the normal matrix is block tridiagonal with
//! blocks of one row a device, so that a factorisation is linear in the slots; with many devices it is taken by device instead.
#![expect(
    clippy::indexing_slicing,
    reason = "dense linear algebra; every index is bounded by the sizes that the problem was made with"
)]

use super::bordered::Bordered;
use super::linear::{Layout, Relaxation, SHARED, Variable};
use super::tridiagonal::Blocks;

/// Iterations after which what there is is taken.
const ITERATIONS: usize = 80;

/// Where the method ended.
#[derive(Clone, Debug)]
pub(super) struct Point {
    /// By slot and column.
    pub(super) columns: Vec<Vec<f64>>,
    /// By slot and device, above the lowest level.
    pub(super) levels: Vec<Vec<f64>>,
    /// The price of each shared row in each slot: what one more unit asked of it costs.
    pub(super) prices: Vec<[f64; SHARED]>,
    pub(super) cost: f64,
    /// Whether it came near enough to an optimum.
    pub(super) converged: bool,
}

/// The normal matrix, factored.
enum Factor {
    BySlot(Blocks),
    ByDevice(Bordered),
}

impl Relaxation {
    /// Solves; `None` where the numbers break down at once, or where `go_on`, asked in every step, says no.
    pub(super) fn solve(&self, go_on: &mut dyn FnMut() -> bool) -> Option<Point> {
        let (devices, rows, slots) = (self.devices, self.rows, self.stages.len());
        let stride = devices + rows;
        let mut layout = Layout { columns: Vec::new(), levels: Vec::new() };
        let mut variables: Vec<Variable> = Vec::new();
        let steep = self.steepest().max(1.0);
        let add = |variables: &mut Vec<Variable>, cost: f64, upper: f64| {
            let half = upper / 2.0;
            variables.push(Variable { x: half, w: half, z: steep, v: steep, cost, ..Variable::default() });
        };
        for stage in &self.stages {
            layout.columns.push(variables.len());
            for column in &stage.columns {
                add(&mut variables, column.cost, column.upper);
            }
            layout.levels.push(variables.len());
            for stretch in stage.levels.iter().flatten() {
                add(&mut variables, stretch.cost, stretch.length);
            }
        }
        let mut duals = vec![0.0; slots * stride];
        let mut change = vec![0.0; slots * stride];
        let mut right = vec![0.0; slots * stride];
        let live = variables.iter().filter(|variable| variable.x > 0.0).count().max(1) as f64;
        let mut converged = false;
        let mut best = f64::INFINITY;
        let mut stalled = 0;
        for _ in 0..ITERATIONS {
            if !go_on() {
                return None;
            }
            let primal = self.primal_residuals(&variables, &layout);
            self.dual_residuals(&mut variables, &layout, &duals);
            let mut mu = 0.0;
            let mut worst = 0.0_f64;
            let mut cost = 0.0;
            for variable in variables.iter_mut().filter(|variable| variable.x > 0.0) {
                mu += variable.x * variable.z + variable.w * variable.v;
                worst = worst.max(variable.residual.abs());
                cost += variable.cost * variable.x;
                variable.theta = 1.0 / (variable.z / variable.x + variable.v / variable.w);
            }
            let gap = mu / (1.0 + f64::abs(cost));
            let infeasible = primal.iter().fold(0.0_f64, |most, value| most.max(value.abs()));
            mu /= 2.0 * live;
            if !mu.is_finite() || !infeasible.is_finite() {
                return None;
            }
            if gap < 1e-12 && infeasible < 1e-9 && worst < 1e-9 * steep {
                converged = true;
                break;
            }
            let measure = gap + infeasible;
            if measure < best * 0.9 {
                best = measure;
                stalled = 0;
            } else {
                stalled += 1;
                if stalled > 6 {
                    break;
                }
            }
            converged = gap < 1e-8 && infeasible < 1e-7;
            let factor = self.factor(&variables, &layout)?;
            // Predictor.
            self.right_side(
                &variables,
                &layout,
                &primal,
                |variable| (-variable.x * variable.z, -variable.w * variable.v),
                &mut right,
            );
            self.solve_for(&factor, &right, &mut change);
            self.directions(&mut variables, &layout, &change, |variable| {
                (-variable.x * variable.z, -variable.w * variable.v)
            });
            let (primal_step, dual_step) = steps(&variables, 1.0);
            let mut ahead = 0.0;
            for variable in variables.iter().filter(|variable| variable.x > 0.0) {
                let (x, w) = (variable.x + primal_step * variable.dx, variable.w - primal_step * variable.dx);
                ahead +=
                    x * (variable.z + dual_step * variable.dz) + w * (variable.v + dual_step * variable.dv);
            }
            let ratio = (ahead / (2.0 * live)) / mu;
            let target = mu * ratio * ratio * ratio;
            // Corrector.
            let corrected = |variable: &Variable| {
                (
                    target - variable.x * variable.z - variable.dx * variable.dz,
                    target - variable.w * variable.v + variable.dx * variable.dv,
                )
            };
            self.right_side(&variables, &layout, &primal, corrected, &mut right);
            self.solve_for(&factor, &right, &mut change);
            self.directions(&mut variables, &layout, &change, corrected);
            let (primal_step, dual_step) = steps(&variables, 0.9995);
            for variable in variables.iter_mut().filter(|variable| variable.x > 0.0) {
                variable.x += primal_step * variable.dx;
                variable.w -= primal_step * variable.dx;
                variable.z += dual_step * variable.dz;
                variable.v += dual_step * variable.dv;
            }
            for (dual, change) in duals.iter_mut().zip(&change) {
                *dual += dual_step * change;
            }
        }
        Some(self.point(&variables, &layout, &duals, converged))
    }

    /// Factors the matrix the way that costs less: by slot, or by device.
    fn factor(&self, variables: &[Variable], layout: &Layout) -> Option<Factor> {
        let [devices, rows, slots] = [self.devices, self.rows, self.stages.len()].map(|count| count as f64);
        let by_slot = devices.powi(3) * slots;
        let by_device = devices * (slots * rows).powi(2) + (slots * rows).powi(3) / 3.0;
        if by_slot <= by_device {
            self.blocks(variables, layout).map(Factor::BySlot)
        } else {
            Some(Factor::ByDevice(Bordered::new(self, variables, layout)))
        }
    }

    fn solve_for(&self, factor: &Factor, right: &[f64], out: &mut [f64]) {
        match factor {
            Factor::BySlot(blocks) => self.solve_blocks(blocks, right, out),
            Factor::ByDevice(bordered) => bordered.solve(self, right, out),
        }
    }

    fn steepest(&self) -> f64 {
        let columns =
            self.stages.iter().flat_map(|stage| stage.columns.iter().map(|column| column.cost.abs()));
        let levels = self
            .stages
            .iter()
            .flat_map(|stage| stage.levels.iter().flatten().map(|stretch| stretch.cost.abs()));
        columns.chain(levels).fold(0.0, f64::max)
    }

    fn point(&self, variables: &[Variable], layout: &Layout, duals: &[f64], converged: bool) -> Point {
        let stride = self.devices + self.rows;
        let mut point =
            Point { columns: Vec::new(), levels: Vec::new(), prices: Vec::new(), cost: 0.0, converged };
        for (slot, stage) in self.stages.iter().enumerate() {
            let first = layout.columns[slot];
            point.columns.push(
                variables[first..first + stage.columns.len()].iter().map(|variable| variable.x).collect(),
            );
            let mut next = layout.levels[slot];
            let mut levels = Vec::with_capacity(self.devices);
            for stretches in &stage.levels {
                levels.push(variables[next..next + stretches.len()].iter().map(|variable| variable.x).sum());
                next += stretches.len();
            }
            point.levels.push(levels);
            let mut prices = [0.0; SHARED];
            for (price, dual) in
                prices.iter_mut().zip(&duals[slot * stride + self.devices..(slot + 1) * stride])
            {
                *price = -dual;
            }
            point.prices.push(prices);
        }
        point.cost = variables.iter().map(|variable| variable.cost * variable.x).sum();
        point
    }

    fn primal_residuals(&self, variables: &[Variable], layout: &Layout) -> Vec<f64> {
        let stride = self.devices + self.rows;
        let mut residuals = vec![0.0; self.stages.len() * stride];
        for (slot, stage) in self.stages.iter().enumerate() {
            let base = slot * stride;
            for (device, drawn) in stage.drawn.iter().enumerate() {
                residuals[base + device] += drawn;
            }
            for row in 0..self.rows {
                residuals[base + self.devices + row] += stage.shared[row];
            }
            for (column, variable) in stage.columns.iter().zip(&variables[layout.columns[slot]..]) {
                if let Some((device, stored)) = column.store {
                    residuals[base + device] -= stored * variable.x;
                }
                for row in 0..self.rows {
                    residuals[base + self.devices + row] -= column.shared[row] * variable.x;
                }
            }
            let mut next = layout.levels[slot];
            for (device, stretches) in stage.levels.iter().enumerate() {
                for _ in stretches {
                    residuals[base + device] += variables[next].x;
                    if slot + 1 < self.stages.len() {
                        residuals[base + stride + device] -= variables[next].x;
                    }
                    next += 1;
                }
            }
        }
        residuals
    }

    /// Calls `with` on every variable with the product of its column and `duals`.
    fn for_each(
        &self,
        variables: &mut [Variable],
        layout: &Layout,
        duals: &[f64],
        mut with: impl FnMut(&mut Variable, f64),
    ) {
        let stride = self.devices + self.rows;
        for (slot, stage) in self.stages.iter().enumerate() {
            let base = slot * stride;
            for (column, variable) in stage.columns.iter().zip(&mut variables[layout.columns[slot]..]) {
                let mut product = column.store.map_or(0.0, |(device, stored)| stored * duals[base + device]);
                for row in 0..self.rows {
                    product += column.shared[row] * duals[base + self.devices + row];
                }
                with(variable, product);
            }
            let mut next = layout.levels[slot];
            for (device, stretches) in stage.levels.iter().enumerate() {
                let after = if slot + 1 < self.stages.len() { duals[base + stride + device] } else { 0.0 };
                let product = after - duals[base + device];
                for _ in stretches {
                    with(&mut variables[next], product);
                    next += 1;
                }
            }
        }
    }

    fn dual_residuals(&self, variables: &mut [Variable], layout: &Layout, duals: &[f64]) {
        self.for_each(variables, layout, duals, |variable, product| {
            variable.residual = variable.cost - product - variable.z + variable.v;
        });
    }

    fn directions(
        &self,
        variables: &mut [Variable],
        layout: &Layout,
        change: &[f64],
        aims: impl Fn(&Variable) -> (f64, f64),
    ) {
        self.for_each(variables, layout, change, |variable, product| {
            if variable.x <= 0.0 {
                return;
            }
            let (lower, upper) = aims(variable);
            let dx = variable.theta * (product - variable.residual + lower / variable.x - upper / variable.w);
            variable.dz = (lower - variable.z * dx) / variable.x;
            variable.dv = (upper + variable.v * dx) / variable.w;
            variable.dx = dx;
        });
    }

    fn right_side(
        &self,
        variables: &[Variable],
        layout: &Layout,
        primal: &[f64],
        aims: impl Fn(&Variable) -> (f64, f64),
        right: &mut [f64],
    ) {
        let stride = self.devices + self.rows;
        right.copy_from_slice(primal);
        let weight = |variable: &Variable| {
            if variable.x <= 0.0 {
                return 0.0;
            }
            let (lower, upper) = aims(variable);
            variable.theta * (variable.residual - lower / variable.x + upper / variable.w)
        };
        for (slot, stage) in self.stages.iter().enumerate() {
            let base = slot * stride;
            for (column, variable) in stage.columns.iter().zip(&variables[layout.columns[slot]..]) {
                let weight = weight(variable);
                if let Some((device, stored)) = column.store {
                    right[base + device] += stored * weight;
                }
                for row in 0..self.rows {
                    right[base + self.devices + row] += column.shared[row] * weight;
                }
            }
            let mut next = layout.levels[slot];
            for (device, stretches) in stage.levels.iter().enumerate() {
                for _ in stretches {
                    let weight = weight(&variables[next]);
                    right[base + device] -= weight;
                    if slot + 1 < self.stages.len() {
                        right[base + stride + device] += weight;
                    }
                    next += 1;
                }
            }
        }
    }
}

/// How far primal and dual may go along their directions.
fn steps(variables: &[Variable], share: f64) -> (f64, f64) {
    let (mut primal, mut dual) = (f64::INFINITY, f64::INFINITY);
    for variable in variables.iter().filter(|variable| variable.x > 0.0) {
        if variable.dx < 0.0 {
            primal = primal.min(-variable.x / variable.dx);
        } else if variable.dx > 0.0 {
            primal = primal.min(variable.w / variable.dx);
        }
        if variable.dz < 0.0 {
            dual = dual.min(-variable.z / variable.dz);
        }
        if variable.dv < 0.0 {
            dual = dual.min(-variable.v / variable.dv);
        }
    }
    ((primal * share).min(1.0), (dual * share).min(1.0))
}
