//! The golden cases of the command itself: bills, tariffs, registers, clock changes and batteries whose figures other programs worked.
//! They are built in, so that no file and no network is needed.

use crate::answer::self_test::{FailedCase, SelfTest, TestGroup};
use crate::context::Context;
use crate::failure::{Failure, Result};
use crate::source::sample;
use crate::words::{Metering, Pricing};
use kwhen::bill::{Bill, BillOptions, BillRequest, BillingRules, Grouping};
use kwhen::plan::battery::{Battery, BatteryRequest, Site};
use kwhen::series::{Consumption, RateSeries, StandingCharges, VatBasis};
use kwhen::tariff::{CalorificValues, GasConversion, GasUnit, Tariff, TariffDefinition, UnitRates, advances};
use kwhen::time::{Calendar, Grid, PeriodKind, SlotLength, Span, TZDB_VERSION, instant_text, parse_instant};
use kwhen::{Energy, Rounding, UnitRate};
use serde_json::Value;

/// The files of a folder of golden cases: the name and the text of each.
macro_rules! golden {
    ($folder:literal: $($name:literal)*) => {
        &[$(($name, include_str!(concat!("../../bundled/golden/", $folder, "/", $name, ".json")))),*]
    };
}

type Files = &'static [(&'static str, &'static str)];

const BILLS: Files = golden!("bills": "autumn-clock-change-month" "month-with-gaps" "negative-price-day" "ordinary-month" "spring-clock-change-month" "vat-change");
const TARIFFS: Files = golden!("tariffs": "agile" "business" "cosy" "economy-7" "flat" "flux" "gas-hundreds-of-cubic-feet" "gas-kilowatt-hours" "gas" "go" "intelligent-go" "outgoing-prime" "outgoing-seg" "outgoing" "three-registers" "tracker");
const REGISTERS: Files = golden!("registers": "economy-7" "gas" "outgoing" "three-registers");
const ZONES: Files = golden!("zones": "apia-without-30-december" "asuncion-autumn" "asuncion-spring" "azores-autumn" "azores-spring" "beirut-autumn" "beirut-spring" "cairo-autumn" "cairo-spring" "casablanca-ramadan-begins" "casablanca-ramadan-ends" "chatham-autumn" "chatham-spring" "havana-autumn" "havana-spring" "london-autumn" "london-spring" "lord-howe-autumn" "lord-howe-spring" "new-york-autumn" "new-york-spring" "st-johns-autumn" "st-johns-spring" "sydney-autumn" "sydney-spring" "troll-autumn" "troll-spring");
const INSTANTS: &str = include_str!("../../bundled/golden/clocks/instants.csv");
const OPTIMA: &str = include_str!("../../bundled/golden/battery/optima.csv");

/// The fields of a bill that every golden case has.
const SUMS: [&str; 4] = ["kwh", "net_minor", "vat_minor", "total_minor"];

/// Works every golden case and says which failed.
///
/// # Errors
/// What is built in cannot be read.
pub fn self_test(ctx: &Context) -> Result<SelfTest> {
    let mut told = SelfTest { tzdb: TZDB_VERSION.to_owned(), ..SelfTest::default() };
    let home = Home::read(ctx)?;
    group(&mut told, "bills of the sample home", BILLS, |text| home.bill(text));
    group(&mut told, "kinds of tariff", TARIFFS, of_tariff);
    group(&mut told, "registers", REGISTERS, of_registers);
    group(&mut told, "bills around clock changes", ZONES, of_zone);
    let lines = |text: &'static str| text.lines().skip(1).map(|line| (line, line)).collect::<Vec<_>>();
    group(&mut told, "what clocks show", &lines(INSTANTS), of_clock);
    group(&mut told, "batteries at their optimum", &lines(OPTIMA), |line| home.optimum(line));
    Ok(told)
}

