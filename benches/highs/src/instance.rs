//! Random problems: the same numbers for kwhen (exact decimals) and for the solver (floats).

use kwhen::plan::Power;
use kwhen::plan::battery::{
    Battery, BatteryRequest, Converter, Count, Efficiency, EndValue, Hold, HybridInverter, Site,
};
use kwhen::time::{Grid, SlotLength, Span, parse_instant};
use kwhen::{Energy, Money, UnitRate};

/// A small seeded generator (xorshift64*), so that an instance is its seed.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 11
    }

    /// A whole number in `lo..=hi`.
    pub fn between(&mut self, lo: i64, hi: i64) -> i64 {
        lo + (self.next() % (hi - lo + 1) as u64) as i64
    }

    /// True once in so many times.
    pub fn one_in(&mut self, times: i64) -> bool {
        self.between(1, times) == 1
    }

    pub fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.between(0, from.len() as i64 - 1) as usize]
    }
}

/// One direction of conversion for the solver: `(bus energy, store energy a bus energy)` a stretch.
#[derive(Clone, Debug, Default)]
pub struct Conversion {
    pub stretches: Vec<(f64, f64)>,
    pub least: f64,
}

#[derive(Clone, Copy, Debug)]
pub struct Hybrid {
    pub output: f64,
    pub output_efficiency: f64,
    pub input: f64,
    pub input_efficiency: f64,
}

/// The problem in floats, per slot.
#[derive(Clone, Debug, Default)]
pub struct Plain {
    pub import: Vec<f64>,
    pub export: Vec<f64>,
    pub carbon: Vec<f64>,
    pub load: Vec<f64>,
    pub solar: Vec<f64>,
    pub import_limit: Vec<f64>,
    pub export_limit: f64,
    pub curtailment: bool,
    pub grid_charging: bool,
    pub battery_export: bool,
    pub capacity: f64,
    pub charge: Conversion,
    pub discharge: Conversion,
    pub store_charge: f64,
    pub store_discharge: f64,
    pub hybrid: Option<Hybrid>,
    pub loss: f64,
    pub wear: f64,
    pub start: f64,
    pub lo: Vec<f64>,
    pub hi: Vec<f64>,
    pub soft: Vec<(usize, f64, f64)>,
    pub may_charge: Vec<bool>,
    pub may_discharge: Vec<bool>,
    pub draw: Vec<f64>,
    pub bands: Vec<(f64, f64)>,
    pub counted: Option<([[bool; 3]; 3], Option<usize>, f64)>,
}

pub struct Instance {
    pub battery: Battery,
    pub site: Site,
    pub request: BatteryRequest,
    pub plain: Plain,
    /// The options that are on, for the tally.
    pub options: Vec<&'static str>,
}

const LIMITLESS: f64 = 1000.0;

fn power(hundredths: i64) -> Power {
    format!("{}e-2", hundredths).parse().unwrap()
}

fn energy(thousandths: i64) -> Energy {
    Energy::from_units(thousandths * 100_000).unwrap()
}

fn rate(hundredths: i64) -> UnitRate {
    UnitRate::from_units(hundredths * 1_000_000).unwrap()
}

fn efficiency(hundredths: i64) -> Efficiency {
    format!("{}e-2", hundredths).parse::<rust_decimal::Decimal>().map_or_else(
        |_| Efficiency::new(rust_decimal::Decimal::new(hundredths, 2)).unwrap(),
        |decimal| Efficiency::new(decimal).unwrap(),
    )
}

