//! What every meter is billed by: tariffs cut into plans, and the agreements that assign them.

use crate::column::{Instants, MeterRef, Meters, Prices, Texts, check_instants, find};
use crate::error::{Error, Result};
use crate::meter::{MeterMap, MeterName};
use crate::report::{Reason, Unbilled};
use crate::usual::with_usual_types;
use arrow_array::RecordBatch;
use chrono::{DateTime, Utc};
use kwhen::batch::{BillPlan, PlanRequest, RateBands};
use kwhen::bill::BillingRules;
use kwhen::series::{RateRow, RateSeries, StandingChargeRow, StandingCharges};
use kwhen::tariff::{AgreementRow, Agreements, Customer, Tariff, VatTable};
use kwhen::time::{Calendar, PeriodKind, SlotLength, Span};
use kwhen::{Money, UnitRate};
use std::collections::{BTreeMap, HashMap};
use std::str::FromStr;
use std::sync::Arc;

/// What all meters of a run have in common.
#[derive(Clone, Debug)]
pub struct Terms {
    /// What is billed.
    pub span: Span,
    /// The periods that it is billed in; each is a bill of its own.
    pub periods: PeriodKind,
    /// The length of the meters' slots. They start on multiples of it, counted from the span's start.
    pub slot_length: SlotLength,
    /// The clock that days and periods go by.
    pub calendar: Calendar,
    /// VAT by date, the same for all tariffs; without it each tariff's own, as its code and prices say of fuel, direction and customer.
    pub vat: Option<VatTable>,
    /// To whom all tariffs are sold, where neither their codes nor their prices say it; a code that says otherwise is not billed.
    pub customer: Option<Customer>,
    /// What is rounded. Rules that round slots, days or lines are refused.
    pub rules: BillingRules,
    /// Whether times without a time zone are UTC. Else they are refused: their clock is unknown.
    pub assume_utc: bool,
}

impl Terms {
    /// Half-hours in Great Britain by month, exactly; change what differs.
    #[must_use]
    pub fn new(span: Span) -> Self {
        Self {
            span,
            periods: PeriodKind::Month,
            slot_length: SlotLength::HALF_HOUR,
            calendar: Calendar::great_britain(),
            vat: None,
            customer: None,
            rules: BillingRules::exact(),
            assume_utc: false,
        }
    }
}

impl Terms {
    /// Whether any tariff can be billed by them: an error for rules that a batch does not apply, and for a span that is no whole number of
    /// slots. Without it each meter would be reported for it.
    pub(crate) fn check(&self) -> Result<()> {
        let rates = RateSeries::flat(kwhen::series::Prices::Exclusive(UnitRate::ZERO));
        BillPlan::new(
            &PlanRequest::new(&rates, self.span)
                .periods(self.periods)
                .slot_length(self.slot_length)
                .calendar(self.calendar)
                .rules(self.rules.clone()),
        )?;
        Ok(())
    }
}

/// An agreement of a meter and the plan that bills it.
#[derive(Debug)]
pub(crate) struct Assigned {
    pub(crate) tariff: Arc<str>,
    pub(crate) plan: BillPlan,
}

/// The agreements of a meter, or why it has none that can be billed.
pub(crate) type Assignment = Result<Arc<[Assigned]>, Arc<Unbilled>>;

/// Tariffs and agreements, read and cut: what consumption is billed against. Made once, shared by all threads.
#[derive(Debug)]
pub struct Book {
    /// What is billed; readings outside it are not looked at.
    pub(crate) span: Span,
    pub(crate) assume_utc: bool,
    pub(crate) meters: MeterMap<Assignment>,
    tariffs: usize,
    notices: Vec<String>,
}

#[derive(Default)]
struct TariffRows {
    rates: Vec<RateRow>,
    standing: Vec<StandingChargeRow>,
    bands: Vec<BandRow>,
    banded: bool,
}

/// When a row of rates begins to hold and ceases to, and the name of its band.
type BandRow = (Option<DateTime<Utc>>, Option<DateTime<Utc>>, String);

impl Book {
    /// An error where meters are named otherwise in the agreements than by whole numbers, or by text.
    pub(crate) fn check_names(&self, numbers: bool) -> Result<()> {
        let (own, theirs) = match (numbers, self.meters.has_numbers()) {
            (true, false) => ("integers", "text"),
            (false, true) => ("text", "integers"),
            _ => return Ok(()),
        };
        Err(Error::schema(format!(
            "column meter holds {own} here and {theirs} in the agreements; make them the same"
        )))
    }

