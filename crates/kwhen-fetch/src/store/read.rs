//! Reading the store.

use super::row::Row;
use super::seal;
use super::value::{exact, fault_of, reading, starting, value};
use super::write::{ALWAYS, known_series, uncovered};
use super::{ChargeKind, Revision, Series, Store, StoredMeter};
use crate::{Error, Result};
use chrono::{DateTime, Utc};
use kwhen::series::{
    PaymentMethod, PriceRow, Prices, RateRow, ReadingRow, StandingChargeRow, StandingCharges,
};
use kwhen::{Consumption, RateSeries};
use std::str::FromStr;

/// A run of half-hours that were asked for and did not come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Missing {
    /// When it starts.
    pub from: DateTime<Utc>,
    /// When it ends.
    pub to: DateTime<Utc>,
    /// When it was first asked for in vain.
    pub since: DateTime<Utc>,
}

/// What the store holds of one series.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredSeries {
    /// Of what.
    pub series: Series,
    /// How many rows were written.
    pub rows: u64,
    /// When the first starts, unless it always held.
    pub first: Option<DateTime<Utc>>,
    /// When the last starts.
    pub last: Option<DateTime<Utc>>,
}

const HALF_HOUR: i64 = 1800;

impl Store {
    /// All series.
    pub fn list(&self) -> Result<Vec<StoredSeries>> {
        // From the seals and the ends of the index: no row is counted.
        let sql = "SELECT key, (SELECT coalesce(sum(rows), 0) FROM seal WHERE seal.series = series.id),
                   (SELECT start FROM row WHERE row.series = series.id AND start > ?1 ORDER BY start LIMIT 1),
                   (SELECT start FROM row WHERE row.series = series.id AND start > ?1 ORDER BY start DESC LIMIT 1)
                   FROM series ORDER BY key";
        let rows: Vec<(String, i64, Option<i64>, Option<i64>)> = self.reading(|transaction| {
            let mut statement = transaction.prepare(sql)?;
            let rows = statement
                .query_map((ALWAYS,), |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?;
            rows.collect()
        })?;
        let held = |(key, rows, first, last): (String, i64, Option<i64>, Option<i64>)| {
            let series = Series::from_key(&key).ok_or_else(|| {
                Error::store(format!("the store holds a series of no known name, {key:?}"))
                    .because(seal::REMEDY)
            })?;
            let at = |seconds: Option<i64>| {
                seconds.map(exact).transpose().map_err(|error| error.in_series(&series).because(seal::REMEDY))
            };
            let (first, last) = (at(first)?, at(last)?);
            Ok(StoredSeries { series, rows: rows.unsigned_abs(), first, last })
        };
        rows.into_iter().map(held).collect()
    }

    /// The rows that hold somewhere in `[from, to)`; an error where one of them is not as it was written, or there is none.
    pub(super) fn rows(&self, series: &Series, from: DateTime<Utc>, to: DateTime<Utc>) -> Result<Vec<Row>> {
        let rows = self.sealed_rows(series, (from.timestamp(), to.timestamp()))?;
        if rows.is_empty() {
            let what = format!("{series} is not in the store for this time; fetch it first");
            return Err(Error::not_stored(what));
        }
        Ok(rows)
    }

    /// The same by Unix seconds; none where nothing was written.
    pub(super) fn sealed_rows(&self, series: &Series, span: (i64, i64)) -> Result<Vec<Row>> {
        let key = series.key()?;
        let found = self.reading(|transaction| match known_series(transaction, &key)? {
            Some(id) => seal::rows(transaction, id, span).map(Some),
            None => Ok(None),
        });
        let Some((rows, broken)) = found.map_err(|error| error.in_series(series))? else {
            return Ok(Vec::new());
        };
        match broken.first() {
            None => Ok(rows),
            Some(broken) => {
                let error = broken.error(series);
                // The row itself where it shows which it is.
                Err(match rows.iter().find_map(|row| fault_of(series, row)) {
                    Some(fault) => error.because(&format!(" ({fault})")),
                    None => error,
                }
                .because(seal::REMEDY))
            }
        }
    }

    /// An error where the first rows of a series are gone or its last: how far it reaches is then not known.
    pub(super) fn reaches(&self, held: &StoredSeries) -> Result<()> {
        let key = held.series.key()?;
        let broken = self.reading(|transaction| match known_series(transaction, &key)? {
            Some(id) => {
                let edges = held.first.map(|at| at.timestamp()).zip(held.last.map(|at| at.timestamp()));
                seal::broken_edge(transaction, id, edges)
            }
            None => Ok(None),
        });
        match broken.map_err(|error| error.in_series(&held.series))? {
            Some(broken) => Err(broken.error(&held.series).because(seal::REMEDY)),
            None => Ok(()),
        }
    }

    /// When the newest of the rows that hold somewhere in `[from, to)` came; an error where there is none.
    pub fn fetched_at(
        &self,
        series: &Series,
        (from, to): (DateTime<Utc>, DateTime<Utc>),
    ) -> Result<Option<DateTime<Utc>>> {
        let newest = self.rows(series, from, to)?.iter().map(|row| row.fetched_at).max();
        Ok(newest.and_then(super::series::instant))
    }

    /// A tariff's unit rates in `[from, to)`.
    pub fn rates(
        &self,
        tariff: &str,
        kind: ChargeKind,
        (from, to): (DateTime<Utc>, DateTime<Utc>),
        payment_method: Option<&PaymentMethod>,
    ) -> Result<RateSeries> {
        let rows: Vec<RateRow> = self.price_rows(&Series::Charges(tariff.to_owned(), kind), from, to)?;
        Ok(RateSeries::from_rows(rows, payment_method)?)
    }

    /// A tariff's standing charges in `[from, to)`.
    pub fn standing_charges(
        &self,
        tariff: &str,
        (from, to): (DateTime<Utc>, DateTime<Utc>),
        payment_method: Option<&PaymentMethod>,
    ) -> Result<StandingCharges> {
        let series = Series::Charges(tariff.to_owned(), ChargeKind::StandingCharges);
        let rows: Vec<StandingChargeRow> = self.price_rows(&series, from, to)?;
        Ok(StandingCharges::from_rows(rows, payment_method)?)
    }

    /// A tariff's charges as rows for the core's builders.
    pub fn price_rows<T: Copy + FromStr<Err = kwhen::Error>>(
        &self,
        series: &Series,
        from: DateTime<Utc>,
        to: DateTime<Utc>,
    ) -> Result<Vec<PriceRow<T>>> {
        (1..)
            .zip(self.rows(series, from, to)?)
            .map(|(number, row)| {
                let place = |error: Error| error.in_series(series).because(&starting(row.start));
                let price = |text: &Option<String>| text.as_deref().map(|text| value(text)).transpose();
                let prices =
                    || -> Result<Prices<T>> { Ok(Prices::from_options(price(&row.exc)?, price(&row.inc)?)?) };
                Ok(PriceRow {
                    row: number,
                    valid_from: if row.start == ALWAYS {
                        None
                    } else {
                        Some(exact(row.start).map_err(place)?)
                    },
                    valid_to: row.stop.map(exact).transpose().map_err(place)?,
                    prices: prices().map_err(place)?,
                    payment_method: (!row.method.is_empty()).then(|| PaymentMethod::named(&row.method)),
                })
            })
            .collect()
    }

    /// A meter's readings that start in `[from, to)`.
    pub fn consumption(
        &self,
        meter: &StoredMeter,
        from: DateTime<Utc>,
        to: DateTime<Utc>,
    ) -> Result<Consumption> {
        Ok(Consumption::from_rows(&self.reading_rows(meter, from, to)?)?)
    }

    /// The same as rows for the core's builder.
    pub fn reading_rows(
        &self,
        meter: &StoredMeter,
        from: DateTime<Utc>,
        to: DateTime<Utc>,
    ) -> Result<Vec<ReadingRow>> {
        let series = Series::Readings(meter.clone());
        let rows = self.rows(&series, from, to)?;
        let kept = rows.into_iter().filter(|row| row.start >= from.timestamp());
        (1..).zip(kept).map(|(number, row)| reading(&series, number, &row)).collect()
    }

    /// The parts of `[from, to)` that were never asked for, or were not known yet when they were.
    pub fn not_covered(
        &self,
        series: &Series,
        from: DateTime<Utc>,
        to: DateTime<Utc>,
    ) -> Result<Vec<(DateTime<Utc>, DateTime<Utc>)>> {
        let key = series.key()?;
        let (from, to) = (from.timestamp(), to.timestamp());
        let parts = self.reading(|transaction| match known_series(transaction, &key)? {
            Some(id) => uncovered(transaction, id, from, to),
            None => Ok(vec![(from, to)]),
        })?;
        parts.into_iter().map(|(from, to)| Ok((exact(from)?, exact(to)?))).collect()
    }

    /// Half-hours that were asked for and did not come, in runs.
    pub fn missing(&self, series: &Series) -> Result<Vec<Missing>> {
        let key = series.key()?;
        let slots: Vec<(i64, i64)> = self.reading(|transaction| {
            let Some(id) = known_series(transaction, &key)? else { return Ok(Vec::new()) };
            let mut statement =
                transaction.prepare("SELECT start, since FROM missing WHERE series = ?1 ORDER BY start")?;
            let slots = statement.query_map((id,), |row| Ok((row.get(0)?, row.get(1)?)))?;
            slots.collect()
        })?;
        let mut runs: Vec<Missing> = Vec::new();
        for (start, since) in slots {
            let at = |seconds| exact(seconds).map_err(|error| error.in_series(series));
            let (from, to, since) = (at(start)?, at(start.saturating_add(HALF_HOUR))?, at(since)?);
            match runs.last_mut() {
                Some(last) if last.to == from && last.since == since => last.to = to,
                _ => runs.push(Missing { from, to, since }),
            }
        }
        Ok(runs)
    }

    /// Every correction that was ever noticed in a series, oldest first.
    pub fn revisions(&self, series: &Series) -> Result<Vec<Revision>> {
        let key = series.key()?;
        self.reading(|transaction| {
            let Some(id) = known_series(transaction, &key)? else { return Ok(Vec::new()) };
            let mut statement =
                transaction.prepare("SELECT start, old, new FROM revision WHERE series = ?1 ORDER BY id")?;
            let rows = statement.query_map((id,), |row| {
                Ok(Revision {
                    series: series.clone(),
                    start: row.get(0)?,
                    old: row.get(1)?,
                    new: row.get(2)?,
                })
            })?;
            rows.collect()
        })
    }
}
