//! The same problem as a mixed-integer programme.

use crate::instance::{Conversion, Plain};
use highs::{Col, HighsModelStatus, RowProblem, Sense};
use std::time::{Duration, Instant};

/// What the solver says.
pub struct Answer {
    /// The least cost; `None` where there is no plan.
    pub cost: Option<f64>,
    pub took: Duration,
    /// Whether the solver proved it.
    pub proven: bool,
}

struct Build {
    problem: RowProblem,
    /// Columns in order, with their cost and bounds, so that whole-number ones can be fixed for the last polish.
    columns: Vec<(f64, f64, f64, bool)>,
    rows: Vec<(f64, f64, Vec<(Col, f64)>)>,
}

impl Build {
    fn real(&mut self, cost: f64, lo: f64, hi: f64) -> Col {
        self.columns.push((cost, lo, hi, false));
        self.problem.add_column(cost, lo..=hi)
    }

    fn binary(&mut self, cost: f64) -> Col {
        self.columns.push((cost, 0.0, 1.0, true));
        self.problem.add_integer_column(cost, 0.0..=1.0)
    }

    fn row(&mut self, lo: f64, hi: f64, terms: &[(Col, f64)]) {
        self.rows.push((lo, hi, terms.to_vec()));
        self.problem.add_row(lo..=hi, terms);
    }

    /// The stretches of a conversion, filled in order: their columns.
    fn stretches(&mut self, conversion: &Conversion, cost: f64, on: Col, allowed: bool) -> Vec<(Col, f64)> {
        let columns: Vec<(Col, f64)> = conversion
            .stretches
            .iter()
            .map(|(length, ratio)| (self.real(cost, 0.0, if allowed { *length } else { 0.0 }), *ratio))
            .collect();
        let total: f64 = conversion.stretches.iter().map(|(length, _)| length).sum();
        let mut most: Vec<(Col, f64)> = columns.iter().map(|(column, _)| (*column, 1.0)).collect();
        most.push((on, -total));
        self.row(f64::NEG_INFINITY, 0.0, &most);
        most.pop();
        most.push((on, -conversion.least));
        self.row(0.0, f64::INFINITY, &most);
        for (index, pair) in columns.windows(2).enumerate() {
            let full = self.binary(0.0);
            self.row(0.0, f64::INFINITY, &[(pair[0].0, 1.0), (full, -conversion.stretches[index].0)]);
            self.row(f64::NEG_INFINITY, 0.0, &[(pair[1].0, 1.0), (full, -conversion.stretches[index + 1].0)]);
        }
        columns
    }
}

const INF: f64 = f64::INFINITY;

/// A device's columns in one slot.
struct Moves {
    charge: Vec<(Col, f64)>,
    discharge: Vec<(Col, f64)>,
    charging: Col,
    discharging: Col,
}

/// Solves it to the last digit that floats allow.
pub fn solve(plain: &Plain, seconds: f64) -> Answer {
    solve_fleet(plain, &[plain], &[], 1e-9, seconds)
}

/// What the devices of a circuit, by place, take together less what they give: between two energies in every slot.
pub struct Circuit {
    pub devices: Vec<usize>,
    pub least: f64,
    pub most: f64,
}

