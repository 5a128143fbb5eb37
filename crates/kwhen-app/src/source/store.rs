//! The store of `--store` as a place to read from, beside files.

use crate::answer::bill::Age;
use crate::context::{Context, Flag, STANDARD_INPUT};
use crate::failure::{Failure, Result, unknown_method};
use crate::installation;
use crate::source::dispatched;
use crate::source::happened::Happened;
use crate::source::metered::{Read, Readings};
use crate::words::Pricing;
use crate::words::selling::Selling;
use chrono::{DateTime, TimeDelta, Utc};
use kwhen::bill::MissingReadings;
use kwhen::series::{PaymentMethod, StandingCharges};
use kwhen::tariff::{Agreements, Customer, Direction, Fuel, GasConversion, Tariff, UnitRates};
use kwhen::time::{Calendar, Span, instant_text};
use kwhen::{Consumption, RateSeries};
use kwhen_fetch::store::{ChargeKind, Series, Store, StoredPoint, TariffOptions};
use kwhen_fetch::wire::Account;
use std::path::Path;

/// Opens it to read; one that is not there is an error here and is not made.
pub fn existing(ctx: &Context) -> Result<&Store> {
    ctx.used(&[Flag::Store]);
    let path = ctx.store().ok_or_else(|| Failure::usage("--store is needed"))?;
    if !path.exists() {
        return Err(Failure::work(format!(
            "{}: there is no store yet; kwhen fetch makes one",
            path.display()
        )));
    }
    ctx.opened(path)
}

/// Opens it to fill; makes it if need be.
pub fn to_fill(ctx: &Context) -> Result<Store> {
    ctx.used(&[Flag::Store]);
    let path = ctx
        .store()
        .ok_or_else(|| Failure::usage("--store FILE is needed: it says where to keep what is fetched"))?;
    Ok(Store::open(path)?)
}

/// What a tariff is for, where somebody else than its code knows it.
#[derive(Clone, Debug, Default)]
pub struct Role {
    /// Who says which way its energy goes, and what.
    pub direction: Option<(String, Option<Direction>)>,
    /// To whom it is sold.
    pub customer: Option<Customer>,
}

impl Pricing {
    fn stored(&self, role: &Role) -> TariffOptions {
        TariffOptions {
            payment_method: self.payment_method(),
            night_hours: self.night_hours(),
            direction: role.direction.clone(),
            customer: role.customer,
        }
    }
}

/// A span as the store takes it.
fn ends(span: Span) -> (DateTime<Utc>, DateTime<Utc>) {
    (span.from(), span.to())
}

/// What has to be read of a period's readings: with estimates, those that they are taken from too.
pub fn reach(period: Span, missing: MissingReadings) -> Result<Span> {
    match missing {
        MissingReadings::Exclude | MissingReadings::Refuse | MissingReadings::Zero => Ok(period),
        // Up to four weeks back, and an hour for a change of the clock.
        MissingReadings::PreviousWeek => {
            Ok(Span::new(period.from() - TimeDelta::hours(28 * 24 + 1), period.to())?)
        }
        MissingReadings::Profile => Ok(Span::always()),
    }
}

/// A tariff's unit rates over a span, interval by interval; an error for those of two registers, which follow the hours of the night.
pub fn rates(ctx: &Context, tariff: &str, pricing: &Pricing, span: Span) -> Result<RateSeries> {
    match self::tariff(ctx, tariff, pricing, span, &Role::default())?.unit_rates {
        UnitRates::Series(series) => Ok(series),
        UnitRates::Schedule(_) | UnitRates::Dated(_) => Err(Failure::work(format!(
            "{tariff} has two registers, whose rates follow the hours of the night; kwhen bill and compare take it, as --tariff {tariff}"
        ))),
    }
}

/// A tariff's standing charges over a span.
///
/// # Errors
/// The store has none, or none of the payment method.
pub fn standing_charges(
    ctx: &Context,
    tariff: &str,
    pricing: &Pricing,
    span: Span,
) -> Result<StandingCharges> {
    let method = pricing.payment_method();
    let store = existing(ctx)?;
    let read = |method: Option<&PaymentMethod>| store.standing_charges(tariff, ends(span), method);
    let charges = read(method.as_ref())?;
    ctx.used(&[Flag::PaymentMethod]);
    match method {
        Some(PaymentMethod::Other(name))
            if read(None).is_ok_and(|any| any.intervals() == charges.intervals()) =>
        {
            Err(unknown_method(&name, tariff))
        }
        _ => Ok(charges),
    }
}

