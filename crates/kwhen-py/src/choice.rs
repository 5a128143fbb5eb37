//! The home at its best on each tariff.

use crate::arguments::{Seconds, instant, json, options, request, span};
use crate::bill::tariffs;
use crate::device::{Device, appliance, thermal};
use crate::errors::{OrRaise, bad_argument, read};
use crate::rates::Rates;
use crate::readings::Readings;
use crate::tariff::Tariff;
use kwhen::choice::{
    BuyOption, ChoiceRequest, HomeDevice, Purchase, choose as chosen, earlier_too, moved, weigh, with_rates,
};
use kwhen::plan::Power;
use kwhen::plan::forecast::PastDays;
use kwhen::quantity::Currency;
use kwhen::tariff::{Need, UnitRates};
use kwhen::{Energy, Money, UnitRate};
use pyo3::prelude::*;
use rust_decimal::Decimal;
use serde::Deserialize;
use std::sync::{Mutex, PoisonError};

/// How it is chosen. Money is in major units.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct How {
    zone: String,
    rules: String,
    missing: String,
    /// `None` plans with foresight alone.
    past_days: Option<usize>,
    now: Option<String>,
    now_export: Option<String>,
    exit_fee: Option<Money>,
    at: Option<i64>,
    has: Option<Vec<Need>>,
    scenario_cap: Option<UnitRate>,
    resample: usize,
    seed: u64,
    sizes: Vec<(Energy, Money)>,
    options: Vec<Bought>,
    years: u16,
    discount: String,
    import_limit_kw: Option<Power>,
    export_limit_kw: Option<Power>,
}

/// Something to buy. Its panels come beside.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Bought {
    name: String,
    price: Money,
    devices: Vec<Described>,
    replaces: Vec<String>,
    solar_times: Option<Energy>,
    saves_a_year: Money,
    years: Option<u16>,
}

/// What a device is called, of which kind it is, and what it is.
type Described = (String, String, String);

fn device((name, kind, text): Described) -> PyResult<HomeDevice> {
    match kind.as_str() {
        "appliance" => appliance(&name, &text),
        "thermal" => thermal(&name, &text),
        _ => Ok(Device::read(&text)?.named(name)),
    }
}

