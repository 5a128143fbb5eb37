//! Excel workbooks (`.xlsx`): the only sheet with a table, as text parted by semicolons.

use super::archive::{Member, content};
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use std::fmt::Write as _;

/// Whether an archive is a workbook.
pub(super) fn is_workbook(members: &[Member]) -> bool {
    members.iter().any(|member| member.name == "xl/workbook.xml")
}

/// More columns than a sheet may have.
const MOST_COLUMNS: usize = 16_384;

/// The table as text: dates and times as ISO 8601, numbers by the digits that the workbook has.
pub(super) fn as_text(bytes: &[u8], members: &[Member]) -> Result<String, String> {
    let read = |name: &str| {
        let member = members.iter().find(|member| member.name == name);
        member.map(|member| content(bytes, member)).transpose()
    };
    let texts = read("xl/sharedStrings.xml")?.map(|xml| shared_texts(&xml)).transpose()?.unwrap_or_default();
    let dated = read("xl/styles.xml")?.map(|xml| dated_styles(&xml)).transpose()?.unwrap_or_default();
    let is_of_1904 = read("xl/workbook.xml")?.map(|xml| counts_from_1904(&xml)).transpose()?.unwrap_or(false);
    let book = Book { texts, dated, is_of_1904 };
    let mut tables = Vec::new();
    for member in members
        .iter()
        .filter(|member| member.name.starts_with("xl/worksheets/") && member.name.ends_with(".xml"))
    {
        let text = sheet(&content(bytes, member)?, &book)?;
        if text.lines().filter(|line| line.contains(';')).count() > 1 {
            tables.push((member.name.clone(), text));
        }
    }
    let names: Vec<&str> = tables.iter().map(|(name, _)| name.trim_start_matches("xl/worksheets/")).collect();
    match names.len() {
        0 => Err("is an Excel workbook without a table".to_owned()),
        1 => Ok(tables.pop().map(|(_, text)| text).unwrap_or_default()),
        _ => Err(format!(
            "is an Excel workbook of several tables, and one is wanted: {}; save one as CSV",
            names.join(", ")
        )),
    }
}

/// What all sheets share.
struct Book {
    texts: Vec<String>,
    dated: Vec<bool>,
    /// Whether days are counted from 1904, as the first Excel of the Macintosh did.
    is_of_1904: bool,
}

fn broken(what: impl std::fmt::Display) -> String {
    format!("cannot be read as an Excel workbook: {what}")
}

/// Calls for every event of a document.
fn events(xml: &[u8], mut each: impl FnMut(Event<'_>) -> Result<(), String>) -> Result<(), String> {
    let text = std::str::from_utf8(xml).map_err(broken)?;
    let mut reader = Reader::from_str(text);
    loop {
        match reader.read_event().map_err(broken)? {
            Event::Eof => return Ok(()),
            event => each(event)?,
        }
    }
}

fn attribute(tag: &BytesStart<'_>, name: &str) -> Option<String> {
    tag.attributes()
        .flatten()
        .find(|found| found.key.local_name().as_ref() == name)
        .map(|found| found.value.into_owned())
}

/// The five entities of XML.
fn entity(name: &str) -> &'static str {
    match name {
        "amp" => "&",
        "lt" => "<",
        "gt" => ">",
        "quot" => "\"",
        _ => "'",
    }
}

fn shared_texts(xml: &[u8]) -> Result<Vec<String>, String> {
    let mut texts: Vec<String> = Vec::new();
    let mut in_text = false;
    events(xml, |event| {
        match event {
            Event::Start(tag) => match tag.local_name().as_ref() {
                "si" => texts.push(String::new()),
                "t" => in_text = true,
                _ => {}
            },
            Event::Empty(tag) if tag.local_name().as_ref() == "si" => texts.push(String::new()),
            Event::End(tag) if tag.local_name().as_ref() == "t" => in_text = false,
            Event::Text(piece) if in_text => {
                texts.last_mut().into_iter().for_each(|text| text.push_str(&piece))
            }
            Event::GeneralRef(name) if in_text => {
                texts.last_mut().into_iter().for_each(|text| text.push_str(entity(&name)))
            }
            _ => {}
        }
        Ok(())
    })?;
    Ok(texts)
}