/// A tariff with its unit rates and standing charges over a span.
pub fn tariff(ctx: &Context, code: &str, pricing: &Pricing, span: Span, role: &Role) -> Result<Tariff> {
    let store = existing(ctx)?;
    let tariff = installation::sold_there(store, store.tariff(code, ends(span), &pricing.stored(role))?)?;
    ctx.used(&[Flag::PaymentMethod]);
    if !tariff.unit_rates.bands().is_empty() {
        ctx.used(&[Flag::NightHours]);
    }
    if let Some(PaymentMethod::Other(name)) = pricing.payment_method() {
        let any = Pricing { payment_method: None, ..pricing.clone() };
        let any = store.tariff(code, ends(span), &any.stored(role));
        if any.is_ok_and(|any| have_same_prices(&any, &tariff, span)) {
            return Err(unknown_method(&name, code));
        }
    }
    Ok(tariff)
}

/// Whether two tariffs cost the same over a span.
pub fn have_same_prices(one: &Tariff, other: &Tariff, span: Span) -> bool {
    let rates = |tariff: &Tariff| tariff.rate_series(span, &[]);
    let standing =
        |tariff: &Tariff| tariff.standing_charges.as_ref().map(|charges| charges.intervals().to_vec());
    rates(one).is_ok_and(|one| rates(other).is_ok_and(|other| one.intervals().eq(other.intervals())))
        && standing(one) == standing(other)
}

/// Whether an argument names something in the store rather than a file.
pub fn holds(ctx: &Context, argument: &Path) -> bool {
    ctx.store().is_some() && argument.as_os_str() != STANDARD_INPUT && !argument.exists()
}

/// A meter point, or one meter of it by its serial number, with a slash between.
fn parts(name: &str) -> (&str, Option<&str>) {
    name.split_once('/').map_or((name, None), |(point, serial)| (point, Some(serial)))
}

/// The readings of a meter point that start in a span, and when the newest of them came.
pub fn readings(ctx: &Context, name: &str, span: Span) -> Result<(Consumption, Option<DateTime<Utc>>)> {
    let (point, serial) = parts(name);
    let _ = extent(ctx, name)?;
    let found = existing(ctx)?.point_readings(point, serial, ends(span))?;
    for note in &found.notes {
        ctx.note(format!("{point}: {note}"));
    }
    Ok((found.consumption()?, found.fetched_at))
}

/// The readings of a meter point that came with another value at first: when each starts, and what it was.
pub fn replaced(ctx: &Context, meter_point: &str) -> Result<Vec<(DateTime<Utc>, String)>> {
    let store = existing(ctx)?;
    let mut found = Vec::new();
    for held in store.list()? {
        let Series::Readings(meter) = &held.series else { continue };
        if meter.meter_point == meter_point {
            for revision in store.revisions(&held.series)? {
                let start = DateTime::from_timestamp(revision.start, 0);
                found.extend(start.map(|start| (start, revision.old)));
            }
        }
    }
    Ok(found)
}

/// From the first reading of a meter point to the last.
pub fn extent(ctx: &Context, name: &str) -> Result<Span> {
    let (from, to) = existing(ctx)?.extent(parts(name).0)?.ok_or_else(|| {
        Failure::work(format!(
            "{name}: neither a file nor a meter point with readings in the store; fetch it first"
        ))
    })?;
    Ok(Span::new(from, to)?)
}

/// Likewise; `None` where there are no readings.
pub fn extent_if_any(ctx: &Context, name: &str) -> Result<Option<Span>> {
    let extent = existing(ctx)?.extent(parts(name).0)?;
    Ok(extent.map(|(from, to)| Span::new(from, to)).transpose()?)
}

/// Which way the energy of a meter point goes, as its stored account says it.
pub fn direction(ctx: &Context, name: &str) -> Result<Option<(String, Option<Direction>)>> {
    let points = existing(ctx)?.points()?;
    Ok(points.iter().find(|point| point.meter_point == parts(name).0).map(StoredPoint::says))
}

/// The tariff that electricity is imported on.
#[derive(Clone, Debug)]
pub struct Agreed {
    /// Its code.
    pub tariff: String,
    /// The meter point whose agreement it is.
    pub meter_point: String,
    /// When the agreement ends, where it does.
    pub until: Option<DateTime<Utc>>,
    /// Whether another agreement begins where it ends.
    pub is_followed: bool,
}

