//! Rules worked by hand, exhaustive search, and what a fleet must share with a single battery.

use super::*;
use crate::plan::battery::tests::grid;
use crate::plan::battery::{Converter, Count, Hold, HybridInverter, PowerBand};
use crate::quantity::UnitRate;
use crate::time::{Grid, SlotLength, Span};
use proptest::prelude::{ProptestConfig, prop, prop_assert, proptest};

pub(super) fn device(name: &str, capacity: &str, power: &str) -> FleetDevice {
    let battery = Battery::new(capacity.parse().unwrap(), power.parse().unwrap()).unwrap();
    FleetDevice { name: name.into(), battery, request: BatteryRequest::default() }
}

pub(super) fn rates(texts: &[i64]) -> Vec<UnitRate> {
    texts.iter().map(|text| text.to_string().parse().unwrap()).collect()
}

#[test]
fn two_batteries_share_a_limit() {
    // 4 kW is 2 kWh a slot: of two 2 kWh batteries one fills at 10 p, the other at 20 p; both sell at 50 p.
    let site = Site::new(grid(4), &rates(&[10, 20, 50, 50])).unwrap();
    let site = site.export(&rates(&[0, 0, 50, 50])).unwrap().import_limit("4".parse().unwrap());
    let fleet = Fleet::new(vec![device("a", "2", "4"), device("b", "2", "4")]).unwrap();
    let plan = fleet.plan(&site).unwrap();
    assert_eq!(plan.cost().to_string(), "-140");
    assert!(plan.bound() <= plan.cost());
    assert!(plan.gap() < "0.5".parse().unwrap(), "{}", plan.gap());
    for slot in 0..2 {
        let charged: i64 = plan.dispatches().iter().map(|d| d.slots()[slot].charge.units()).sum();
        assert!(charged <= 200_000_000);
    }
}

#[test]
fn a_car_leaves_full_beside_a_house_battery() {
    let site = Site::new(grid(6), &rates(&[30, 8, 9, 10, 40, 40])).unwrap();
    let site = site.import_limit("6".parse().unwrap()).load(&["0.5".parse().unwrap(); 6]).unwrap();
    let mut car = device("car", "6", "6");
    let leaves = grid(6).slot(4).unwrap().span.from();
    car.request = BatteryRequest::default().level_at_least(leaves, "5".parse().unwrap());
    let plan = Fleet::new(vec![device("house", "2", "4"), car]).unwrap().plan(&site).unwrap();
    assert!(plan.stored(1, 3).unwrap() >= "5".parse().unwrap());
    assert!(plan.bound() <= plan.cost());
    for slot in plan.dispatches()[0].slots().iter().zip(plan.dispatches()[1].slots()) {
        let net = 50_000_000 + slot.0.charge.units() + slot.1.charge.units()
            - slot.0.discharge.units()
            - slot.1.discharge.units();
        assert!(net <= 300_000_000, "{net}");
    }
}

/// Export above import: the meter must not do both at once, and one price on the net flow would leave a gap.
#[test]
fn export_above_import_is_proven() {
    let site = Site::new(grid(6), &rates(&[10, 12, 9, 30, 11, 10])).unwrap();
    let site = site.export(&rates(&[15, 15, 15, 15, 15, 15])).unwrap();
    let site = site.import_limit("6".parse().unwrap()).export_limit("3".parse().unwrap());
    let site = site.load(&["0.4".parse().unwrap(); 6]).unwrap();
    let mut car = device("car", "6", "6");
    car.request = BatteryRequest::default().ending_at_least("5".parse().unwrap());
    let plan = Fleet::new(vec![device("house", "2", "3"), car]).unwrap().plan(&site).unwrap();
    assert!(plan.gap() < "0.0000001".parse().unwrap(), "{} {}", plan.cost(), plan.bound());
}

/// With surplus only, 1 kWh of sun is all that both may have; what they give may only meet the load.
#[test]
fn the_site_may_be_held_to_surplus_and_load() {
    let energies = |texts: [&str; 4]| texts.map(|text| text.parse().unwrap());
    let site = Site::new(grid(4), &rates(&[5, 10, 40, 50])).unwrap();
    let site = site.export(&rates(&[1, 1, 60, 60])).unwrap();
    let site = site.solar(&energies(["1", "0", "0", "0"])).unwrap();
    let site = site.load(&energies(["0", "0", "0.4", "0.7"])).unwrap();
    let site = site.without_grid_charging().without_battery_export();
    let plan = Fleet::new(vec![device("a", "2", "2"), device("b", "2", "2")]).unwrap().plan(&site).unwrap();
    // 0.7 kWh saved at 50 p and 0.3 at 40 p leave 0.1 kWh to buy at 40 p.
    assert_eq!(plan.cost().to_string(), "4");
    assert!(plan.gap() < "0.0000001".parse().unwrap(), "{} {}", plan.cost(), plan.bound());
}

