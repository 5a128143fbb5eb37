//! Stored accounts and stored tariffs: which meter points there are, which way they go, what they are billed with.

use super::{ChargeKind, Series, Store};
use crate::wire::{Account, ProductDetail};
use crate::{Error, Result};
use chrono::{DateTime, NaiveTime, Utc};
use kwhen::quantity::Currency;
use kwhen::series::PaymentMethod;
use kwhen::tariff::{
    AgreementRow, Allowance, Clock, Conditions, Customer, DeviceRates, Direction, DispatchPrices, Fuel,
    NightHours, RegisterKind, Tariff, TariffCode, UnitRates,
};
use kwhen::tariff::{Country, Taxes};
use kwhen::time::Calendar;

/// A meter point of a stored account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredPoint {
    /// MPAN or MPRN.
    pub meter_point: String,
    /// What it measures.
    pub fuel: Fuel,
    /// Which way its energy goes, as the account says it; `None` where it does not say.
    pub direction: Option<Direction>,
    /// Its agreements.
    pub agreements: Vec<AgreementRow>,
}

impl Store {
    /// The kind of payload under which the products are kept that a meter point may have.
    const AVAILABLE: &'static str = "available-products";

    /// Keeps which products a meter point may have, by their codes.
    pub fn keep_available(&self, meter_point: &str, products: &[String], now: DateTime<Utc>) -> Result<()> {
        let json = serde_json::to_string(products).map_err(|error| Error::store(error.to_string()))?;
        self.keep_document(Self::AVAILABLE, meter_point, &json, now.timestamp())
    }

    /// Which products a meter point may have, as it was told last, and when (Unix seconds); `None` where it was not asked.
    pub fn available(&self, meter_point: &str) -> Result<Option<(Vec<String>, i64)>> {
        let Some((json, at)) = self.document(Self::AVAILABLE, meter_point)? else { return Ok(None) };
        let read = serde_json::from_str(&json).map(|products| Some((products, at)));
        read.map_err(|error| Error::store(format!("the stored products of {meter_point}: {error}")))
    }
}

impl StoredPoint {
    /// Who says which way it goes, for [`Direction::agreed`].
    #[must_use]
    pub fn says(&self) -> (String, Option<Direction>) {
        (format!("the meter point {}", self.meter_point), self.direction)
    }
}

/// How a stored tariff is read.
#[derive(Clone, Debug, Default)]
pub struct TariffOptions {
    /// Whose prices to take where there are several.
    pub payment_method: Option<PaymentMethod>,
    /// When the night register of a two-register tariff counts.
    pub night_hours: NightHours,
    /// Who else says which way its energy goes.
    pub direction: Option<(String, Option<Direction>)>,
    /// To whom it is sold; `None`: as its product, its code or its prices say.
    pub customer: Option<Customer>,
}

impl Store {
    /// The kind of payload under which accounts are kept.
    pub const ACCOUNT: &'static str = "account";
    /// The kind of payload under which products are kept.
    pub const PRODUCT: &'static str = "product";
    /// The kind of payload under which it is kept which products were on sale, by the day.
    pub const ON_SALE: &'static str = "on-sale";

    /// The accounts that were fetched, and when each came.
    pub fn accounts(&self) -> Result<Vec<(Account, DateTime<Utc>)>> {
        let read = |number: String| {
            let (json, fetched_at) = self
                .document(Self::ACCOUNT, &number)?
                .ok_or_else(|| Error::store(format!("the stored account {number} is gone")))?;
            let account = serde_json::from_str(&json)
                .map_err(|error| Error::store(format!("the stored account {number}: {error}")))?;
            let fetched_at = super::series::instant(fetched_at)
                .ok_or_else(|| Error::store(format!("the stored account {number} came at no time")))?;
            Ok((account, fetched_at))
        };
        self.documents(Self::ACCOUNT)?.into_iter().map(read).collect()
    }

