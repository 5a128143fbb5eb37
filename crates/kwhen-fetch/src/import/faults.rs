//! Faults of a payload, found before anything is sent.

use crate::wire::{Extra, Number, Raw, wire};
use chrono::NaiveDate;

wire! {
    /// A fault, as the service reports it.
    FieldError {
        /// For people; its words may change.
        detail: String,
        /// For programs.
        code: String,
        /// Where: names and indices with dots between.
        attr: String,
    }
}

impl FieldError {
    pub(super) fn new(attr: String, code: &str, detail: String) -> Self {
        Self { detail, code: code.to_owned(), attr, extra: Extra::new() }
    }
}

/// The numbers of a payload that no amount can be: 1e999, and such of more than 28 digits.
pub(super) fn numbers_without_value(payload: &Raw) -> Vec<FieldError> {
    let mut found = Vec::new();
    look(payload, String::new(), &mut found);
    found
}

fn look(raw: &Raw, place: String, found: &mut Vec<FieldError>) {
    let inside = |name: &str| if place.is_empty() { name.to_owned() } else { format!("{place}.{name}") };
    match raw.get().bytes().next() {
        Some(b'{') => {
            for (name, inner) in raw.read::<Extra>().unwrap_or_default() {
                look(&inner, inside(&name), found);
            }
        }
        Some(b'[') => {
            for (index, inner) in raw.read::<Vec<Raw>>().unwrap_or_default().iter().enumerate() {
                look(inner, inside(&index.to_string()), found);
            }
        }
        Some(b'-' | b'0'..=b'9') if Number::new(raw.get()).and_then(|number| number.decimal()).is_err() => {
            let words = format!("{} is no number that an amount can be", crate::error::excerpt(raw.get()));
            found.push(FieldError::new(place, "invalid", words));
        }
        _ => {}
    }
}

/// What is found in a payload.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    /// What the documents rule out: the service would refuse it.
    pub faults: Vec<FieldError>,
    /// What the documents do not rule out, but neither show: it may be meant.
    pub warnings: Vec<FieldError>,
}

/// A payload that can be checked here.
pub trait Validate {
    /// All that is found; nothing if it is good as far as the documents say.
    fn findings(&self) -> Findings;

    /// All faults; none if it is good as far as the documents say.
    fn faults(&self) -> Vec<FieldError> {
        self.findings().faults
    }

    /// All that is odd, but may be meant.
    fn warnings(&self) -> Vec<FieldError> {
        self.findings().warnings
    }
}

#[derive(Default)]
pub(super) struct Faults(pub(super) Findings);

impl Faults {
    pub(super) fn add(&mut self, attr: String, code: &str, detail: impl Into<String>) {
        self.0.faults.push(FieldError::new(attr, code, detail.into()));
    }

    pub(super) fn warn(&mut self, attr: String, code: &str, detail: impl Into<String>) {
        self.0.warnings.push(FieldError::new(attr, code, detail.into()));
    }

    /// A word that the documents do not show where they show others.
    pub(super) fn shown(&mut self, attr: String, text: Option<&str>, known: &[&str]) {
        if let Some(text) = text.filter(|text| !known.contains(text)) {
            let words = format!("{text} is not among what the documents show: {}", known.join(", "));
            self.warn(attr, "unknown_choice", words);
        }
    }

    pub(super) fn needed(&mut self, attr: impl Into<String>, text: &str) {
        if text.trim().is_empty() {
            self.add(attr.into(), "blank", "This field may not be blank.");
        }
    }

    pub(super) fn date(&mut self, attr: impl Into<String>, text: &str) {
        let well_formed = text.len() == 10 && text.parse::<NaiveDate>().is_ok();
        if !well_formed {
            self.add(attr.into(), "invalid", format!("{text} is not a date (YYYY-MM-DD)"));
        }
    }

    pub(super) fn one_of(&mut self, attr: impl Into<String>, text: &str, known: &[&str]) {
        if !known.contains(&text) {
            self.add(attr.into(), "invalid_choice", format!("{text} is not one of {}", known.join(", ")));
        }
    }

    pub(super) fn phone(&mut self, attr: String, text: Option<&str>) {
        let Some(text) = text else { return };
        let digits = text.chars().filter(char::is_ascii_digit).count();
        if digits < 7 || !text.chars().all(|c| c.is_ascii_digit() || matches!(c, '+' | ' ' | '-' | '(' | ')'))
        {
            self.add(attr, "invalid_phone_number", format!("{text} is not a valid phone number"));
        }
    }

    pub(super) fn optional_date(&mut self, attr: impl Into<String>, text: Option<&str>) {
        if let Some(text) = text {
            self.date(attr, text);
        }
    }

    pub(super) fn instant(&mut self, attr: impl Into<String>, text: Option<&str>) {
        if let Some(text) = text
            && chrono::DateTime::parse_from_rfc3339(text).is_err()
        {
            self.add(
                attr.into(),
                "invalid",
                format!("{text} is not a datetime with its zone (YYYY-MM-DDTHH:MM:SSZ)"),
            );
        }
    }

    pub(super) fn email(&mut self, attr: String, text: Option<&str>) {
        if text.is_some_and(|email| !email.contains('@')) {
            self.add(attr, "invalid", "Enter a valid email address.");
        }
    }

    pub(super) fn order(&mut self, attr: String, from: &str, to: Option<&str>) {
        let read = |text: &str| text.parse::<NaiveDate>().ok();
        if let (Some(from), Some(to)) = (read(from), to.and_then(read))
            && to < from
        {
            self.add(attr, "invalid", format!("{to} is before {from}"));
        }
    }
}