/// The agreement of the stored account that imports electricity at a moment; an error where there is none, or are several.
pub fn agreed(ctx: &Context, now: DateTime<Utc>) -> Result<Agreed> {
    let points = existing(ctx)?.points()?;
    if points.is_empty() {
        return Err(Failure::work(
            "the store holds no account, so nothing says which tariff is yours: kwhen fetch account does that, or name --rates CODE",
        ));
    }
    let mut found = Vec::new();
    for point in &points {
        // A meter for export may be there before its agreement is.
        let is_agreed = point.agreements.iter().any(|row| row.valid_to != Some(row.valid_from));
        if point.fuel != Fuel::Electricity || point.direction == Some(Direction::Export) || !is_agreed {
            continue;
        }
        let agreements = match Agreements::from_rows(&point.agreements) {
            // A meter point that nobody has agreed on, such as one of export without a tariff for it.
            Err(error) if error.is_missing() => continue,
            agreements => agreements?,
        };
        for agreement in agreements.list() {
            let exports = Direction::of_code(&agreement.tariff) == Some(Direction::Export);
            if agreement.span.contains(now) && !exports {
                found.push(Agreed {
                    tariff: agreement.tariff.clone(),
                    meter_point: point.meter_point.clone(),
                    until: (!agreement.span.is_open_ended()).then_some(agreement.span.to()),
                    is_followed: agreements.list().iter().any(|next| next.span.from() == agreement.span.to()),
                });
            }
        }
    }
    match found.as_slice() {
        [one] => Ok(one.clone()),
        [] => Err(Failure::work(format!(
            "no agreement of the stored account imports electricity at {}; kwhen fetch account brings it up to date, or name --rates CODE",
            instant_text(now)
        ))),
        several => {
            let named: Vec<_> =
                several.iter().map(|agreed| format!("{} at {}", agreed.tariff, agreed.meter_point)).collect();
            Err(Failure::usage(format!(
                "several meter points import electricity ({}); name one tariff with --rates CODE",
                named.join(", ")
            )))
        }
    }
}

/// When the newest of a tariff's unit rates over a span came.
pub fn rates_fetched_at(ctx: &Context, tariff: &Path, span: Span) -> Result<Option<DateTime<Utc>>> {
    let series = Series::Charges(tariff.to_string_lossy().into_owned(), ChargeKind::UnitRates);
    Ok(existing(ctx)?.fetched_at(&series, ends(span))?)
}

/// The accounts that were fetched.
pub fn accounts(store: &Store) -> Result<Vec<Account>> {
    Ok(store.accounts()?.into_iter().map(|(account, _)| account).collect())
}

/// The meter points of the stored accounts that can be billed.
pub struct StoredAccount {
    points: Vec<StoredPoint>,
}

impl StoredAccount {
    /// Those that have agreements and readings, or the one that is `wanted`, or those of one fuel. Whatever is left out is said: gas too, where
    /// nobody says what its readings count, and where nothing is left that is an error.
    pub fn open(
        ctx: &Context,
        wanted: Option<&str>,
        fuel: Option<Fuel>,
        gas: Option<&GasConversion>,
    ) -> Result<Self> {
        let store = existing(ctx)?;
        let mut points = store.points()?;
        if points.is_empty() {
            return Err(Failure::work(
                "the store holds no account; kwhen fetch account does that, or name --rates and --consumption",
            ));
        }
        if let Some(wanted) = wanted {
            let named = points.iter().map(|point| point.meter_point.as_str()).collect::<Vec<_>>().join(", ");
            points.retain(|point| point.meter_point == parts(wanted).0);
            if points.is_empty() {
                return Err(Failure::work(format!(
                    "{wanted}: neither a file nor a meter point of the stored account, which has {named}"
                )));
            }
        }
        if let Some(fuel) = fuel {
            points.retain(|point| point.fuel == fuel);
            if points.is_empty() {
                return Err(Failure::usage("--fuel: no meter point that is billed measures that"));
            }
        }
        if gas.is_some() && points.iter().all(|point| point.fuel != Fuel::Gas) {
            return Err(Failure::usage("--gas-unit: no meter point that is billed measures gas"));
        }
        if gas.is_none() {
            let (unsaid, others): (Vec<_>, Vec<_>) =
                points.into_iter().partition(|point| point.fuel == Fuel::Gas);
            if let (Some(point), true) = (unsaid.first(), others.is_empty()) {
                return Err(Failure::usage(format!(
                    "--gas-unit is needed: nothing says what the readings of gas at {} count",
                    point.meter_point
                )));
            }
            for point in &unsaid {
                ctx.note(format!("gas at {} is left out: nothing says what its readings count; --gas-unit does, and --fuel electricity asks \
                     for a bill without it",
                    point.meter_point
                ));
            }
            points = others;
        }
        let mut kept = Vec::new();
        for point in points {
            let lacking = if point.agreements.is_empty() {
                "agreements"
            } else if store.extent(&point.meter_point)?.is_none() {
                "readings in the store"
            } else {
                if point.fuel == Fuel::Gas {
                    ctx.used(&[Flag::GasUnit]);
                }
                kept.push(point);
                continue;
            };
            let is_export = point.direction == Some(Direction::Export);
            let advice = match (lacking, is_export) {
                ("agreements", true) => format!(
                    "; what it sent to the grid is paid by nobody that the account names: where another supplier pays for it, --consumption {} \
                     --tariff FILE bills it, with direction = \"export\" in the file",
                    point.meter_point
                ),
                ("agreements", false) => {
                    format!("; --consumption {} --tariff CODE bills it under a tariff", point.meter_point)
                }
                _ => String::new(),
            };
            ctx.note(format!("{} is left out: it has no {lacking}{advice}", point.meter_point));
        }
        if kept.is_empty() {
            return Err(Failure::work(
                "the store holds no readings of the account's meter points; kwhen fetch consumption",
            ));
        }
        Ok(Self { points: kept })
    }

