//! Files as people have them: bytes of any layout into series. Nothing is opened here, and nothing is unpacked.
//!
//! The API's own JSON and CSV are read by [`crate::input`]. What is not of that kind comes here:
//!
//! - tables in text (comma, semicolon, tab; decimal comma), with a header somewhere near the top, or without one;
//! - tables in JSON, wherever they lie in it, as rows or as columns;
//! - a day a row; NEM12; ENTSO-E's A44; Green Button's ESPI.
//!
//! A table is taken for the [`Layout`] whose columns it has; where it has those of none, names and contents say what the columns are.
//! All of that is deterministic, and it **refuses** where two readings of the file would give different series: the day or the month
//! first, rows labelled at their start or end, the repeated hour in an order that fits neither. The message shows both readings and
//! names the flag that decides.
//!
//! Times without a zone are of the clock that is said, else of the calendar's; the hour that is shown twice goes by the order of the
//! rows. A clock that stands still is told by the nights on which the calendar's changes.

mod alike;
mod builtin;
mod cells;
mod channel;
mod clock;
mod collect;
mod definition;
mod entsoe;
mod espi;
mod guess;
mod meters;
mod moment;
mod nem12;
mod node;
mod number;
mod place;
mod raw;
mod said;
mod table;
mod text;
mod titles;
mod told;
mod wide;
mod xml;

use crate::error::{Error, Result};
use crate::input::{self, EnergyUnit, PriceOptions, PriceRole, RateUnit, ReadingOptions};
use crate::quantity::Rounding;
use crate::series::{Consumption, RateSeries, StandingCharges};
use crate::time::Calendar;
pub use builtin::{all as layouts, named as layout_named};
use channel::{Channel, Found, filled_with_zero, in_slots, summed};
use collect::collect;
use definition::Measure;
pub use definition::{
    Condition, DateOrder, DecimalMark, Label, Layout, LayoutClock, RegisterAt, SeriesColumn, Unit,
};
use guess::Wish;
use node::Node;
use raw::Terms;
pub use said::{CostKind, PrintedCosts, Said, SeriesFound, Taken, TakenFor};
use said::{FREE, Refused};
use table::Table;
use xml::Element;

/// Reads consumption of any layout. Times without a zone are of the calendar's clock unless something else says otherwise.
///
/// ```
/// use kwhen::input::ReadingOptions;
/// use kwhen::layout::{Said, consumption};
/// use kwhen::time::Calendar;
/// let file = "Zeit;Verbrauch (kWh)\n25.10.2026 00:00;0,1\n25.10.2026 00:30;0,1\n25.10.2026 01:00;0,2\n";
/// let said = Said { label: Some(kwhen::layout::Label::Start), ..Said::default() };
/// let read = consumption(file.as_bytes(), &said, &ReadingOptions::default(), &Calendar::great_britain(), None)?;
/// assert_eq!(read.series.total()?.to_string(), "0.4");
/// # Ok::<(), kwhen::Error>(())
/// ```
pub fn consumption(
    bytes: &[u8],
    said: &Said,
    options: &ReadingOptions,
    calendar: &Calendar,
    role: Option<PriceRole>,
) -> Result<Taken<Consumption>> {
    let own = |bytes: &[u8]| input::consumption(bytes, options);
    let said_unit = match options.unit {
        EnergyUnit::KilowattHours => None,
        EnergyUnit::WattHours => Some(Unit::Wh),
        EnergyUnit::MegawattHours => Some(Unit::Mwh),
    };
    let wish = Wish { measure: Measure::Reading, unit: Unit::Kwh, said_unit: said.unit.or(said_unit) };
    let found = match native(bytes, said, own, input::is_own_consumption)? {
        Native::Own(series) => {
            let series = if said.left_out_is_zero == Some(true) { filled_with_zero(series)? } else { series };
            return Ok(Taken { series: in_slots(series, said)?, file: own_file() });
        }
        Native::Other(refused) => {
            found(bytes, wish, said, (calendar, options.rounding, options.most_an_hour.is_some()))
                .map_err(|error| error.over(refused))?
        }
    };
    let Found { mut taken, channels, notices, left_out_is_zero, snap_seconds, series } = found;
    let options = &ReadingOptions { snap_seconds: options.snap_seconds.max(snap_seconds), ..*options };
    let left_out_is_zero = said.left_out_is_zero.unwrap_or(left_out_is_zero);
    taken.printed = channels.iter().filter_map(Channel::printed).collect();
    let chosen = pick(channels, Measure::Reading, role, said, &mut taken)?;
    if let Some(series) = series {
        let series = if left_out_is_zero { filled_with_zero(series)? } else { series };
        return Ok(Taken { series: in_slots(series, said)?, file: taken });
    }
    let mut notices = Some(notices);
    let parts = chosen
        .into_iter()
        .map(|channel| channel.consumption(options, left_out_is_zero, notices.take().unwrap_or_default()));
    let series = summed(parts.collect::<Result<_>>()?)?;
    Ok(Taken { series: in_slots(series, said)?, file: taken })
}