    /// Where a tariff's prices bear other VAT than it is billed with, in sentences.
    #[must_use]
    pub fn notices(&self) -> &[String] {
        &self.notices
    }

    /// Reads the tables of rates and agreements (docs/batch.md has their columns). A tariff or a meter whose rows contradict each other
    /// is kept with its reason and stops nobody else; a missing column, a wrong type or an unknown word is an error.
    pub fn new(rates: &[RecordBatch], agreements: &[RecordBatch], terms: &Terms) -> Result<Self> {
        terms.check()?;
        let mut by_tariff: BTreeMap<String, TariffRows> = BTreeMap::new();
        let mut row = 0;
        for batch in rates {
            read_rates(batch, terms.assume_utc, &mut row, &mut by_tariff)
                .map_err(|error| error.in_source("the rates"))?;
        }
        let mut plans = HashMap::with_capacity(by_tariff.len());
        let mut notices = Vec::new();
        for (tariff, rows) in by_tariff {
            let plan = rows.plan(&tariff, terms).map(|(plan, notes)| {
                notices.extend(notes);
                plan
            });
            plans.insert(tariff, plan);
        }
        if plans.is_empty() {
            return Err(Error::data("holds no rows").in_source("the rates"));
        }
        let mut book = Self {
            span: terms.span,
            assume_utc: terms.assume_utc,
            meters: MeterMap::default(),
            tariffs: plans.len(),
            notices,
        };
        book.assign(agreements, &plans, terms).map_err(|error| error.in_source("the agreements"))?;
        Ok(book)
    }

    /// How many meters have an agreement.
    #[must_use]
    pub fn meter_count(&self) -> usize {
        self.meters.len()
    }

    /// How many tariffs there are.
    #[must_use]
    pub const fn tariff_count(&self) -> usize {
        self.tariffs
    }

    fn assign(
        &mut self,
        agreements: &[RecordBatch],
        plans: &HashMap<String, Result<BillPlan, String>>,
        terms: &Terms,
    ) -> Result<()> {
        let mut by_meter: MeterMap<Vec<AgreementRow>> = MeterMap::default();
        let mut row = 0;
        for batch in agreements {
            let batch = &with_usual_types(batch)?;
            let (meters, tariffs) = (Meters::of(batch, "meter")?, Texts::of(batch, "tariff")?);
            check_instants("valid_from", find(batch, "valid_from")?.data_type(), terms.assume_utc)?;
            let from = Instants::of(batch, "valid_from")?;
            let to = optional(batch, "valid_to", terms.assume_utc)?;
            for place in 0..batch.num_rows() {
                row += 1;
                let absent = |name: &str| Error::data(format!("row {row}: field {name} is empty"));
                let meter = meters.get(place).ok_or_else(|| absent("meter"))?;
                let agreement = AgreementRow {
                    row,
                    tariff: tariffs.get(place).ok_or_else(|| absent("tariff"))?.to_owned(),
                    valid_from: instant(&from, place, row, "valid_from")?
                        .ok_or_else(|| absent("valid_from"))?,
                    valid_to: match &to {
                        Some(to) => instant(to, place, row, "valid_to")?,
                        None => None,
                    },
                };
                match by_meter.get_mut(meter) {
                    Some(rows) => rows.push(agreement),
                    None => by_meter.insert(MeterName::from(meter), vec![agreement]),
                }
            }
        }
        if row == 0 {
            return Err(Error::data("holds no rows"));
        }
        let mut known: HashMap<Vec<(String, Span)>, Arc<[Assigned]>> = HashMap::new();
        let mut names: HashMap<String, Arc<str>> = HashMap::new();
        for (meter, rows) in by_meter.into_entries() {
            let assignment = assignment(meter.as_ref(), &rows, plans, terms, &mut known, &mut names);
            self.meters.insert(meter, assignment);
        }
        Ok(())
    }
}