    /// From the first reading of any of them to the last.
    pub fn extent(&self, ctx: &Context) -> Result<Span> {
        let mut whole: Option<Span> = None;
        for point in &self.points {
            let own = extent(ctx, &point.meter_point)?;
            whole = Some(match whole {
                Some(span) => Span::new(span.from().min(own.from()), span.to().max(own.to()))?,
                None => own,
            });
        }
        whole.ok_or_else(|| Failure::work("the account has no supplies"))
    }

    /// Those that have an agreement in a period; the others are named.
    pub fn within(self, ctx: &Context, period: Span) -> Result<Self> {
        let mut points = Vec::with_capacity(self.points.len());
        for point in self.points {
            if Agreements::from_rows(&point.agreements)?.within(period).is_empty() {
                ctx.note(format!("{} is left out: no agreement of it is in force then", point.meter_point));
            } else {
                points.push(point);
            }
        }
        if points.is_empty() {
            return Err(Failure::work(format!("no agreement of the stored account is in force in {period}")));
        }
        Ok(Self { points })
    }

    /// Their readings over a period, or of the one meter that is `wanted`. Gas counts what `gas` says.
    pub fn supplies(
        &self,
        ctx: &Context,
        wanted: Option<&str>,
        reach: Span,
        gas: Option<&GasConversion>,
    ) -> Result<(Vec<Read>, Vec<Age>)> {
        let supply = |point: &StoredPoint| {
            let what = match (point.fuel, point.direction) {
                (Fuel::Gas, _) => "gas",
                (Fuel::Electricity, Some(Direction::Export)) => "export",
                (Fuel::Electricity, _) => "import",
            };
            ctx.used(&[Flag::Missing]);
            let (consumption, fetched_at) = readings(ctx, wanted.unwrap_or(&point.meter_point), reach)?;
            let name = format!("{what} {}", point.meter_point);
            let age = Age {
                name: name.clone(),
                readings_to: consumption
                    .grid()
                    .span()
                    .map(|span| instant_text(span.to()))
                    .unwrap_or_default(),
                fetched_at: fetched_at.map(instant_text),
            };
            let read = Read {
                name,
                metered: Readings::Slots(consumption),
                agreements: Agreements::from_rows(&point.agreements)?,
                gas: gas.filter(|_| point.fuel == Fuel::Gas).cloned(),
                happened: Happened::default(),
            };
            Ok((read, age))
        };
        self.points.iter().map(supply).collect()
    }

