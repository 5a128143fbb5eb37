//! The tariffs that are on sale in a region on a day, and what they charge then.

use super::billed::OfFuel;
use crate::answer::on_sale::{DefinitionBand, DefinitionField, OnSale, OnSaleRate, OnSaleTariff, PriceKind};
use crate::context::{Context, Flag};
use crate::failure::{Failure, Result, unknown_method};
use crate::source::store::Role;
use crate::source::{Source, on_sale, store};
use crate::words::{Pricing, parse, parse_band, parse_time};
use chrono::NaiveDate;
use clap::{Args, ValueEnum};
use kwhen::series::{PaymentMethod, Prices, VatBasis};
use kwhen::tariff::{Clock, Direction, Fuel, Region, ScheduleBand, Tariff, TariffCode, UnitRates};
use kwhen::time::{Calendar, LocalBand, Span};
use kwhen::{Money, UnitRate};
use kwhen_fetch::store::{ChargeKind, Series};
use kwhen_fetch::wire::{Number, ProductDetail, Tariff as ShownTariff};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// List the tariffs that are on sale in a region on a day, with that day's prices
///
/// Of the products that `kwhen fetch on-sale` keeps in the store, or of files of products as the service answers them. Tariffs for homes that
/// anybody may have, unless more is asked for. With --format json the list is a file for `kwhen compare --tariff`: each tariff with the prices
/// of that day held over all time; of those that change from half-hour to half-hour the rates in the store.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  kwhen fetch on-sale --region C --store kwhen.db
  kwhen tariff on-sale --region C --store kwhen.db --format json > offers.json
  kwhen compare --consumption use.csv --tariff offers.json --battery home.toml --store kwhen.db
  kwhen tariff on-sale agile.json go.json --region C")]
pub(super) struct OnSaleArguments {
    /// Products with their tariffs (JSON); those in the store if none is named
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The letter of the GSP region; that of the stored account's tariff if not said
    #[arg(long, value_parser = parse::<Region>, value_name = "LETTER")]
    region: Option<Region>,
    /// The day on which they are on sale; today if not said
    #[arg(long, value_name = "DATE")]
    date: Option<String>,
    /// Whether the energy is imported, or exported and paid for
    #[arg(long, value_enum, default_value_t, value_name = "WAY")]
    direction: Way,
    /// Tariffs of which fuel
    #[arg(long, value_enum, default_value_t = OfFuel::Electricity, value_name = "FUEL")]
    fuel: OfFuel,
    /// Those for businesses too
    #[arg(long)]
    business: bool,
    /// Those that not everybody may have too
    #[arg(long)]
    restricted: bool,
    /// Those that are paid in advance too
    #[arg(long)]
    prepay: bool,
    /// Only those whose prices the list itself holds: none that change from half-hour to half-hour
    #[arg(long)]
    priced: bool,
    /// The codes alone, a line each
    #[arg(long)]
    codes: bool,
    /// Whose prices to take where there are several (direct-debit, non-direct-debit); those of direct debit if not said
    #[arg(long, value_name = "METHOD")]
    payment_method: Option<String>,
    /// When the night register of a two-register tariff counts, in UTC all year; 00:30..07:30 if not said
    #[arg(long, value_parser = parse_band, value_name = "FROM..TO")]
    night_hours: Option<LocalBand>,
}

/// Which way energy goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Way {
    /// From the grid
    #[default]
    Import,
    /// To the grid
    Export,
}

impl Way {
    /// As the engine takes it.
    const fn direction(self) -> Direction {
        match self {
            Self::Import => Direction::Import,
            Self::Export => Direction::Export,
        }
    }
}

/// No day of times of day has more prices than this; one with more has prices of its own from half-hour to half-hour.
const FEW_PRICES: usize = 4;

impl OnSaleArguments {
    /// Whether the codes alone are asked for, which rows have a column for.
    pub(super) const fn codes_alone(&self) -> bool {
        self.codes
    }

