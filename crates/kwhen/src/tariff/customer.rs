//! To whom a tariff is sold, and whether its prices bear the VAT that goes with that.

use super::agreed::agreed;
use super::{Country, Taxes};
use super::{Customer, Direction, Fuel, ProductCode, Tariff, TariffCode, UnitRates, VatRate, VatTable};
use crate::error::Result;
use crate::quantity::power_of_ten;
use crate::series::{Notice, NoticeKind, Prices, VatBasis};
use crate::time::Span;
use crate::{Money, UnitRate};

impl Customer {
    /// What a tariff's or a product's code says: `BUS` in it is a business's. Most codes say nothing.
    #[must_use]
    pub fn of_code(code: &str) -> Option<Self> {
        let product = code.parse::<TariffCode>().map(|code| code.product().clone());
        let product = product.or_else(|_| code.parse::<ProductCode>()).ok()?;
        let is_business = product.as_str().split('-').any(|piece| matches!(piece, "BUS" | "BUSINESS"));
        is_business.then_some(Self::Business)
    }

    /// What all who know say of one tariff; `None` where nobody does. Each comes with its name, such as `the code E-1R-…`. An error that
    /// names both where two say different things.
    ///
    /// ```
    /// use kwhen::tariff::Customer;
    /// let file = ("the file go.toml", Some(Customer::Domestic));
    /// assert_eq!(Customer::agreed(&[("the code", None), file])?, Some(Customer::Domestic));
    /// let error = Customer::agreed(&[file, ("--customer", Some(Customer::Business))]).unwrap_err();
    /// assert_eq!(error.to_string(), "the file go.toml says domestic, --customer says business");
    /// # Ok::<(), kwhen::Error>(())
    /// ```
    pub fn agreed(said: &[(&str, Option<Self>)]) -> Result<Option<Self>> {
        agreed(said, Self::name)
    }

    /// `domestic` or `business`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Domestic => "domestic",
            Self::Business => "business",
        }
    }
}

/// A price that is known with and without VAT, in 10⁻⁸ p, and when it holds.
#[derive(Clone, Copy, Debug)]
struct Taxed {
    exc: i128,
    inc: i128,
    span: Span,
}

impl Taxed {
    /// Whether this much VAT explains it: to the digit, or as rounded to 0.01 p where no rate of VAT explains it to the digit.
    fn shows(&self, vat: VatRate) -> bool {
        let known = [VatRate::ZERO, VatRate::FIVE_PERCENT, VatRate::TWENTY_PERCENT];
        let off = self.off(vat);
        // Half of 0.01 p, once with VAT and once without.
        let rounded = power_of_ten(UnitRate::SCALE - 2) / 2 * 22_000;
        off == 0 || known.iter().all(|known| self.off(*known) != 0) && off <= rounded
    }

    /// How far it is from that, in 1/10,000 units.
    fn off(&self, vat: VatRate) -> i128 {
        let whole = i128::from(10_000 + vat.hundredths_of_percent());
        self.inc.saturating_mul(10_000).saturating_sub(self.exc.saturating_mul(whole)).saturating_abs()
    }

    /// In tenths of a percent.
    fn per_mille(&self) -> i64 {
        let per_mille = (self.inc - self.exc).saturating_mul(1_000).checked_div(self.exc).unwrap_or(0);
        i64::try_from(per_mille).unwrap_or(i64::MAX)
    }
}

impl Tariff {
    /// Its prices that are known on both bases, within a span.
    fn taxed(&self, within: Span) -> Vec<Taxed> {
        let mut found = Vec::new();
        add_rates(&self.unit_rates, within, &mut found);
        // Pence to 10⁻⁸, as rates, so that products stay in range.
        let step = power_of_ten(Money::SCALE - UnitRate::SCALE);
        for charge in self.standing_charges.iter().flat_map(|charges| charges.intervals()) {
            add(charge.prices, charge.span, within, |money| money.units() / step, &mut found);
        }
        found
    }

    /// Says to whom it is sold: as `said`, as its code says, or as its prices show where they bear 20 % VAT and none of them the VAT
    /// of a home. Without any of that it is a home's.
    #[must_use]
    pub fn sold_to(mut self, said: Option<Customer>) -> Self {
        self.customer = said
            .or_else(|| Customer::of_code(&self.code))
            .or_else(|| self.shows_a_business().then_some(Customer::Business))
            .unwrap_or(Customer::Domestic);
        self
    }

