//! Filling the store: as few requests as there are pages, each page kept before the next is asked for.
//!
//! No `next` links are followed here. A page's answer says how many rows there are in all; if it does not hold them all, the range
//! that is left is asked for next. A list that grows in the meantime can then neither shift rows past us nor show them twice.

use super::row::Row;
use super::series::charges;
use super::write::{self, ALWAYS, Written};
use super::{ChargeKind, Missing, Revision, Series, Store, StoredMeter};
use crate::protocol::{Next, Operation, Request, Response, Session};
use crate::rest::{ConsumptionRequest, MOST_RATES, MOST_READINGS, OrderBy, Range, consumption};
use crate::wire::{Page, Rate, Reading};
use crate::{Error, Result};
use chrono::{DateTime, TimeDelta, Utc};
use kwhen::time::parse_instant;

/// How to bring a series up to date.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyncOptions {
    /// From when.
    pub from: DateTime<Utc>,
    /// Until when.
    pub to: DateTime<Utc>,
    /// What is the time; noted with what is missing and what was corrected.
    pub now: DateTime<Utc>,
    /// How far back from the newest reading to ask again, for readings that come late or are corrected.
    pub recheck: TimeDelta,
    /// Rows a page; none: as many as the service allows.
    pub page_size: Option<u32>,
}

impl SyncOptions {
    /// For this range, with a week asked again.
    #[must_use]
    pub fn new(from: DateTime<Utc>, to: DateTime<Utc>, now: DateTime<Utc>) -> Self {
        Self { from, to, now, recheck: TimeDelta::days(7), page_size: None }
    }
}

/// What a sync did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SyncReport {
    /// Pages asked for.
    pub pages: u32,
    /// Rows that are new.
    pub added: usize,
    /// Rows that came again as they were.
    pub unchanged: usize,
    /// Of the new rows, those that had been missing before.
    pub arrived_late: usize,
    /// Rows that came again with another value, which replaced the old.
    pub revisions: Vec<Revision>,
    /// Rows that lie outside the time that was asked for, which are not kept.
    pub outside: usize,
    /// What is missing now.
    pub missing: Vec<Missing>,
}

/// The operation that fills one series. It writes to the store as answers come.
#[derive(Debug)]
pub struct Sync<'a> {
    store: &'a Store,
    series: Series,
    key: String,
    options: SyncOptions,
    /// What is still to be asked for; the last of these is next.
    parts: Vec<(i64, i64)>,
    report: SyncReport,
    total: i64,
}

impl<'a> Sync<'a> {
    /// Plans to fill a tariff's charges. Nothing is asked for that is there already; if nothing is left, no request is made
    /// ([`Sync::is_done`]).
    pub fn charges(store: &'a Store, tariff: &str, kind: ChargeKind, options: SyncOptions) -> Result<Self> {
        charges(tariff, kind)?;
        Self::plan(store, Series::Charges(tariff.to_owned(), kind), options)
    }

    /// Plans to fill a meter's readings.
    pub fn readings(store: &'a Store, meter: &StoredMeter, options: SyncOptions) -> Result<Self> {
        Self::plan(store, Series::Readings(meter.clone()), options)
    }

    fn plan(store: &'a Store, series: Series, options: SyncOptions) -> Result<Self> {
        if options.from >= options.to {
            return Err(Error::invalid("the range to fetch is empty"));
        }
        let key = series.key()?;
        let (from, to) = (options.from.timestamp(), options.to.timestamp());
        let recheck = options.recheck.num_seconds().max(0);
        let is_readings = matches!(series, Series::Readings(_));
        let mut parts = store.reading(|transaction| {
            let Some(id) = write::known_series(transaction, &key)? else { return Ok(vec![(from, to)]) };
            let mut parts = write::uncovered(transaction, id, from, to)?;
            if is_readings && let Some(last) = parts.last_mut().filter(|last| last.1 == to) {
                // Where news is due, the days before it are asked again in the same request.
                last.0 = last.0.saturating_sub(recheck).max(from);
            }
            Ok(parts)
        })?;
        if let [.., before, last] = parts.as_mut_slice() {
            last.0 = last.0.max(before.1);
        }
        if is_readings {
            parts.reverse();
        }
        let total = parts.iter().map(|(from, to)| to - from).sum();
        Ok(Self { store, series, key, options, parts, report: SyncReport::default(), total })
    }

    /// What it fills.
    #[must_use]
    pub fn series(&self) -> &Series {
        &self.series
    }