/// Reads unit rates of any layout.
pub fn unit_rates(bytes: &[u8], said: &Said, options: &PriceOptions) -> Result<Taken<RateSeries>> {
    let own = |bytes: &[u8]| input::unit_rates(bytes, options);
    let (unit, said_unit) = match options.unit {
        RateUnit::Pence => (Unit::MinorPerKwh, None),
        RateUnit::Pounds => (Unit::MajorPerKwh, Some(Unit::MajorPerKwh)),
        RateUnit::PoundsPerMegawattHour => (Unit::MajorPerMwh, Some(Unit::MajorPerMwh)),
    };
    let wish = Wish { measure: Measure::Rate, unit, said_unit: said.unit.or(said_unit) };
    let found = match native(bytes, &of_no_meter(said), own, input::is_own_unit_rates)? {
        Native::Own(series) => return Ok(Taken { series, file: own_file() }),
        Native::Other(refused) => found(bytes, wish, said, (&options.calendar, options.rounding, false))
            .map_err(|error| error.over(refused))?,
    };
    let Found { mut taken, channels, notices, snap_seconds, .. } = found;
    let options = &PriceOptions { snap_seconds: options.snap_seconds.max(snap_seconds), ..options.clone() };
    let channel = one(pick(channels, Measure::Rate, options.role, said, &mut taken)?)?;
    note_tax(&channel, options, &mut taken);
    Ok(Taken { series: channel.rates(options, notices)?, file: taken })
}

/// Reads standing charges of any layout.
pub fn standing_charges(bytes: &[u8], said: &Said, options: &PriceOptions) -> Result<Taken<StandingCharges>> {
    let own = |bytes: &[u8]| input::standing_charges(bytes, options);
    let wish = Wish { measure: Measure::StandingCharge, unit: Unit::MinorPerDay, said_unit: said.unit };
    let found = match native(bytes, &of_no_meter(said), own, input::is_own_standing_charges)? {
        Native::Own(series) => return Ok(Taken { series, file: own_file() }),
        Native::Other(refused) => found(bytes, wish, said, (&options.calendar, options.rounding, false))
            .map_err(|error| error.over(refused))?,
    };
    let Found { mut taken, channels, notices, snap_seconds, .. } = found;
    let options = &PriceOptions { snap_seconds: options.snap_seconds.max(snap_seconds), ..options.clone() };
    let channel = one(pick(channels, Measure::StandingCharge, None, said, &mut taken)?)?;
    note_tax(&channel, options, &mut taken);
    Ok(Taken { series: channel.standing_charges(options, notices)?, file: taken })
}

/// What a file holds, whatever that is.
#[derive(Clone, Debug)]
pub enum Held {
    /// Readings of a meter.
    Readings(Taken<Consumption>),
    /// Unit rates.
    Rates(Taken<RateSeries>),
    /// Standing charges.
    StandingCharges(Taken<StandingCharges>),
}

impl Held {
    /// What the file was taken for.
    #[must_use]
    pub const fn file(&self) -> &TakenFor {
        match self {
            Self::Readings(taken) => &taken.file,
            Self::Rates(taken) => &taken.file,
            Self::StandingCharges(taken) => &taken.file,
        }
    }
}

