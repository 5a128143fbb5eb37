//! The endpoints that read.

use super::list::{List, One, Place};
use crate::protocol::Authorisation::{Basic, Public};
use crate::wire::{Account, GridSupplyPoint, MeterPoint, Product, ProductDetail, Rate, Reading};
use crate::{Error, Result};
use chrono::{DateTime, SecondsFormat, Utc};
pub use kwhen::tariff::{Direction, Fuel};
use kwhen::tariff::{RegisterKind, TariffCode};

/// The most unit rates on a page; a larger `page_size` is cut to it without a word.
pub const MOST_RATES: u32 = 1500;
/// The most readings on a page.
pub const MOST_READINGS: u32 = 25_000;

/// An instant as it is sent: UTC with `Z`, since one without a zone is read in the service's own.
pub(crate) fn sent(instant: DateTime<Utc>) -> String {
    instant.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

/// From when until when: `[from, to)`. There is no end without a start, which the service refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    from: DateTime<Utc>,
    to: Option<DateTime<Utc>>,
}

impl Range {
    /// From an instant on.
    #[must_use]
    pub const fn from(from: DateTime<Utc>) -> Self {
        Self { from, to: None }
    }

    /// Until an instant, which must be later.
    pub fn to(mut self, to: DateTime<Utc>) -> Result<Self> {
        if to <= self.from {
            return Err(Error::invalid(format!(
                "the range from {} to {} is empty",
                sent(self.from),
                sent(to)
            )));
        }
        self.to = Some(to);
        Ok(self)
    }

    /// From when until when, as far as it is said. An end alone is refused: without a start the service would leave it out of account
    /// and give all that there is.
    pub fn between(from: Option<DateTime<Utc>>, to: Option<DateTime<Utc>>) -> Result<Option<Self>> {
        match (from, to) {
            (None, None) => Ok(None),
            (Some(from), None) => Ok(Some(Self::from(from))),
            (Some(from), Some(to)) => Self::from(from).to(to).map(Some),
            (None, Some(to)) => Err(Error::invalid(format!(
                "an end, {}, without a start; say from when too (period_to needs period_from)",
                sent(to)
            ))),
        }
    }

    fn query(self) -> Vec<(&'static str, String)> {
        let to = self.to.map(|to| ("period_to", sent(to)));
        [("period_from", sent(self.from))].into_iter().chain(to).collect()
    }
}

/// Which products to list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProductFilter {
    /// Whether prices can change.
    pub is_variable: Option<bool>,
    /// Whether green.
    pub is_green: Option<bool>,
    /// Whether tracking a market.
    pub is_tracker: Option<bool>,
    /// Whether paid in advance.
    pub is_prepay: Option<bool>,
    /// Whether for businesses; the service's default is no.
    pub is_business: Option<bool>,
    /// When on sale; the service's default is now.
    pub available_at: Option<DateTime<Utc>>,
    /// Whether to ask with the key, which adds what only the key's organisation sees.
    pub with_key: bool,
}

/// Lists products.
#[must_use]
pub fn products(filter: &ProductFilter) -> List<Product> {
    let flags = [
        ("is_variable", filter.is_variable),
        ("is_green", filter.is_green),
        ("is_tracker", filter.is_tracker),
        ("is_prepay", filter.is_prepay),
        ("is_business", filter.is_business),
    ];
    let mut place = Place::new(if filter.with_key { Basic } else { Public }, &["v1", "products"]);
    place.query.extend(flags.into_iter().filter_map(|(name, flag)| Some((name, flag?.to_string()))));
    place.query.extend(filter.available_at.map(|at| ("available_at", sent(at))));
    List::new(place)
}

/// Reads a product with its tariffs' charges at an instant, or now.
#[must_use]
pub fn product(code: &str, active_at: Option<DateTime<Utc>>) -> One<ProductDetail> {
    let mut place = Place::new(Public, &["v1", "products", code]);
    place.query.extend(active_at.map(|at| ("tariffs_active_at", sent(at))));
    One::new(place)
}

/// A tariff's charges of one kind.
#[derive(Clone, Debug)]
pub struct Rates;

impl Rates {
    /// Unit rates, `standard-unit-rates`.
    pub fn unit_rates(tariff: &str) -> Result<List<Rate>> {
        Self::of(tariff, "standard-unit-rates")
    }

    /// The day register's unit rates; only of two-register tariffs.
    pub fn day_unit_rates(tariff: &str) -> Result<List<Rate>> {
        Self::of(tariff, "day-unit-rates")
    }

    /// The night register's unit rates; only of two-register tariffs.
    pub fn night_unit_rates(tariff: &str) -> Result<List<Rate>> {
        Self::of(tariff, "night-unit-rates")
    }

    /// Standing charges.
    pub fn standing_charges(tariff: &str) -> Result<List<Rate>> {
        Self::of(tariff, "standing-charges")
    }