    pub(super) fn answer(&self, ctx: &Context) -> Result<OnSale> {
        let calendar = ctx.calendar()?;
        if let Some(PaymentMethod::Other(name)) = self.payment_method.as_deref().map(PaymentMethod::named) {
            return Err(unknown_method(&name, "tariffs on sale"));
        }
        let at = self.date.as_deref().map(|text| parse_time(ctx, text, "--date")).transpose()?;
        let date = calendar.date(at.unwrap_or_else(|| ctx.now()));
        let day = calendar.day(date)?;
        let region = match self.region {
            Some(region) => region,
            None => region_of_account(ctx)?,
        };
        let mut notices = Vec::new();
        let (products, listed_at) = if self.files.is_empty() {
            let (listed, listing, products) = on_sale::stored(ctx, date)?;
            if listed < date {
                notices.push(format!(
                    "which products are on sale was last asked for {listed}: kwhen fetch on-sale asks for {date}"
                ));
            }
            (products, Some(kwhen::time::parse_instant(&listing.at)?))
        } else {
            let mut products = Vec::new();
            for path in &self.files {
                products.extend(on_sale::products(&Source::file(ctx, path)?)?);
            }
            (products, None)
        };
        let mut tariffs = BTreeMap::new();
        for product in products.iter().filter(|product| self.is_wanted(product)) {
            for tariff in self.of_product(ctx, product, (region, date, day), &calendar)? {
                tariffs.insert(tariff.code.clone(), tariff);
            }
        }
        let mut tariffs: Vec<OnSaleTariff> = tariffs.into_values().collect();
        let all = tariffs.len();
        if self.priced {
            tariffs.retain(|tariff| tariff.definition.is_some());
        }
        if tariffs.is_empty() {
            let left =
                if all > 0 { format!("; {all} have no prices here (--priced)") } else { String::new() };
            return Err(Failure::work(format!(
                "no tariff of that kind is on sale in region {} ({}) on {date}{left}",
                region.letter(),
                region.name()
            )));
        }
        let of_kind = |kind: PriceKind| {
            let codes: Vec<&str> = tariffs
                .iter()
                .filter(|tariff| tariff.prices == kind)
                .map(|tariff| tariff.code.as_str())
                .collect();
            (!codes.is_empty()).then(|| codes.join(", "))
        };
        if let Some(codes) = of_kind(PriceKind::HalfHourly) {
            notices.push(format!(
                "{codes}: prices of their own from half-hour to half-hour, which compare reads from the store (kwhen fetch rates --tariff CODE --from DATE)"
            ));
        }
        if let Some(codes) = of_kind(PriceKind::NotKnown) {
            notices.push(format!(
                "{codes}: the prices of {date} are not in the store, and the product shows those of one half-hour alone; kwhen fetch on-sale brings them"
            ));
        }
        Ok(OnSale {
            on_sale_on: date.to_string(),
            region: region.letter(),
            region_name: region.name(),
            listed_at,
            tariffs,
            notices,
            codes_alone: self.codes,
        })
    }

    fn is_wanted(&self, product: &ProductDetail) -> bool {
        let may = |flag: Option<bool>, asked: bool| asked || flag != Some(true);
        may(product.is_business, self.business)
            && may(product.is_restricted, self.restricted)
            && may(product.is_prepay, self.prepay)
    }

