//! Where what is asked about comes from: files, standard input and the store. Opened here, read by the core.

pub mod account;
pub(crate) mod bills;
pub(crate) mod car;
mod charge;
pub mod definition;
pub(crate) mod dispatched;
pub mod forecast;
pub mod gas;
pub mod happened;
pub mod levels;
pub mod metered;
pub mod on_sale;
pub mod planned;
pub mod sample;
pub mod store;

use crate::container;
use crate::context::{Context, Flag, STANDARD_INPUT};
use crate::failure::{Failure, Result, unknown_method};
use crate::words::layout::ColumnOf;
use crate::words::{Metering, Pricing};
use kwhen::input::{PriceOptions, PriceRole};
use kwhen::layout::{PrintedCosts, Said};
use kwhen::series::{PaymentMethod, StandingCharges, VatBasis};
use kwhen::time::{Calendar, Span, parse_instant};
use kwhen::{Consumption, Energy, RateSeries};
use serde::Deserialize;
use std::io::Read as _;
use std::path::Path;

/// What a question says of readings before they are read.
#[derive(Clone, Copy, Debug, Default)]
pub struct Taking {
    /// Whether they may be of gas: what they count was said.
    pub is_gas: bool,
    /// Whether what a file leaves out between its rows is of no use; `None`: as its layout has it.
    pub left_out: Option<bool>,
}

/// The bytes of one file, or of several that are read as one, and the name that messages give it.
#[derive(Debug)]
pub struct Source<'a> {
    ctx: &'a Context,
    name: String,
    bytes: Vec<u8>,
    /// Further files that are joined to it, each with its name.
    more: Vec<(String, Vec<u8>)>,
    taking: Taking,
    /// Whether it is in the store of `--store`, by its name.
    stored: bool,
    /// What is wanted of it where it is in the store; `None`: all.
    during: Option<Span>,
}

impl<'a> Source<'a> {
    /// Reads a file, several joined by commas or named by a pattern (`2026-*.csv`), or standard input where it is `-`; where there is no
    /// such file, it is what the store in use holds by that name.
    pub fn read(ctx: &'a Context, path: &Path) -> Result<Self> {
        if store::holds(ctx, path) {
            let name = path.display().to_string();
            return Ok(Self {
                ctx,
                name,
                bytes: Vec::new(),
                more: Vec::new(),
                taking: Taking::default(),
                stored: true,
                during: None,
            });
        }
        Self::files(ctx, path)
    }

    /// Reads a file, or standard input where it is `-`, whatever the store holds.
    pub fn file(ctx: &'a Context, path: &Path) -> Result<Self> {
        let (name, bytes) = if path.as_os_str() == STANDARD_INPUT {
            let mut bytes = Vec::new();
            let read = std::io::stdin().lock().read_to_end(&mut bytes);
            ("standard input".to_owned(), read.map(|_| bytes))
        } else {
            (path.display().to_string(), std::fs::read(path))
        };
        let bytes = bytes.map_err(|error| match path.is_dir() {
            true => Failure::work(format!("{name}: is a folder; name the files in it ('{name}/*.csv')")),
            false => Failure::work(format!("{name}: cannot be read: {error}{}", of_a_store(ctx, &name))),
        })?;
        let bytes = container::unpacked(bytes).map_err(|what| Failure::work(format!("{name}: {what}")))?;
        Ok(Self {
            ctx,
            name,
            bytes,
            more: Vec::new(),
            taking: Taking::default(),
            stored: false,
            during: None,
        })
    }

    /// Likewise of one file or several.
    pub fn files(ctx: &'a Context, path: &Path) -> Result<Self> {
        let named = kwhen_batch::named_files(path).map_err(|error| match error.is_data() {
            true => Failure::usage(error.to_string()),
            false => Failure::work(error.to_string()),
        });
        let mut paths = named?.into_iter();
        let Some(first) = paths.next() else { return Self::file(ctx, path) };
        let mut source = Self::file(ctx, &first)?;
        for path in paths {
            let Self { name, bytes, .. } = Self::file(ctx, &path)?;
            source.more.push((name, bytes));
        }
        Ok(source)
    }

    /// Reads each of its files.
    pub(crate) fn each<T>(&self, read: impl Fn(&[u8]) -> kwhen::Result<T>) -> Result<Vec<T>> {
        let own = std::iter::once((&self.name, &self.bytes));
        let all = own.chain(self.more.iter().map(|(name, bytes)| (name, bytes)));
        all.map(|(name, bytes)| read(bytes).map_err(|error| refused(name, placed(error, bytes)))).collect()
    }