/// One device alone is planned as `Battery::plan` plans it, and a further device that may rest costs nothing.
#[test]
fn one_device_is_a_battery_and_a_resting_one_costs_nothing() {
    let site = Site::new(grid(8), &rates(&[10, 20, -3, 50, 7, 33, 12, 41])).unwrap();
    let site = site.export(&rates(&[5, 5, -4, 30, 9, 20, 5, 45])).unwrap();
    let single = device("a", "3", "3");
    let battery = single.battery.plan(&site, &single.request).unwrap();
    let one = Fleet::new(vec![single.clone()]).unwrap().plan(&site).unwrap();
    assert!((one.cost().units() - battery.cost().units()).abs() < 1_000, "{}", one.cost());
    assert_eq!(one.dispatches()[0].slots(), battery.slots());
    let two = Fleet::new(vec![single, device("b", "1", "1")]).unwrap().plan(&site).unwrap();
    assert!(two.cost() <= one.cost() && two.gap() < "0.0000001".parse().unwrap(), "{}", two.gap());
}

#[test]
fn what_cannot_be_is_said() {
    let site = Site::new(grid(2), &rates(&[1, 2])).unwrap().import_limit("2".parse().unwrap());
    let car = |name: &str| FleetDevice {
        request: BatteryRequest::default().ending_at_least("2".parse().unwrap()),
        ..device(name, "2", "4")
    };
    let error = Fleet::new(vec![car("a"), car("b")]).unwrap().plan(&site).unwrap_err();
    let both = "for these wishes alone: a: at least 2 kWh at the end; b: at least 2 kWh at the end";
    assert!(error.is_infeasible() && error.to_string().contains(both), "{error}");
    // What has no part in it is not named; where nothing asked for is to blame the site is.
    let mut third = car("c");
    third.request = BatteryRequest::default().level_at_least(grid(1).end(), "0.1".parse().unwrap());
    let error = Fleet::new(vec![third, car("a"), car("b")]).unwrap().plan(&site).unwrap_err();
    assert!(error.to_string().ends_with(both), "{error}");
    let loaded = site.clone().load(&["2".parse().unwrap(), Energy::ZERO]).unwrap();
    let error = Fleet::new(vec![device("a", "0.1", "1")]).unwrap().plan(&loaded).unwrap_err();
    assert!(error.to_string().contains("the site's own limits are in the way: in the slot"), "{error}");
    // The slot, the load, the limit and what to change are named for one battery alone, too.
    let error = device("a", "0.1", "1").battery.plan(&loaded, &BatteryRequest::default()).unwrap_err();
    let slot = "the load comes to 2 kWh net and the import limit of 2 kW to 1 kWh, so that 1 kWh must come from devices";
    assert!(error.is_infeasible() && error.to_string().contains(slot), "{error}");
    assert!(error.to_string().contains("2021-01-01T00:00:00Z"), "{error}");
    // A limit for a time, of a request, beside a standby; and sun that has nowhere to go.
    let for_a_time =
        BatteryRequest::default().import_limit(grid(2).slot(1).unwrap().span, "0.2".parse().unwrap());
    let waiting = device("a", "0", "1").battery.with_standby("0.5".parse().unwrap());
    let error = waiting.plan(&site, &for_a_time).unwrap_err();
    assert!(
        error.to_string().contains("the load comes to 0.25 kWh net and the import limit of 0.2 kW"),
        "{error}"
    );
    let sunny =
        site.clone().solar(&["3".parse().unwrap(), Energy::ZERO]).unwrap().export_limit("2".parse().unwrap());
    let error = device("a", "0", "1")
        .battery
        .plan(&sunny.without_curtailment(), &BatteryRequest::default())
        .unwrap_err();
    assert!(
        error.to_string().contains("the export limit of 2 kW to 1 kWh, so that 2 kWh must go into devices"),
        "{error}"
    );
    assert!(Fleet::new(Vec::new()).unwrap().plan(&site).unwrap_err().is_missing());
    let twice = Fleet::new(vec![car("a"), car("a")]).unwrap_err();
    assert!(twice.to_string().contains("two devices are called a"), "{twice}");
}