    fn shows_a_business(&self) -> bool {
        if self.taxes != Taxes::Country(Country::great_britain()) {
            return false;
        }
        let mut told = false;
        for price in self.taxed(Span::always()) {
            if !price.shows(VatRate::TWENTY_PERCENT) {
                return false;
            }
            told |= !price.shows(VatRate::ZERO) && !price.shows(VatRate::FIVE_PERCENT);
        }
        told && self.direction == Direction::Import
    }

    /// Where its prices within a span bear other VAT than it is billed with; `None` where they agree or do not say. Its bills have it
    /// among their notices.
    ///
    /// A source may print the VAT of a price's first instant or of its last, and for an open one that of today.
    #[must_use]
    pub fn tax_notice(&self, within: Span) -> Option<Notice> {
        let table = self.vat();
        if table.check(within).is_err() {
            return None;
        }
        let taxed = self.taxed(within);
        let mut contradicting = taxed.iter().filter(|price| !agrees(&table, price));
        let first = contradicting.next()?;
        let count = 1 + contradicting.count();
        let from = first.span.intersection(within).unwrap_or(first.span).from();
        let kind = NoticeKind::OtherVat {
            from: from.timestamp(),
            borne_per_mille: first.per_mille(),
            billed_hundredths: i64::from(table.at(from).hundredths_of_percent()),
            taxed: match (self.direction, self.customer, self.fuel) {
                (Direction::Export, _, _) => "export",
                (Direction::Import, Customer::Domestic, Fuel::Gas) => "domestic gas",
                (Direction::Import, Customer::Domestic, Fuel::Electricity) => "domestic electricity",
                (Direction::Import, Customer::Business, Fuel::Gas) => "business gas",
                (Direction::Import, Customer::Business, Fuel::Electricity) => "business electricity",
            },
        };
        Some(Notice { kind, count, first_row: 0 })
    }
}

fn add_rates(rates: &UnitRates, within: Span, found: &mut Vec<Taxed>) {
    let units = |rate: UnitRate| i128::from(rate.units());
    match rates {
        UnitRates::Series(series) => {
            // Rates on one basis do not say what tax they bear.
            let both = series.has(VatBasis::Exclusive) && series.has(VatBasis::Inclusive);
            for rate in both.then(|| series.intervals()).into_iter().flatten() {
                add(rate.prices, rate.span, within, units, found);
            }
        }
        UnitRates::Schedule(schedule) => {
            for band in schedule.bands() {
                add(band.prices, within, within, units, found);
            }
        }
        UnitRates::Dated(parts) => {
            for (span, rates) in parts {
                if let Some(part) = span.intersection(within) {
                    add_rates(rates, part, found);
                }
            }
        }
    }
}

fn add<T: Copy>(
    prices: Prices<T>,
    span: Span,
    within: Span,
    units: impl Fn(T) -> i128,
    found: &mut Vec<Taxed>,
) {
    let Prices::Both { exc_vat, inc_vat } = prices else { return };
    let (exc, inc) = (units(exc_vat), units(inc_vat));
    // Nothing is nothing with any VAT.
    if span.intersection(within).is_some() && (exc != 0 || inc != 0) {
        found.push(Taxed { exc, inc, span });
    }
}