/// What could be bought, each with its panels.
fn options_of(
    options: Vec<Bought>,
    panels: &[Option<PyRef<'_, Readings>>],
    minor: impl Fn(Money) -> PyResult<Money>,
) -> PyResult<Vec<BuyOption>> {
    let options = options.into_iter().zip(panels).map(|(option, panels)| {
        let solar = panels.as_ref().map(|panels| match option.solar_times {
            Some(times) => {
                panels.0.times(times.to_decimal()).map_err(|error| error.in_field("solar_times")).or_raise()
            }
            None => Ok(panels.0.clone()),
        });
        Ok(BuyOption {
            price: minor(option.price)?,
            saves_a_year: minor(option.saves_a_year)?,
            devices: option.devices.into_iter().map(device).collect::<PyResult<_>>()?,
            solar: solar.transpose()?,
            replaces: option.replaces,
            years: option.years,
            name: option.name,
        })
    });
    options.collect()
}

/// Every tariff with the home at its best on it; what is to be known of the figures and what sizes are worth stand beside.
#[pyfunction]
#[pyo3(signature = (readings, list, during, devices, export, export_list, solar, scenario, panels, how, progress=None))]
#[expect(clippy::too_many_arguments, reason = "the Python half gives each its name")]
pub(crate) fn choose(
    py: Python<'_>,
    readings: &Readings,
    list: Vec<PyRef<'_, Tariff>>,
    during: Seconds,
    devices: Vec<Described>,
    export: Option<&Readings>,
    export_list: Vec<PyRef<'_, Tariff>>,
    solar: Option<&Readings>,
    scenario: Vec<(Option<String>, PyRef<'_, Rates>)>,
    panels: Vec<Option<PyRef<'_, Readings>>>,
    how: &str,
    progress: Option<Py<PyAny>>,
) -> PyResult<String> {
    let how: How = request(how)?;
    let options = options(&how.zone, &how.rules, &how.missing, None)?;
    let (imports, exports) = (tariffs(&list, options.calendar)?, tariffs(&export_list, options.calendar)?);
    let devices = devices.into_iter().map(device).collect::<PyResult<Vec<HomeDevice>>>()?;
    let currency = imports.first().map_or(Currency::GBP, |tariff| tariff.currency);
    let minor = |major: Money| major.times(currency.minor_units()).or_raise();
    let during = span(during)?;
    let mut asked = ChoiceRequest::new(&readings.0, &imports, &devices, during)
        .exported(export.map(|export| &export.0))
        .export_tariffs(&exports)
        .solar(solar.map(|solar| &solar.0))
        .calendar(options.calendar)
        .rules(options.rules)
        .missing(options.missing)
        .limited(how.import_limit_kw, how.export_limit_kw)
        .resampled(how.resample, how.seed);
    if let Some(days) = how.past_days {
        asked = asked.rolling(PastDays::alike(days).or_raise()?);
    }
    match (&how.now, &how.now_export) {
        (Some(now), export) => asked = asked.present_named(now, export.as_deref()).or_raise()?,
        (None, Some(_)) => return Err(bad_argument("now_export: is of use beside now")),
        (None, None) if how.exit_fee.is_some() => {
            return Err(bad_argument(
                "exit_fee: is what leaving the tariff that `now` names costs; give now",
            ));
        }
        (None, None) => {}
    }
    if let Some(fee) = how.exit_fee {
        asked = asked.exit_fee(minor(fee)?);
    }
    if let Some(at) = how.at {
        asked = asked.at(instant(at)?);
    }
    if let Some(has) = &how.has {
        asked = asked.having(has.iter().copied(), true);
    }
    let looked_at = how.past_days.map_or(during, |days| earlier_too(during, days));
    let (mut other, mut other_exports) = (imports.clone(), exports.clone());
    for (code, rates) in &scenario {
        let (rates, _) =
            moved(&rates.0, (during, looked_at), &options.calendar, how.scenario_cap).or_raise()?;
        let is_export = code.as_ref().is_some_and(|code| exports.iter().any(|tariff| tariff.code == *code));
        let list = if is_export { &mut other_exports } else { &mut other };
        let rates = UnitRates::Series(rates);
        *list = with_rates(list, code.as_deref(), &rates, (during, &options.calendar)).or_raise()?.0;
    }
    let sizes =
        how.sizes.iter().map(|(kwh, price)| Ok((*kwh, minor(*price)?))).collect::<PyResult<Vec<_>>>()?;
    let discount_percent: Decimal = how.discount.parse().map_err(|_| {
        bad_argument(&format!("discount: {} is no percentage that can be reckoned with", how.discount))
    })?;
    let options = options_of(how.options, &panels, minor)?;
    let purchase = Purchase { sizes, options, years: how.years, discount_percent };
    purchase.check().or_raise()?;
    // Offers are finished on threads of their own: what the callback raises there is raised at the end.
    let raised: Mutex<Option<PyErr>> = Mutex::new(None);
    let told = |done: usize, total: usize| {
        if let Some(progress) = &progress
            && let Err(error) = Python::attach(|py| progress.call1(py, (done, total)).map(drop))
        {
            raised.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
        }
    };
    let is_other = !scenario.is_empty();
    let found = py.detach(|| {
        let (choice, _) = chosen(&asked, &told)?;
        let weighed = match purchase.is_empty() {
            true => Vec::new(),
            false => weigh(&asked, &purchase, &told)?,
        };
        let scenario = match is_other {
            true => Some(chosen(&asked.clone().among(&other, &other_exports), &told)?.0),
            false => None,
        };
        Ok::<_, kwhen::Error>((choice, weighed, scenario))
    });
    let (choice, weighed, scenario) = found.or_raise()?;
    if let Some(error) = raised.into_inner().unwrap_or_else(PoisonError::into_inner) {
        return Err(error);
    }
    let mut document = read(serde_json::to_value(&choice))?;
    if let Some(fields) = document.as_object_mut() {
        fields.insert("notices".into(), read(serde_json::to_value(&choice.notices))?);
        if let Some(scenario) = scenario {
            let mut other = read(serde_json::to_value(&scenario))?;
            if let Some(fields) = other.as_object_mut() {
                fields.insert("notices".into(), read(serde_json::to_value(&scenario.notices))?);
            }
            fields.insert("scenario".into(), other);
        }
        fields.insert("sizes".into(), read(serde_json::to_value(&weighed))?);
    }
    json(&document)
}