    /// The names of its files.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.name.as_str()).chain(self.more.iter().map(|(name, _)| name.as_str()))
    }

    /// With what is said of readings.
    pub fn taking(self, taking: Taking) -> Self {
        Self { taking, ..self }
    }

    /// Of the store, what holds somewhere in a span; a file is read whole.
    pub fn during(self, span: Span) -> Self {
        Self { during: Some(span), ..self }
    }

    /// What of the store is read.
    fn reach(&self) -> Span {
        self.during.unwrap_or_else(Span::always)
    }

    /// The name that messages give it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What is in it.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Whether it is in the store of `--store`.
    pub const fn is_stored(&self) -> bool {
        self.stored
    }

    /// What is built into the command.
    pub fn bundled(ctx: &'a Context, name: &str, bytes: &'static [u8]) -> Self {
        let name = format!("bundled {name}");
        Self {
            ctx,
            name,
            bytes: bytes.to_vec(),
            more: Vec::new(),
            taking: Taking::default(),
            stored: false,
            during: None,
        }
    }

    /// Unit rates, for import or for export where that is known.
    pub fn rates(
        &self,
        pricing: &Pricing,
        calendar: &Calendar,
        role: Option<PriceRole>,
    ) -> Result<RateSeries> {
        if self.stored {
            return store::rates(self.ctx, &self.name, pricing, self.reach());
        }
        self.ctx.used(&[Flag::RateUnit]);
        let same = |a: &RateSeries, b: &RateSeries| a.intervals().eq(b.intervals());
        let said = pricing.file.said(ColumnOf::Rate)?;
        let read = |bytes: &[u8], options: &PriceOptions| kwhen::layout::unit_rates(bytes, &said, options);
        let options = pricing.options(calendar, role);
        let read = self.prices(&options, read, |a, b| same(&a.series, &b.series))?;
        let mut parts = Vec::with_capacity(read.len());
        for (name, part) in self.names().zip(read) {
            pricing.file.applied(self.ctx, name, &part.file);
            parts.push(part.series);
        }
        let series = RateSeries::joined(parts).map_err(|error| self.refused(error))?;
        let currency = crate::words::selling::currency_of(calendar);
        // Of an unknown place nothing is known that would make a doubt of pounds wrong.
        let doubted = currency.is_like_the_pound() || currency == kwhen::quantity::Currency::NONE;
        Ok(if doubted { series } else { series.without_doubts_of_pounds() })
    }

    /// Standing charges.
    ///
    /// # Errors
    /// They cannot be read; the message names the source.
    pub fn standing_charges(&self, pricing: &Pricing, calendar: &Calendar) -> Result<StandingCharges> {
        if self.stored {
            return store::standing_charges(self.ctx, &self.name, pricing, self.reach());
        }
        let same = |a: &StandingCharges, b: &StandingCharges| a.intervals() == b.intervals();
        let said = pricing.file.said(ColumnOf::Standing)?;
        let read =
            |bytes: &[u8], options: &PriceOptions| kwhen::layout::standing_charges(bytes, &said, options);
        let options = pricing.options(calendar, None);
        let read = self.prices(&options, read, |a, b| same(&a.series, &b.series))?;
        let mut parts = Vec::with_capacity(read.len());
        for (name, part) in self.names().zip(read) {
            pricing.file.applied(self.ctx, name, &part.file);
            parts.push(part.series);
        }
        StandingCharges::joined(parts).map_err(|error| self.refused(error))
    }

    /// Reads prices of each of its files, and says which of the flags were of use to them.
    fn prices<T>(
        &self,
        options: &PriceOptions,
        read: impl Fn(&[u8], &PriceOptions) -> kwhen::Result<T>,
        same: impl Fn(&T, &T) -> bool,
    ) -> Result<Vec<T>> {
        let all = |options: &PriceOptions| self.each(|bytes| read(bytes, options));
        let series = all(options)?;
        let are_same = |others: Vec<T>| series.iter().zip(&others).all(|(one, other)| same(one, other));
        self.ctx.used(&[Flag::Snap, Flag::Round]);
        // Whether VAT is in a column without a name that says it matters where there is such a column.
        let basis = match options.bare_price {
            VatBasis::Inclusive => VatBasis::Exclusive,
            VatBasis::Exclusive => VatBasis::Inclusive,
        };
        let other = || all(&PriceOptions { bare_price: basis, ..options.clone() });
        if self.ctx.is_given(Flag::RateVat) && !other().is_ok_and(are_same) {
            self.ctx.used(&[Flag::RateVat]);
        }
        // Prices that name no method are for all that are known. One that is not known must be named by the prices.
        let any = || all(&PriceOptions { payment_method: None, ..options.clone() });
        match &options.payment_method {
            Some(PaymentMethod::Other(name)) if any().is_ok_and(are_same) => {
                Err(unknown_method(name, &self.name))
            }
            _ => {
                self.ctx.used(&[Flag::PaymentMethod]);
                Ok(series)
            }
        }
    }

    /// Readings.
    ///
    /// # Errors
    /// They cannot be read; the message names the source.
    pub fn consumption(&self, pricing: &Pricing, metering: &Metering) -> Result<Consumption> {
        Ok(self.consumption_and_costs(pricing, metering)?.0)
    }

    /// Readings, and what their file says that they cost.
    pub fn consumption_and_costs(
        &self,
        pricing: &Pricing,
        metering: &Metering,
    ) -> Result<(Consumption, Vec<PrintedCosts>)> {
        if self.stored {
            return Ok((store::readings(self.ctx, &self.name, self.reach())?.0, Vec::new()));
        }
        let said = Said {
            unit: metering.reading_unit.power(),
            left_out_is_zero: self.taking.left_out,
            ..pricing.file.said(ColumnOf::Kwh)?
        };
        let calendar = self.ctx.calendar()?;
        let options = metering.options(pricing);
        let read = self.each(|bytes| kwhen::layout::consumption(bytes, &said, &options, &calendar, None));
        self.ctx.used(&[Flag::Snap, Flag::Round, Flag::ReadingUnit, Flag::ConnectionKw]);
        let (mut parts, mut printed) = (Vec::new(), Vec::new());
        for (name, part) in self.names().zip(read?) {
            if part.file.is_gas && !self.taking.is_gas && said.column.is_none() {
                return Err(Failure::work(format!(
                    "{name}: says that it is of gas, and electricity is asked for; say what gas it counts (--gas-unit m3 or --gas-unit kwh), or name the column of electricity (--column kwh=NAME)"
                )));
            }
            pricing.file.applied(self.ctx, name, &part.file);
            parts.push(part.series);
            printed.extend(part.file.printed);
        }
        let series = Consumption::joined(parts).map_err(|error| self.refused(error))?;
        Ok((series, printed))
    }

    /// An error of this source, with the flag that helps.
    pub(crate) fn refused(&self, error: kwhen::Error) -> Failure {
        let name: Vec<&str> = self.names().collect();
        // Of several files that are joined nobody says in which of them a row is.
        let error = if self.more.is_empty() { placed(error, &self.bytes) } else { error };
        refused(&name.join(", "), error)
    }
}