/// For each style of cells, whether it shows a date or a time.
fn dated_styles(xml: &[u8]) -> Result<Vec<bool>, String> {
    let mut own: Vec<(u32, bool)> = Vec::new();
    let mut styles = Vec::new();
    let mut in_cells = false;
    events(xml, |event| {
        if let Event::End(tag) = &event
            && tag.local_name().as_ref() == "cellXfs"
        {
            in_cells = false;
        }
        let (Event::Start(tag) | Event::Empty(tag)) = &event else { return Ok(()) };
        let id = || attribute(tag, "numFmtId").and_then(|id| id.parse::<u32>().ok());
        match tag.local_name().as_ref() {
            "cellXfs" => in_cells = true,
            "numFmt" => {
                let code = attribute(tag, "formatCode").unwrap_or_default().to_lowercase();
                // What stands in quotes or brackets is text or a colour.
                let bare: String = code.split(['"', '[', ']']).step_by(2).collect();
                own.extend(id().map(|id| {
                    (id, bare.contains(['y', 'd', 'h']) || bare.contains("m/") || bare.contains("ss"))
                }));
            }
            "xf" if in_cells => {
                let id = id().unwrap_or(0);
                let known = own.iter().find(|(known, _)| *known == id).map(|(_, dated)| *dated);
                styles.push(known.unwrap_or(matches!(id, 14..=22 | 27..=36 | 45..=47 | 50..=58)));
            }
            _ => {}
        }
        Ok(())
    })?;
    Ok(styles)
}

fn counts_from_1904(xml: &[u8]) -> Result<bool, String> {
    let mut found = false;
    events(xml, |event| {
        if let Event::Start(tag) | Event::Empty(tag) = &event
            && tag.local_name().as_ref() == "workbookPr"
        {
            found = attribute(tag, "date1904").is_some_and(|value| matches!(value.as_str(), "1" | "true"));
        }
        Ok(())
    })?;
    Ok(found)
}

/// A cell while it is read.
#[derive(Default)]
struct Cell {
    column: usize,
    kind: String,
    is_dated: bool,
    value: String,
}

fn sheet(xml: &[u8], book: &Book) -> Result<String, String> {
    let mut text = String::new();
    let mut row: Vec<String> = Vec::new();
    let mut cell: Option<Cell> = None;
    let mut in_value = false;
    events(xml, |event| {
        match event {
            Event::Start(tag) | Event::Empty(tag) if tag.local_name().as_ref() == "mergeCell" => {
                return Err(
                    "has merged cells, so its table cannot be told; save it as CSV without them".to_owned()
                );
            }
            Event::Start(tag) => match tag.local_name().as_ref() {
                "row" => row.clear(),
                "c" => {
                    let style = attribute(&tag, "s").and_then(|style| style.parse::<usize>().ok());
                    cell = Some(Cell {
                        column: attribute(&tag, "r").and_then(|place| column(&place)).unwrap_or(row.len()),
                        kind: attribute(&tag, "t").unwrap_or_default(),
                        is_dated: style.and_then(|style| book.dated.get(style)).copied().unwrap_or(false),
                        value: String::new(),
                    });
                }
                "v" | "t" => in_value = true,
                _ => {}
            },
            Event::Text(piece) if in_value => cell.iter_mut().for_each(|cell| cell.value.push_str(&piece)),
            Event::GeneralRef(name) if in_value => {
                cell.iter_mut().for_each(|cell| cell.value.push_str(entity(&name)))
            }
            Event::End(tag) => match tag.local_name().as_ref() {
                "v" | "t" => in_value = false,
                "c" => {
                    if let Some(done) = cell.take() {
                        if done.column >= MOST_COLUMNS {
                            return Err(broken("a cell lies beyond the last column"));
                        }
                        row.resize(row.len().max(done.column + 1), String::new());
                        let shown = shown(&done, book)?;
                        row.get_mut(done.column).into_iter().for_each(|place| place.clone_from(&shown));
                    }
                }
                "row" => {
                    text.push_str(&row.join(";"));
                    text.push('\n');
                    if text.len() as u64 > super::limit::MOST {
                        return Err(format!("expands to more than {} MiB", super::limit::MOST >> 20));
                    }
                }
                _ => {}
            },
            _ => {}
        }
        Ok(())
    })?;
    Ok(text)
}

/// The number of a column, from 0, of a place such as `AB12`.
fn column(place: &str) -> Option<usize> {
    let letters = place.bytes().take_while(u8::is_ascii_uppercase).take(4);
    let number = letters.fold(0_usize, |sum, letter| sum * 26 + usize::from(letter - b'A') + 1);
    number.checked_sub(1)
}