pub(super) fn circuit(name: &str, devices: &[&str], kw: &str) -> Circuit {
    let devices = devices.iter().map(|device| (*device).to_owned()).collect();
    Circuit { name: name.into(), devices, import_limit: Some(kw.parse().unwrap()), export_limit: None }
}

/// 2 kW of a circuit are 1 kWh a slot for two batteries: one kWh at 10 p, one at 20 p. The third is on no circuit and fills at 10 p.
#[test]
fn a_circuit_binds_its_own_devices() {
    let site = Site::new(grid(4), &rates(&[10, 20, 50, 50])).unwrap();
    let site = site.export(&rates(&[0, 0, 50, 50])).unwrap();
    let devices = || ["a", "b", "c"].map(|name| device(name, "2", "4")).to_vec();
    let fleet = Fleet::new(devices()).unwrap().circuits(vec![circuit("garage", &["a", "b"], "2")]).unwrap();
    let plan = fleet.plan(&site).unwrap();
    assert_eq!(plan.cost().to_string(), "-150");
    assert!(plan.is_proven(), "{}", plan.gap());
    for slot in 0..4 {
        let taken: i64 = plan.dispatches()[..2]
            .iter()
            .map(|d| d.slots()[slot].charge.units() - d.slots()[slot].discharge.units())
            .sum();
        assert!(taken <= 100_000_000, "{taken}");
    }
    // A second circuit inside it, and standby that counts on it: 0.5 kW of b leave 1.5 kW.
    let mut devices = devices();
    devices[1].battery = devices[1].battery.clone().with_standby("0.5".parse().unwrap());
    let inner = circuit("wall", &["b"], "0.5");
    let outer = circuit("garage", &["b", "a"], "2");
    let plan = Fleet::new(devices).unwrap().circuits(vec![outer, inner]).unwrap().plan(&site).unwrap();
    assert!(plan.dispatches()[1].slots().iter().all(|slot| slot.charge.is_zero()));
    // 0.75 kWh each at 10 and 20 p sold at 50 p, the other's 2 kWh; standby of 0.25 kWh in each slot.
    assert_eq!(plan.cost().to_string(), "-100");
    assert!(plan.is_proven(), "{}", plan.gap());
}

#[test]
fn a_circuit_that_cannot_be_is_refused_with_what_to_change() {
    let with = |circuits: Vec<Circuit>| {
        let devices = vec![device("car", "2", "4"), device("house", "2", "4")];
        Fleet::new(devices).unwrap().circuits(circuits).unwrap_err().to_string()
    };
    assert!(with(vec![circuit("garage", &[], "2")]).contains("circuit garage names no device"));
    let unknown = with(vec![circuit("garage", &["Car"], "2")]);
    assert!(
        unknown.contains("circuit garage names Car, but the devices are car, house; did you mean car?"),
        "{unknown}"
    );
    assert!(with(vec![circuit("garage", &["car", "car"], "2")]).contains("names car twice"));
    assert!(
        with(vec![circuit("a", &["car"], "2"), circuit("a", &["car"], "2")])
            .contains("two circuits are called a")
    );
    assert!(with(vec![circuit("a", &["car"], "-2")]).contains("may not be below nothing"));
    let nothing = Circuit { import_limit: None, ..circuit("a", &["car"], "2") };
    assert!(with(vec![nothing]).contains("limits nothing"));
    // What it makes impossible is said with its name.
    let site = Site::new(grid(2), &rates(&[1, 2])).unwrap();
    let mut car = device("car", "4", "4");
    car.request = BatteryRequest::default().ending_at_least("3".parse().unwrap());
    let fleet = Fleet::new(vec![car, device("house", "2", "4")]).unwrap();
    let error = fleet.circuits(vec![circuit("garage", &["car"], "2")]).unwrap().plan(&site).unwrap_err();
    let wishes = "for these wishes alone: car: at least 3 kWh at the end; circuit garage";
    assert!(error.is_infeasible() && error.to_string().ends_with(wishes), "{error}");
}