/// What to do about a file that is not there and has the name of something in a store, where there is no store.
fn of_a_store(ctx: &Context, name: &str) -> &'static str {
    let is_meter_point = name.len() >= 6 && name.bytes().all(|byte| byte.is_ascii_digit());
    if ctx.store().is_none() && (is_meter_point || name.parse::<kwhen::tariff::TariffCode>().is_ok()) {
        "; tariffs and meter points by their names are in a store, which kwhen init makes and --store FILE names"
    } else {
        ""
    }
}

/// An error with the line of its row, where the file is a table whose line of that number holds what is refused.
fn placed(error: kwhen::Error, bytes: &[u8]) -> kwhen::Error {
    if let Some(near) = nearest_column(&error, bytes) {
        return error.with_advice(&format!("; did you mean {near}?"));
    }
    match error.row().and_then(|row| line_of(bytes, row, error.value())) {
        Some(line) => error.on_line(line),
        None => error,
    }
}

/// The column of a table whose name is nearest to one that it does not have; such an error shows the header as its value.
fn nearest_column(error: &kwhen::Error, bytes: &[u8]) -> Option<String> {
    let (None, Some(wanted), Some(value)) = (error.row(), error.field(), error.value()) else { return None };
    let header = std::str::from_utf8(bytes).ok()?.lines().next()?;
    let shown = value.split('…').next().unwrap_or(value);
    if wanted == "header" || !header.to_ascii_lowercase().starts_with(&shown.to_ascii_lowercase()) {
        return None;
    }
    let names = header.split([',', ';', '\t']).map(|name| name.trim_matches(['"', ' ', '\u{feff}']));
    kwhen::names::nearest(wanted, names).map(str::to_owned)
}

/// The line on which a row of a table begins, the first below the header being row 1. `None` where it is no such table: of JSON and XML, and
/// where the row does not hold the value. Of a row without a value the header must be one line of names.
fn line_of(bytes: &[u8], row: u64, value: Option<&str>) -> Option<u64> {
    let first = bytes.iter().find(|byte| !byte.is_ascii_whitespace())?;
    if b"[{<".contains(first) {
        return None;
    }
    let mut records =
        csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(bytes).into_byte_records();
    let header = records.next()?.ok()?;
    let starts_with_a_row = header
        .get(0)
        .and_then(|cell| std::str::from_utf8(cell).ok())
        .is_some_and(|cell| parse_instant(cell).is_ok());
    let above = if starts_with_a_row { 2 } else { 1 };
    let found = match row.checked_sub(above) {
        Some(place) => records.nth(usize::try_from(place).ok()?)?.ok()?,
        None => header.clone(),
    };
    let text = String::from_utf8_lossy(found.as_slice()).into_owned();
    let is_it = match value {
        // A long value is shown shortened.
        Some(value) => text.contains(value.split('…').next().unwrap_or(value).trim()),
        None => header.iter().all(|name| !name.is_empty() && !name.iter().any(u8::is_ascii_digit)),
    };
    let position = found.position().filter(|_| is_it)?;
    // Empty lines above a record count as its own for the reader.
    let behind = bytes.get(usize::try_from(position.byte()).ok()?..).unwrap_or_default();
    let empty =
        behind.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).filter(|byte| **byte == b'\n').count();
    Some(position.line() + u64::try_from(empty).ok()?)
}

