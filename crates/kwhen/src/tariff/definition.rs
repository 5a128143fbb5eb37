//! A whole tariff: unit rates of any kind, standing charges, taxes, and the file that defines it.

use super::clock::Clock;
use super::unit_rates::UnitRates;
use super::{Allowance, Allowed, DeviceRates, DispatchCount};
use super::{Component, Conditions, Country, Netting, Taxes};
use super::{Customer, Direction, DispatchPrices, Fuel, Levy, TariffCode, VatTable};
use crate::error::{Error, Result};
use crate::quantity::Currency;
use crate::series::{Notice, RateSeries, StandingCharges};
use crate::time::{Calendar, Span};

/// A tariff.
#[derive(Clone, Debug)]
pub struct Tariff {
    /// Its code, or any other name.
    pub code: String,
    /// What it delivers.
    pub fuel: Fuel,
    /// Which way.
    pub direction: Direction,
    /// To whom.
    pub customer: Customer,
    /// p/kWh over time.
    pub unit_rates: UnitRates,
    /// Pence a day over time, if there are any.
    pub standing_charges: Option<StandingCharges>,
    /// Levies per kWh, before VAT.
    pub levies: Vec<Levy>,
    /// What a dispatched half-hour costs, where the tariff has such.
    pub dispatch_prices: Option<DispatchPrices>,
    /// How many hours a day of dispatches have that price; all of them where there is no limit.
    pub allowance: Option<Allowance>,
    /// What the device that is dispatched costs, where its energy is not priced as the home's.
    pub device_rates: Option<DeviceRates>,
    /// What it is paid in: its amounts count the minor unit.
    pub currency: Currency,
    /// The tax on it.
    pub taxes: Taxes,
    /// What is charged beside energy, levies and standing charges.
    pub components: Vec<Component>,
    /// Whether components of that kind price the energy itself, as tiers do: the unit rates are then none.
    pub energy_by_components: bool,
    /// Whether exported energy is set off against imported energy.
    pub netting: Option<Netting>,
    /// The clock that its days and months go by, where it names one.
    pub calendar: Option<Calendar>,
    /// On what conditions it can be had and left.
    pub conditions: Conditions,
}

impl Tariff {
    /// A tariff from a series of rates: of gas where its code is one of gas, and of electricity otherwise; of export where its code
    /// says so, and of import otherwise; for a home, unless its code or the VAT of its prices shows a business ([`Tariff::sold_to`]).
    /// A dispatched half-hour costs the lower of the day's two rates.
    #[must_use]
    pub fn from_series(
        code: impl Into<String>,
        rates: RateSeries,
        standing_charges: Option<StandingCharges>,
    ) -> Self {
        let code = code.into();
        let parsed: Option<TariffCode> = code.parse().ok();
        let tariff = Self {
            fuel: parsed.as_ref().and_then(TariffCode::fuel).unwrap_or(Fuel::Electricity),
            direction: Direction::of_code(&code).unwrap_or(Direction::Import),
            code,
            customer: Customer::Domestic,
            unit_rates: UnitRates::Series(rates),
            standing_charges,
            levies: Vec::new(),
            dispatch_prices: Some(DispatchPrices::LowerOfDay),
            allowance: None,
            device_rates: None,
            currency: Currency::GBP,
            taxes: Taxes::Country(Country::great_britain()),
            components: Vec::new(),
            energy_by_components: false,
            netting: None,
            calendar: None,
            conditions: Conditions::default(),
        };
        tariff.sold_to(None)
    }

    /// Whether it can be billed only where the exported energy is known beside the imported.
    #[must_use]
    pub fn counts_export(&self) -> bool {
        self.netting.is_some() || self.components.iter().any(|component| component.counts.is_export())
    }

    /// The code taken apart, where it is one.
    #[must_use]
    pub fn tariff_code(&self) -> Option<TariffCode> {
        self.code.parse().ok()
    }

    /// The tax on it by date; bills refuse what it does not know ([`VatTable::check`]).
    #[must_use]
    pub fn vat(&self) -> VatTable {
        match &self.taxes {
            Taxes::Country(country) => country.tax(self.fuel, self.customer, self.direction),
            Taxes::Given { table, .. } => table.clone(),
            Taxes::Unknown => VatTable::unknown(),
        }
    }