/// Works the cases of one kind.
fn group(
    told: &mut SelfTest,
    what: &str,
    cases: &[(&str, &str)],
    case: impl Fn(&str) -> Result<Option<String>>,
) {
    let mut failed = 0;
    for (name, text) in cases {
        let found = match case(text) {
            Ok(found) => found,
            Err(failure) => Some(failure.to_string()),
        };
        if let Some(found) = found {
            failed += 1;
            told.failures.push(FailedCase { case: format!("{what}: {name}"), found });
        }
    }
    told.groups.push(TestGroup { what: what.to_owned(), cases: cases.len(), failed });
    told.cases += cases.len();
    told.failed += failed;
}

fn json(text: &str) -> Result<Value> {
    serde_json::from_str(text).map_err(|error| Failure::work(format!("is no JSON: {error}")))
}

/// A field; null where there is none.
fn at<'a>(value: &'a Value, field: &str) -> &'a Value {
    value.get(field).unwrap_or(&Value::Null)
}

fn text_of<'a>(value: &'a Value, field: &str) -> Result<&'a str> {
    at(value, field).as_str().ok_or_else(|| Failure::work(format!("has no {field}")))
}

/// The first of some fields that is not as worked.
fn differing(bill: &Bill, expected: &Value, fields: &[&str]) -> Result<Option<String>> {
    let found =
        serde_json::to_value(bill).map_err(|error| Failure::work(format!("cannot be written: {error}")))?;
    let field = fields.iter().find(|field| at(&found, field) != at(expected, field));
    Ok(field.map(|field| {
        format!(
            "{} of rules {}: {field} is {}, not {}",
            bill.period,
            bill.rules,
            at(&found, field),
            at(expected, field)
        )
    }))
}

/// The case's period on a calendar.
fn period(case: &Value, calendar: Calendar) -> Result<Span> {
    let begins = |field| Ok::<_, Failure>(calendar.parse(text_of(case, field)?)?);
    Ok(Span::new(begins("first_day")?, begins("day_after_last")?)?)
}

/// Readings by a formula: (7919 i + 13) mod 977 Wh in the slot at place i.
fn readings(grid: Grid) -> Result<Consumption> {
    let reading = |place: i64| Energy::from_units(((7_919 * place + 13) % 977) * 100_000);
    let values =
        (0_i64..).take(grid.len()).map(|place| Ok(Some(reading(place).map_err(kwhen::Error::from)?)));
    Ok(Consumption::on_slots(grid, &values.collect::<Result<Vec<_>>>()?)?)
}

/// Half-hourly rates by a formula: ((104729 i) mod 6007 - 500) / 100 p.
fn half_hourly(grid: &Grid) -> Result<RateSeries> {
    let rate = |place: i64| UnitRate::from_units(((place * 104_729) % 6_007 - 500) * 1_000_000);
    let values = (0_i64..).take(grid.len()).map(|place| Ok(Some(rate(place).map_err(kwhen::Error::from)?)));
    Ok(RateSeries::on_slots(grid, VatBasis::Exclusive, &values.collect::<Result<Vec<_>>>()?)?)
}

fn conversion(unit: GasUnit) -> Result<GasConversion> {
    Ok(GasConversion {
        unit,
        calorific_values: CalorificValues::Fixed("39.5".parse()?),
        kwh_rounding: Some((3, Rounding::HalfEven)),
    })
}