/// Several devices behind the meter of `site`, to an absolute gap in pence.
pub fn solve_fleet(site: &Plain, devices: &[&Plain], circuits: &[Circuit], gap: f64, seconds: f64) -> Answer {
    let mut b = Build { problem: RowProblem::default(), columns: Vec::new(), rows: Vec::new() };
    let moves: Vec<Vec<Moves>> = devices.iter().map(|plain| device(&mut b, plain)).collect();
    let most = |pick: fn(&Plain) -> &Conversion| -> f64 {
        devices.iter().flat_map(|plain| pick(plain).stretches.iter().map(|s| s.0)).sum()
    };
    let (charge_most, discharge_most) = (most(|plain| &plain.charge), most(|plain| &plain.discharge));
    let hybrid = devices.iter().find_map(|plain| plain.hybrid);
    for t in 0..site.import.len() {
        // The meter: the widest flow either way is bounded by everything at once.
        let widest = site.load[t] + site.solar[t] + 2.0 * (charge_most + discharge_most) + 1.0;
        let most_import = site.import_limit[t].min(widest);
        let most_export = site.export_limit.min(widest);
        let import = b.real(site.import[t] + site.carbon[t], 0.0, most_import);
        let export = b.real(-site.export[t], 0.0, most_export);
        let importing = b.binary(0.0);
        b.row(-INF, 0.0, &[(import, 1.0), (importing, -most_import)]);
        b.row(-INF, most_export, &[(export, 1.0), (importing, most_export)]);
        let least_solar = if site.curtailment { 0.0 } else { site.solar[t] };
        let used = b.real(0.0, least_solar, site.solar[t]);
        // The sun is where the hybrid inverter is, if there is one; all other devices are on the meter's side of it.
        let (mut bus, mut beside) = (vec![(used, 1.0)], Vec::new());
        for (moves, plain) in moves.iter().zip(devices) {
            let side = if hybrid.is_some() && plain.hybrid.is_none() { &mut beside } else { &mut bus };
            side.extend(moves[t].discharge.iter().map(|(column, _)| (*column, 1.0)));
            side.extend(moves[t].charge.iter().map(|(column, _)| (*column, -1.0)));
        }
        if let Some(hybrid) = hybrid {
            let (most_out, most_in) =
                (hybrid.output / hybrid.output_efficiency, hybrid.input * hybrid.input_efficiency);
            let (out, inward, outward) =
                (b.real(0.0, 0.0, most_out), b.real(0.0, 0.0, most_in), b.binary(0.0));
            b.row(-INF, 0.0, &[(out, 1.0), (outward, -most_out)]);
            b.row(-INF, most_in, &[(inward, 1.0), (outward, most_in)]);
            bus.extend([(out, -1.0), (inward, 1.0)]);
            b.row(0.0, 0.0, &bus);
            beside.extend([
                (import, 1.0),
                (export, -1.0),
                (out, hybrid.output_efficiency),
                (inward, -1.0 / hybrid.input_efficiency),
            ]);
            b.row(site.load[t], site.load[t], &beside);
        } else {
            bus.extend([(import, 1.0), (export, -1.0)]);
            b.row(site.load[t], site.load[t], &bus);
        }
        for circuit in circuits {
            let mut sum = Vec::new();
            for moves in circuit.devices.iter().map(|place| &moves[*place]) {
                sum.extend(moves[t].charge.iter().map(|(column, _)| (*column, 1.0)));
                sum.extend(moves[t].discharge.iter().map(|(column, _)| (*column, -1.0)));
            }
            b.row(circuit.least, circuit.most, &sum);
        }
        for moves in &moves {
            if !site.grid_charging {
                b.row(-INF, most_import, &[(import, 1.0), (moves[t].charging, most_import)]);
            }
            if !site.battery_export {
                b.row(-INF, most_export, &[(export, 1.0), (moves[t].discharging, most_export)]);
            }
        }
    }
    finish(b, gap, seconds)
}