/// What several files hold as one: all readings, or all unit rates, or all standing charges. What they were taken for is what the first
/// was, with the guesses and series of all.
pub fn joined(parts: Vec<Held>) -> Result<Held> {
    let (mut readings, mut rates, mut charges, mut file) = (Vec::new(), Vec::new(), Vec::new(), None);
    for part in parts {
        let found: &mut TakenFor = file.get_or_insert_with(|| part.file().clone());
        if *found != *part.file() {
            let new = |guess: &&String| !found.guesses.contains(guess);
            let guesses: Vec<String> = part.file().guesses.iter().filter(new).cloned().collect();
            found.guesses.extend(guesses);
            found.series.extend(part.file().series.iter().cloned());
            found.is_gas |= part.file().is_gas;
        }
        match part {
            Held::Readings(taken) => readings.push(taken.series),
            Held::Rates(taken) => rates.push(taken.series),
            Held::StandingCharges(taken) => charges.push(taken.series),
        }
    }
    let file = file.ok_or_else(|| Error::missing("no file is given"))?;
    match (readings.is_empty(), rates.is_empty(), charges.is_empty()) {
        (false, true, true) => Ok(Held::Readings(Taken { series: Consumption::joined(readings)?, file })),
        (true, false, true) => Ok(Held::Rates(Taken { series: RateSeries::joined(rates)?, file })),
        (true, true, false) => {
            Ok(Held::StandingCharges(Taken { series: StandingCharges::joined(charges)?, file }))
        }
        _ => Err(Error::conflict("some of the files hold readings and some prices; give them apart")),
    }
}

/// Reads a file as readings, else as unit rates, else as standing charges.
pub fn held(bytes: &[u8], said: &Said, readings: &ReadingOptions, prices: &PriceOptions) -> Result<Held> {
    let first = match consumption(bytes, said, readings, &prices.calendar, None) {
        Ok(taken) => return Ok(Held::Readings(taken)),
        Err(error) => error,
    };
    let second = match unit_rates(bytes, said, prices) {
        Ok(taken) => return Ok(Held::Rates(taken)),
        Err(error) => error,
    };
    match standing_charges(bytes, said, prices) {
        Ok(taken) => Ok(Held::StandingCharges(taken)),
        // The error of what the file is, not of what it is not.
        Err(_) if first.to_string().contains("holds ") && !second.to_string().contains("holds ") => {
            Err(second)
        }
        Err(_) => Err(first),
    }
}

fn own_file() -> TakenFor {
    TakenFor {
        layout: said::NATIVE.to_owned(),
        title: "the API's own layout".to_owned(),
        guesses: Vec::new(),
        series: Vec::new(),
        label: Label::Start,
        clock: "UTC".to_owned(),
        runs_forward: None,
        is_gas: false,
        printed: Vec::new(),
        settled: None,
    }
}

/// What is said of a file of prices: which meter is wanted is said of readings, and names an area only in a file that has several.
fn of_no_meter(said: &Said) -> Said {
    Said { meter: None, ..said.clone() }
}

/// What the reader of the API's own layouts says of a file.
enum Native<T> {
    Own(T),
    /// It is of another layout; why its own reader refused it, if that was asked.
    Other(Option<Error>),
}

/// Reads what is of the API's own layout; an error in such a file is the file's.
fn native<T>(
    bytes: &[u8],
    said: &Said,
    read: impl Fn(&[u8]) -> Result<T>,
    is_own: impl Fn(&[u8]) -> bool,
) -> Result<Native<T>> {
    if said.is_of_values() || is_website_export(bytes) || meters::are_several(bytes) {
        return Ok(Native::Other(None));
    }
    match read(bytes) {
        Ok(series) => Ok(Native::Own(series)),
        // Of this layout, or of the API's for other rows ("holds unit rates, not consumption").
        Err(error) if is_own(bytes) || error.is_syntax() && error.to_string().contains(", not ") => {
            Err(error)
        }
        // A heading that is there twice: which of the two is meant is not to be guessed.
        Err(error) if error.is_conflict() && error.row().is_none() => Err(error),
        Err(error) => Ok(Native::Other(Some(error))),
    }
}