    /// The supply that a car and sessions are of: the one that imports electricity.
    pub fn importing<'a>(&self, supplies: &'a mut [Read], flag: &str) -> Result<&'a mut Read> {
        let imports = |point: &&StoredPoint| {
            point.fuel == Fuel::Electricity && point.direction != Some(Direction::Export)
        };
        let mut places = self.points.iter().enumerate().filter(|(_, point)| imports(point));
        match (places.next(), places.next()) {
            (Some((place, _)), None) => {
                let none = || {
                    Failure::work(format!("{flag}: the meter point that imports electricity has no readings"))
                };
                supplies.get_mut(place).ok_or_else(none)
            }
            (None, _) => {
                Err(Failure::usage(format!("{flag}: no meter point that imports electricity is billed")))
            }
            (Some((_, one)), Some((_, other))) => Err(Failure::usage(format!(
                "{flag}: {} and {} import electricity; name the car's with --consumption",
                one.meter_point, other.meter_point
            ))),
        }
    }

    /// Gives each supply that imports electricity the dispatches that the store knows of the time in which it is on a tariff that pays for them, and
    /// says which hours of that time the store does not know. Whether any were given.
    pub fn dispatch_by_store(
        &self,
        ctx: &Context,
        supplies: &mut [Read],
        period: Span,
        calendar: &Calendar,
    ) -> Result<bool> {
        let store = existing(ctx)?;
        let mut given = false;
        for (point, supply) in self.points.iter().zip(supplies) {
            if point.fuel == Fuel::Electricity && point.direction != Some(Direction::Export) {
                let known = dispatched::known(ctx, store, &supply.agreements, period, calendar)?;
                given |= !known.spans.is_empty();
                supply.happened.dispatches = known;
            }
        }
        Ok(given)
    }

    /// The tariffs that their agreements name in a period, with their prices over a span: each goes the way of its meter point. A supply whose
    /// prices hang on how it is paid, where nobody says it, is left out aloud and leaves the others standing; where no other is, that is an
    /// error.
    pub fn priced(
        &self,
        ctx: &Context,
        supplies: Vec<Read>,
        (period, span): (Span, Span),
        pricing: &Pricing,
        selling: &Selling,
    ) -> Result<(Vec<Read>, Vec<Tariff>)> {
        let mut tariffs: Vec<Tariff> = Vec::new();
        let mut kept = Vec::with_capacity(supplies.len());
        let mut unpaid = Vec::new();
        for (point, supply) in self.points.iter().zip(supplies) {
            match tariffs_of(ctx, (point, &tariffs), (period, span), pricing, selling) {
                Ok(more) => {
                    tariffs.extend(more);
                    kept.push(supply);
                }
                Err(_) if hangs_on_payment(ctx, (point, &tariffs), (period, span), pricing, selling) => {
                    unpaid.push(supply.name);
                }
                Err(error) => return Err(error),
            }
        }
        let why = "its prices are not the same for every way to pay; --payment-method direct-debit or non-direct-debit says which";
        match (unpaid.as_slice(), kept.is_empty()) {
            ([first, ..], true) => return Err(Failure::usage(format!("{first}: {why}"))),
            (names, _) => names.iter().for_each(|name| ctx.note(format!("{name} is left out: {why}"))),
        }
        Ok((kept, tariffs))
    }
}

/// Those of one meter point that are not known yet.
fn tariffs_of(
    ctx: &Context,
    (point, known): (&StoredPoint, &[Tariff]),
    (period, span): (Span, Span),
    pricing: &Pricing,
    selling: &Selling,
) -> Result<Vec<Tariff>> {
    let mut tariffs: Vec<Tariff> = Vec::new();
    let (who, says) = point.says();
    for agreement in Agreements::from_rows(&point.agreements)?.within(period) {
        match known.iter().chain(&tariffs).find(|tariff| tariff.code == agreement.tariff) {
            Some(known) => {
                let other = format!("another meter point on {}", known.code);
                Direction::agreed(&[(&who, says), (&other, Some(known.direction))])?;
            }
            None => {
                let role = Role { direction: Some((who.clone(), says)), customer: selling.customer() };
                let tariff = tariff(ctx, &agreement.tariff, pricing, span, &role)?;
                selling.concerns(ctx, &tariff);
                tariffs.push(selling.placed(tariff, &ctx.calendar()?));
            }
        }
    }
    Ok(tariffs)
}

/// Whether a meter point's prices cannot be told for want of how they are paid alone.
fn hangs_on_payment(
    ctx: &Context,
    point: (&StoredPoint, &[Tariff]),
    spans: (Span, Span),
    pricing: &Pricing,
    selling: &Selling,
) -> bool {
    let direct = Pricing { payment_method: Some("direct-debit".to_owned()), ..pricing.clone() };
    pricing.payment_method.is_none() && tariffs_of(ctx, point, spans, &direct, selling).is_ok()
}