    /// The tariffs of a product in a region that are sold on a day.
    fn of_product(
        &self,
        ctx: &Context,
        product: &ProductDetail,
        (region, date, day): (Region, NaiveDate, Span),
        calendar: &Calendar,
    ) -> Result<Vec<OnSaleTariff>> {
        let within = |failure: Failure| failure.within(&format!("the product {}", product.code));
        let instant = |text: &Option<String>, field: &str| {
            let read = text.as_deref().map(kwhen::time::parse_instant).transpose();
            read.map_err(|error| within(Failure::from(error.in_field(field))))
        };
        let sold_from = instant(&product.available_from, "available_from")?;
        let sold_until = instant(&product.available_to, "available_to")?;
        let shown_at = instant(&product.tariffs_active_at, "tariffs_active_at")?;
        if sold_from.is_some_and(|from| from >= day.to())
            || sold_until.is_some_and(|until| until <= day.from())
        {
            return Ok(Vec::new());
        }
        let (wanted_fuel, wanted) = (self.fuel.fuel(), self.direction.direction());
        let mut found: BTreeMap<String, (bool, ShownTariff)> = BTreeMap::new();
        for (_, letter, method, tariff) in product.tariffs()? {
            let Some(code) =
                tariff.code.clone().filter(|_| letter.trim_start_matches('_') == letter_of(region))
            else {
                continue;
            };
            let is_direct = method.starts_with("direct_debit");
            let is_first_choice = match self.payment_method.as_deref().map(PaymentMethod::named) {
                None | Some(PaymentMethod::DirectDebit) => is_direct,
                Some(_) => !is_direct,
            };
            match found.get(&code) {
                Some((true, _)) => {}
                Some((false, _)) if !is_first_choice => {}
                _ => drop(found.insert(code, (is_first_choice, tariff))),
            }
        }
        // Of several prices those of a method are picked.
        ctx.used(&[Flag::PaymentMethod]);
        let direction_of = |code: &str| -> Result<Direction> {
            let told =
                product.extra.get("direction").map(|raw| raw.read::<Option<String>>()).transpose()?.flatten();
            let told = match told.as_deref() {
                Some("EXPORT") => Some(Direction::Export),
                Some("IMPORT") => Some(Direction::Import),
                _ => None,
            };
            Ok(told.or_else(|| Direction::of_code(code)).unwrap_or(Direction::Import))
        };
        let mut tariffs = Vec::new();
        for (code, (_, shown)) in found {
            let parsed: Option<TariffCode> = code.parse().ok();
            let fuel = parsed.as_ref().and_then(TariffCode::fuel).unwrap_or(Fuel::Electricity);
            let direction = direction_of(&code)?;
            if fuel != wanted_fuel || direction != wanted {
                continue;
            }
            let read =
                parsed.as_ref().map(|code| self.prices_in_store(ctx, code, direction, (date, day), calendar));
            let known = match read.transpose()?.flatten() {
                Some(known) => known,
                None => Known::shown(&shown)?,
            };
            let prices_of = match known.kind {
                PriceKind::NotKnown => calendar.date(shown_at.unwrap_or(day.from())),
                _ => date,
            };
            let mut definition = known.definition;
            if let Some(fields) = &mut definition {
                let mut put = |name, value: String| drop(fields.insert(name, DefinitionField::Text(value)));
                put("code", code.clone());
                put("direction", direction_name(direction).to_owned());
                put("fuel", if fuel == Fuel::Gas { "gas" } else { "electricity" }.to_owned());
                put("prices_of", prices_of.to_string());
                if product.is_business == Some(true) {
                    put("customer", "business".to_owned());
                }
                for (name, at) in [("sold_from", sold_from), ("sold_until", sold_until)] {
                    if let Some(at) = at {
                        put(name, kwhen::time::instant_text(at));
                    }
                }
            }
            tariffs.push(OnSaleTariff {
                product: product.code.clone(),
                name: product.display_name.clone().or(product.full_name.clone()).unwrap_or_default(),
                fuel,
                direction,
                prices: known.kind,
                prices_of: prices_of.to_string(),
                unit_rates: known.rates,
                standing_charge_exc_vat: known.standing,
                sold_from,
                sold_until,
                term_months: product.term,
                exit_fees: exit_fees(&shown),
                definition,
                code,
            });
        }
        Ok(tariffs)
    }

    /// The prices of a day as the store holds them; `None` where it does not hold them.
    fn prices_in_store(
        &self,
        ctx: &Context,
        code: &TariffCode,
        direction: Direction,
        (date, day): (NaiveDate, Span),
        calendar: &Calendar,
    ) -> Result<Option<Known>> {
        if ctx.store().is_none_or(|path| !path.exists()) {
            return Ok(None);
        }
        let (store, name) = (store::existing(ctx)?, code.to_string());
        let begun = (day.from(), day.from() + chrono::TimeDelta::minutes(30));
        for kind in ChargeKind::of(code) {
            let is_export = direction == Direction::Export && kind == ChargeKind::StandingCharges;
            if !is_export
                && !store.not_covered(&Series::Charges(name.clone(), kind), begun.0, begun.1)?.is_empty()
            {
                return Ok(None);
            }
        }
        let pricing = Pricing {
            payment_method: Some(self.payment_method.clone().unwrap_or_else(|| "direct-debit".to_owned())),
            night_hours: self.night_hours,
            ..Pricing::default()
        };
        let role = Role { direction: Some(("the product".to_owned(), Some(direction))), customer: None };
        Known::held(&store::tariff(ctx, &name, &pricing, day, &role)?, (date, day), calendar)
    }
}