/// Forced charging at the dear price, a lower most at the cheap one, and an export limit for a time.
#[test]
fn powers_may_be_bound_for_a_time() {
    let site = Site::new(grid(4), &rates(&[40, 10, 20, 50])).unwrap().export(&rates(&[0, 0, 0, 50])).unwrap();
    let slot = |index: usize| grid(4).slot(index).unwrap().span;
    let kw = |kw: &str| Some(kw.parse().unwrap());
    let mut house = device("a", "3", "4");
    let forced = PowerBand { charge_at_least: kw("1"), ..PowerBand::default() };
    let slow = PowerBand { charge_at_most: kw("3"), ..PowerBand::default() };
    house.request = house.request.power(slot(0), forced).unwrap().power(slot(1), slow).unwrap();
    // 0.5 kWh at 40 p, 1.5 at 10 p, nothing at 20 p beyond what can be sold: 2 kWh at 50 p.
    let alone = house.battery.plan(&site, &house.request).unwrap();
    assert_eq!(alone.cost().to_string(), "-65");
    let fleet = Fleet::new(vec![house.clone(), device("b", "0", "1")]).unwrap().plan(&site).unwrap();
    assert_eq!(fleet.cost().to_string(), "-65");
    assert!(fleet.is_proven(), "{}", fleet.gap());
    house.request = house.request.export_limit(slot(3), "2".parse().unwrap());
    // Only 1 kWh is sold: 0.5 at 40 p and 0.5 at 10 p.
    assert_eq!(house.battery.plan(&site, &house.request).unwrap().cost().to_string(), "-25");
    let fleet = Fleet::new(vec![house.clone(), device("b", "0", "1")]).unwrap().plan(&site).unwrap();
    assert_eq!(fleet.cost().to_string(), "-25");
    let both = PowerBand { discharge_at_least: kw("1"), ..forced };
    assert!(BatteryRequest::default().power(slot(0), both).is_err());
    let crossed = PowerBand { charge_at_most: kw("0.5"), ..forced };
    assert!(
        BatteryRequest::default().power(slot(0), crossed).unwrap_err().to_string().contains("above the most")
    );
    let beyond = PowerBand { charge_at_least: kw("5"), ..PowerBand::default() };
    let request = BatteryRequest::default().power(slot(0), beyond).unwrap();
    let error = house.battery.plan(&site, &request).unwrap_err();
    assert!(error.to_string().contains("its power is 4 kW"), "{error}");
}

/// 3 kWh into a car in four slots: at 10 p in one slot the peak is 6 kW; spread over all slots it is 1.5 kW.
#[test]
fn a_price_on_the_peak_spreads_the_charge() {
    let site = Site::new(grid(4), &rates(&[10, 20, 20, 20])).unwrap().without_battery_export();
    let mut car = device("car", "3", "6");
    car.request = BatteryRequest::default().ending_at("3".parse().unwrap());
    let fleet = Fleet::new(vec![car]).unwrap();
    let plan = |per_kw: &str, so_far: &str| {
        let price = PeakPrice { per_kw: per_kw.parse().unwrap(), so_far: so_far.parse().unwrap() };
        let plan = fleet.plan_with_peak(&site, &price, &mut |standing| standing.parts < 100).unwrap();
        assert!(plan.is_proven(), "{per_kw} {so_far}: {} {}", plan.cost(), plan.bound());
        plan
    };
    // One kW less of peak moves 0.5 kWh from 10 p to 20 p: 5 p.
    let cheap = plan("4", "0");
    assert_eq!((cheap.cost().to_string(), cheap.peak().unwrap().to_string()), ("54".into(), "6".into()));
    // 0.75 kWh at 10 p and 2.25 at 20 p, and 1.5 kW.
    let dear = plan("6", "0");
    assert_eq!((dear.cost().to_string(), dear.peak().unwrap().to_string()), ("61.5".into(), "1.5".into()));
    // 4 kW are paid for already: 2 kWh at 10 p and 1 at 20 p.
    let known = plan("6", "4");
    assert_eq!((known.cost().to_string(), known.peak().unwrap().to_string()), ("40".into(), "4".into()));
    let below = PeakPrice { per_kw: "-1".parse().unwrap(), so_far: Power::ZERO };
    assert!(fleet.plan_with_peak(&site, &below, &mut |_| true).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20))]

    /// The bound is below what any limit on the import costs, and the plan is dearer by no more than it says of itself.
    #[test]
    fn a_price_on_the_peak_is_bounded(
        import in prop::collection::vec(1_i64..40, 6),
        load in prop::collection::vec(0_i64..3, 6),
        per_kw in 1_i64..30,
        so_far in 0_i64..4,
        end in 0_i64..4,
    ) {
        let energies = |v: &[i64]| v.iter().map(|v| v.to_string().parse().unwrap()).collect::<Vec<Energy>>();
        let site = Site::new(grid(6), &rates(&import)).unwrap().load(&energies(&load)).unwrap();
        let mut car = device("car", "4", "4");
        car.request = BatteryRequest::default().ending_at_least(end.to_string().parse().unwrap());
        let fleet = Fleet::new(vec![device("house", "2", "2"), car]).unwrap();
        let price = PeakPrice { per_kw: per_kw.to_string().parse().unwrap(), so_far: so_far.to_string().parse().unwrap() };
        let plan = fleet.plan_with_peak(&site, &price, &mut |standing| standing.parts < 60).unwrap();
        prop_assert!(plan.bound() <= plan.cost());
        let open = plan.gap().units().max(PROVEN);
        for tenths in (10 * so_far..80).step_by(3) {
            let limit: Power = format!("{}.{}", tenths / 10, tenths % 10).parse().unwrap();
            let Ok(other) = fleet.plan(&site.clone().import_limit(limit)) else { continue };
            let charge = i128::from(per_kw) * i128::from(tenths - 10 * so_far) * 10_i128.pow(19);
            prop_assert!(plan.bound().units() <= other.cost().units() + charge, "{tenths}: {} {}", plan.bound(), other.cost());
            prop_assert!(plan.cost().units() <= other.cost().units() + charge + open, "{tenths}: {} {}", plan.cost(), other.cost());
        }
    }
}

