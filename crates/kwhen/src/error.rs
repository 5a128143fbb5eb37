//! The crate's one error type.

use std::fmt::{self, Write as _};

/// What went wrong in this crate.
///
/// Opaque: ask it with the predicates (`is_syntax()`, `is_overlap()`, …), show it with `Display`. The message names the
/// source, the row, the field and the value it saw wherever there is one, and says what to do.
///
/// ```
/// let error = "1.5x".parse::<kwhen::UnitRate>().unwrap_err();
/// assert!(error.is_syntax());
/// assert_eq!(error.to_string(), "value \"1.5x\": not a decimal number such as 24.5 or -0.50");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Error {
    inner: Box<Inner>,
}

#[derive(Clone, PartialEq, Eq)]
struct Inner {
    kind: Kind,
    source_name: Option<String>,
    row: Option<u64>,
    line: Option<u64>,
    field: Option<String>,
    value: Option<String>,
    message: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Syntax,
    OutOfRange,
    Precision,
    Order,
    Overlap,
    Conflict,
    Misaligned,
    OffMinute,
    Missing,
    Infeasible,
    Unsupported,
}

/// The longest piece of a foreign value that a message repeats.
const SHOWN_VALUE: usize = 60;

macro_rules! kinds {
    ($($(#[$doc:meta])* $predicate:ident, $constructor:ident, $kind:ident;)*) => {
        impl Error {
            $(
                $(#[$doc])*
                #[must_use]
                pub fn $predicate(&self) -> bool {
                    self.inner.kind == Kind::$kind
                }

                #[allow(dead_code, reason = "each kind has its constructor, whichever rooms use it")]
                pub(crate) fn $constructor(message: impl Into<String>) -> Self {
                    Self::new(Kind::$kind, message.into())
                }
            )*
        }
    };
}

kinds! {
    /// Text that cannot be read: broken JSON or CSV, not a number, not a date, a wrong column.
    is_syntax, syntax, Syntax;
    /// A value outside what the type or the rule allows, an instant from 2100 on among them.
    is_out_of_range, out_of_range, OutOfRange;
    /// More digits than the scale holds, where no rounding was named.
    is_precision, precision, Precision;
    /// Something that ends before it starts.
    is_order, order, Order;
    /// Intervals that overlap and disagree.
    is_overlap, overlap, Overlap;
    /// Two rows that say different things of the same interval.
    is_conflict, conflict, Conflict;
    /// An instant that is not on the grid.
    is_misaligned, misaligned, Misaligned;
    /// A time that is some seconds off the minute that it plainly means; a tolerance takes it.
    is_off_minute, off_minute, OffMinute;
    /// Data that is needed and is not there.
    is_missing, missing, Missing;
    /// A plan that no schedule can meet.
    is_infeasible, infeasible, Infeasible;
    /// A tariff, rule or combination that this version does not cover.
    is_unsupported, unsupported, Unsupported;
}

impl Error {
    fn new(kind: Kind, message: String) -> Self {
        Self {
            inner: Box::new(Inner {
                kind,
                source_name: None,
                row: None,
                line: None,
                field: None,
                value: None,
                message,
            }),
        }
    }

    /// Says which file or stream the error was seen in, if none is named yet.
    #[must_use]
    pub fn in_source(mut self, name: impl Into<String>) -> Self {
        self.inner.source_name.get_or_insert_with(|| name.into());
        self
    }

    /// Says which row the error was seen in (the first data row is 1), if none is named yet.
    #[must_use]
    pub fn in_row(mut self, row: u64) -> Self {
        self.inner.row.get_or_insert(row);
        self
    }

    /// Says on which line of its file that row is, counted from 1, if none is named yet.
    #[must_use]
    pub fn on_line(mut self, line: u64) -> Self {
        self.inner.line.get_or_insert(line);
        self
    }

    /// Says which field the error was seen in, if none is named yet.
    #[must_use]
    pub fn in_field(mut self, field: impl Into<String>) -> Self {
        self.inner.field.get_or_insert_with(|| field.into());
        self
    }

    /// Shows the value that was refused, shortened when it is long, if none is shown yet.
    #[must_use]
    pub fn with_value(mut self, value: impl AsRef<str>) -> Self {
        self.inner.value.get_or_insert_with(|| {
            let value = value.as_ref();
            match value.char_indices().nth(SHOWN_VALUE) {
                Some((cut, _)) => format!("{}… ({} bytes)", value.get(..cut).unwrap_or(""), value.len()),
                None => value.to_owned(),
            }
        });
        self
    }

    /// Adds to the message what to do, in the words of whoever shows it: the name of a flag or of an argument.
    #[must_use]
    pub fn with_advice(mut self, advice: &str) -> Self {
        self.inner.message.push_str(advice);
        self
    }

    /// The row that the error was seen in, counted from 1 at the first data row.
    #[must_use]
    pub fn row(&self) -> Option<u64> {
        self.inner.row
    }

    /// The value that was refused, as the message shows it: shortened when it is long.
    #[must_use]
    pub fn value(&self) -> Option<&str> {
        self.inner.value.as_deref()
    }

    /// The field that the error was seen in.
    #[must_use]
    pub fn field(&self) -> Option<&str> {
        self.inner.field.as_deref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { source_name, row, line, field, value, message, kind: _ } = &*self.inner;
        let mut separator = "";
        if let Some(name) = source_name {
            f.write_str(name)?;
            separator = ": ";
        }
        if let Some(row) = row {
            write!(f, "{separator}row {row}")?;
            if let Some(line) = line {
                write!(f, " (line {line})")?;
            }
            separator = ", ";
        }
        if let Some(field) = field {
            write!(f, "{separator}field ")?;
            in_one_line(field, f)?;
            separator = ", ";
        }
        if let Some(value) = value {
            write!(f, "{separator}value {value:?}")?;
            separator = ", ";
        }
        if !separator.is_empty() {
            f.write_str(": ")?;
        }
        in_one_line(message, f)
    }
}

/// Text that may carry names from a file: control characters are shown, never sent to a terminal.
fn in_one_line(text: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    text.chars().try_for_each(|shown| match shown.is_control() {
        true => write!(f, "{}", shown.escape_debug()),
        false => f.write_char(shown),
    })
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Error({:?}: {self})", self.inner.kind)
    }
}

impl std::error::Error for Error {}

/// The result of everything in this crate that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_one_line_whatever_a_file_names_its_columns() {
        let error = Error::missing("has no times; it has a\nb, \u{1b}[2J").in_field("c\r");
        assert_eq!(error.to_string(), r"field c\r: has no times; it has a\nb, \u{1b}[2J");
    }

    #[test]
    fn a_message_names_the_place() {
        let error = Error::order("ends before it starts")
            .with_value("x")
            .in_field("valid_to")
            .in_row(3)
            .in_source("rates.csv");
        assert_eq!(error.to_string(), "rates.csv: row 3, field valid_to, value \"x\": ends before it starts");
        assert!(error.is_order() && !error.is_syntax());
    }

    #[test]
    fn the_first_place_named_stays() {
        assert_eq!(Error::missing("no").in_row(1).in_row(2).row(), Some(1));
    }

    #[test]
    fn a_long_value_is_shortened() {
        let error = Error::syntax("no").with_value("é".repeat(10_000_000));
        assert!(error.to_string().len() < 300, "{}", error.to_string().len());
    }
}