fn refused(name: &str, error: kwhen::Error) -> Failure {
    let error = error.in_source(name);
    Failure::from(if error.is_precision() {
        error.with_advice(" (--round half-even)")
    } else if error.is_off_minute() {
        error.with_advice(" (--snap 5s)")
    } else {
        error
    })
}

/// Where in a plan's JSON its blocks are.
#[derive(Clone, Copy, Debug)]
pub enum BlocksOf {
    /// `kwhen charge`: the plan's own.
    Plan,
    /// `kwhen cheapest`: those of the best window.
    BestWindow,
    /// Whichever there are.
    Either,
}

#[derive(Deserialize)]
struct PlanFile {
    blocks: Option<Vec<BlockOfPlan>>,
    windows: Option<Vec<WindowOfPlan>>,
}

#[derive(Deserialize)]
struct WindowOfPlan {
    blocks: Option<Vec<BlockOfPlan>>,
}

#[derive(Deserialize)]
struct BlockOfPlan {
    from: Option<String>,
    to: Option<String>,
    kwh: Option<String>,
}

/// The blocks of a plan that an earlier run wrote as JSON: when each is and, where it says so, how much is drawn.
pub fn plan_in_force(ctx: &Context, path: &Path, place: BlocksOf) -> Result<Vec<(Span, Option<Energy>)>> {
    let Source { name, bytes, .. } = Source::file(ctx, path)?;
    let refused = |what: String| Failure::work(format!("{name}: {what}"));
    let plan: PlanFile =
        serde_json::from_slice(&bytes).map_err(|error| refused(format!("is not a plan in JSON: {error}")))?;
    let best =
        |windows: Option<Vec<WindowOfPlan>>| windows.and_then(|windows| windows.into_iter().next()?.blocks);
    let blocks = match place {
        BlocksOf::Plan => plan.blocks,
        BlocksOf::BestWindow => best(plan.windows),
        BlocksOf::Either => plan.blocks.or_else(|| best(plan.windows)),
    };
    let blocks =
        blocks.ok_or_else(|| refused("has no list of blocks, as --format json writes it".to_owned()))?;
    if blocks.is_empty() {
        return Err(refused(
            "has no blocks: it plans nothing; leave it out where no plan is in force".to_owned(),
        ));
    }
    let block = |(block, number): (BlockOfPlan, usize)| {
        let wrong = |error: kwhen::Error| refused(format!("block {number}: {error}"));
        let instant = |text: Option<String>, field: &str| {
            let text = text.ok_or_else(|| refused(format!("block {number}: field {field} is missing")))?;
            parse_instant(&text).map_err(|error| wrong(error.in_field(field)))
        };
        let span = Span::new(instant(block.from, "from")?, instant(block.to, "to")?).map_err(wrong)?;
        Ok((span, block.kwh.as_deref().map(str::parse).transpose().map_err(wrong)?))
    };
    blocks.into_iter().zip(1..).map(block).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_named_with_its_line() {
        let text = b"start,kwh\n2026-01-01T00:00:00Z,1\n\n\"2026-01-01T00:30:00Z\",x\n\"a\nb\",2\nlast,3\n";
        assert_eq!(line_of(text, 1, Some("1")), Some(2));
        // Empty lines are no rows, and a quoted cell may go over several.
        assert_eq!(line_of(text, 2, Some("x")), Some(4));
        assert_eq!(line_of(text, 4, None), Some(7));
        assert_eq!(line_of(text, 2, Some("y")), None);
        assert_eq!(line_of(text, 9, None), None);
        // Without a header the first line is the first row.
        let bare = b"2026-01-01T00:00:00Z,1\n2026-01-01T00:30:00Z,x\n";
        assert_eq!(line_of(bare, 2, Some("x")), Some(2));
        assert_eq!(line_of(bare, 1, Some("1")), Some(1));
        assert_eq!(line_of(b"[{}]", 1, None), None);
        assert_eq!(line_of(b"", 1, None), None);
    }
}
