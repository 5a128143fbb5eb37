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
        ("home", 87600, 0, "1.5", -38071.663852),
        ("arb", 96, 0, "0", -42.155263),
        ("home-free", 96, 0, "0", 306.672269),
        ("arb", 96, 672, "0", -224.981582),
        ("arb", 96, 21840, "0", -225.708510),
        ("arb", 96, 8064, "0", -676.911021),
    ];
    for (kind, n, k, wear, expected) in rows {
        let range = k..k + n;
        let grid = Grid::new(parse_instant("2021-01-01T00:00:00Z").unwrap(), SlotLength::HALF_HOUR, n).unwrap();
        let mut site = Site::new(grid, &data.import[range.clone()]).unwrap().with_export(&data.export[range.clone()]).unwrap();
        if kind.starts_with("home") {
            site = site
                .with_load(&data.load[range.clone()])
                .unwrap()
                .with_solar(&data.solar[range.clone()])
                .unwrap();
        }
        if kind == "home" {
            site = site.with_import_limit("18.4".parse().unwrap()).with_export_limit("3.68".parse().unwrap());
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
        let plan = battery.plan(&site, &request).unwrap();
        println!("plan {:?}", built.elapsed() - elapsed);
        assert_eq!(plan.costs().objective().unwrap().round(15, crate::Rounding::HalfEven), plan.objective().round(15, crate::Rounding::HalfEven));
        println!("repriced - grid {}", plan.repriced(&site).unwrap().checked_sub(plan.costs().grid).unwrap());
        let best = optimum(&model).unwrap();
        let money = prepared.lattice.money(best).unwrap();
        let got: f64 = money.to_string().parse().unwrap();
        println!("{kind} {n}@{k} wear {wear}: {money} expected {expected} build {:?} solve {elapsed:?} pieces/slot {:.1}", built - begin, values.pieces() as f64 / n as f64);
        assert!((got - expected).abs() < 1e-6, "{kind} {n}@{k}: {got} {expected}");
    }
}