/// Whether the header is that of the website's half-hourly export, which has a layout of its own.
fn is_website_export(bytes: &[u8]) -> bool {
    let head = bytes.get(..400.min(bytes.len())).unwrap_or(&[]);
    let head = String::from_utf8_lossy(head).to_lowercase();
    head.lines()
        .next()
        .is_some_and(|line| line.contains("standing charge inc. tax") || line.contains("consumption (m"))
}

/// What a file's first bytes say that it is, where that is nothing to read here.
fn foreign(bytes: &[u8]) -> Option<&'static str> {
    let is = |magic: &[u8]| bytes.starts_with(magic);
    Some(match () {
        () if is(b"\x1f\x8b") => "is compressed with gzip; unpack it",
        () if is(b"\x28\xb5\x2f\xfd") => "is compressed with zstd; unpack it",
        () if is(b"BZh") => "is compressed with bzip2; unpack it",
        () if is(b"\xfd7zXZ") => "is compressed with xz; unpack it",
        () if is(b"PK\x03\x04") => "is a zip archive or an Excel file; unpack it, or save it as CSV",
        () if is(b"\xd0\xcf\x11\xe0") => "is an old Excel file; save it as CSV",
        () if is(b"PAR1") => "is a Parquet file; give it by its name",
        () if is(b"ARROW1") => "is an Arrow file; give it by its name",
        () if is(b"SQLite format 3\0") => "is an SQLite database; give it by its name",
        () if is(b"%PDF") => "is a PDF; download the readings as CSV",
        () if is(b"\xff\xfe") || is(b"\xfe\xff") => "is UTF-16 text; save it as UTF-8",
        () => return None,
    })
}

fn found(
    bytes: &[u8],
    wish: Wish,
    said: &Said,
    (calendar, rounding, is_limited): (&Calendar, Option<Rounding>, bool),
) -> std::result::Result<Found, Refused> {
    if let Some(what) = foreign(bytes) {
        return Err(Refused::Recognised(Error::unsupported(what)));
    }
    let text = text::utf8(bytes).map_err(Refused::Unknown)?;
    let start = text.trim_start();
    if nem12::is_nem12(text) {
        return nem12::read(text, said, rounding).map_err(Refused::Recognised);
    }
    if start.starts_with('<') {
        return from_xml(start, said, rounding);
    }
    let terms = |guesses| Terms {
        said,
        calendar,
        rounding,
        is_limited,
        start_if_untold: wish.measure != Measure::Reading,
        guesses,
    };
    if !start.starts_with(['{', '[']) {
        let delimiter = said.delimiter.or_else(|| said.layouts.iter().find_map(|layout| layout.delimiter));
        let table = Table::from_text(text, delimiter).map_err(Refused::Unknown)?;
        let (layout, guesses) = layout_of(&table, wish, said)?;
        return collect(&table, &layout, &mut terms(guesses)).map_err(Refused::Recognised);
    }
    let tree = Node::read(start).map_err(Refused::Unknown)?;
    let tables = Table::all_from_json(&tree);
    let mut refused = None;
    let mut candidates = Vec::new();
    for table in &tables {
        match layout_of(table, wish, said) {
            Ok((layout, guesses)) => candidates.push((table, layout, guesses)),
            Err(error) => refused = refused.or(Some(error)),
        }
    }
    if candidates.iter().any(|(_, layout, _)| layout.name != FREE) {
        candidates.retain(|(_, layout, _)| layout.name != FREE);
    }
    let several = candidates.len() > 1;
    match candidates.into_iter().next() {
        Some(_) if several => Err(Refused::Recognised(Error::conflict(
            "holds several tables that may be wanted; keep one of them",
        ))),
        Some((table, layout, guesses)) => {
            collect(table, &layout, &mut terms(guesses)).map_err(Refused::Recognised)
        }
        None => {
            Err(refused
                .unwrap_or_else(|| Refused::Unknown(Error::missing("holds no rows with times in them"))))
        }
    }
}