    /// The meter points of the stored accounts.
    pub fn points(&self) -> Result<Vec<StoredPoint>> {
        let mut points = Vec::new();
        for property in self.accounts()?.into_iter().flat_map(|(account, _)| account.properties) {
            for point in property.electricity_meter_points {
                let direction =
                    point.is_export.map(|export| if export { Direction::Export } else { Direction::Import });
                let agreements = point.agreement_rows()?;
                points.push(StoredPoint {
                    meter_point: point.mpan,
                    fuel: Fuel::Electricity,
                    direction,
                    agreements,
                });
            }
            for point in property.gas_meter_points {
                let (fuel, direction) = (Fuel::Gas, Some(Direction::Import));
                let agreements = point.agreement_rows()?;
                points.push(StoredPoint { meter_point: point.mprn, fuel, direction, agreements });
            }
        }
        Ok(points)
    }

    /// What was fetched of a product; `None` where nothing was.
    pub fn product(&self, code: &str) -> Result<Option<ProductDetail>> {
        let Some((json, _)) = self.document(Self::PRODUCT, code)? else { return Ok(None) };
        let product = serde_json::from_str(&json);
        product.map(Some).map_err(|error| Error::store(format!("the stored product {code}: {error}")))
    }

    /// A tariff with all that is charged in `[from, to)`: unit rates and standing charges.
    ///
    /// Which way it goes is what the meter point, its product and its code say, and an error where they disagree. A business's is told
    /// by its product, its code or its prices. An export tariff may have no standing charges; another without is an error.
    pub fn tariff(
        &self,
        code: &str,
        (from, to): (DateTime<Utc>, DateTime<Utc>),
        options: &TariffOptions,
    ) -> Result<Tariff> {
        let parsed: kwhen::Result<TariffCode> = code.parse();
        let unfetched = |error: Error| match &parsed {
            _ if !error.is_not_stored() => error,
            Ok(_) => match self.fetching(code, from) {
                Ok(command) => error.because(&format!(" ({command})")),
                Err(error) => error,
            },
            Err(reason) => unfetchable(code, reason),
        };
        let parsed = parsed.as_ref().ok();
        let method = options.payment_method.as_ref();
        let span = (from, to);
        let rates = |kind| self.rates(code, kind, span, method);
        let has_device_rates = parsed.is_some_and(TariffCode::has_device_rates);
        let device_rates = match has_device_rates {
            true => Some(DeviceRates {
                off_peak: UnitRates::Series(rates(ChargeKind::DeviceOffPeakUnitRates).map_err(unfetched)?),
                peak: UnitRates::Series(rates(ChargeKind::DevicePeakUnitRates).map_err(unfetched)?),
            }),
            false => None,
        };
        let unit_rates = match parsed.and_then(TariffCode::registers) {
            _ if has_device_rates => {
                let day = rates(ChargeKind::DayUnitRates).map_err(unfetched)?;
                let night = rates(ChargeKind::NightUnitRates).map_err(unfetched)?;
                UnitRates::by_turns_or_hours(&day, &night, car_nights())?
            }
            Some(RegisterKind::Dual | RegisterKind::FlatDual) => {
                let day = rates(ChargeKind::DayUnitRates).map_err(unfetched)?;
                let night = rates(ChargeKind::NightUnitRates).map_err(unfetched)?;
                UnitRates::day_and_night(&day, &night, options.night_hours)?
            }
            _ => UnitRates::Series(rates(ChargeKind::UnitRates).map_err(unfetched)?),
        };
        let product = match parsed {
            Some(parsed) => self.product(parsed.product().as_str())?,
            None => None,
        };
        let said = product.as_ref().map(said_by).transpose()?;
        let (of_product, is_business) = said.unwrap_or_default();
        let (who, of_point) =
            options.direction.clone().unwrap_or_else(|| (String::from("the meter point"), None));
        let direction = Direction::agreed(&[
            (&who, of_point),
            (&format!("the product of {code}"), of_product),
            (&format!("the tariff code {code}"), Direction::of_code(code)),
        ])?
        .unwrap_or(Direction::Import);
        let standing_charges = match self.standing_charges(code, span, method) {
            Ok(charges) => Some(charges),
            Err(error) if error.is_not_stored() && direction == Direction::Export => None,
            Err(error) => return Err(unfetched(error)),
        };
        let tariff = Tariff {
            code: code.to_owned(),
            fuel: parsed.and_then(TariffCode::fuel).unwrap_or(Fuel::Electricity),
            direction,
            customer: Customer::Domestic,
            unit_rates,
            standing_charges,
            levies: Vec::new(),
            dispatch_prices: Some(DispatchPrices::LowerOfDay),
            allowance: has_device_rates.then_some(Allowance { hours: CAR_HOURS }),
            device_rates,
            currency: Currency::GBP,
            taxes: Taxes::Country(Country::great_britain()),
            components: Vec::new(),
            energy_by_components: false,
            netting: None,
            calendar: None,
            conditions: product.as_ref().map(conditions_of).transpose()?.unwrap_or_default(),
        };
        let customer = Customer::agreed(&[
            (&format!("the product of {code}"), is_business.then_some(Customer::Business)),
            (&format!("the tariff code {code}"), Customer::of_code(code)),
            ("the customer that was named", options.customer),
        ])?;
        Ok(tariff.sold_to(customer))
    }

