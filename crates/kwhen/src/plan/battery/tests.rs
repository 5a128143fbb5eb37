use super::assemble::Prepared;
use super::kernel::{optimum, solve};
use super::*;
use crate::quantity::{Energy, UnitRate};
use crate::time::{Grid, SlotLength, parse_instant};

pub(super) struct Golden {
    import: Vec<UnitRate>,
    export: Vec<UnitRate>,
    load: Vec<Energy>,
    solar: Vec<Energy>,
}

pub(super) fn golden() -> Option<Golden> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/golden");
    let text = std::fs::read_to_string(folder.join("agile-like-5-years.csv")).ok()?;
    let mut golden = Golden { import: vec![], export: vec![], load: vec![], solar: vec![] };
    for line in text.lines().skip(1) {
        let fields: Vec<&str> = line.split(',').collect();
        golden.import.push(fields[2].parse().unwrap());
        golden.export.push(fields[3].parse().unwrap());
        golden.load.push(fields[4].parse().unwrap());
        golden.solar.push(fields[5].parse().unwrap());
    }
    Some(golden)
}

#[test]
fn golden_rows() {
    let Some(data) = golden() else {
        eprintln!("skipped: no golden data");
        return;
    };
    let rows = [
        ("arb", 96, 0, "1.5", -28.495287),
        ("arb", 96, 8064, "1.5", -550.815286),
        ("home", 96, 0, "1.5", 328.360641),
        ("home", 96, 8064, "1.5", -574.398561),
        ("arb", 17520, 0, "1.5", -21960.786010),
        ("home", 17520, 0, "1.5", -11587.233952),
        ("arb", 87600, 0, "1.5", -92096.675991),
        ("home", 87600, 0, "1.5", -38071.500140),
        ("arb", 96, 0, "0", -42.155263),
        ("home", 96, 0, "0", 306.672269),
        ("arb", 96, 672, "0", -224.981582),
        ("arb", 96, 21840, "0", -225.708510),
        ("arb", 96, 8064, "0", -676.911021),
    ];
    for (kind, n, k, wear, expected) in rows {
        let range = k..k + n;
        let grid = Grid::new(parse_instant("2021-01-01T00:00:00Z").unwrap(), SlotLength::HALF_HOUR, n).unwrap();
        let mut site = Site::new(grid, &data.import[range.clone()]).unwrap().with_export(&data.export[range.clone()]).unwrap();
        if kind == "home" {
            site = site
                .with_load(&data.load[range.clone()])
                .unwrap()
                .with_solar(&data.solar[range.clone()])
                .unwrap()
                .with_import_limit("18.4".parse().unwrap())
                .with_export_limit("3.68".parse().unwrap());
        }
        let battery = Battery::new("10".parse().unwrap(), "5".parse().unwrap())
            .unwrap()
            .with_efficiency("0.95".parse().unwrap(), "0.95".parse().unwrap())
            .with_wear(wear.parse().unwrap())
            .unwrap();
        let request = Request::default();
        #[allow(clippy::disallowed_methods)]
        let begin = std::time::Instant::now();
        let prepared = Prepared::new(&battery, &site, &request).unwrap();
        let model = prepared.model::<i64>().unwrap().unwrap();
        #[allow(clippy::disallowed_methods)]
        let built = std::time::Instant::now();
        let values = solve(&model).unwrap();
        let elapsed = built.elapsed();
        let best = optimum(&model).unwrap();
        let money = prepared.lattice.money(best).unwrap();
        let got: f64 = money.to_string().parse().unwrap();
        println!("{kind} {n}@{k} wear {wear}: {money} expected {expected} build {:?} solve {elapsed:?} pieces/slot {:.1}", built - begin, values.pieces() as f64 / n as f64);
        assert!((got - expected).abs() < 1e-6, "{kind} {n}@{k}: {got} {expected}");
    }
}

#[test]
fn replay_five_years() {
    let Some(data) = golden() else { return };
    let n = 87600;
    let grid = Grid::new(parse_instant("2021-01-01T00:00:00Z").unwrap(), SlotLength::HALF_HOUR, n).unwrap();
    let site = Site::new(grid, &data.import).unwrap().with_export(&data.export).unwrap()
                .with_load(&data.load)
                .unwrap()
                .with_solar(&data.solar)
                .unwrap()
                .with_import_limit("18.4".parse().unwrap())
                .with_export_limit("3.68".parse().unwrap());
    let battery = Battery::new("10".parse().unwrap(), "5".parse().unwrap())
            .unwrap()
            .with_efficiency("0.95".parse().unwrap(), "0.95".parse().unwrap())
            .with_wear("1.5".parse().unwrap())
            .unwrap();
    let request = Request::default();
    let prepared = Prepared::new(&battery, &site, &request).unwrap();
    let model = prepared.model::<i64>().unwrap().unwrap();
    let values = solve(&model).unwrap();
    let mut level = 0i64;
    let mut costs = super::kernel::SlotCosts::default();
    let mut change = Vec::new();
    let mut total = 0.0f64;
    let mut exact = 0i128;
    let unit = 380.0 * 1000.0;
    for t in 0..n {
        costs.build(&model.device, &model.slots[t], &mut change);
        let (e, v) = super::kernel::best_action(values.function(t + 1), &change, level).unwrap();
        assert_eq!(Some(v), super::kernel::at(values.function(t), level), "slot {t}");
        exact += super::kernel::slot_cost_at(&change, e).unwrap();
        let flow = super::kernel::flow_of(&model.device, &model.slots[t], e);
        let d = -(e as f64) / unit;
        let (c, dis) = if d > 0.0 { (d / 0.95, 0.0) } else { (0.0, -d * 0.95) };
        let f = |x: &str| x.parse::<f64>().unwrap();
        let (i, x) = (f(&data.import[t].to_string()), f(&data.export[t].to_string()));
        let (l, pv) = (f(&data.load[t].to_string()), f(&data.solar[t].to_string()));
        let y = flow.inverter as f64 / flow.ratio as f64 / 1000.0;
        let net = l - y;
        let used = y + c - dis;
        assert!(used > -1e-9 && used < pv + 1e-9, "slot {t} used {used} pv {pv}");
        assert!(net < 9.2 + 1e-9 && net > -1.84 - 1e-9);
        assert!(c < 2.5 + 1e-9 && dis < 2.5 + 1e-9);
        total += if net > 0.0 { net * i } else { net * x } + dis * 1.5;
        level -= e;
        assert!(level >= 0 && level <= 3_800_000);
    }
    println!("replayed {total} exact {}", prepared.lattice.money(exact).unwrap());
}
