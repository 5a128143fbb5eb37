//! The service's API, on the calling thread. Asyncio's half hands calls to a thread of its own.

use crate::arguments::{Seconds, instant, json, payment_method, span};
use crate::errors::{OrRaise, bad_argument, raise};
use crate::rates;
use kwhen::RateSeries;
use kwhen::tariff::{Clock, Fuel, NightHours, TariffCode, UnitRates};
use kwhen::time::LocalBand;
use kwhen_fetch::api::ApiCall;
use kwhen_fetch::catalogue::Catalogue;
use kwhen_fetch::driver::{blocking, home};
use kwhen_fetch::import::{
    Addressee, Found, Parcel, Planned, SentReport, parcels, read_folder, send_parcels,
};
use kwhen_fetch::protocol::{Operation, Settings, Statistics};
use kwhen_fetch::rest::{self, ConsumptionRequest, Endpoint, OrderBy, Range, Rates};
use kwhen_fetch::store::Store;
use kwhen_fetch::wire::{Rate, rates_to_rows};
use kwhen_fetch::{Credentials, Error, Instance, Secret};
use pyo3::prelude::*;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

/// A client of one installation, and which of its addresses answered last.
#[pyclass(frozen, module = "kwhen._kwhen")]
pub(crate) struct Client {
    inner: blocking::Client,
    has_key: bool,
    answered_by: AtomicUsize,
}

const NOBODY: usize = usize::MAX;

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

fn range((from, to): (Option<i64>, Option<i64>)) -> PyResult<Option<Range>> {
    let (from, to) = (from.map(instant).transpose()?, to.map(instant).transpose()?);
    Range::between(from, to).map_err(|error| failed(&error))
}

impl Client {
    /// Carries an operation out with the interpreter let go. Ctrl-C is heeded when it has ended.
    fn run<O>(&self, py: Python<'_>, operation: O) -> PyResult<O::Output>
    where
        O: Operation + Send,
        O::Output: Send,
    {
        let client = self.inner.clone();
        let (outcome, statistics) = py.detach(move || client.run_with(operation, |_, _| {}));
        if let Some(place) = statistics.answered_by {
            self.answered_by.store(place, Ordering::Relaxed);
        }
        py.check_signals()?;
        outcome.map_err(|error| failed(&error))
    }

    /// What is asked for and kept in the store of a path.
    fn kept(
        &self,
        py: Python<'_>,
        store: &str,
        keep: impl FnOnce(&blocking::Client, &Store, &mut dyn FnMut(Statistics)) -> kwhen_fetch::Result<usize>
        + Send,
    ) -> PyResult<usize> {
        let client = self.inner.clone();
        let mut place = None;
        let kept = py.detach(|| {
            let store = Store::open(store)?;
            keep(&client, &store, &mut |statistics: Statistics| place = statistics.answered_by.or(place))
        });
        if let Some(place) = place {
            self.answered_by.store(place, Ordering::Relaxed);
        }
        py.check_signals()?;
        kept.map_err(|error| failed(&error))
    }

    fn rates_of(
        &self,
        py: Python<'_>,
        tariff: &str,
        kind: &str,
        during: Option<Range>,
    ) -> PyResult<Vec<Rate>> {
        let mut list = Rates::of(tariff, kind).map_err(|error| failed(&error))?;
        if let Some(during) = during {
            list = list.within(during);
        }
        self.run(py, list)
    }
}

#[pymethods]
impl Client {
    #[new]
    #[pyo3(signature = (key=None, bases=vec!["gb".to_owned()], allow_http=false, organisation=false))]
    fn new(key: Option<&str>, bases: Vec<String>, allow_http: bool, organisation: bool) -> PyResult<Self> {
        let instance = Instance::named(&bases, allow_http).map_err(|error| failed(&error))?;
        let mut settings = Settings::new(instance);
        if let Some(key) = key {
            let key = Secret::new(key);
            settings = settings.with_credentials(if organisation {
                Credentials::OrganisationKey(key)
            } else {
                Credentials::ApiKey(key)
            });
        }
        let inner = blocking::Client::new(settings).map_err(|error| failed(&error))?;
        Ok(Self { inner, has_key: key.is_some(), answered_by: AtomicUsize::new(NOBODY) })
    }

