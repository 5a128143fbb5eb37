//! The service's API, on the calling thread. Asyncio's half hands calls to a thread of its own.

use crate::arguments::{Seconds, instant, json};
use crate::errors::raise;
use kwhen::tariff::Fuel;
use kwhen_fetch::driver::blocking;
use kwhen_fetch::protocol::{Operation, Settings};
use kwhen_fetch::rest::{self, ConsumptionRequest, OrderBy, ProductFilter, Range, Rates};
use kwhen_fetch::{Credentials, Error, Instance, Secret};
use pyo3::prelude::*;

/// A client of one installation.
#[pyclass(frozen, module = "kwhen._kwhen")]
pub(crate) struct Client(blocking::Client);

fn failed(error: &Error) -> PyErr {
    let name = if error.is_unauthorised() || error.is_forbidden() || error.is_token_expired() {
        "AuthenticationError"
    } else if error.is_not_found() {
        "NotFoundError"
    } else if error.is_rate_limited() {
        "RateLimitedError"
    } else {
        "FetchError"
    };
    raise(name, &error.to_string(), None, None)
}

fn range(from: Option<i64>, to: Option<i64>) -> PyResult<Option<Range>> {
    let Some(from) = from else { return Ok(None) };
    let range = Range::from(instant(from)?);
    match to {
        Some(to) => range.to(instant(to)?).map(Some).map_err(|error| failed(&error)),
        None => Ok(Some(range)),
    }
}

impl Client {
    /// Carries an operation out with the interpreter let go. Ctrl-C is heeded when it has ended.
    fn run<O>(&self, py: Python<'_>, operation: O) -> PyResult<O::Output>
    where
        O: Operation + Send,
        O::Output: Send,
    {
        let client = self.0.clone();
        let outcome = py.detach(move || client.run(operation));
        py.check_signals()?;
        outcome.map_err(|error| failed(&error))
    }
}

#[pymethods]
impl Client {
    #[new]
    #[pyo3(signature = (key=None, base=None, allow_http=false))]
    fn new(key: Option<&str>, base: Option<&str>, allow_http: bool) -> PyResult<Self> {
        let instance = match base {
            None | Some("gb") => Ok(Instance::great_britain()),
            Some("japan") => Ok(Instance::japan()),
            Some(base) if allow_http => Instance::allowing_plain_http(base),
            Some(base) => Instance::at(base),
        };
        let mut settings = Settings::new(instance.map_err(|error| failed(&error))?);
        if let Some(key) = key {
            settings = settings.with_credentials(Credentials::ApiKey(Secret::new(key)));
        }
        blocking::Client::new(settings).map(Self).map_err(|error| failed(&error))
    }

    /// Ends what it does at the next step, for good.
    fn cancel(&self) {
        self.0.cancel().cancel();
    }

    /// Unit rates or standing charges of a tariff, as JSON rows.
    #[pyo3(signature = (tariff, kind, during=(None, None)))]
    fn rates(
        &self,
        py: Python<'_>,
        tariff: &str,
        kind: &str,
        during: (Option<i64>, Option<i64>),
    ) -> PyResult<String> {
        let mut list = Rates::of(tariff, kind).map_err(|error| failed(&error))?;
        if let Some(range) = range(during.0, during.1)? {
            list = list.within(range);
        }
        json(&self.run(py, list)?)
    }

    /// Readings of a meter, as JSON rows.
    fn consumption(
        &self,
        py: Python<'_>,
        meter_point: &str,
        serial_number: &str,
        gas: bool,
        during: Seconds,
    ) -> PyResult<String> {
        let request = ConsumptionRequest {
            fuel: if gas { Fuel::Gas } else { Fuel::Electricity },
            meter_point,
            serial_number,
            range: range(Some(during.0), Some(during.1))?,
            group_by: None,
            order_by: OrderBy::Period,
        };
        json(&self.run(py, rest::consumption(&request))?)
    }

    /// Products on sale, as JSON rows.
    fn products(&self, py: Python<'_>) -> PyResult<String> {
        json(&self.run(py, rest::products(&ProductFilter::default()))?)
    }

    /// An account, as JSON.
    fn account(&self, py: Python<'_>, number: &str) -> PyResult<String> {
        json(&self.run(py, rest::account(number))?)
    }

    /// The regions of a postcode, as JSON rows.
    #[pyo3(signature = (postcode=None))]
    fn grid_supply_points(&self, py: Python<'_>, postcode: Option<&str>) -> PyResult<String> {
        json(&self.run(py, rest::grid_supply_points(postcode))?)
    }
}