fn shown(cell: &Cell, book: &Book) -> Result<String, String> {
    let value = cell.value.trim();
    let text = match cell.kind.as_str() {
        "s" => {
            let text = value.parse::<usize>().ok().and_then(|place| book.texts.get(place));
            text.ok_or_else(|| broken("a text is not in its list"))?.trim().to_owned()
        }
        "e" => return Err(format!("has a cell that says {value}")),
        "" | "n" if cell.is_dated && !value.is_empty() => serial(value, book.is_of_1904)?,
        "" | "n" => to_fifteen_digits(value),
        _ => value.to_owned(),
    };
    Ok(text.replace(['\n', '\r', ';'], " "))
}

/// A number as Excel shows it: it counts in binary, and what is beyond 15 digits is none of the number's.
fn to_fifteen_digits(text: &str) -> String {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let rounded = || {
        let number: f64 = text.parse().ok()?;
        let number: f64 = format!("{number:.14e}").parse().ok()?;
        Some(number.to_string())
    };
    if digits > 15 { rounded().unwrap_or_else(|| text.to_owned()) } else { text.to_owned() }
}

/// The text of a day number of Excel: a date, a time of day, or both, to the second.
fn serial(text: &str, is_of_1904: bool) -> Result<String, String> {
    let days: f64 = text.parse().map_err(|_| broken(format!("a date is no number: {text}")))?;
    if !(0.0..73_051.0).contains(&days) {
        return Err(format!("has a date that is none: {text}"));
    }
    let seconds = (days * 86_400.0).round() as i64;
    // 1904-01-01 is day 0 of one count and day 1462 of the other.
    let shift = if is_of_1904 && days >= 1.0 { 1_462 } else { 0 };
    let (day, second) = (seconds.div_euclid(86_400) + shift, seconds.rem_euclid(86_400));
    let mut shown = String::new();
    if day > 0 {
        // Day 60 is one that never was.
        let epoch =
            chrono::NaiveDate::from_ymd_opt(1899, 12, if day < 60 { 31 } else { 30 }).unwrap_or_default();
        let _ = write!(shown, "{} ", epoch + chrono::TimeDelta::days(day));
    }
    let _ = write!(shown, "{:02}:{:02}:{:02}", second / 3600, second / 60 % 60, second % 60);
    Ok(shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn day_numbers_and_columns() {
        assert_eq!(serial("46320", false).unwrap(), "2026-10-25 00:00:00");
        assert_eq!(serial("46320.0208333333", false).unwrap(), "2026-10-25 00:30:00");
        assert_eq!(serial("44858", true).unwrap(), "2026-10-25 00:00:00");
        assert_eq!(serial("0.5", false).unwrap(), "12:00:00");
        for (written, shown) in [
            ("0.28999999999999998", "0.29"),
            ("0.30000000000000004", "0.3"),
            ("0.125", "0.125"),
            ("1E-3", "1E-3"),
        ] {
            assert_eq!(to_fifteen_digits(written), shown);
        }
        assert_eq!(
            (column("A1"), column("Z9"), column("AA10"), column("1")),
            (Some(0), Some(25), Some(26), None)
        );
    }

    #[test]
    fn a_sheet_of_texts_dates_and_numbers() {
        let texts =
            shared_texts(b"<sst><si><t>Time</t></si><si><r><t>k</t></r><r><t>Wh &amp; x</t></r></si></sst>")
                .unwrap();
        assert_eq!(texts, ["Time", "kWh & x"]);
        let styles = b"<styleSheet><numFmts><numFmt numFmtId=\"164\" formatCode=\"yyyy-mm-dd hh:mm\"/></numFmts><cellStyleXfs><xf numFmtId=\"14\"/></cellStyleXfs><cellXfs><xf numFmtId=\"0\"/><xf numFmtId=\"164\"/></cellXfs></styleSheet>";
        let dated = dated_styles(styles).unwrap();
        assert_eq!(dated, [false, true]);
        let book = Book { texts, dated, is_of_1904: false };
        assert!(counts_from_1904(b"<workbook><workbookPr date1904=\"1\"/></workbook>").unwrap());
        let xml = b"<worksheet><sheetData><row><c r=\"A1\" t=\"s\"><v>0</v></c><c r=\"B1\" t=\"s\"><v>1</v></c></row><row><c r=\"A2\" s=\"1\"><v>46320</v></c><c r=\"B2\" s=\"0\"><v>0.5</v></c></row></sheetData></worksheet>";
        assert_eq!(sheet(xml, &book).unwrap(), "Time;kWh & x\n2026-10-25 00:00:00;0.5\n");
        let merged = b"<worksheet><mergeCells><mergeCell ref=\"A1:B1\"/></mergeCells></worksheet>";
        assert!(sheet(merged, &book).unwrap_err().contains("merged"));
    }
}