    /// The address that answered last.
    fn answered_by(&self) -> Option<String> {
        let place = self.answered_by.load(Ordering::Relaxed);
        self.inner.instance().addresses().nth(place).map(ToString::to_string)
    }

    /// Ends what it does at the next step, for good.
    fn cancel(&self) {
        self.inner.cancel().cancel();
    }

    /// Unit rates of a tariff: of one register as they come, of two by the hours of the night (UTC all year) over a span with both ends.
    #[pyo3(signature = (tariff, during=(None, None), method=None, night_hours=None))]
    fn unit_rates(
        &self,
        py: Python<'_>,
        tariff: &str,
        during: (Option<i64>, Option<i64>),
        method: Option<&str>,
        night_hours: Option<&str>,
    ) -> PyResult<rates::Rates> {
        let code: TariffCode = tariff.parse().or_raise()?;
        let asked = range(during)?;
        let method = payment_method(method);
        let read = |kind: &str| {
            let rows =
                rates_to_rows(&self.rates_of(py, tariff, kind, asked)?).map_err(|error| failed(&error))?;
            RateSeries::from_rows(rows, method.as_ref()).or_raise()
        };
        let [day, night] = Rates::kinds_of(&code) else {
            return read("standard-unit-rates").map(rates::Rates);
        };
        let (Some(from), Some(to)) = during else {
            return Err(bad_argument(&format!(
                "{tariff} has two registers, whose rates follow the hours of the night: say from when until when"
            )));
        };
        let hours = match night_hours {
            Some(text) => {
                let band: LocalBand = text.parse().or_raise()?;
                NightHours { clock: Clock::Utc, from: band.from, to: band.to }
            }
            None => NightHours::default(),
        };
        let rates = UnitRates::day_and_night(&read(day)?, &read(night)?, hours).or_raise()?;
        rates.series(span((from, to))?).or_raise().map(rates::Rates)
    }

    /// Standing charges of a tariff, as JSON rows.
    #[pyo3(signature = (tariff, during=(None, None)))]
    fn standing_charges(
        &self,
        py: Python<'_>,
        tariff: &str,
        during: (Option<i64>, Option<i64>),
    ) -> PyResult<String> {
        json(&self.rates_of(py, tariff, "standing-charges", range(during)?)?)
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
            range: range((Some(during.0), Some(during.1)))?,
            group_by: None,
            order_by: OrderBy::Period,
        };
        json(&self.run(py, rest::consumption(&request))?)
    }

