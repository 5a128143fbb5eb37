//! What kind of file it is, and the layout of the table in it.
//!
//! XML, NEM12 and JSON are told by how they begin; what is left is a table in text.

use super::channel::Found;
use super::collect::collect;
use super::definition::{Label, Layout, Measure};
use super::guess::{self, Wish};
use super::node::Node;
use super::raw::Terms;
use super::said::{FREE, Refused, Said};
use super::table::Table;
use super::xml::Element;
use super::{builtin, entsoe, espi, nem12, text};
use crate::error::{Error, Result};
use crate::quantity::Rounding;
use crate::time::Calendar;

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

pub(super) fn found(
    bytes: &[u8],
    wish: Wish,
    said: &Said,
    (calendar, rounding, is_limited): (&Calendar, Option<Rounding>, bool),
) -> Result<Found, Refused> {
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

fn from_xml(text: &str, said: &Said, rounding: Option<Rounding>) -> Result<Found, Refused> {
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
fn layout_of(table: &Table<'_>, wish: Wish, said: &Said) -> Result<(Layout, Vec<String>), Refused> {
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