fn letter_of(region: Region) -> String {
    region.letter().to_string()
}

const fn direction_name(direction: Direction) -> &'static str {
    match direction {
        Direction::Import => "import",
        Direction::Export => "export",
    }
}

/// The region of the tariff that the stored account is on.
fn region_of_account(ctx: &Context) -> Result<Region> {
    let unsaid = || Failure::usage("--region LETTER is needed: no stored account says where the home is");
    if ctx.store().is_none_or(|path| !path.exists()) {
        return Err(unsaid());
    }
    let agreed = store::agreed(ctx, ctx.now()).map_err(|failure| failure.within("--region is not said"))?;
    agreed.tariff.parse::<TariffCode>().map(|code| code.region()).map_err(|_| unsaid())
}

/// What the product says of leaving.
fn exit_fees(shown: &ShownTariff) -> Option<String> {
    let fee = shown.exit_fees_inc_vat.as_ref()?.to_string();
    let is_none = fee.trim_matches(['0', '.']).is_empty();
    (!is_none).then(|| {
        format!("{fee} {}", shown.exit_fees_type.as_deref().unwrap_or_default()).trim_end().to_owned()
    })
}

/// What is known of a tariff's prices on a day.
struct Known {
    kind: PriceKind,
    rates: Vec<OnSaleRate>,
    standing: Option<Money>,
    definition: Option<BTreeMap<&'static str, DefinitionField>>,
}

impl Known {
    /// What the product shows: the prices of a half-hour.
    fn shown(tariff: &ShownTariff) -> Result<Self> {
        let rates = [
            ("that half-hour", &tariff.standard_unit_rate_exc_vat),
            ("day", &tariff.day_unit_rate_exc_vat),
            ("night", &tariff.night_unit_rate_exc_vat),
            ("off-peak", &tariff.off_peak_unit_rate_exc_vat),
        ];
        let rate = |(when, number): (&str, &Option<Number>)| {
            let number = number.as_ref()?;
            Some(number.unit_rate().map(|rate| OnSaleRate { when: when.to_owned(), minor_per_kwh: rate }))
        };
        let standing = tariff.standing_charge_exc_vat.as_ref().map(Number::pence).transpose()?;
        let rates = rates.into_iter().filter_map(rate).collect::<kwhen_fetch::Result<_>>()?;
        Ok(Self { kind: PriceKind::NotKnown, rates, standing, definition: None })
    }