fn behind(device: FleetDevice, kw: &str, efficiency: &str) -> FleetDevice {
    let (power, efficiency) = (kw.parse().unwrap(), efficiency.parse().unwrap());
    let inverter = HybridInverter {
        output: power,
        output_efficiency: efficiency,
        input: power,
        input_efficiency: efficiency,
    };
    FleetDevice { battery: device.battery.behind(inverter), ..device }
}

/// Of 2.5 kWh of sun 1 kWh is stored and the rest sold for 10 p through an inverter that keeps 0.8; the car comes in the next slot.
#[test]
fn a_hybrid_inverter_shares_its_sun_with_a_car() {
    let site = Site::new(grid(2), &rates(&[50, 50])).unwrap().export(&rates(&[10, 10])).unwrap();
    let site = site.solar(&["2.5".parse().unwrap(), Energy::ZERO]).unwrap();
    let house = behind(device("house", "1", "4"), "6", "0.8");
    let mut car = device("car", "2", "4");
    car.request = BatteryRequest::default().ending_at_least("2".parse().unwrap());
    car.request = car.request.hold(grid(1).slot(0).unwrap().span, Hold::Level);
    let plan = Fleet::new(vec![house.clone(), car]).unwrap().plan(&site).unwrap();
    // 1.2 kWh sold, 0.8 kWh from the store, 1.2 kWh bought.
    assert_eq!(plan.cost().to_string(), "48");
    assert!(plan.is_proven(), "{}", plan.gap());
    let alone = Fleet::new(vec![house.clone()]).unwrap().plan(&site).unwrap();
    assert_eq!(alone.dispatches()[0].slots(), house.battery.plan(&site, &house.request).unwrap().slots());
    let two =
        Fleet::new(vec![house.clone(), FleetDevice { name: "shed".into(), ..house.clone() }]).unwrap_err();
    assert!(two.to_string().contains("house and shed both have a hybrid inverter"), "{two}");
    let ruled = Fleet::new(vec![house]).unwrap().plan(&site.without_grid_charging()).unwrap_err();
    assert!(ruled.is_unsupported(), "{ruled}");
}

/// What another battery gives goes in through the inverter and loses a fifth, where nothing may leave the site: the meter stands
/// still while the inverter takes.
#[test]
fn a_hybrid_inverter_takes_what_another_battery_gives() {
    let site = Site::new(grid(2), &rates(&[50, 50])).unwrap().export_limit(Power::ZERO);
    let site = site.load(&[Energy::ZERO, "1".parse().unwrap()]).unwrap();
    let house = behind(device("house", "2", "4"), "4", "0.8");
    let mut shed = device("shed", "1", "4");
    shed.request = BatteryRequest::starting_at("1".parse().unwrap()).ending_at(Energy::ZERO);
    shed.request = shed.request.hold(grid(2).slot(1).unwrap().span, Hold::Level);
    let plan = Fleet::new(vec![house, shed]).unwrap().plan(&site).unwrap();
    // 1 kWh in is 0.8 kWh stored and 0.64 kWh out again: 0.36 kWh are bought.
    assert_eq!(plan.cost().to_string(), "18");
    assert!(plan.is_proven(), "{}", plan.gap());
    assert_eq!(plan.stored(0, 0).unwrap().to_string(), "0.8");
}