    /// In the currency and under the tax of where a clock is kept, unless its code is one of a supplier (of Great Britain, where the tariff bears no
    /// other country's tax) or it says otherwise itself: what was `said` counts. Where nobody knows the country the currency is none and the tax unknown.
    #[must_use]
    pub fn placed(mut self, calendar: &Calendar, currency: Option<Currency>, tax: Option<Taxes>) -> Self {
        let supplied = match &self.taxes {
            Taxes::Country(country) => *country,
            Taxes::Given { .. } | Taxes::Unknown => Country::great_britain(),
        };
        let of_code = self.tariff_code().map(|_| supplied);
        let country = of_code.or_else(|| Country::of_clock(calendar));
        let of_country = country.map_or(Currency::NONE, Country::currency);
        self.currency = currency.unwrap_or(of_country);
        self.taxes = tax.unwrap_or_else(|| match country {
            Some(country) if self.currency == of_country => Taxes::Country(country),
            _ => Taxes::Unknown,
        });
        self
    }

    /// What all of some tariffs are paid in; the pound where there are none. An error where two of them are paid in two currencies.
    pub fn one_currency<'a>(tariffs: impl IntoIterator<Item = &'a Self>) -> Result<Currency> {
        let mut first: Option<&Self> = None;
        for tariff in tariffs {
            let known = *first.get_or_insert(tariff);
            known.currency.same(tariff.currency, &known.code, &tariff.code)?;
        }
        Ok(first.map(|tariff| tariff.currency).unwrap_or_default())
    }

    /// What was noticed when its unit rates and standing charges were read, and of their VAT, as far as it concerns a span.
    #[must_use]
    pub fn notices(&self, span: Span) -> Vec<Notice> {
        let rates = match &self.unit_rates {
            UnitRates::Series(series) => series.notices(),
            UnitRates::Schedule(_) | UnitRates::Dated(_) => &[],
        };
        let standing = self.standing_charges.as_ref().map_or(&[][..], StandingCharges::notices);
        rates
            .iter()
            .chain(standing)
            .filter(|notice| notice.concerns(span))
            .copied()
            .chain(self.tax_notice(span))
            .collect()
    }

    /// Which half-hours of dispatches are cheap, and which are beyond the tariff's hours, on a clock.
    pub fn allowed(&self, dispatches: &[Span], count: DispatchCount, calendar: &Calendar) -> Result<Allowed> {
        match self.allowance {
            Some(allowance) => allowance.of(dispatches, count, calendar),
            None => Ok(Allowed { cheap: dispatches.to_vec(), beyond: Vec::new() }),
        }
    }

    /// The unit rates over a span, dispatched half-hours laid over them: all of them, whatever hours a day the tariff allows. An error where
    /// there are dispatches in it and the tariff has no price for them.
    pub fn rate_series(&self, span: Span, dispatches: &[Span]) -> Result<RateSeries> {
        let series = self.unit_rates.series(span)?;
        if dispatches.iter().all(|dispatch| dispatch.intersection(span).is_none()) {
            return Ok(series);
        }
        let prices = self.dispatch_prices.ok_or_else(|| {
            Error::missing("the tariff has no price for dispatched half-hours").with_value(&self.code)
        })?;
        prices.lay(&series, dispatches, span).map_err(|error| error.with_value(&self.code))
    }

    /// An error where its device has prices of its own: `what` goes by one price for all of the energy.
    pub(crate) fn refuse_device_rates(&self, what: &str) -> Result<()> {
        match self.device_rates {
            Some(_) => Err(Error::unsupported(format!(
                "has prices of its own for the car, and {what} has one price for all energy: kwhen bill takes the car's readings (--device-consumption)"
            ))
            .with_value(&self.code)),
            None => Ok(()),
        }
    }

    /// The clock that its times of day go by; `None` for rates that are known interval by interval.
    #[must_use]
    pub fn clock(&self) -> Option<Clock> {
        match &self.unit_rates {
            UnitRates::Series(_) => None,
            UnitRates::Schedule(schedule) => Some(schedule.clock()),
            UnitRates::Dated(parts) => parts.iter().find_map(|(_, rates)| match rates {
                UnitRates::Schedule(schedule) => Some(schedule.clock()),
                UnitRates::Series(_) | UnitRates::Dated(_) => None,
            }),
        }
    }
}