    /// The zone that the installation's customers live by.
    fn time_zone(&self) -> &'static str {
        self.inner.instance().time_zone()
    }

    /// Any documented path of REST by its name: what its path and its query say, what is sent; the answer as JSON.
    #[pyo3(signature = (name, arguments, body=None, confirmed=false))]
    fn rest(
        &self,
        py: Python<'_>,
        name: &str,
        arguments: BTreeMap<String, String>,
        body: Option<&str>,
        confirmed: bool,
    ) -> PyResult<String> {
        let wrong = |error: Error| bad_argument(&error.to_string());
        let endpoint = Endpoint::named(name).map_err(wrong)?;
        let call = endpoint.call(&arguments, body).map_err(wrong)?;
        if endpoint.makes() && !confirmed {
            return Err(bad_argument(&format!("{name} makes {}: confirm=True sends it", endpoint.about)));
        }
        self.run(py, call).map(|answer| answer.get().to_owned())
    }

    /// Sends the payloads of a folder, or says what would be sent; as JSON rows.
    #[pyo3(signature = (folder, to=None, confirmed=false, checked=true))]
    fn send_import(
        &self,
        py: Python<'_>,
        folder: PathBuf,
        to: Option<(String, String)>,
        confirmed: bool,
        checked: bool,
    ) -> PyResult<String> {
        let (read, found) = payloads(&folder, to)?;
        let fault = found.iter().find(|found| found.is_fault() && (checked || found.is_unreadable()));
        if let Some(fault) = fault {
            let Found { file, attr, detail, .. } = fault;
            let place = if attr.is_empty() { String::new() } else { format!("{attr}: ") };
            return Err(bad_argument(&format!("nothing was sent: {file}: {place}{detail}")));
        }
        let planned = Planned::all(&read).map_err(|error| bad_argument(&error.to_string()))?;
        if !confirmed {
            return json(&planned);
        }
        let sent = send_parcels(&read, checked, |operation| {
            let client = self.inner.clone();
            py.detach(move || client.run(operation))
        });
        py.check_signals()?;
        json(&sent.iter().map(SentReport::from).collect::<Vec<_>>())
    }

    /// Asks for the sessions of an account and keeps them in a store; how many are new.
    fn keep_sessions(&self, py: Python<'_>, account: &str, store: &str, now: i64) -> PyResult<usize> {
        let now = instant(now)?;
        self.kept(py, store, |client, store, told| home::keep_sessions(client, store, account, now, told))
    }

    /// The same for what the registers of its meters showed.
    fn keep_registers(&self, py: Python<'_>, account: &str, store: &str, now: i64) -> PyResult<usize> {
        let now = instant(now)?;
        self.kept(py, store, |client, store, told| {
            home::keep_registers(client, store, account, now, told).map(|(_, added)| added)
        })
    }

    /// An account, as JSON.
    fn account(&self, py: Python<'_>, number: &str) -> PyResult<String> {
        json(&self.run(py, rest::account(number))?)
    }

    /// Any documented operation by its name, with its arguments as a JSON object; the answer as JSON.
    #[pyo3(signature = (name, arguments, fields=None, confirmed=false))]
    fn call(
        &self,
        py: Python<'_>,
        name: &str,
        arguments: &str,
        fields: Option<&str>,
        confirmed: bool,
    ) -> PyResult<String> {
        let catalogue = Catalogue::documented().map_err(|error| failed(&error))?;
        let wrong = |error: Error| bad_argument(&error.to_string());
        let operation = catalogue.find(name).map_err(wrong)?;
        let arguments = serde_json::from_str(arguments)
            .map_err(|error| bad_argument(&format!("arguments that are no JSON object: {error}")))?;
        let mut call = ApiCall::new(operation, arguments, fields, None).map_err(wrong)?;
        if call.is_mutation() && !confirmed {
            return Err(bad_argument(&format!("{name} changes something: confirm=True sends it")));
        }
        if !self.has_key && !operation.needs_key {
            call = call.public();
        }
        self.run(py, call).map(|answer| answer.value.get().to_owned())
    }

    /// The regions of a postcode, as JSON rows.
    #[pyo3(signature = (postcode=None))]
    fn grid_supply_points(&self, py: Python<'_>, postcode: Option<&str>) -> PyResult<String> {
        json(&self.run(py, rest::grid_supply_points(postcode))?)
    }
}

fn payloads(folder: &Path, to: Option<(String, String)>) -> PyResult<(Vec<Parcel>, Vec<Found>)> {
    let to = to.map(|(import_supplier, external_account_number)| Addressee {
        import_supplier,
        external_account_number,
    });
    let files = read_folder(folder).map_err(|error| bad_argument(&error.to_string()))?;
    let (read, unreadable) = parcels(files, to.as_ref());
    let found = Found::all(&read, &unreadable);
    Ok((read, found))
}

/// What is found in the payloads of a folder, as JSON rows.
#[pyfunction]
#[pyo3(signature = (folder, to=None))]
pub(crate) fn check_import(folder: PathBuf, to: Option<(String, String)>) -> PyResult<String> {
    json(&payloads(&folder, to)?.1)
}