    /// The command that fetches a tariff's rates from a moment on, as short as it can be: a tariff of the stored account need not be named.
    pub fn fetching(&self, code: &str, from: DateTime<Utc>) -> Result<String> {
        let agreed = |point: &StoredPoint| point.agreements.iter().any(|agreement| agreement.tariff == code);
        let named =
            if self.points()?.iter().any(agreed) { String::new() } else { format!(" --tariff {code}") };
        // From the day of the clock that the tariffs go by; where there is no beginning, from whenever is wanted.
        let from = match kwhen::time::instant_text(from) {
            _ if from.timestamp() <= 0 => "DATE".to_owned(),
            _ => Calendar::great_britain().date(from).to_string(),
        };
        Ok(format!("kwhen fetch rates{named} --from {from}"))
    }

    /// When the readings of a meter point begin and end, over all its meters; `None` where there are none. An error where the first or
    /// the last that were written are gone.
    pub fn extent(&self, meter_point: &str) -> Result<Option<(DateTime<Utc>, DateTime<Utc>)>> {
        let mut extent: Option<(DateTime<Utc>, DateTime<Utc>)> = None;
        for held in self.list()? {
            let Series::Readings(meter) = &held.series else { continue };
            if meter.meter_point != meter_point {
                continue;
            }
            self.reaches(&held)?;
            if let (Some(first), Some(last)) = (held.first, held.last) {
                let end = last + chrono::TimeDelta::minutes(30);
                extent = Some(extent.map_or((first, end), |(from, to)| (from.min(first), to.max(end))));
            }
        }
        Ok(extent)
    }
}

/// The hours of dispatches that are cheap from midday to midday on tariffs with prices of the car's own.
const CAR_HOURS: u8 = 6;

/// The home's cheap hours on tariffs with prices of the car's own: 23:30 to 05:30 by the clock of Great Britain.
fn car_nights() -> NightHours {
    let time = |hour| NaiveTime::from_hms_opt(hour, 30, 0).unwrap_or(NaiveTime::MIN);
    NightHours { clock: Clock::Local(Calendar::great_britain()), from: time(23), to: time(5) }
}

/// Why there is nothing of a tariff whose code the service cannot be asked for.
fn unfetchable(code: &str, reason: &kwhen::Error) -> Error {
    let name = if code.is_empty() { "an agreement without a tariff code" } else { code };
    Error::not_stored(format!(
        "{name}: its rates cannot be fetched, and so are not in the store ({reason}); bill its time from a file of its prices \
         (--tariff FILE --consumption MPAN), and that of other agreements without it (--from, --to)"
    ))
}

/// From when until when a product is sold.
fn conditions_of(product: &ProductDetail) -> Result<Conditions> {
    let at = |text: &Option<String>, field: &str| {
        let place = |error: kwhen::Error| {
            Error::malformed(format!("field {field} of the product {}: {error}", product.code))
        };
        text.as_deref().map(kwhen::time::parse_instant).transpose().map_err(place)
    };
    Ok(Conditions {
        sold_from: at(&product.available_from, "available_from")?,
        sold_until: at(&product.available_to, "available_to")?,
        ..Conditions::default()
    })
}

/// Which way a product's energy goes, where it says it, and whether it is for businesses.
fn said_by(product: &ProductDetail) -> Result<(Option<Direction>, bool)> {
    let direction =
        product.extra.get("direction").map(|raw| raw.read::<Option<String>>()).transpose()?.flatten();
    let direction = match direction.as_deref() {
        Some("EXPORT") => Some(Direction::Export),
        Some("IMPORT") => Some(Direction::Import),
        _ => None,
    };
    Ok((direction, product.is_business == Some(true)))
}