fn agrees(table: &VatTable, price: &Taxed) -> bool {
    let is_open = price.span.is_open_ended();
    let held = table.cut(price.span);
    match held.as_slice() {
        [first, .., last] if !is_open => price.shows(first.1) || price.shows(last.1),
        parts => parts.iter().any(|(_, vat)| price.shows(*vat)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::series::{RateRow, RateSeries, StandingCharges};
    use crate::time::parse_instant;

    fn both(exc: &str, inc: &str) -> Prices<UnitRate> {
        Prices::Both { exc_vat: exc.parse().unwrap(), inc_vat: inc.parse().unwrap() }
    }

    fn tariff(code: &str, rows: &[(&str, &str)]) -> Tariff {
        let day =
            |place: usize| parse_instant("2026-03-01T00:00:00Z").unwrap().timestamp() + place as i64 * 86_400;
        let at = |place| Some(crate::time::from_seconds(day(place)));
        let rows = rows.iter().enumerate().map(|(place, (exc, inc))| RateRow {
            row: place as u64 + 1,
            valid_from: at(place),
            valid_to: at(place + 1),
            prices: both(exc, inc),
            payment_method: None,
        });
        Tariff::from_series(code, RateSeries::from_rows(rows.collect(), None).unwrap(), None)
    }

    fn span(from: &str, to: &str) -> Span {
        Span::new(parse_instant(from).unwrap(), parse_instant(to).unwrap()).unwrap()
    }

    #[test]
    fn a_business_is_told_by_its_code_and_by_prices_that_no_home_pays() {
        let business = Customer::Business;
        for (code, rows, expected) in [
            ("rates", &[("25", "30")][..], business),
            ("rates", &[("25.713", "30.8556"), ("0", "0"), ("-1.5", "-1.8")], business),
            // To 0.01 p: 25.71 with 20 % is 30.852.
            ("rates", &[("25.71", "30.85")], business),
            ("rates", &[("25", "26.25")], Customer::Domestic),
            ("rates", &[("25", "25")], Customer::Domestic),
            // Rounded, and so small that any VAT explains it.
            ("rates", &[("0.01", "0.01")], Customer::Domestic),
            // Neither.
            ("rates", &[("25", "28")], Customer::Domestic),
            ("rates", &[("25", "30"), ("25", "26.25")], Customer::Domestic),
            ("E-1R-BUS-12M-FIXED-SEPTEMBER2024-24-09-11-C", &[("25", "25")], business),
            ("E-1R-AGILE-OUTGOING-19-05-13-C", &[("25", "30")], Customer::Domestic),
        ] {
            assert_eq!(tariff(code, rows).customer, expected, "{code} {rows:?}");
        }
        assert_eq!(
            tariff("rates", &[("25", "30")]).sold_to(Some(Customer::Domestic)).customer,
            Customer::Domestic
        );
        let standing = Prices::Both { exc_vat: "50".parse().unwrap(), inc_vat: "60".parse().unwrap() };
        let rates = RateSeries::flat(Prices::Exclusive("25".parse().unwrap()));
        assert_eq!(Tariff::from_series("x", rates, Some(StandingCharges::flat(standing))).customer, business);
    }

    fn told(tariff: &Tariff, within: Span) -> Vec<String> {
        tariff.tax_notice(within).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn prices_that_bear_other_vat_than_is_billed_are_said() {
        let march = span("2026-03-01T00:00:00Z", "2026-03-03T00:00:00Z");
        let notes = |tariff: &Tariff| told(tariff, march);
        assert_eq!(notes(&tariff("x", &[("25", "26.25"), ("20", "21")])), Vec::<String>::new());
        assert_eq!(notes(&tariff("x", &[("25", "30")])), Vec::<String>::new());
        let domestic = tariff("x", &[("25", "30")]).sold_to(Some(Customer::Domestic));
        assert_eq!(
            notes(&domestic),
            ["the prices bear 20 % VAT from 2026-03-01T00:00:00Z, domestic electricity is billed with 5 %"]
        );
        let business = tariff("x", &[("25", "26.25"), ("25", "26.25")]).sold_to(Some(Customer::Business));
        assert_eq!(
            notes(&business),
            [
                "the prices bear 5 % VAT from 2026-03-01T00:00:00Z and 1 more, business electricity is billed with 20 %"
            ]
        );
        // What is paid for export bears none.
        let export = tariff("E-1R-AGILE-OUTGOING-19-05-13-C", &[("10", "10.5")]);
        assert_eq!(notes(&export).len(), 1);
        // In March 2026 a home pays 5 %, so a closed price without is wrong; an open one shows today's.
        assert_eq!(notes(&tariff("x", &[("25", "25")])).len(), 1);
        let open = Tariff::from_series("x", RateSeries::flat(both("25", "25")), None);
        assert_eq!(notes(&open), Vec::<String>::new());
        // Outside of the span nothing is said.
        assert_eq!(
            told(&domestic, span("2027-01-01T00:00:00Z", "2027-02-01T00:00:00Z")),
            Vec::<String>::new()
        );
    }
}
