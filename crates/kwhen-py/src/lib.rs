//! The native half of the Python package `kwhen`: handles on the engine's values, and functions over them.
//!
//! What a person calls is the Python half, beside this crate in `python/kwhen`: it takes decimals, datetimes and data frames apart and
//! puts results together. Between the two go handles, instants as whole seconds since 1970 (UTC), decimals as text, and JSON.

mod arguments;
mod arrow;
#[cfg(feature = "fetch")]
mod ask;
mod backtest;
mod battery;
mod bill;
mod bulk;
mod choice;
mod device;
mod errors;
#[cfg(feature = "fetch")]
mod fetch;
mod plan;
mod rates;
mod read;
mod readings;
mod series;
mod standing;
mod tariff;
mod time;

use pyo3::prelude::*;

/// The engine.
#[pymodule]
mod _kwhen {
    #[cfg(feature = "fetch")]
    #[pymodule_export]
    use super::ask::{ask, questions, read_tariffs};
    #[pymodule_export]
    use super::backtest::{backtest, sweep};
    #[pymodule_export]
    use super::battery::{Dispatch, Site, cost_of, dispatch, fleet};
    #[pymodule_export]
    use super::bill::{
        Bill, Registers, audit, bill, compare, reconcile, register_bill, statement, tariff_bill,
    };
    #[pymodule_export]
    use super::bulk::{BatchBills, batch};
    #[pymodule_export]
    use super::choice::choose;
    #[pymodule_export]
    use super::device::{appliance_facts, battery_facts, thermal_facts, toml_as_json};
    #[cfg(feature = "fetch")]
    #[pymodule_export]
    use super::fetch::{Client, check_import};
    #[pymodule_export]
    use super::plan::{charge, cheapest, statistics};
    #[pymodule_export]
    use super::rates::Rates;
    #[pymodule_export]
    use super::read::read;
    #[pymodule_export]
    use super::readings::Readings;
    #[pymodule_export]
    use super::standing::Standing;
    #[pymodule_export]
    use super::tariff::{
        Tariff, agile_cap, agile_price, agile_rates, agile_wholesale, explain_code, explain_meter_point,
    };
    #[pymodule_export]
    use super::time::{band_spans, bands_opening, cut, instant_of, instants, known_until, period};
    use pyo3::prelude::*;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("VERSION", env!("CARGO_PKG_VERSION"))?;
        module.add("TZDB_VERSION", kwhen::time::TZDB_VERSION)?;
        module.add("HAS_FETCH", cfg!(feature = "fetch"))
    }
}