    /// Whether all of it is there already.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.parts.is_empty()
    }

    /// Whether all that is left is whether a charge that goes on without an end still does.
    pub fn goes_on(&self) -> Result<bool> {
        let to = self.options.to.timestamp();
        let [(from, _)] = *self.parts.as_slice() else { return Ok(false) };
        if !matches!(self.series, Series::Charges(..)) || self.parts.iter().any(|(_, end)| *end != to) {
            return Ok(false);
        }
        self.store.reading(|transaction| match write::known_series(transaction, &self.key)? {
            Some(id) => write::goes_on(transaction, id, from),
            None => Ok(false),
        })
    }

    /// How much is done, in per mille of the time to fetch.
    #[must_use]
    pub fn progress(&self) -> u32 {
        let left: i64 = self.parts.iter().map(|(from, to)| to - from).sum();
        let done = (self.total - left).max(0) * 1000 / self.total.max(1);
        u32::try_from(done).unwrap_or(1000)
    }

    /// The report of what was done so far; the whole one where there was nothing to do.
    pub fn report(mut self) -> Result<SyncReport> {
        self.report.missing = self.store.missing(&self.series)?;
        Ok(self.report)
    }

    fn part(&self) -> Result<(i64, i64)> {
        self.parts.last().copied().ok_or_else(|| Error::invalid("there is nothing left to fetch"))
    }

    fn take_charges(&mut self, page: &Page) -> Result<()> {
        let (from, to) = self.part()?;
        let rates: Vec<Rate> = page.results.iter().map(crate::wire::Raw::read).collect::<Result<_>>()?;
        let now = self.options.now.timestamp();
        let rows: Vec<Row> = rates.iter().map(|rate| charge_row(rate, now)).collect::<Result<_>>()?;
        let complete = page.next.is_none() && page.count.is_none_or(|count| count <= rows.len() as u64);
        // Newest first. The page may have cut its oldest row off from a twin for another payment method, so what is sure to be whole
        // begins with the row after that; what lies before is asked for next.
        let rows = self.within(rows, (from, to));
        let oldest = rows.iter().map(|row| row.start).min();
        let whole_from = rows.iter().map(|row| row.start).filter(|start| Some(*start) > oldest).min();
        let left = match whole_from {
            _ if complete => None,
            Some(whole_from) if whole_from > from && whole_from < to => Some((from, whole_from)),
            _ => return Err(Error::incomplete("a page that is not the last did not lead any further")),
        };
        let newest = rows.iter().map(|row| row.stop.unwrap_or(self.options.now.timestamp())).max();
        let covered_to = newest.map_or(from, |newest| newest.min(to));
        let covered_from = left.map_or(from, |left| left.1);
        let covered_to =
            if self.report.pages > 0 && to < self.options.to.timestamp() { to } else { covered_to };
        self.write(&rows, (covered_from, covered_to), None)?;
        self.go_on(left);
        Ok(())
    }

    fn take_readings(&mut self, page: &Page) -> Result<()> {
        const SLOT: i64 = 1800;
        let (from, to) = self.part()?;
        let readings: Vec<Reading> =
            page.results.iter().map(crate::wire::Raw::read).collect::<Result<_>>()?;
        let now = self.options.now.timestamp();
        let rows: Vec<Row> =
            readings.iter().map(|reading| reading_row(reading, now)).collect::<Result<_>>()?;
        let complete = page.next.is_none() && page.count.is_none_or(|count| count <= rows.len() as u64);
        let rows = self.within(rows, (from, to));
        let newest = rows.iter().map(|row| row.start).max();
        let left = match newest {
            Some(newest) if !complete && newest >= from && newest + SLOT < to => Some((newest + SLOT, to)),
            _ if complete => None,
            _ => return Err(Error::incomplete("a page that is not the last did not lead any further")),
        };
        // Oldest first. What lies after the newest reading may still come, so it counts neither as covered nor as missing.
        let known_to = newest.map_or(from, |newest| (newest + SLOT).min(to));
        self.write(&rows, (from, known_to), Some(SLOT))?;
        self.go_on(left);
        Ok(())
    }

    /// The rows that hold at some time of a part that was asked for; the others are counted and let go.
    fn within(&mut self, rows: Vec<Row>, (from, to): (i64, i64)) -> Vec<Row> {
        let all = rows.len();
        // A charge without an end goes on; a reading without one is told by its start.
        let goes_on = matches!(self.series, Series::Charges(..));
        let touches = |row: &Row| {
            let open = if goes_on { i64::MAX } else { row.start };
            row.start < to && row.stop.unwrap_or(open).max(row.start.saturating_add(1)) > from
        };
        let rows: Vec<Row> = rows.into_iter().filter(touches).collect();
        self.report.outside += all - rows.len();
        rows
    }

    fn go_on(&mut self, left: Option<(i64, i64)>) {
        self.parts.pop();
        self.parts.extend(left);
    }

    fn write(&mut self, rows: &[Row], covered: (i64, i64), slot: Option<i64>) -> Result<()> {
        let now = self.options.now.timestamp();
        let (series, key) = (&self.series, &self.key);
        let written: Written = self.store.writing(|transaction| {
            let id = write::series_id(transaction, key)?;
            let written = write::write_rows(transaction, series, id, rows)?;
            write::cover(transaction, id, covered.0, covered.1)?;
            if let Some(slot) = slot {
                write::note_missing(transaction, id, covered, slot, now)?;
            }
            Ok(written)
        })?;
        self.report.added += written.added;
        self.report.unchanged += written.unchanged;
        self.report.arrived_late += written.arrived_late;
        self.report.revisions.extend(written.revisions);
        Ok(())
    }
}