/// Notes the options that are on.
#[derive(Default)]
pub struct Options(pub Vec<&'static str>);

impl Options {
    fn on(&mut self, name: &'static str, on: bool) -> bool {
        if on {
            self.0.push(name);
        }
        on
    }
}

/// A site of 3 to 14 slots, its limits a slot in the plain problem.
pub fn random_site(r: &mut Random, options: &mut Options) -> (Site, Plain) {
    let n = r.between(3, 14) as usize;
    let start = parse_instant("2025-03-29T22:00:00Z").unwrap();
    let grid = Grid::new(start, SlotLength::HALF_HOUR, n).unwrap();
    let hours = 0.5;
    let mut plain =
        Plain { curtailment: true, grid_charging: true, battery_export: true, ..Plain::default() };

    // Prices: coarse steps make ties; negative and inverted ones are common.
    let step = r.pick(&[1, 100, 500]);
    let floor = r.pick(&[-2000, -500, 0]);
    let price = |r: &mut Random| r.between(floor / step, 4000 / step) * step;
    let flat = r.one_in(8);
    let first = price(r);
    let import: Vec<i64> = (0..n).map(|_| if flat { first } else { price(r) }).collect();
    let style = r.between(0, 3);
    options.on("export above import", style == 3);
    options.on("negative prices", floor < 0);
    let export: Vec<i64> = import
        .iter()
        .map(|import| match style {
            0 => 0,
            1 => import / 2,
            2 => price(r),
            _ => import + r.between(0, 3) * 100,
        })
        .collect();
    let rates = |values: &[i64]| values.iter().map(|v| rate(*v)).collect::<Vec<_>>();
    let floats = |values: &[i64], by: f64| values.iter().map(|v| *v as f64 / by).collect::<Vec<_>>();
    let mut site = Site::new(grid, &rates(&import)).unwrap().export(&rates(&export)).unwrap();
    (plain.import, plain.export) = (floats(&import, 100.0), floats(&export, 100.0));
    plain.carbon = vec![0.0; n];
    if options.on("carbon", r.one_in(5)) {
        let carbon: Vec<i64> = (0..n).map(|_| r.between(0, 10) * 100).collect();
        site = site.carbon(&rates(&carbon)).unwrap();
        plain.carbon = floats(&carbon, 100.0);
    }
    let (mut load, mut solar) = (vec![0; n], vec![0; n]);
    if options.on("load", !r.one_in(3)) {
        load = (0..n).map(|_| r.between(0, 15) * 100).collect();
        site = site.load(&load.iter().map(|v| energy(*v)).collect::<Vec<_>>()).unwrap();
    }
    if options.on("solar", !r.one_in(3)) {
        solar = (0..n).map(|_| (r.between(-10, 20) * 100).max(0)).collect();
        site = site.solar(&solar.iter().map(|v| energy(*v)).collect::<Vec<_>>()).unwrap();
    }
    (plain.load, plain.solar) = (floats(&load, 1000.0), floats(&solar, 1000.0));
    let mut import_limit = vec![LIMITLESS; n];
    if options.on("import limit", r.one_in(3)) {
        let limit = r.between(20, 60) * 10;
        site = site.import_limit(power(limit));
        import_limit = vec![limit as f64 / 100.0 * hours; n];
    }
    plain.export_limit = LIMITLESS;
    if options.on("export limit", r.one_in(3)) {
        let limit = r.between(0, 30) * 10;
        site = site.export_limit(power(limit));
        plain.export_limit = limit as f64 / 100.0 * hours;
    }
    if options.on("no curtailment", r.one_in(5)) {
        site = site.without_curtailment();
        plain.curtailment = false;
    }
    if options.on("no grid charging", r.one_in(6)) {
        site = site.without_grid_charging();
        plain.grid_charging = false;
    }
    if options.on("no battery export", r.one_in(6)) {
        site = site.without_battery_export();
        plain.battery_export = false;
    }
    plain.import_limit = import_limit;
    (site, plain)
}

/// A battery and what is asked of it, beside a site's plain problem.
pub fn random_device(
    r: &mut Random,
    options: &mut Options,
    plain: &mut Plain,
    hybrids: bool,
) -> (Battery, BatteryRequest) {
    let (n, hours) = (plain.import.len(), 0.5);
    let start = parse_instant("2025-03-29T22:00:00Z").unwrap();
    let instant = |boundary: usize| start + chrono::TimeDelta::minutes(30 * boundary as i64);
    let capacity = r.between(5, 60) * 100;
    let most = r.between(5, 50) * 10;
    let mut battery = Battery::new(energy(capacity), power(most)).unwrap();
    plain.capacity = capacity as f64 / 1000.0;
    let converter = |r: &mut Random, options: &mut Options, charging: bool, name: &'static str| {
        let side = |ratio: i64| if charging { ratio as f64 / 100.0 } else { 100.0 / ratio as f64 };
        let mut converter = Converter::new(power(most), efficiency(100));
        let mut conversion =
            Conversion { stretches: vec![(most as f64 / 100.0 * hours, 1.0)], ..Conversion::default() };
        if options.on(name, r.one_in(4)) {
            let (mid, low, high) = (r.between(1, most - 1), r.between(80, 100), r.between(80, 100));
            let curve =
                Converter::with_curve(vec![(power(mid), efficiency(low)), (power(most), efficiency(high))]);
            if let Ok(curve) = curve {
                converter = curve;
                let (mid, most) = (mid as f64 / 100.0 * hours, most as f64 / 100.0 * hours);
                let (at_mid, at_most) = (mid * side(low), most * side(high));
                conversion.stretches =
                    vec![(mid, side(low)), (most - mid, (at_most - at_mid) / (most - mid))];
            }
        } else if !r.one_in(4) {
            let ratio = r.between(80, 99);
            converter = Converter::new(power(most), efficiency(ratio));
            conversion.stretches = vec![(most as f64 / 100.0 * hours, side(ratio))];
        }
        (converter, conversion)
    };
    let (mut charger, mut charge) = converter(r, options, true, "charging curve");
    let (mut discharger, mut discharge) = converter(r, options, false, "discharging curve");
    if options.on("least power", r.one_in(4)) {
        let (least_in, least_out) = (r.between(1, most), r.between(1, most));
        charger = charger.at_least(power(least_in)).unwrap();
        discharger = discharger.at_least(power(least_out)).unwrap();
        charge.least = least_in as f64 / 100.0 * hours;
        discharge.least = least_out as f64 / 100.0 * hours;
    }
    battery = battery.with_charger(charger).with_discharger(discharger);
    (plain.charge, plain.discharge) = (charge, discharge);
    (plain.store_charge, plain.store_discharge) = (LIMITLESS, LIMITLESS);
    if options.on("store power", r.one_in(5)) {
        let (a, b) = (r.between(2, 40) * 10, r.between(2, 40) * 10);
        battery = battery.with_store_power(power(a), power(b));
        (plain.store_charge, plain.store_discharge) = (a as f64 / 100.0 * hours, b as f64 / 100.0 * hours);
    }
    if r.one_in(4) && options.on("hybrid inverter", hybrids) {
        let hybrid = Hybrid {
            output: r.between(2, 40) as f64 / 10.0,
            output_efficiency: r.between(90, 100) as f64 / 100.0,
            input: r.between(0, 30) as f64 / 10.0,
            input_efficiency: r.between(90, 100) as f64 / 100.0,
        };
        let hundredth = |value: f64| (value * 100.0).round() as i64;
        battery = battery.behind(HybridInverter {
            output: power(hundredth(hybrid.output)),
            output_efficiency: efficiency(hundredth(hybrid.output_efficiency)),
            input: power(hundredth(hybrid.input)),
            input_efficiency: efficiency(hundredth(hybrid.input_efficiency)),
        });
        plain.hybrid = Some(Hybrid { output: hybrid.output * hours, input: hybrid.input * hours, ..hybrid });
    }
    if options.on("standing loss", r.one_in(5)) {
        let loss = r.between(1, 40);
        battery = battery.with_standing_loss(power(loss));
        plain.loss = loss as f64 / 100.0 * hours;
    }
    if options.on("standby", r.one_in(5)) {
        let standby = r.between(1, 20);
        battery = battery.with_standby(power(standby));
        plain.load.iter_mut().for_each(|load| *load += standby as f64 / 100.0 * hours);
    }
    if options.on("wear", !r.one_in(3)) {
        let wear = r.between(0, 40) * 10;
        battery = battery.with_wear(rate(wear)).unwrap();
        plain.wear = wear as f64 / 100.0;
    }

    let level = |r: &mut Random| r.between(0, capacity / 100) * 100;
    let kwh = |thousandths: i64| thousandths as f64 / 1000.0;
    let start_level = level(r);
    let mut request = BatteryRequest::starting_at(energy(start_level));
    plain.start = kwh(start_level);
    (plain.lo, plain.hi) = (vec![0.0; n + 1], vec![kwh(capacity); n + 1]);
    if options.on("reserve", r.one_in(4)) {
        let reserve = level(r).min(start_level);
        request = request.reserve(energy(reserve));
        plain.lo.iter_mut().skip(1).for_each(|lo| *lo = kwh(reserve));
    }
    if options.on("target", r.one_in(4)) {
        let (at, target) = (r.between(1, n as i64) as usize, level(r));
        request = request.level_at_least(instant(at), energy(target));
        plain.lo[at] = plain.lo[at].max(kwh(target));
    }
    if options.on("ceiling", r.one_in(6)) {
        let (at, most) = (r.between(1, n as i64) as usize, level(r));
        if kwh(most) >= plain.lo[at] {
            request = request.level_at_most(instant(at), energy(most));
            plain.hi[at] = kwh(most);
        }
    }
    if options.on("fixed end", r.one_in(6)) {
        let end = level(r);
        if kwh(end) >= plain.lo[n] && kwh(end) <= plain.hi[n] {
            request = request.ending_at(energy(end));
            (plain.lo[n], plain.hi[n]) = (kwh(end), kwh(end));
        }
    }
    if options.on("soft level", r.one_in(4)) {
        let (at, wanted, price) = (r.between(1, n as i64) as usize, level(r), r.between(0, 30) * 100);
        request = request.soft_level(instant(at), energy(wanted), rate(price)).unwrap();
        plain.soft.push((at, kwh(wanted), price as f64 / 100.0));
    }
    if options.on("soft reserve", r.one_in(6)) {
        let (wanted, price) = (level(r), r.between(0, 10) * 100);
        request = request.soft_reserve(energy(wanted), rate(price)).unwrap();
        plain.soft.extend((1..=n).map(|at| (at, kwh(wanted), price as f64 / 100.0)));
    }
    (plain.may_charge, plain.may_discharge) = (vec![true; n], vec![true; n]);
    if options.on("hold", r.one_in(4)) {
        let from = r.between(0, n as i64 - 1) as usize;
        let to = r.between(from as i64 + 1, n as i64) as usize;
        let hold = r.pick(&[Hold::Level, Hold::NoCharge, Hold::NoDischarge]);
        request = request.hold(Span::new(instant(from), instant(to)).unwrap(), hold);
        for slot in from..to {
            plain.may_charge[slot] &= hold == Hold::NoDischarge;
            plain.may_discharge[slot] &= hold == Hold::NoCharge;
        }
    }
    plain.draw = vec![0.0; n];
    if options.on("draw", r.one_in(6)) {
        let (at, drawn) = (r.between(0, n as i64 - 1) as usize, r.between(1, 10) * 100);
        let drawn = drawn.min(capacity);
        request = request.draw(instant(at), energy(drawn));
        plain.draw[at] = kwh(drawn);
    }
    if options.on("slot import limit", r.one_in(6)) {
        let from = r.between(0, n as i64 - 1) as usize;
        let limit = r.between(20, 50) * 10;
        request = request.import_limit(Span::new(instant(from), instant(n)).unwrap(), power(limit));
        for most in plain.import_limit.iter_mut().skip(from) {
            *most = most.min(limit as f64 / 100.0 * hours);
        }
    }
    match r.between(0, 4) {
        0 => {
            options.on("end rate", true);
            let value = r.between(-5, 30) * 100;
            request = request.end_value(EndValue::Rate(rate(value)));
            plain.bands = vec![(kwh(capacity), value as f64 / 100.0)];
        }
        1 => {
            options.on("end bands", true);
            let (a, b) = (r.between(0, 30) * 100, r.between(0, 30) * 100);
            let mid = r.between(1, capacity / 100) * 100;
            let bands = vec![(energy(mid), rate(a)), (energy(mid + 1000), rate(b))];
            request = request.end_value(EndValue::Bands(bands));
            plain.bands = vec![(kwh(mid), a as f64 / 100.0), (kwh(mid + 1000), b as f64 / 100.0)];
        }
        _ => {}
    }
    if options.on("changes", r.one_in(3)) {
        let count = r.pick(&[Count::ChargeStarts, Count::DischargeStarts, Count::Starts, Count::Changes]);
        let mut counted = [[false; 3]; 3];
        for (from, row) in counted.iter_mut().enumerate() {
            for (to, cell) in row.iter_mut().enumerate() {
                *cell = from != to
                    && match count {
                        Count::ChargeStarts => to == 1,
                        Count::DischargeStarts => to == 2,
                        Count::Starts => to != 0,
                        Count::Changes => true,
                    };
            }
        }
        let most = (!r.one_in(4)).then(|| r.between(0, 3) as usize);
        if let Some(most) = most {
            request = request.at_most(most, count);
        }
        let price = if most.is_none() || r.one_in(3) { r.between(0, 10) } else { 0 };
        if most.is_none() || price > 0 {
            let pence: Money = price.to_string().parse().unwrap();
            request = request.price_per_change(pence, count).unwrap();
        }
        plain.counted = Some((counted, most, price as f64));
    }
    (battery, request)
}

impl Instance {
    pub fn random(seed: u64) -> Self {
        let mut r = Random::new(seed);
        let mut options = Options::default();
        let (site, mut plain) = random_site(&mut r, &mut options);
        let (battery, request) = random_device(&mut r, &mut options, &mut plain, true);
        Self { battery, site, request, plain, options: options.0 }
    }
}