    /// The prices of a day of the store; `None` where they are not whole.
    fn held(tariff: &Tariff, (date, day): (NaiveDate, Span), calendar: &Calendar) -> Result<Option<Self>> {
        let standing = tariff.standing_charges.iter().flat_map(|charges| charges.intervals());
        let standing = standing.into_iter().find(|one| one.span.contains(day.from())).map(|one| one.prices);
        if standing.is_none() && tariff.direction == Direction::Import {
            return Ok(None);
        }
        let bands = match bands_of(&tariff.unit_rates, day) {
            Some(bands) => Bands { clock: tariff.clock(), list: bands, kind: PriceKind::Registers },
            None => match Bands::of_day(tariff, day, calendar)? {
                Some(bands) => bands,
                None => return Ok(None),
            },
        };
        let all = || bands.list.iter().map(|band| band.2);
        let basis = if all().all(|prices| prices.on(VatBasis::Exclusive).is_some())
            && standing.is_none_or(|prices| prices.on(VatBasis::Exclusive).is_some())
        {
            VatBasis::Exclusive
        } else {
            VatBasis::Inclusive
        };
        let on = |prices: Prices<UnitRate>| prices.on(basis).unwrap_or_else(|| prices.paid());
        let mut rates: Vec<OnSaleRate> = Vec::new();
        for (from, to, prices) in &bands.list {
            let rate = on(*prices);
            let when = if bands.list.len() == 1 { String::new() } else { format!("{from}-{to}") };
            match rates.iter_mut().find(|known| known.minor_per_kwh == rate) {
                Some(known) => known.when = format!("{} {when}", known.when),
                None => rates.push(OnSaleRate { when, minor_per_kwh: rate }),
            }
        }
        rates.sort_by_key(|rate| rate.minor_per_kwh);
        let is_mixed = all().any(|prices| prices.on(basis).is_none())
            || standing.is_some_and(|prices| prices.on(basis).is_none());
        let can_be_held = bands.kind != PriceKind::HalfHourly && !is_mixed;
        if bands.kind == PriceKind::HalfHourly {
            let (first, last) = (rates.first().cloned(), rates.last().cloned());
            let named = |rate: Option<OnSaleRate>, name: &str| {
                rate.map(|rate| OnSaleRate { when: name.to_owned(), ..rate })
            };
            rates = named(first, "lowest").into_iter().chain(named(last, "highest")).collect();
        }
        // The times of a day on which the clock changes are not those of every day.
        let is_usual = calendar.day(date)?.seconds() == 86_400;
        let definition = (can_be_held && (is_usual || bands.kind != PriceKind::TimesOfDay)).then(|| {
            let mut fields = BTreeMap::new();
            let mut put = |name, value: String| drop(fields.insert(name, DefinitionField::Text(value)));
            put("vat", if basis == VatBasis::Exclusive { "exclusive" } else { "inclusive" }.to_owned());
            let charge = standing.and_then(|prices| prices.on(basis)).filter(|charge| !charge.is_zero());
            if let Some(charge) = charge {
                put("standing_charge", charge.to_string());
            }
            match bands.list.as_slice() {
                [(_, _, prices)] => put("unit_rate", on(*prices).to_string()),
                list => {
                    match bands.clock {
                        Some(Clock::Utc) => put("clock", "utc".to_owned()),
                        Some(Clock::Local(_)) | None => put("time_zone", calendar.name().to_owned()),
                    }
                    let band = |(from, to, prices): &(String, String, Prices<UnitRate>)| DefinitionBand {
                        name: format!("{from}-{to}"),
                        from: from.clone(),
                        to: to.clone(),
                        rate: on(*prices),
                    };
                    fields.insert("bands", DefinitionField::Bands(list.iter().map(band).collect()));
                }
            }
            fields
        });
        Ok(Some(Self {
            kind: bands.kind,
            rates,
            standing: standing.and_then(|prices| prices.on(VatBasis::Exclusive)),
            definition,
        }))
    }
}

/// From when to when of a day, and at what prices.
type Band = (String, String, Prices<UnitRate>);

/// The prices of a day.
struct Bands {
    clock: Option<Clock>,
    list: Vec<Band>,
    kind: PriceKind,
}

impl Bands {
    /// The day's prices in the order of their times; `None` where some are missing.
    fn of_day(tariff: &Tariff, day: Span, calendar: &Calendar) -> Result<Option<Self>> {
        let series = tariff.rate_series(day, &[])?;
        let mut list: Vec<Band> = Vec::new();
        let (mut reached, mut prices) = (day.from(), BTreeSet::new());
        let time = |at| calendar.local(at).format("%H:%M").to_string();
        for interval in series.intervals() {
            let Some(span) = interval.span.intersection(day) else { continue };
            let is_next = span.from() == reached;
            if is_next {
                reached = span.to();
            }
            prices.insert(interval.prices.paid());
            match list.last_mut().filter(|last| is_next && last.2 == interval.prices) {
                Some(last) => last.1 = time(span.to()),
                None => list.push((time(span.from()), time(span.to()), interval.prices)),
            }
        }
        let kind = match prices.len() {
            0 => return Ok(None),
            many if many > FEW_PRICES => PriceKind::HalfHourly,
            _ if reached < day.to() => return Ok(None),
            1 => PriceKind::Flat,
            _ => PriceKind::TimesOfDay,
        };
        if kind == PriceKind::Flat {
            list.truncate(1);
        }
        Ok(Some(Self { clock: Some(Clock::Local(*calendar)), list, kind }))
    }
}

/// The bands of a schedule that is in force on a day; `None` for rates that are no schedule.
fn bands_of(rates: &UnitRates, day: Span) -> Option<Vec<Band>> {
    let time = |time: chrono::NaiveTime| time.format("%H:%M").to_string();
    let band = |band: &ScheduleBand| (time(band.from), time(band.to), band.prices);
    match rates {
        UnitRates::Series(_) => None,
        UnitRates::Schedule(schedule) => Some(schedule.bands().iter().map(band).collect()),
        UnitRates::Dated(parts) => {
            let (_, rates) = parts.iter().find(|(span, _)| span.contains(day.from()))?;
            bands_of(rates, day)
        }
    }
}