fn assignment(
    meter: MeterRef<'_>,
    rows: &[AgreementRow],
    plans: &HashMap<String, Result<BillPlan, String>>,
    terms: &Terms,
    known: &mut HashMap<Vec<(String, Span)>, Arc<[Assigned]>>,
    names: &mut HashMap<String, Arc<str>>,
) -> Assignment {
    let refused = |reason, message: String| {
        Err(Arc::new(Unbilled { meter: Some(MeterName::from(meter)), reason, message }))
    };
    let agreements = match Agreements::from_rows(rows) {
        Ok(agreements) => agreements.within(terms.span),
        Err(error) => return refused(Reason::Agreements, error.to_string()),
    };
    if agreements.is_empty() {
        return refused(Reason::NoAgreement, format!("no agreement holds in {}", terms.span));
    }
    let key: Vec<(String, Span)> =
        agreements.into_iter().map(|agreement| (agreement.tariff, agreement.span)).collect();
    if let Some(assigned) = known.get(&key) {
        return Ok(Arc::clone(assigned));
    }
    let mut assigned = Vec::with_capacity(key.len());
    for (tariff, span) in &key {
        let plan = match plans.get(tariff) {
            Some(Ok(plan)) => plan,
            Some(Err(message)) => return refused(Reason::Tariff, format!("tariff {tariff}: {message}")),
            None => {
                return refused(Reason::UnknownTariff, format!("tariff {tariff} is not among the rates"));
            }
        };
        let tariff = Arc::clone(names.entry(tariff.clone()).or_insert_with(|| tariff.as_str().into()));
        match plan.within(*span) {
            Ok(Some(plan)) => assigned.push(Assigned { tariff, plan }),
            Ok(None) => {}
            Err(error) => return refused(Reason::Tariff, format!("tariff {tariff}: {error}")),
        }
    }
    let assigned: Arc<[Assigned]> = assigned.into();
    known.insert(key, Arc::clone(&assigned));
    Ok(assigned)
}

impl TariffRows {
    /// The plan, and what is to be said of its prices.
    fn plan(self, code: &str, terms: &Terms) -> Result<(BillPlan, Vec<String>), String> {
        let cut = || {
            let rates = RateSeries::from_rows(self.rates, None)?;
            let standing = match self.standing.is_empty() {
                true => None,
                false => Some(StandingCharges::from_rows(self.standing, None)?),
            };
            let said = Customer::agreed(&[
                (&format!("the code {code}"), Customer::of_code(code)),
                ("the customer that was named", terms.customer),
            ])?;
            let tariff = Tariff::from_series(code, rates.clone(), standing.clone());
            let tariff = tariff.placed(&terms.calendar, None, None);
            let tariff = if said.is_some() { tariff.sold_to(said) } else { tariff };
            let (vat, notes) = match &terms.vat {
                Some(vat) => (vat.clone(), Vec::new()),
                None => (
                    tariff.vat().check(terms.span).map(|()| tariff.vat())?,
                    tariff.tax_notice(terms.span).iter().map(|notice| format!("{code}: {notice}")).collect(),
                ),
            };
            let bands = named_spans(self.bands, terms.span);
            let plan = BillPlan::new(
                &PlanRequest::new(&rates, terms.span)
                    .standing_charges(standing.as_ref())
                    .periods(terms.periods)
                    .slot_length(terms.slot_length)
                    .calendar(terms.calendar)
                    .vat(vat)
                    .rules(terms.rules.clone())
                    .bands(if self.banded { RateBands::Named(&bands) } else { RateBands::ByRate }),
            )?;
            Ok((plan, notes))
        };
        cut().map_err(|error: kwhen::Error| error.to_string())
    }
}

fn optional<'a>(batch: &'a RecordBatch, name: &str, assume_utc: bool) -> Result<Option<Instants<'a>>> {
    let Some(column) = batch.column_by_name(name) else { return Ok(None) };
    check_instants(name, column.data_type(), assume_utc)?;
    Instants::of(batch, name).map(Some)
}

fn instant(instants: &Instants<'_>, place: usize, row: u64, field: &str) -> Result<Option<DateTime<Utc>>> {
    const NANOSECONDS: i128 = 1_000_000_000;
    let Some(nanoseconds) = instants.nanoseconds(place) else { return Ok(None) };
    let seconds = i64::try_from(nanoseconds.div_euclid(NANOSECONDS)).ok();
    seconds
        .filter(|_| nanoseconds.rem_euclid(NANOSECONDS) == 0)
        .and_then(|seconds| DateTime::from_timestamp(seconds, 0))
        .map(Some)
        .ok_or_else(|| {
            Error::data(format!("row {row}: field {field} is no whole second between 1970 and 2100"))
        })
}