/// A device's own part: converters, store, levels, what they cost, counted changes.
fn device(b: &mut Build, plain: &Plain) -> Vec<Moves> {
    let n = plain.import.len();
    let capacity = plain.capacity;
    let levels: Vec<Col> = (0..=n)
        .map(|t| {
            if t == 0 { b.real(0.0, plain.start, plain.start) } else { b.real(0.0, plain.lo[t], plain.hi[t]) }
        })
        .collect();
    let mut all = Vec::with_capacity(n);
    let mut modes: Vec<[Option<Col>; 2]> = Vec::new();
    for t in 0..n {
        let (charging, discharging) = (b.binary(0.0), b.binary(0.0));
        modes.push([Some(charging), Some(discharging)]);
        b.row(-INF, 1.0, &[(charging, 1.0), (discharging, 1.0)]);
        if !plain.may_charge[t] {
            b.row(0.0, 0.0, &[(charging, 1.0)]);
        }
        if !plain.may_discharge[t] {
            b.row(0.0, 0.0, &[(discharging, 1.0)]);
        }
        let charge = b.stretches(&plain.charge, 0.0, charging, plain.may_charge[t]);
        let discharge = b.stretches(&plain.discharge, plain.wear, discharging, plain.may_discharge[t]);
        let stored: Vec<(Col, f64)> = charge.clone();
        let drawn: Vec<(Col, f64)> = discharge.clone();
        b.row(-INF, plain.store_charge, &stored);
        b.row(-INF, plain.store_discharge, &drawn);

        // The store, its draw and its loss.
        let lost = b.real(0.0, 0.0, plain.loss);
        let mut store = vec![(levels[t + 1], 1.0), (levels[t], -1.0), (lost, 1.0)];
        store.extend(stored.iter().map(|(column, ratio)| (*column, -ratio)));
        store.extend(drawn.iter().map(|(column, ratio)| (*column, *ratio)));
        b.row(-plain.draw[t], -plain.draw[t], &store);
        if plain.loss > 0.0 || plain.draw[t] > 0.0 {
            // After the battery's own action the store is within its capacity.
            b.row(-INF, capacity - plain.draw[t], &[(levels[t + 1], 1.0), (lost, 1.0)]);
            let empty = b.binary(0.0);
            b.row(-INF, capacity, &[(levels[t + 1], 1.0), (empty, capacity)]);
            b.row(plain.loss, INF, &[(lost, 1.0), (empty, plain.loss)]);
        }
        all.push(Moves { charge, discharge, charging, discharging });
    }
    for &(at, wanted, price) in &plain.soft {
        let short = b.real(price, 0.0, capacity);
        b.row(wanted, INF, &[(short, 1.0), (levels[at], 1.0)]);
    }
    if !plain.bands.is_empty() {
        let (mut before, mut sum, mut last): (f64, Vec<(Col, f64)>, Option<(Col, f64)>) =
            (0.0, Vec::new(), None);
        for &(to, value) in plain.bands.iter().chain([&(INF, 0.0)]) {
            let length = to.min(capacity) - before;
            if length <= 1e-9 {
                continue;
            }
            let band = b.real(-value, 0.0, length);
            if let Some((below, below_length)) = last {
                let full = b.binary(0.0);
                b.row(0.0, INF, &[(below, 1.0), (full, -below_length)]);
                b.row(-INF, 0.0, &[(band, 1.0), (full, -length)]);
            }
            sum.push((band, -1.0));
            last = Some((band, length));
            before = to;
        }
        sum.push((levels[n], 1.0));
        b.row(0.0, 0.0, &sum);
    }
    if let Some((counted, most, price)) = plain.counted {
        let mut changes = Vec::new();
        for t in 0..n {
            let change = b.real(price, 0.0, 1.0);
            changes.push((change, 1.0));
            for (from, row) in counted.iter().enumerate() {
                for (to, _) in row.iter().enumerate().filter(|(_, counted)| **counted) {
                    // change >= was_from + is_to - 1, where idle = 1 - charging - discharging.
                    let (mut terms, mut constant) = (vec![(change, 1.0)], 1.0);
                    let mut subtract = |mode: usize, columns: Option<&[Option<Col>; 2]>| match (mode, columns)
                    {
                        (0, None) => constant -= 1.0,
                        (_, None) => {}
                        (0, Some(columns)) => {
                            constant -= 1.0;
                            terms.extend(columns.iter().flatten().map(|column| (*column, 1.0)));
                        }
                        (mode, Some(columns)) => terms.extend(columns[mode - 1].map(|column| (column, -1.0))),
                    };
                    subtract(from, t.checked_sub(1).and_then(|before| modes.get(before)));
                    subtract(to, modes.get(t));
                    b.row(-constant, INF, &terms);
                }
            }
        }
        if let Some(most) = most {
            b.row(-INF, most as f64, &changes);
        }
    }
    all
}

fn options(model: &mut highs::Model, gap: f64, seconds: f64) {
    model.make_quiet();
    model.set_option("threads", 1);
    model.set_option("time_limit", seconds);
    model.set_option("mip_rel_gap", 0.0);
    model.set_option("mip_abs_gap", gap);
    model.set_option("mip_feasibility_tolerance", 1e-9);
    model.set_option("primal_feasibility_tolerance", 1e-9);
    model.set_option("dual_feasibility_tolerance", 1e-9);
}

fn finish(b: Build, gap: f64, seconds: f64) -> Answer {
    let begin = Instant::now();
    let mut model = b.problem.clone().optimise(Sense::Minimise);
    options(&mut model, gap, seconds);
    let solved = model.solve();
    let took = begin.elapsed();
    let status = solved.status();
    if matches!(status, HighsModelStatus::Infeasible | HighsModelStatus::UnboundedOrInfeasible) {
        return Answer { cost: None, took, proven: true };
    }
    let proven = status == HighsModelStatus::Optimal;
    // Whole numbers come back within a tolerance: fix them and let the rest be solved again.
    let values = solved.get_solution().columns().to_vec();
    let mut polished = RowProblem::default();
    for ((cost, lo, hi, whole), value) in b.columns.iter().zip(&values) {
        let (lo, hi) = if *whole { (value.round(), value.round()) } else { (*lo, *hi) };
        polished.add_column(*cost, lo..=hi);
    }
    for (lo, hi, terms) in &b.rows {
        polished.add_row(*lo..=*hi, terms);
    }
    let mut model = polished.optimise(Sense::Minimise);
    options(&mut model, gap, seconds);
    let solved = model.solve();
    let cost = if solved.status() == HighsModelStatus::Optimal {
        let values = solved.get_solution();
        b.columns.iter().zip(values.columns()).map(|(column, value)| column.0 * value).sum()
    } else {
        b.columns.iter().zip(&values).map(|(column, value)| column.0 * value).sum()
    };
    Answer { cost: Some(cost), took, proven }
}