impl Operation for Sync<'_> {
    type Output = SyncReport;

    fn request(&self, session: &Session) -> Result<Request> {
        let (from, to) = self.part()?;
        let range = Range::from(instant(from)?).to(instant(to)?)?;
        match &self.series {
            Series::Charges(tariff, kind) => {
                let list = charges(tariff, *kind)?.within(range);
                list.page_size(self.options.page_size.unwrap_or(MOST_RATES)).first_page().request(session)
            }
            Series::Readings(meter) => {
                let list = consumption(&ConsumptionRequest {
                    fuel: meter.fuel(),
                    meter_point: &meter.meter_point,
                    serial_number: &meter.serial_number,
                    range: Some(range),
                    group_by: None,
                    order_by: OrderBy::Period,
                });
                list.page_size(self.options.page_size.unwrap_or(MOST_READINGS)).first_page().request(session)
            }
        }
    }

    fn accept(&mut self, _session: &Session, response: &Response) -> Result<Next<SyncReport>> {
        let page: Page = response.json()?;
        // The last page of a list holds all that the list has, or some of it is missing.
        let held = page.results.len() as u64;
        if let Some(count) = page.count.filter(|count| page.next.is_none() && *count > held) {
            return Err(Error::incomplete(format!(
                "the service says {count} rows, gave {held} and names no further page"
            )));
        }
        match self.series {
            Series::Charges(..) => self.take_charges(&page)?,
            Series::Readings(_) => self.take_readings(&page)?,
        }
        self.report.pages += 1;
        if !self.parts.is_empty() {
            return Ok(Next::Request);
        }
        let mut report = std::mem::take(&mut self.report);
        report.missing = self.store.missing(&self.series)?;
        Ok(Next::Done(report))
    }
}

fn instant(seconds: i64) -> Result<DateTime<Utc>> {
    DateTime::from_timestamp(seconds, 0).ok_or_else(|| Error::invalid("an instant out of range"))
}

fn seconds(text: Option<&str>) -> Result<Option<i64>> {
    Ok(text.map(parse_instant).transpose()?.map(|instant| instant.timestamp()))
}

fn charge_row(rate: &Rate, fetched_at: i64) -> Result<Row> {
    let text = |number: &Option<crate::wire::Number>| number.as_ref().map(ToString::to_string);
    Ok(Row {
        method: rate.payment_method.clone().unwrap_or_default(),
        start: seconds(rate.valid_from.as_deref())?.unwrap_or(ALWAYS),
        stop: seconds(rate.valid_to.as_deref())?,
        exc: text(&rate.value_exc_vat),
        inc: text(&rate.value_inc_vat),
        fetched_at,
    })
}

fn reading_row(reading: &Reading, fetched_at: i64) -> Result<Row> {
    Ok(Row {
        method: String::new(),
        start: seconds(Some(&reading.interval_start))?
            .ok_or_else(|| Error::malformed("a reading without a start"))?,
        stop: seconds(reading.interval_end.as_deref())?,
        exc: reading.consumption.as_ref().map(ToString::to_string),
        inc: None,
        fetched_at,
    })
}