fn from_xml(text: &str, said: &Said, rounding: Option<Rounding>) -> std::result::Result<Found, Refused> {
    let head: String = text.chars().take(600).collect::<String>().to_lowercase();
    if head.contains("<html") || head.contains("<!doctype html") {
        return Err(Refused::Recognised(Error::syntax(
            "is a web page (HTML), as a site answers when one is not signed in; download the file again",
        )));
    }
    let document = Element::read(text).map_err(Refused::Recognised)?;
    let mut publications = Vec::new();
    document.everywhere(entsoe::ROOT, &mut publications);
    match document.name.as_str() {
        entsoe::ROOT => entsoe::read(&document, rounding).map_err(Refused::Recognised),
        // Australia's messages carry NEM12 in an element.
        "aseXML" => {
            let mut found = Vec::new();
            document.everywhere("CSVIntervalData", &mut found);
            let [message] = found.as_slice() else {
                return Err(Refused::Recognised(Error::conflict(format!(
                    "is aseXML with {} elements CSVIntervalData, and one is read; keep one of them",
                    found.len()
                ))));
            };
            nem12::read(message.text.trim(), said, rounding).map_err(Refused::Recognised)
        }
        "feed" => espi::read(&document).map_err(Refused::Recognised),
        entsoe::ANSWER => {
            let mut reasons = Vec::new();
            document.everywhere("Reason", &mut reasons);
            let reason =
                reasons.first().and_then(|reason| reason.text_of("text")).unwrap_or("no reason is given");
            Err(Refused::Recognised(
                Error::missing("the service answered that it has nothing").with_value(reason),
            ))
        }
        other => Err(Refused::Recognised(
            Error::unsupported(
                "is XML of a kind that is not read; ENTSO-E's A44, Green Button (ESPI) and aseXML are",
            )
            .with_value(other),
        )),
    }
}

/// The layout of a table, with what is said of it.
fn layout_of(
    table: &Table<'_>,
    wish: Wish,
    said: &Said,
) -> std::result::Result<(Layout, Vec<String>), Refused> {
    let mut guesses = Vec::new();
    let of_wish = |layout: &&Layout| layout.series.iter().any(|series| series.unit.measure() == wish.measure);
    let known = guess::known(table, said.layouts.iter().filter(of_wish))
        .or_else(|| guess::known(table, builtin::all().iter().filter(of_wish)));
    let mut layout = match known {
        Some(layout) if said.column.is_none() && said.time_column.is_none() => layout.clone(),
        _ => guess::free(table, wish, said, &mut guesses)?,
    };
    if let Some(unit) = wish.said_unit {
        layout
            .series
            .iter_mut()
            .filter(|series| series.unit.measure() == wish.measure)
            .for_each(|series| series.unit = unit);
    }
    if let Some(register) = said.register {
        let of_wish = layout.series.iter_mut().filter(|series| series.unit.measure() == Measure::Reading);
        of_wish.for_each(|series| series.register = Some(register));
    }
    if let Some(label) = said.label
        && layout.name == FREE
    {
        match label {
            Label::Start if layout.start.is_empty() => layout.start = std::mem::take(&mut layout.end),
            Label::End if layout.end.is_empty() => layout.end = std::mem::take(&mut layout.start),
            _ => {}
        }
    }
    layout.clock = said.clock.or(layout.clock);
    layout.date_order = said.date_order.or(layout.date_order);
    layout.decimal = said.decimal.or(layout.decimal);
    Ok((layout, guesses))
}