/// A site from within its first slot to within its last is planned as one whose slots begin and end there.
#[test]
fn a_plan_from_within_a_slot_is_that_of_slots_cut_there() {
    let prices = [31_i64, 4, 12, 35, 9, 28, 44, 15];
    let (from, half_hours) = (grid(1).start(), prices.len());
    let minutes = |count: i64| from + chrono::TimeDelta::minutes(count);
    let span = Span::new(minutes(20), minutes(230)).unwrap();
    let fine = Grid::new(from, SlotLength::from_minutes(10).unwrap(), half_hours * 3).unwrap();
    let thrice = |values: &[UnitRate]| values.iter().flat_map(|value| [*value; 3]).collect::<Vec<_>>();
    let export = rates(&[8, 3, 6, 30, 7, 20, 33, 9]);
    let site = |grid: Grid, import: &[UnitRate], export: &[UnitRate], load: &str, sun: &str| {
        let count = import.len();
        let site = Site::new(grid, import).unwrap().export(export).unwrap();
        let site = site.load(&vec![load.parse().unwrap(); count]).unwrap();
        let site = site.solar(&vec![sun.parse().unwrap(); count]).unwrap();
        site.import_limit("5".parse().unwrap()).export_limit("2".parse().unwrap())
    };
    let coarse = site(grid(half_hours), &rates(&prices), &export, "0.6", "0.3").during(span).unwrap();
    let fine = site(fine, &thrice(&rates(&prices)), &thrice(&export), "0.2", "0.1");
    let fine = fine.during(span).unwrap();
    let mut house = device("house", "4", "3");
    house.battery = house.battery.with_efficiency("0.95".parse().unwrap(), "0.95".parse().unwrap());
    house.battery = house.battery.with_wear("1.5".parse().unwrap()).unwrap();
    house.battery = house.battery.with_standby("0.05".parse().unwrap());
    let mut car = device("car", "8", "7.2");
    car.request = BatteryRequest::default().level_at_least(minutes(180), "3.5".parse().unwrap());
    let fleet = Fleet::new(vec![house.clone(), car]).unwrap();
    let (cut, whole) = (fleet.plan(&coarse).unwrap(), fleet.plan(&fine).unwrap());
    assert!(cut.is_proven() && whole.is_proven(), "{} {}", cut.gap(), whole.gap());
    let off = (cut.cost().units() - whole.cost().units()).abs();
    assert!(off <= PROVEN, "{} on cut slots, {} on whole ones", cut.cost(), whole.cost());
    for (a, b) in cut.dispatches()[0].slots().iter().zip(cut.dispatches()[1].slots()) {
        // 5 kW less 1.2 kW of load, with 0.6 kW of sun.
        let most = 440_000_000 * a.span.seconds() / 3_600;
        let net = a.charge.units() + b.charge.units() - a.discharge.units() - b.discharge.units();
        assert!(net <= most, "{a:?} {b:?}");
    }
    // Alone it is planned as the battery's own planner plans it.
    let single = house.battery.plan(&coarse, &house.request).unwrap();
    let alone = Fleet::new(vec![house]).unwrap().plan(&coarse).unwrap();
    assert_eq!(alone.dispatches()[0].slots(), single.slots());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    /// Flows that are no whole units meet limits that are: every plan that is found can be shown.
    #[test]
    fn a_limit_between_units_leaves_room(
        load in prop::collection::vec(0_i64..900, 6),
        limit in 2_000_i64..4_000,
        levels in (500_i64..1_500, 500_i64..1_500),
    ) {
        let wh = |wh: i64| Energy::from_units(wh * 100_000).unwrap();
        let site = Site::new(grid(6), &rates(&[30, 8, 9, 10, 40, 40])).unwrap();
        let site = site.load(&load.iter().map(|load| wh(*load)).collect::<Vec<_>>()).unwrap();
        let site = site.import_limit(Power::per_hour(wh(limit))).export_limit(Power::ZERO);
        let lossy = |name: &str, level: i64| {
            let mut device = device(name, "3", "3");
            device.battery = device.battery.with_efficiency("0.93".parse().unwrap(), "0.97".parse().unwrap());
            device.request = BatteryRequest::default().ending_at(wh(level));
            device
        };
        let fleet = Fleet::new(vec![lossy("a", levels.0), lossy("b", levels.1)]).unwrap();
        match fleet.plan(&site) {
            Ok(plan) => prop_assert!(plan.bound() <= plan.cost()),
            Err(error) => prop_assert!(error.to_string().starts_with("no plan for all devices"), "{error}"),
        }
    }

    /// Two devices that run at full power or not at all, with targets, counted starts and tight limits: a plan is found wherever an
    /// exhaustive search has one.
    #[test]
    fn a_plan_is_found_wherever_there_is_one(
        import in prop::collection::vec(-5_i64..40, 6),
        limit in 0_i64..3,
        load in prop::collection::vec(0_i64..2, 6),
        targets in prop::collection::vec((1_usize..7, 0_i64..4), 2),
        starts in prop::collection::vec(0_usize..3, 2),
        begin in prop::collection::vec(0_i64..3, 2),
        shared in 0_i64..4,
    ) {
        let kwh = |kwh: i64| kwh.to_string().parse::<Energy>().unwrap();
        let site = Site::new(grid(6), &rates(&import)).unwrap().import_limit((2 * limit).to_string().parse().unwrap());
        let site = site.export_limit("2".parse().unwrap());
        let site = site.load(&load.iter().map(|load| kwh(*load)).collect::<Vec<_>>()).unwrap();
        let fleet: Vec<FleetDevice> = (0..2).map(|place| {
            let (at, level) = targets[place];
            let mut device = device(["a", "b"][place], "4", "2");
            let converter = || Converter::new("2".parse().unwrap(), "1".parse().unwrap()).at_least("2".parse().unwrap()).unwrap();
            device.battery = device.battery.with_charger(converter()).with_discharger(converter());
            let boundary = grid(at).end();
            device.request = BatteryRequest::starting_at(kwh(begin[place])).level_at_least(boundary, kwh(level));
            device.request = device.request.at_most(starts[place], Count::Starts);
            device
        }).collect();
        // Both share a circuit, too.
        let kw = |kwh: i64| Some((2 * kwh).to_string().parse().unwrap());
        let names = vec!["a".into(), "b".into()];
        let circuit = Circuit { name: "garage".into(), devices: names, import_limit: kw(shared), export_limit: kw(1) };
        // What each device can do: by slot what it takes.
        let ways = |place: usize| -> Vec<Vec<i64>> {
            (0..3_usize.pow(6)).map(|code| (0..6).map(|slot| (code / 3_usize.pow(slot) % 3) as i64 - 1).collect::<Vec<i64>>())
                .filter(|does| {
                    let (mut level, mut before, mut count) = (begin[place], 0, 0);
                    does.iter().enumerate().all(|(slot, taken)| {
                        level += taken;
                        count += usize::from(*taken != 0 && *taken != before);
                        before = *taken;
                        let (at, least) = targets[place];
                        (0..=4).contains(&level) && (slot + 1 != at || level >= least)
                    }) && count <= starts[place]
                })
                .collect()
        };
        let meter = |slot: usize, net: i64| -> Option<i64> {
            (net <= limit && net >= -1).then_some(if net > 0 { net * import[slot] } else { 0 })
        };
        let (first, second) = (ways(0), ways(1));
        let best = first.iter().flat_map(|a| second.iter().filter_map(|b| {
            let kept = (0..6).all(|slot| (-1..=shared).contains(&(a[slot] + b[slot])));
            kept.then(|| (0..6).map(|slot| meter(slot, load[slot] + a[slot] + b[slot])).sum::<Option<i64>>())?
        })).min();
        let fleet = Fleet::new(fleet).unwrap().circuits(vec![circuit]).unwrap();
        match (fleet.plan(&site), best) {
            (Ok(plan), Some(best)) => {
                let exact: Money = best.to_string().parse().unwrap();
                prop_assert!(plan.bound() <= exact && exact <= plan.cost(), "{} {exact} {}", plan.bound(), plan.cost());
            }
            (Err(error), None) => prop_assert!(error.to_string().starts_with("no plan for all devices keeps to"), "{error}"),
            (plan, best) => prop_assert!(false, "{:?} {best:?}", plan.map(|plan| plan.cost())),
        }
    }

    /// With whole kWh and no losses an exhaustive search over both levels is exact.
    #[test]
    fn the_bound_is_below_the_best_and_the_cost_is_not(
        import in prop::collection::vec(-10_i64..40, 4),
        export in prop::collection::vec(-5_i64..45, 4),
        load in prop::collection::vec(0_i64..3, 4),
        solar in prop::collection::vec(0_i64..3, 4),
        limit in 3_i64..5,
    ) {
        let energies = |v: &[i64]| v.iter().map(|v| v.to_string().parse().unwrap()).collect::<Vec<Energy>>();
        let site = Site::new(grid(4), &rates(&import)).unwrap().export(&rates(&export)).unwrap()
            .load(&energies(&load)).unwrap().solar(&energies(&solar)).unwrap()
            .import_limit((2 * limit).to_string().parse().unwrap());
        let plan = Fleet::new(vec![device("a", "2", "2"), device("b", "1", "2")]).unwrap().plan(&site).unwrap();
        let cost = |t: usize, flow: i64| (0..=solar[t]).filter_map(|used| {
            let net = load[t] - used + flow;
            (net <= limit).then(|| if net > 0 { net * import[t] } else { net * export[t] })
        }).min();
        let mut best = vec![Some(0); 6];
        for t in (0..4).rev() {
            best = (0..6_i64).map(|from| (0..6_i64).filter_map(|to| {
                let (a, b) = (to / 2 - from / 2, to % 2 - from % 2);
                (a.abs() <= 1).then_some(())?;
                Some(cost(t, a + b)? + best[to as usize]?)
            }).min()).collect();
        }
        let exact: Money = best[0].unwrap().to_string().parse().unwrap();
        prop_assert!(plan.bound() <= exact, "bound {} above the best {}", plan.bound(), exact);
        prop_assert!(plan.cost() >= exact, "cost {} below the best {}", plan.cost(), exact);
        prop_assert!(plan.gap() < "0.0000001".parse().unwrap(), "cost {} bound {}", plan.cost(), plan.bound());
    }
}