/// Under each of the known rules, the first field that is not as worked.
fn under_rules(case: &Value, bill: impl Fn(&BillOptions) -> kwhen::Result<Bill>) -> Result<Option<String>> {
    for rules in BillingRules::presets() {
        let expected = at(at(case, "rules"), &rules.name);
        let bill = bill(&BillOptions { rules, ..BillOptions::default() })?;
        if let Some(found) = differing(&bill, expected, &SUMS)? {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

fn of_tariff(text: &str) -> Result<Option<String>> {
    let gb = Calendar::great_britain();
    let case = json(text)?;
    let period = period(&case, gb)?;
    let grid = Grid::covering(period, SlotLength::HALF_HOUR)?;
    let mut tariff = TariffDefinition::from_json(at(&case, "tariff").to_string().as_bytes(), gb)?;
    if tariff.code.contains("AGILE") {
        tariff = Tariff { unit_rates: UnitRates::Series(half_hourly(&grid)?), ..tariff };
    }
    let mut consumption = readings(grid)?;
    if let Ok(unit) = serde_json::from_value::<GasUnit>(at(&case, "gas_unit").clone()) {
        consumption = conversion(unit)?.consumption(&consumption, period, &gb)?;
    }
    let dispatches = match at(&case, "dispatches") {
        Value::Null => Vec::new(),
        list => kwhen::input::dispatches(list.to_string().as_bytes(), &gb)?.spans,
    };
    under_rules(&case, |options| tariff.bill(&consumption, period, &dispatches, options))
}

fn of_registers(text: &str) -> Result<Option<String>> {
    let gb = Calendar::great_britain();
    let case = json(text)?;
    let period = period(&case, gb)?;
    let tariff = TariffDefinition::from_json(at(&case, "tariff").to_string().as_bytes(), gb)?;
    let readings = kwhen::input::register_readings(at(&case, "readings").to_string().as_bytes(), &gb)?;
    let digits = at(&case, "digits").as_u64().and_then(|digits| u32::try_from(digits).ok());
    let mut counted = advances(&readings, digits)?;
    if tariff.fuel == kwhen::tariff::Fuel::Gas {
        counted = conversion(GasUnit::CubicMetres)?.advances(&counted, &gb)?;
    }
    under_rules(&case, |options| tariff.bill_registers(&counted, period, options))
}

fn of_zone(text: &str) -> Result<Option<String>> {
    let case = json(text)?;
    let calendar = Calendar::named(text_of(&case, "zone")?)?;
    let period = period(&case, calendar)?;
    let minutes = at(&case, "slot_minutes").as_u64().and_then(|minutes| u32::try_from(minutes).ok());
    let grid = Grid::covering(period, SlotLength::from_minutes(minutes.unwrap_or(30))?)?;
    let tariff = TariffDefinition::from_json(at(&case, "tariff").to_string().as_bytes(), calendar)?;
    let options = BillOptions {
        calendar,
        grouping: Some(Grouping::Periods(PeriodKind::Day)),
        ..BillOptions::default()
    };
    let bill = tariff.bill(&readings(grid)?, period, &[], &options)?;
    if let Some(found) = differing(&bill, &case, &["from", "to", "kwh", "net_minor"])? {
        return Ok(Some(found));
    }
    let days = bill.periods.iter().flatten().map(|day| {
        serde_json::json!({
            "label": day.period.label, "from": instant_text(day.period.span.from()), "slots": day.slots,
            "kwh": day.kwh.to_string(), "net_minor": day.net_minor.to_string(),
        })
    });
    Ok((Value::from(days.collect::<Vec<_>>()) != *at(&case, "days"))
        .then(|| "its days are not as worked".to_owned()))
}

fn of_clock(line: &str) -> Result<Option<String>> {
    let [zone, instant, local] = line.split(',').collect::<Vec<_>>()[..] else {
        return Err(Failure::work("is not zone, instant, local"));
    };
    let shown = Calendar::named(zone)?.local_text(parse_instant(instant)?);
    Ok((shown != local).then(|| format!("shows {shown}")))
}

/// The bundled sample home.
struct Home {
    rates: RateSeries,
    export: RateSeries,
    load: Consumption,
    solar: Consumption,
    standing: StandingCharges,
}

impl Home {
    fn read(ctx: &Context) -> Result<Self> {
        let (pricing, metering) = (Pricing::default(), Metering::default());
        let gb = Calendar::great_britain();
        Ok(Self {
            rates: sample::rates(ctx).rates(&pricing, &gb, None)?,
            export: sample::export_rates(ctx).rates(&pricing, &gb, None)?,
            load: sample::consumption(ctx).consumption(&pricing, &metering)?,
            solar: sample::solar(ctx).consumption(&pricing, &metering)?,
            standing: sample::standing_charges(ctx).standing_charges(&pricing, &gb)?,
        })
    }

    fn bill(&self, text: &str) -> Result<Option<String>> {
        let case = json(text)?;
        let period = period(&case, Calendar::great_britain())?;
        for rules in [BillingRules::exact(), BillingRules::octopus()] {
            let expected = at(at(&case, "rules"), &rules.name);
            let request = BillRequest::new(&self.load, &self.rates, period)
                .standing_charges(&self.standing)
                .rules(rules);
            let bill = Bill::new(&request)?;
            let fields = ["from", "to", "kwh", "net_minor", "vat_minor", "total_minor", "coverage"];
            if let Some(found) = differing(&bill, expected, &fields)? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// The optimum of a window that a mixed-integer solver proved.
    fn optimum(&self, line: &str) -> Result<Option<String>> {
        let [from, to, start, optimum] = line.split(',').collect::<Vec<_>>()[..] else {
            return Err(Failure::work("is not from, to, start_kwh, optimum_minor"));
        };
        let span = Span::new(parse_instant(from)?, parse_instant(to)?)?;
        let grid = Grid::covering(span, SlotLength::HALF_HOUR)?;
        let paid = |rates: &RateSeries| rates.on_grid(&grid, rates.paid_basis());
        let site = Site::from_rates(&paid(&self.rates)?)?
            .export_rates(&paid(&self.export)?)?
            .load_readings(&self.load)?
            .solar_readings(&self.solar)?
            .import_limit("18.4".parse()?)
            .export_limit("3.68".parse()?);
        let plan = Battery::new("10".parse()?, "5".parse()?)?
            .with_efficiency("0.95".parse()?, "0.95".parse()?)
            .with_wear("1.5".parse()?)?
            .plan(&site, &BatteryRequest::starting_at(start.parse()?))?;
        let cost = plan.cost().round(6, Rounding::HalfEven).to_string();
        Ok((cost != optimum).then(|| format!("costs {cost}, not {optimum}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_golden_case_of_the_command_passes_and_a_wrong_digit_is_found() {
        let ctx = Context::plain(chrono::DateTime::UNIX_EPOCH);
        let told = self_test(&ctx).unwrap();
        assert_eq!((told.failed, &told.failures), (0, &Vec::new()));
        let cases: Vec<usize> = told.groups.iter().map(|group| group.cases).collect();
        assert_eq!((cases, told.cases), (vec![6, 16, 4, 27, 30, 9], 92));

        let home = Home::read(&ctx).unwrap();
        let one_more = |text: &str| {
            let place =
                text.rfind("\"total_minor\": \"").or_else(|| text.rfind("\"net_minor\": \"")).unwrap();
            let digit = place + text[place..].find(": \"").unwrap() + 3;
            format!("{}9{}", &text[..digit], &text[digit..])
        };
        for (text, found) in [
            (BILLS[0].1, &(|text: &str| home.bill(text)) as &dyn Fn(&str) -> Result<Option<String>>),
            (TARIFFS[0].1, &of_tariff),
            (REGISTERS[0].1, &of_registers),
            (ZONES[0].1, &of_zone),
        ] {
            assert_eq!(found(text).unwrap(), None);
            assert!(found(&one_more(text)).unwrap().is_some(), "{text}");
        }
        let clock = INSTANTS.lines().nth(1).unwrap();
        assert!(of_clock(&clock.replace("T06", "T07")).unwrap().is_some(), "{clock}");
        let optimum = OPTIMA.lines().nth(1).unwrap();
        assert!(home.optimum(&format!("{optimum}1")).unwrap().is_some(), "{optimum}");
    }

    #[test]
    fn what_failed_is_named_and_counted() {
        let mut told = SelfTest::default();
        group(&mut told, "things", &[("one", "1"), ("two", "2"), ("three", "3")], |text| match text {
            "2" => Ok(Some("is even".to_owned())),
            "3" => Err(Failure::work("cannot be read")),
            _ => Ok(None),
        });
        assert_eq!((told.cases, told.failed, told.groups[0].failed), (3, 2, 2));
        assert_eq!(told.failures[1].case, "things: three");
        assert!(told.failures[1].found.contains("cannot be read"));
    }
}