/// The series that is wanted of those in a file: by name, by the way that the energy goes, the preferred one; else an error that names all.
fn pick(
    channels: Vec<Channel>,
    measure: Measure,
    role: Option<PriceRole>,
    said: &Said,
    taken: &mut TakenFor,
) -> Result<Vec<Channel>> {
    let names = |channels: &[Channel]| {
        channels.iter().map(|channel| channel.name.clone()).collect::<Vec<_>>().join(", ")
    };
    let all = names(&channels);
    let mut left: Vec<Channel> =
        channels.into_iter().filter(|channel| channel.unit.measure() == measure).collect();
    if left.is_empty() {
        let wanted = match measure {
            Measure::Reading => "readings",
            Measure::Rate => "unit rates",
            Measure::StandingCharge => "standing charges",
            Measure::Cost => "costs",
        };
        return Err(Error::syntax(format!("{} holds no {wanted}", taken_name(taken))).with_value(all));
    }
    if let Some(wanted) = &said.channel {
        let mut chosen = Vec::new();
        for name in wanted.split('+').map(str::trim) {
            let short = |channel: &Channel| {
                channel.name.eq_ignore_ascii_case(name)
                    || channel.name.rsplit(' ').next().is_some_and(|last| last.eq_ignore_ascii_case(name))
            };
            let place = left.iter().position(short).ok_or_else(|| {
                Error::missing(format!("has no series of this name; it has {}", names(&left)))
                    .with_value(name)
            })?;
            chosen.push(left.remove(place));
        }
        return Ok(chosen);
    }
    if left.len() > 1 {
        let wanted = role.unwrap_or(PriceRole::Import);
        let of = |role: Option<PriceRole>, left: &[Channel]| {
            left.iter().filter(|channel| channel.role == role).count()
        };
        if of(Some(wanted), &left) > 0 {
            let others: Vec<Channel>;
            (left, others) = left.into_iter().partition(|channel| channel.role == Some(wanted));
            if role.is_none() && left.len() == 1 && !others.is_empty() {
                taken.guesses.push(format!(
                    "{} is read; there is {} too (--channel)",
                    names(&left),
                    names(&others)
                ));
            }
        } else if of(None, &left) > 0 {
            left.retain(|channel| channel.role.is_none());
        }
    }
    if left.len() > 1 && left.iter().filter(|channel| channel.preferred).count() == 1 {
        let others: Vec<Channel>;
        (left, others) = left.into_iter().partition(|channel| channel.preferred);
        taken.guesses.push(format!("{} is read; there is {} too (--channel)", names(&left), names(&others)));
    }
    // Two columns that say the same throughout are one.
    let is_same = |pair: &[Channel]| matches!(pair, [a, b] if a.unit == b.unit && a.cells == b.cells);
    if left.len() > 1 && left.windows(2).all(is_same) {
        left.truncate(1);
    }
    match left.as_slice() {
        [only] => {
            if let (Some(said), Some(wanted)) = (only.role, role)
                && said != wanted
                && measure == Measure::Rate
            {
                let (is, is_not) = match said {
                    PriceRole::Import => ("import", "export"),
                    PriceRole::Export => ("export", "import"),
                };
                return Err(Error::conflict(format!("says that it is of {is}, not of {is_not}"))
                    .with_value(&only.name));
            }
            Ok(left)
        }
        _ => Err(Error::conflict("holds several series; name the one that is wanted (--channel)")
            .with_value(names(&left))),
    }
}

fn taken_name(taken: &TakenFor) -> String {
    if taken.title.is_empty() { "the file".to_owned() } else { taken.title.clone() }
}

fn one(mut channels: Vec<Channel>) -> Result<Channel> {
    match (channels.pop(), channels.is_empty()) {
        (Some(only), true) => Ok(only),
        _ => Err(Error::unsupported("prices of several series are not summed; name one")),
    }
}

/// Says on what basis prices are taken where the file does not say it, and which way they go.
fn note_tax(channel: &Channel, options: &PriceOptions, taken: &mut TakenFor) {
    if channel.vat.is_none() {
        let basis = match options.bare_price {
            crate::series::VatBasis::Inclusive => "with VAT in them",
            crate::series::VatBasis::Exclusive => "without VAT",
        };
        let role = match options.role.filter(|_| channel.role.is_none()) {
            Some(PriceRole::Import) => "for import, ",
            Some(PriceRole::Export) => "for export, ",
            None => "",
        };
        taken.guesses.push(format!("prices are taken {role}{basis} (--rate-vat says otherwise)"));
    }
}

#[cfg(test)]
mod tests;