/// A street of homes under one feeder: many devices, so that the relaxation is factored by device.
#[test]
fn a_street_keeps_to_its_feeder() {
    let prices: Vec<i64> = (0..12).map(|slot| 10 + (slot * 7) % 23).collect();
    let site = Site::new(grid(12), &rates(&prices)).unwrap().import_limit("40".parse().unwrap());
    let devices = (0..15).flat_map(|home| {
        let mut house = device(&format!("house {home}"), &format!("{}", 3 + home % 4), "3");
        house.battery = house.battery.with_efficiency("0.95".parse().unwrap(), "0.95".parse().unwrap());
        let mut car = device(&format!("car {home}"), "12", "7");
        let leaves = grid(12).slot(6 + home % 6).unwrap().span.from();
        car.request = BatteryRequest::default().level_at_least(leaves, "6".parse().unwrap());
        [house, car]
    });
    let plan = Fleet::new(devices.collect()).unwrap().plan(&site).unwrap();
    assert!(plan.gap().units() * 1_000 <= plan.cost().units(), "{} {}", plan.cost(), plan.bound());
    for slot in 0..12 {
        let flows = plan.dispatches().iter().map(|dispatch| &dispatch.slots()[slot]);
        let net: i64 = flows.map(|slot| slot.charge.units() - slot.discharge.units()).sum();
        assert!(net <= 2_000_000_000 + 30, "{net}");
    }
}