fn read_rates(
    batch: &RecordBatch,
    assume_utc: bool,
    row: &mut u64,
    by_tariff: &mut BTreeMap<String, TariffRows>,
) -> Result<()> {
    let batch = &with_usual_types(batch)?;
    let tariffs = Texts::of(batch, "tariff")?;
    let kinds = batch.column_by_name("kind").map(|_| Texts::of(batch, "kind")).transpose()?;
    let bands = batch.column_by_name("band").map(|_| Texts::of(batch, "band")).transpose()?;
    let (from, to) = (optional(batch, "valid_from", assume_utc)?, optional(batch, "valid_to", assume_utc)?);
    let (exc, inc) = (Prices::of(batch, "value_exc_vat")?, Prices::of(batch, "value_inc_vat")?);
    if exc.is_none() && inc.is_none() {
        return Err(Error::schema("has neither a column value_exc_vat nor a column value_inc_vat"));
    }
    for place in 0..batch.num_rows() {
        *row += 1;
        let number = *row;
        let at = |error: kwhen::Error| Error::data(error.in_row(number).to_string());
        let tariff =
            tariffs.get(place).ok_or_else(|| Error::data(format!("row {number}: field tariff is empty")))?;
        let rows = match by_tariff.get_mut(tariff) {
            Some(rows) => rows,
            None => by_tariff.entry(tariff.to_owned()).or_default(),
        };
        let end = |instants: &Option<Instants<'_>>, field| match instants {
            Some(instants) => instant(instants, place, number, field),
            None => Ok(None),
        };
        let (valid_from, valid_to) = (end(&from, "valid_from")?, end(&to, "valid_to")?);
        let text = |prices: &Option<Prices<'_>>| match prices {
            Some(prices) => prices.text(place),
            None => Ok(None),
        };
        let (exc, inc) = (text(&exc)?, text(&inc)?);
        match kinds.as_ref().and_then(|kinds| kinds.get(place)).unwrap_or("unit") {
            "unit" => {
                let band = bands.as_ref().and_then(|bands| bands.get(place));
                rows.banded |= band.is_some();
                if bands.is_some() {
                    rows.bands.push((valid_from, valid_to, band.unwrap_or_default().to_owned()));
                }
                let prices = prices::<UnitRate>(exc, inc).map_err(at)?;
                rows.rates.push(RateRow { row: number, valid_from, valid_to, prices, payment_method: None });
            }
            "standing" => {
                let prices = prices::<Money>(exc, inc).map_err(at)?;
                rows.standing.push(StandingChargeRow {
                    row: number,
                    valid_from,
                    valid_to,
                    prices,
                    payment_method: None,
                });
            }
            other => {
                return Err(Error::data(format!(
                    "row {number}: field kind, value {other:?}: it must be unit or standing"
                )));
            }
        }
    }
    Ok(())
}

/// The parts of a span in which each band holds. An open row ends where the next begins, as its rate does.
fn named_spans(mut rows: Vec<BandRow>, span: Span) -> Vec<(Span, String)> {
    rows.sort();
    let nexts: Vec<_> = rows.iter().skip(1).map(|(from, _, _)| *from).chain([None]).collect();
    let clipped = |((from, to, name), next): (BandRow, Option<DateTime<Utc>>)| {
        let to = to.or(next).unwrap_or(span.to()).min(span.to());
        Some((Span::new(from.unwrap_or(span.from()).max(span.from()), to).ok()?, name))
    };
    rows.into_iter().zip(nexts).filter_map(clipped).collect()
}

fn prices<T: FromStr<Err = kwhen::Error> + Copy>(
    exc: Option<String>,
    inc: Option<String>,
) -> kwhen::Result<kwhen::series::Prices<T>> {
    let read = |text: Option<String>, field: &str| {
        text.map(|text| text.parse::<T>().map_err(|error| error.in_field(field))).transpose()
    };
    kwhen::series::Prices::from_options(read(exc, "value_exc_vat")?, read(inc, "value_inc_vat")?)
}