    /// Which kinds of unit rates a tariff has, as its code says: `standard-unit-rates`, or those of the day and of the night register.
    #[must_use]
    pub fn kinds_of(code: &TariffCode) -> &'static [&'static str] {
        if code.has_device_rates() {
            return &[
                "day-unit-rates",
                "night-unit-rates",
                "ev-device-off-peak-unit-rates",
                "ev-device-peak-unit-rates",
            ];
        }
        match code.registers() {
            Some(RegisterKind::Dual | RegisterKind::FlatDual) => &["day-unit-rates", "night-unit-rates"],
            Some(RegisterKind::Single | RegisterKind::Other(_)) | None => &["standard-unit-rates"],
        }
    }

    /// Any kind by the last part of its address.
    pub fn of(tariff: &str, kind: &str) -> Result<List<Rate>> {
        let code: TariffCode =
            tariff.parse().map_err(|error: kwhen::Error| Error::invalid(error.to_string()))?;
        let fuel = match code.fuel() {
            Some(Fuel::Gas) => "gas-tariffs",
            Some(Fuel::Electricity) | None => "electricity-tariffs",
        };
        let place =
            Place::new(Public, &["v1", "products", code.product().as_str(), fuel, &code.to_string(), kind]);
        Ok(List::new(place).query("page_size", MOST_RATES.to_string()))
    }
}

impl List<Rate> {
    /// Only what holds somewhere in the range. Records stick out of it on both sides.
    #[must_use]
    pub fn within(mut self, range: Range) -> Self {
        for (name, value) in range.query() {
            self = self.query(name, value);
        }
        self
    }
}

/// How consumption is added up by the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum GroupBy {
    Hour,
    Day,
    Week,
    Month,
    Quarter,
}

impl GroupBy {
    const fn name(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Quarter => "quarter",
        }
    }
}

/// In which order readings come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum OrderBy {
    /// Oldest first: a list that grows does so at its end, so no page shifts while it is read.
    #[default]
    Period,
    /// Newest first.
    PeriodReversed,
}

/// Which readings to list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConsumptionRequest<'a> {
    /// Electricity or gas.
    pub fuel: Fuel,
    /// MPAN or MPRN.
    pub meter_point: &'a str,
    /// The meter's serial number.
    pub serial_number: &'a str,
    /// When; everything, if not said.
    pub range: Option<Range>,
    /// Added up, or by half-hour.
    pub group_by: Option<GroupBy>,
    /// In which order.
    pub order_by: OrderBy,
}

/// Lists readings. A meter that is not smart has none.
#[must_use]
pub fn consumption(request: &ConsumptionRequest<'_>) -> List<Reading> {
    let points = match request.fuel {
        Fuel::Electricity => "electricity-meter-points",
        Fuel::Gas => "gas-meter-points",
    };
    let segments = ["v1", points, request.meter_point, "meters", request.serial_number, "consumption"];
    let mut place = Place::new(Basic, &segments);
    place.query.push(("page_size", MOST_READINGS.to_string()));
    let order = match request.order_by {
        OrderBy::Period => "period",
        OrderBy::PeriodReversed => "-period",
    };
    place.query.push(("order_by", order.to_owned()));
    place.query.extend(request.group_by.map(|group| ("group_by", group.name().to_owned())));
    place.query.extend(request.range.map(Range::query).unwrap_or_default());
    List::new(place)
}

/// Reads an account.
#[must_use]
pub fn account(number: &str) -> One<Account> {
    One::new(Place::new(Basic, &["v1", "accounts", number]))
}

/// Looks an electricity meter point up.
#[must_use]
pub fn meter_point(mpan: &str) -> One<MeterPoint> {
    One::new(Place::new(Public, &["v1", "electricity-meter-points", mpan]))
}

/// Lists regions, or those of a postcode: none, one or several.
#[must_use]
pub fn grid_supply_points(postcode: Option<&str>) -> List<GridSupplyPoint> {
    let mut place = Place::new(Public, &["v1", "industry", "grid-supply-points"]);
    place.query.extend(postcode.map(|postcode| ("postcode", postcode.to_owned())));
    List::new(place)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_needs_a_start() {
        let at = |text: &str| Some(text.parse::<DateTime<Utc>>().unwrap());
        let (from, to) = (at("2026-03-01T00:00:00Z"), at("2026-03-02T00:00:00Z"));
        assert_eq!(Range::between(None, None).unwrap(), None);
        assert_eq!(Range::between(from, None).unwrap().unwrap().query().len(), 1);
        assert_eq!(Range::between(from, to).unwrap().unwrap().query().len(), 2);
        assert!(Range::between(to, from).unwrap_err().is_invalid());
        let refused = Range::between(None, to).unwrap_err();
        assert!(refused.is_invalid() && refused.to_string().contains("2026-03-02T00:00:00Z"), "{refused}");
    }
}