/// A charger that is better the harder it runs: mixing full power with none must not look better than it is.
#[test]
fn a_rising_efficiency_is_proven() {
    let site =
        Site::new(grid(6), &rates(&[10, 11, 12, 40, 38, 39])).unwrap().import_limit("5".parse().unwrap());
    let site = site.load(&["0.7".parse().unwrap(); 6]).unwrap();
    let steps =
        [("1", "0.8"), ("4", "0.95")].map(|(kw, ratio)| (kw.parse().unwrap(), ratio.parse().unwrap()));
    let mut house = device("house", "2.5", "4");
    house.battery = house.battery.with_charger(Converter::with_curve(steps.to_vec()).unwrap());
    let mut car = device("car", "6", "4");
    car.request = BatteryRequest::default().ending_at_least("3".parse().unwrap());
    let fleet = Fleet::new(vec![house, car]).unwrap();
    let plan = fleet.plan(&site).unwrap();
    assert!(plan.is_proven(), "{} {} {}", plan.cost(), plan.bound(), plan.parts());
    // What is near enough ends the search: it is asked fewer times whether to go on.
    let steps = |fleet: Fleet| {
        let mut asked = 0;
        let go_on = &mut |standing: &Standing| {
            asked += 1;
            standing.parts < 400
        };
        fleet.plan_while(&site, go_on).unwrap();
        asked
    };
    let (whole, early) = (steps(fleet.clone()), steps(fleet.gap("1000".parse().unwrap())));
    assert!(early < whole, "{early} of {whole}");
}
